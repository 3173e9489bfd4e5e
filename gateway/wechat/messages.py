"""Subscribe messages and the content check, as adapters of the domain's ports."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lifecircle.catalogue.errors import RateLimited, SettingInvalid, Unavailable
from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.ports import DeliveryResult, NoticeWords, OutboundNotice, Verdict
from lifecircle.gateway.wechat.client import WeChatClient
from lifecircle.gateway.wechat.errors import WeChatRefused

log = logging.getLogger("lifecircle.wechat")

SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
MSG_SEC_CHECK = "/wxa/msg_sec_check"

OPENID_INVALID, TEMPLATE_INVALID, USER_REFUSED, ARGUMENT_INVALID, PAGE_INVALID = 40003, 40037, 43101, 47003, 41030
NOT_SEEN_LATELY = 61010

_RESULTS = {
    OPENID_INVALID: DeliveryResult.NO_ADDRESS,
    USER_REFUSED: DeliveryResult.REFUSED,
    TEMPLATE_INVALID: DeliveryResult.INVALID,
    ARGUMENT_INVALID: DeliveryResult.INVALID,
    PAGE_INVALID: DeliveryResult.INVALID,
}
"""Any other number may pass by itself, so it is tried again and ends as a dead letter where it does not."""

LONGEST_CONTENT = 2_500
_SCENE_COMMENT = 2

_LONGEST = {"thing": 20, "phrase": 5, "character_string": 32, "number": 32, "letter": 32, "name": 10, "const": 20}
_PARTS = ("status", "offering", "store", "time", "hint")
_FIELD = re.compile(r"([a-z_]+?)(\d*)")
_NOTHING = "无"

DEFAULT_PAGE = "pages/booking/index"


@dataclass(frozen=True, slots=True)
class Template:
    """One of WeChat's templates, and which of our words stands in which of its fields."""

    id: str
    fields: Mapping[str, str]
    page: str = DEFAULT_PAGE


class WeChatMessages:
    """Implements `ports.NoticeDeliverer`."""

    def __init__(self, client: WeChatClient, templates: Mapping[Purpose, Template], state: str = "formal") -> None:
        self._client = client
        self._templates = templates
        self._state = state

    async def deliver(self, notice: OutboundNotice) -> DeliveryResult:
        template = self._templates.get(Purpose(notice.purpose))
        if template is None:
            return DeliveryResult.INVALID
        try:
            # Not repeatable: a second one may use up a second agreement, and the pump tries again in its own time.
            await self._client.call(SUBSCRIBE_SEND, self._body(notice, template))
        except WeChatRefused as refusal:
            log.warning("WeChat: %s", refusal)
            return _RESULTS.get(refusal.errcode, DeliveryResult.TRY_AGAIN)
        except (RateLimited, Unavailable):
            return DeliveryResult.TRY_AGAIN
        return DeliveryResult.SENT

    def _body(self, notice: OutboundNotice, template: Template) -> dict[str, object]:
        link = f"{template.page}?booking={quote(notice.subject)}&notice={quote(notice.id, safe='')}"
        return {
            "touser": notice.to,
            "template_id": template.id,
            "page": link,
            "data": {
                name: {"value": fitted(name, getattr(notice.words, part))} for name, part in template.fields.items()
            },
            "miniprogram_state": self._state,
            "lang": "zh_CN",
        }


class WeChatContentCheck:
    """Implements `ports.ContentCheck`."""

    def __init__(self, client: WeChatClient) -> None:
        self._client = client

    async def check(self, text: str, openid: str) -> Verdict:
        """What WeChat wants a person to look at counts as risky: there is nobody to look. Raises Unavailable."""
        body = {"content": text[:LONGEST_CONTENT], "version": 2, "scene": _SCENE_COMMENT, "openid": openid}
        try:
            answer = await self._client.call(MSG_SEC_CHECK, body, repeatable=True)
        except WeChatRefused as refusal:
            if refusal.errcode in (OPENID_INVALID, NOT_SEEN_LATELY):
                return Verdict.UNKNOWN
            log.warning("WeChat: %s", refusal)
            raise Unavailable from refusal
        result = answer.get("result")
        suggest = result.get("suggest") if isinstance(result, dict) else None
        if suggest not in ("pass", "review", "risky"):
            raise Unavailable
        return Verdict.PASS if suggest == "pass" else Verdict.RISKY


def fitted(field: str, text: str) -> str:
    """The text as a field of that kind may hold it: on one line, not empty, cut where it is too long."""
    kind = field.rstrip("0123456789")
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if kind == "phrase":
        plain = "".join(char for char in plain if "\u4e00" <= char <= "\u9fff")
        return plain[: _LONGEST[kind]] or _NOTHING
    most = _LONGEST.get(kind)
    if most is not None and len(plain) > most:
        plain = plain[: most - 1] + "…" if kind in ("thing", "const") else plain[:most]
    return plain or _NOTHING


def read_templates(path: Path) -> dict[Purpose, Template]:
    """``{"REMINDER": {"id": "…", "fields": {"thing1": "offering", "time2": "time"}, "page": "…"}, …}``.

    Raises SettingInvalid.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        return {Purpose(name): _template(entry) for name, entry in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{path} is not a file of templates ({type(error).__name__}: {error})"
        raise SettingInvalid(f"LIFECIRCLE_WECHAT_TEMPLATES_FILE: {what}") from error


def _template(entry: Mapping[str, object]) -> Template:
    fields = entry["fields"]
    if not isinstance(fields, dict) or not fields:
        raise ValueError("fields: which of our words stands in which field")
    for name, part in fields.items():
        if part not in _PARTS or not _FIELD.fullmatch(name):
            raise ValueError(f"{name}: one of {', '.join(_PARTS)}")
    page = str(entry.get("page") or DEFAULT_PAGE)
    if page.startswith("/"):
        raise ValueError("page: without a leading /")
    return Template(str(entry["id"]), {str(name): str(part) for name, part in fields.items()}, page)


def sms_text(words: NoticeWords) -> str:
    """One short message: 70 characters where the names allow it."""
    return f"【便民生活圈】{words.status}：{words.time} {words.store}“{words.offering}”。{words.hint}。"
