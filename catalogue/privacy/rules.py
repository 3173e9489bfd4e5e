"""What may be kept, for how long, and what stands in the way of a deletion. Pure functions.

Sources: 个人信息保护法 (PIPL) art. 14 (informed consent, again when the purpose changes), 15 (withdrawal), 28–30
(sensitive data: a separate consent), 45 (copy), 47 (deletion), 56 (records kept three years); 电子商务法 art. 31
(transactions kept three years).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lifecircle.catalogue.bookings.claims import day_keys
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Actor,
    Booking,
    BookingEvent,
    BookingStatus,
    Interval,
    booking_from_document,
    event_document,
)
from lifecircle.catalogue.bookings.rules import may_move, time_text
from lifecircle.catalogue.bookings.turns import without_turns
from lifecircle.catalogue.clock import local
from lifecircle.catalogue.errors import InvalidInput, StateChanged
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.privacy.model import ConsentRecord, ConsentState, Purpose

AUDIT_KEPT = timedelta(days=3 * 366)
"""Records of how personal data was handled are kept at least three years (PIPL art. 56); after that they go."""

TOMBSTONES_KEPT = AUDIT_KEPT
"""A tombstone says that its bookings and audit entries had a person; it holds nothing else."""

STALE_DELETION = timedelta(seconds=60)
"""A deletion that nobody has touched for so long is broken off: no request lives that long."""

MAX_NICKNAME = 20

SENSITIVE = frozenset({Purpose.SENSITIVE_PENSION, Purpose.SENSITIVE_HEALTH})
"""PIPL art. 28; each needs a consent of its own (art. 29) that says why it is needed and what it does (art. 30)."""

TEXT_VERSIONS: Mapping[Purpose, str] = dict.fromkeys(Purpose, "2026-11")
"""Of the texts in force. Raising one makes every older consent to it void."""

PURPOSE_TEXTS: Mapping[Purpose, str] = {
    Purpose.TERMS: "用户协议：使用本应用的约定。",
    Purpose.PRIVACY: "隐私政策：我们收集哪些信息、做什么用、保存多久。",
    Purpose.LOCATION: "使用您的位置查找附近的门店和服务；不同意也可以手动选择地点。",
    Purpose.CONTACT_SHARING: "把预约时填写的姓名、电话和地址提供给该预约的商家，方便联系和上门。",
    Purpose.SENSITIVE_PENSION: "敏感信息：记录养老金资格认证日期，只用于到期提醒；不记录人脸、证件和银行卡号。",
    Purpose.SENSITIVE_HEALTH: "敏感信息：记录您主动填写的健康情况，只用于安排上门照护；不同意不影响其他服务。",
    Purpose.NOTIFICATIONS: "发送预约、到期等提醒；可以随时关闭。",
}

_KEPT_OF_BOOKINGS = (
    *("_id", "district", "code", "store", "store_name", "merchant", "offering", "offering_name", "status"),
    *("start", "end", "party_size", "seats", "price", "cancel_before_minutes", "expires_at", "created_at"),
    *("dates", "days", "resources"),
)


def consent_states(records: Iterable[ConsentRecord]) -> list[ConsentState]:
    """Where every purpose stands; `records` from the earliest to the latest."""
    latest = {record.purpose: record for record in records}
    return [ConsentState(purpose, TEXT_VERSIONS[purpose], latest.get(purpose)) for purpose in Purpose]


def clean_nickname(nickname: str) -> str:
    """Raises InvalidInput."""
    clean = nickname.strip()
    if not 1 <= len(clean) <= MAX_NICKNAME:
        raise InvalidInput(f"昵称应为 1 到 {MAX_NICKNAME} 个字。", "nickname")
    if any(_is_invisible(char) for char in clean):
        raise InvalidInput("昵称里不能有换行或看不见的控制字符。", "nickname")
    return clean


def _is_invisible(char: str) -> bool:
    """The zero-width joiner stays allowed: it holds emoji together."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and char != "\u200d"


