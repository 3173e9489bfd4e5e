"""What residents are told, in a few plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from lifecircle.catalogue.bookings.model import BookingStatus
from lifecircle.catalogue.clock import local
from lifecircle.catalogue.notices.model import (
    CERTIFICATION_DUE,
    REMINDER_EVENING,
    REMINDER_HOURS,
    REMINDERS,
    WAITING_OFFER,
    Notice,
    Subject,
)
from lifecircle.catalogue.ports import NoticeWords

_SAYS: Mapping[str, tuple[str, str]] = {
    BookingStatus.CONFIRMED: ("预约已确认", "请按时到场，到店出示预约码"),
    BookingStatus.EXPIRED: ("预约未确认", "商家没有及时确认，请另约时间"),
    BookingStatus.DECLINED: ("预约未成功", "商家不能接待，请另约时间"),
    BookingStatus.CANCELLED: ("预约已取消", "请打开小程序查看，可另约时间"),
    "RESCHEDULED": ("预约已改期", "请打开小程序查看新的时间"),
    "DATE_CANCELLED": ("一次课程取消", "请打开小程序查看其余日期"),
    REMINDER_EVENING: ("明天有预约", "不能前往请尽早取消，方便别人"),
    REMINDER_HOURS: ("今天有预约", "请按时到场，到店出示预约码"),
    WAITING_OFFER: ("候补有名额", "请尽快打开小程序确认，过时不候"),
    CERTIFICATION_DUE: ("认证快到期", "请在到期前认证，也可约上门"),
}


def words_for(subject: Subject, notice: Notice) -> NoticeWords:
    status, hint = _SAYS.get(notice.kind, ("预约有变化", "请打开小程序查看"))
    if notice.kind == WAITING_OFFER and subject.offered_until:
        hint = f"请在{local(subject.offered_until):%H:%M}前打开小程序确认"
    elif subject.shut and notice.kind in REMINDERS:
        status, hint = "门店停业", f"{subject.shut}，请联系门店"
    elif subject.reason and notice.kind in (BookingStatus.DECLINED, BookingStatus.CANCELLED, "DATE_CANCELLED"):
        hint = subject.reason
    when = _day_text(subject) if notice.kind == CERTIFICATION_DUE else _time_text(subject)
    return NoticeWords(status=status, offering=subject.offering_name, store=subject.store_name, time=when, hint=hint)


def _time_text(subject: Subject) -> str:
    start = local(subject.start)
    return f"{start.year}年{start.month}月{start.day}日 {start:%H:%M}"


def _day_text(subject: Subject) -> str:
    """A certification is due on the day that ends when its subject begins."""
    day = local(subject.start) - timedelta(days=1)
    return f"{day.year}年{day.month}月{day.day}日"
