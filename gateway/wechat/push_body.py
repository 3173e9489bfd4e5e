"""What WeChat pushes to us, read from JSON or XML into items of one shape. Nothing in it is believed beyond that.

XML is read with expat alone: a document type, and with it every entity, ends the reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

from lifecircle.catalogue.errors import BadRequest
from lifecircle.catalogue.notices.credits import PushedItem, PushKind

MAX_BYTES = 65_536
_MOST_ITEMS = 20
_DEEPEST = 6
_MOST_ELEMENTS = 300
_LONGEST = 256

_WRAPPERS = {
    PushKind.POPUP: "SubscribeMsgPopupEvent",
    PushKind.CHANGE: "SubscribeMsgChangeEvent",
    PushKind.SENT: "SubscribeMsgSentEvent",
}
"""In XML the list stands one level further down."""

Content = dict[str, Any]


def read_push(raw: bytes) -> list[PushedItem]:
    """The items about subscriptions; none for any other event. Raises BadRequest."""
    content = _from_xml(raw) if raw.lstrip().startswith(b"<") else _from_json(raw)
    name = content.get("Event")
    if content.get("MsgType") != "event" or name not in {kind.value for kind in PushKind}:
        return []
    kind = PushKind(str(name))
    openid, at = _text(content, "FromUserName"), _instant(content)
    return [_item(entry, kind, openid, at) for entry in _entries(content, kind)]


def _entries(content: Content, kind: PushKind) -> list[Content]:
    """One entry stands alone, several in a list, in both spellings."""
    inner = content.get(_WRAPPERS[kind])
    found = (inner if isinstance(inner, dict) else content).get("List")
    given = found if isinstance(found, list) else [found]
    entries = [entry for entry in given if isinstance(entry, dict)]
    if not 1 <= len(entries) <= _MOST_ITEMS or len(entries) < len(given):
        raise _malformed()
    return entries


def _item(entry: Content, kind: PushKind, openid: str, at: datetime) -> PushedItem:
    template = _text(entry, "TemplateId")
    if kind is PushKind.SENT:
        status = "success" if _text(entry, "ErrorCode") == "0" else "failed"
        return PushedItem(openid, kind, template, status, at, _text(entry, "MsgID"))
    return PushedItem(openid, kind, template, _text(entry, "SubscribeStatusString"), at, "")


def _text(content: Mapping[str, Any], name: str) -> str:
    """JSON has numbers where XML has text."""
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value)) <= _LONGEST:
        raise _malformed()
    return str(value)


def _instant(content: Content) -> datetime:
    text = _text(content, "CreateTime")
    if not (text.isascii() and text.isdigit() and len(text) == 10):
        raise _malformed()
    return datetime.fromtimestamp(int(text), UTC)


def _from_json(raw: bytes) -> Content:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(content, dict):
        raise _malformed()
    return content


def _from_xml(raw: bytes) -> Content:
    reader = _XmlReader()
    try:
        return reader.read(raw)
    except expat.ExpatError:
        raise _malformed() from None


class _XmlReader:
    """Elements become dicts, text becomes text, repeated elements become lists."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._stack: list[tuple[Content, list[str]]] = [({}, [])]
        self._elements = 0

    def read(self, raw: bytes) -> Content:
        """Raises ExpatError, BadRequest."""
        self._parser.Parse(raw, True)
        root = self._stack[0][0].get("xml")
        if not isinstance(root, dict):
            raise _malformed()
        return root

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if len(self._stack) > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise _malformed()
        self._stack.append(({}, []))

    def _end(self, name: str) -> None:
        children, texts = self._stack.pop()
        value: Any = children or "".join(texts).strip()
        parent = self._stack[-1][0]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def _characters(self, text: str) -> None:
        self._stack[-1][1].append(text)

    def _refuse(self, *_: object) -> None:
        raise _malformed()


def _malformed() -> BadRequest:
    return BadRequest("not a push of WeChat that we know")
