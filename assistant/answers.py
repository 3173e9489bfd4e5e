"""Replies that need no conversation: policy answers with their source, places nearby, small talk, not knowing."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from lifecircle.assistant.offer_names import NamedCategory
from lifecircle.assistant.replies import Hotline, Reply, ReplyKind, Requirement
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.geo import Point, walk_minutes
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store

NEARBY_RADIUS = 3_000
CITY_HOTLINE = Hotline("政务服务便民热线", "12345")


def nearby_answer(snapshot: Snapshot, wanted: NamedCategory, near: Point | None, center: Point) -> Reply:
    found = _stores_of(snapshot, wanted, near or center)
    if not found:
        text = f"三公里内没有找到{wanted.name}。可以换个说法，或拨打 12345 询问。"
        return Reply(text, ReplyKind.FALLBACK, "nearby.search", 0.9)
    lines = [f"{k}. {_where(metres if near else None, store)}" for k, (metres, store) in enumerate(found, 1)]
    head = "离您最近的" if near else "您还没有提供位置，区内的"
    return Reply(
        "\n".join([f"{head}{wanted.name}：", *lines]),
        ReplyKind.ANSWER,
        "nearby.search",
        0.9,
        cards=tuple(store for _, store in found),
        requires=None if near else Requirement.LOCATION,
    )


def _stores_of(snapshot: Snapshot, wanted: NamedCategory, center: Point) -> list[tuple[float, Store]]:
    codes = snapshot.categories.descendants(wanted.code)
    around = ((metres, store) for metres, store in snapshot.near(center, NEARBY_RADIUS))
    return list(islice(((m, s) for m, s in around if s.category in codes and s.state == "OPEN"), 3))


def _where(metres: float | None, store: Store) -> str:
    walk = "" if metres is None else f"，步行约 {walk_minutes(metres)} 分钟"
    return f"{store.name}（{store.address}{walk}）"


def small_talk(signals: Signals) -> Reply | None:
    if signals.greets:
        return greeting()
    if signals.thanks:
        return thanks()
    return handoff() if signals.wants_a_person else None


def greeting() -> Reply:
    return Reply(
        "您好，我是便民生活圈助手。可以问我养老金资格认证等政策，找附近的店和服务，也可以直接预约，比如“明天上午十点约保洁”。",
        ReplyKind.ANSWER,
        "smalltalk.greeting",
        suggestions=("养老金怎么认证", "附近有什么药店", "明天上午十点约保洁"),
    )


def thanks() -> Reply:
    return Reply("不客气，有事随时找我。", ReplyKind.ANSWER, "smalltalk.thanks")


def handoff() -> Reply:
    text = "这里还没有人工客服。请拨打 12345，说清楚事情和地点，会有人帮您。"
    return Reply(text, ReplyKind.HANDOFF, "handoff", cards=(CITY_HOTLINE,))


def nothing_pending() -> Reply:
    text = "现在没有待确认的预约。您可以说要约什么、什么时候，比如“明天上午十点约保洁”。"
    return Reply(text, ReplyKind.ANSWER, "booking.none", suggestions=("明天上午十点约保洁", "我的预约"))


def not_known() -> Reply:
    text = "这个问题我没有可靠的资料，不能乱说。您可以换个说法，或拨打 12345 找人工。"
    return Reply(text, ReplyKind.FALLBACK, None, 0.0, cards=(CITY_HOTLINE,))


def ask_there(snapshot: Snapshot, wanted: NamedCategory, near: Point | None, center: Point) -> Reply:
    """A question about a matter that has an office: not known here, but who would know."""
    reply, found = not_known(), _stores_of(snapshot, wanted, near or center)
    if not found:
        return reply
    _, store = found[0]
    call = f"，电话 {store.phone}" if store.phone else ""
    return replace(
        reply, text=f"{reply.text}\n\n也可以去问：{store.name}（{store.address}{call}）。", cards=(*reply.cards, store)
    )
