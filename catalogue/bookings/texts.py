"""How bookings are spoken of in Chinese."""

from __future__ import annotations

from datetime import date, datetime

from lifecircle.catalogue.bookings.model import BookingStatus
from lifecircle.catalogue.clock import local, local_day

_WEEKDAYS = "一二三四五六日"


def status_text(status: BookingStatus) -> str:
    return _STATUS_TEXTS[status]


def time_text(instant: datetime) -> str:
    """ "11月24日（周二）10:00" """
    return f"{date_text(local_day(instant))}{local(instant):%H:%M}"


def date_text(day: date) -> str:
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def lead_text(minutes: int) -> str:
    if minutes % 1440 == 0 and minutes:
        return f"{minutes // 1440} 天"
    return f"{minutes // 60} 小时" if minutes % 60 == 0 and minutes else f"{minutes} 分钟"


_STATUS_TEXTS = {
    BookingStatus.PENDING: "待商家确认",
    BookingStatus.CONFIRMED: "已预约",
    BookingStatus.CHECKED_IN: "已到店",
    BookingStatus.COMPLETED: "已完成",
    BookingStatus.CANCELLED: "已取消",
    BookingStatus.DECLINED: "商家已谢绝",
    BookingStatus.NO_SHOW: "未到店",
    BookingStatus.EXPIRED: "已过期",
}