def check_deletable(bookings: Sequence[Booking], sole_owner_of: Sequence[str], now: datetime) -> None:
    """`sole_owner_of`: names of approved merchants that would be left without an owner. Raises StateChanged."""
    if sole_owner_of:
        names = "”“".join(sole_owner_of)
        raise StateChanged(f"您是商户“{names}”唯一的负责人：请先邀请另一位负责人，或联系社区办理停业，再注销账号。")
    blocking = min((b for b in bookings if _blocks(b, now)), key=lambda b: b.interval.start, default=None)
    if blocking:
        when = time_text(blocking.interval.start)
        raise StateChanged(
            f"您{when}的预约“{blocking.offering_name}”已过取消时间：请等它结束，或请店家取消后，再注销账号。"
        )


def _blocks(booking: Booking, now: datetime) -> bool:
    ahead = _ahead(booking, now)
    if not ahead or _has_expired(booking, now):
        return False
    until = ahead[0].start - timedelta(minutes=booking.cancel_before_minutes)
    return now > until or not may_move(booking, BookingStatus.CANCELLED)


def _ahead(booking: Booking, now: datetime) -> list[Interval]:
    """When the resident is still expected; of a series several dates."""
    coming = [date.interval for date in booking.coming if date.interval.end > now]
    return coming if booking.status in HOLDING else []


def without_person(document: Mapping[str, Any], tombstone: str, now: datetime) -> dict[str, Any]:
    """The booking as the merchant's books need it (电子商务法 art. 31), naming nobody.

    One that still lies ahead is cancelled, and without its claims the places are free. One that is over and was never
    closed keeps its state: that is the merchant's to settle.
    """
    booking = booking_from_document(document)
    events = [_without_reason(event) for event in document["events"]]
    ending = _ending(booking, now)
    kept = {name: document[name] for name in _KEPT_OF_BOOKINGS if name in document}
    kept |= {"resident": tombstone, "contact": None, "notices": [], "version": document["version"] + 1}
    if ending:
        kept["dates"] = [_settled(date, now) for date in document.get("dates", ())]
        return {**kept, "status": ending.status.value, "events": [*events, event_document(ending)]}
    if booking.status in HOLDING:
        kept["due_at"] = document.get("due_at")
        kept["claims"] = without_turns(document["claims"])  # an earlier release had the resident's id among them
        kept["lookup"] = day_keys(kept["claims"])
    return {**kept, "events": events}


def _ending(booking: Booking, now: datetime) -> BookingEvent | None:
    if not _ahead(booking, now) and not _has_expired(booking, now):
        return None
    if _has_expired(booking, now):
        return BookingEvent(now, BookingStatus.EXPIRED, Actor.SYSTEM, "商家未在时限内确认")
    return BookingEvent(now, BookingStatus.CANCELLED, Actor.RESIDENT, None)


def _settled(date: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Of a series that is cancelled, a date that is over and that nobody has settled yet: as it would have been."""
    is_open = date["ended"] is None and date["end"] <= now
    return {**date, "ended": BookingStatus.COMPLETED.value} if is_open else dict(date)


def _has_expired(booking: Booking, now: datetime) -> bool:
    return booking.status is BookingStatus.PENDING and booking.expires_at is not None and booking.expires_at <= now


def _without_reason(event: Mapping[str, Any]) -> dict[str, Any]:
    """What a resident or a merchant wrote may name somebody; what the system wrote does not."""
    return {**event, "reason": event["reason"] if event["actor"] == Actor.SYSTEM else None}


def merchant_without(document: Mapping[str, Any], resident: str, tombstone: str) -> dict[str, Any]:
    """The merchant's file with a tombstone in the resident's place.

    The phone is the business's while there is one; that of an application that came to nothing is only the applicant's.
    """
    kept, applicant = dict(document), document.get("applicant") or {}
    if applicant.get("resident") == resident:
        kept["applicant"] = {**applicant, "resident": tombstone}
        kept.pop("idempotency", None)
        if document["state"] == MerchantState.REJECTED.value:
            kept["contact_phone"] = None
    steps = document.get("history", ())
    kept["history"] = [{**step, "actor": tombstone} if step["actor"] == resident else step for step in steps]
    return {**kept, "version": document["version"] + 1}


def as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return local(value).isoformat()
    raise TypeError(type(value).__name__)
