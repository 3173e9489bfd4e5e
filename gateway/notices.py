"""Which deliverers tell people: WeChat where an app is set up, the log in demo mode. A carrier's adapter for SMS would
stand beside them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.ports import ContentCheck, DeliveryResult, NoticeDeliverer, OutboundNotice
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.wechat.client import WeChatClient
from lifecircle.gateway.wechat.messages import (
    Template,
    WeChatContentCheck,
    WeChatMessages,
    read_templates,
    sms_text,
)

log = logging.getLogger("lifecircle.notices")

_DEMO_TEMPLATES = {purpose: f"demo-{purpose.value.lower().replace('_', '-')}" for purpose in Purpose}


@dataclass(frozen=True, slots=True)
class Deliverers:
    templates: Mapping[Purpose, str]
    wechat: NoticeDeliverer | None
    sms: NoticeDeliverer | None
    content: ContentCheck | None


class DemoMessages:
    """Sends nothing: what would be sent goes to the log, the address masked. Only ever wired with --demo."""

    def __init__(self, channel: str) -> None:
        self._channel = channel

    async def deliver(self, notice: OutboundNotice) -> DeliveryResult:
        log.warning("DEMO: %s to …%s: %s", self._channel, notice.to[-2:], sms_text(notice.words))
        return DeliveryResult.SENT


def deliverers_of(settings: Settings, wechat: object) -> Deliverers:
    """Raises SettingInvalid."""
    if settings.demo:
        return Deliverers(_DEMO_TEMPLATES, DemoMessages("WeChat"), DemoMessages("SMS"), None)
    if not isinstance(wechat, WeChatClient):
        return Deliverers({}, None, None, None)
    path = settings.wechat_templates_file
    templates: Mapping[Purpose, Template] = read_templates(path) if path else {}
    ids = {purpose: template.id for purpose, template in templates.items()}
    content = WeChatContentCheck(wechat) if settings.wechat_content_check else None
    return Deliverers(ids, WeChatMessages(wechat, templates), None, content)
