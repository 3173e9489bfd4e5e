"""What the resident has booked. Cancelling and moving are not done by talking yet."""

from __future__ import annotations

from lifecircle.assistant.dialogue.turn import Turn
from lifecircle.assistant.replies import Reply, ReplyKind, Requirement
from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.rules import status_text, time_text
from lifecircle.catalogue.bookings.service import BookingDesk

LISTED = 5
_COMING = (BookingStatus.PENDING, BookingStatus.CONFIRMED)


async def own_bookings(desk: BookingDesk, turn: Turn) -> Reply:
    unbooks = turn.signals.unbooks
    intent = "booking.cancel" if unbooks else "booking.list"
    if turn.resident is None:
        text = "请先登录，登录后就能看到您的预约。"
        return Reply(text, ReplyKind.FORM, intent, suggestions=("我的预约",), requires=Requirement.SIGN_IN)
    found = await desk.list_of_resident(turn.resident, _COMING, LISTED, None)
    if not found:
        return Reply("您现在没有预约。", ReplyKind.ANSWER, intent, suggestions=("明天上午十点约保洁",))
    lines = ["您的预约：", *(f"{k}. {_line(booking)}" for k, booking in enumerate(found, 1))]
    how = "\n\n取消或改期请在“我的预约”里操作，目前还不能在对话里办。" if unbooks else ""
    return Reply("\n".join(lines) + how, ReplyKind.ANSWER, intent, cards=tuple(found))


def _line(booking: Booking) -> str:
    what = f"{time_text(booking.interval.start)}，{booking.store_name}，{booking.offering_name}"
    return f"{what}（{status_text(booking.status)}，预约码 {booking.code}）"
