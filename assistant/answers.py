"""Replies that need no conversation: places nearby, small talk, a person, not knowing."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from lifecircle.assistant.offer_names import NamedCategory
from lifecircle.assistant.replies import Hotline, Reply, ReplyKind, Requirement
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.geo import Point, distance, walk_minutes
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store

NEARBY_RADIUS = 3_000
CITY_HOTLINE = Hotline("政务服务便民热线", "12345")


def nearby_answer(snapshot: Snapshot, wanted: NamedCategory, near: Point | None, center: Point) -> Reply:
    found = stores_of(snapshot, wanted, near or center)
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


def stores_of(snapshot: Snapshot, wanted: NamedCategory, center: Point) -> list[tuple[float, Store]]:
    codes = snapshot.categories.descendants(wanted.code)
    around = ((metres, store) for metres, store in snapshot.near(center, NEARBY_RADIUS))
    return list(islice(((m, s) for m, s in around if s.category in codes and s.state == "OPEN"), 3))


def metres_between(here: Point, there: Point) -> float:
    return distance(here, there)


def _where(metres: float | None, store: Store) -> str:
    walk = "" if metres is None else f"，步行约 {walk_minutes(metres)} 分钟"
    return f"{store.name}（{store.address}{walk}）"


def small_talk(signals: Signals) -> Reply | None:
    if signals.greets:
        return greeting()
    if signals.thanks:
        return thanks()
    return handoff() if signals.wants_a_person else None


def small_talk_about(intent: str | None) -> Reply | None:
    """As the matcher understood it."""
    match intent:
        case "talk.greeting" | "talk.abilities":
            return greeting()
        case "talk.thanks":
            return thanks()
        case "talk.goodbye":
            return Reply("再见，有事随时找我。", ReplyKind.ANSWER, "smalltalk.goodbye")
        case "talk.human":
            return handoff()
        case _:
            return None


def greeting() -> Reply:
    return Reply(
        "您好，我是便民生活圈助手。可以问我养老金资格认证等政策，找附近的店和服务，也可以直接预约，比如“明天上午十点约保洁”。\n\n"
        "路灯坏了、噪音扰民这样的事也可以告诉我，我转给社区工作人员。",
        ReplyKind.ANSWER,
        "smalltalk.greeting",
        suggestions=("养老金怎么认证", "附近有什么药店", "明天上午十点约保洁"),
    )


def thanks() -> Reply:
    return Reply("不客气，有事随时找我。", ReplyKind.ANSWER, "smalltalk.thanks")


def handoff() -> Reply:
    text = "这件事请工作人员来答。着急可以拨打 12345，说清楚事情和地点，会有人帮您。"
    return Reply(text, ReplyKind.HANDOFF, "handoff", cards=(CITY_HOTLINE,))


def nothing_pending() -> Reply:
    text = "现在没有待确认的预约。您可以说要约什么、什么时候，比如“明天上午十点约保洁”。"
    return Reply(text, ReplyKind.ANSWER, "booking.none", suggestions=("明天上午十点约保洁", "我的预约"))


def did_you_mean(choices: tuple[str, ...], confidence: float) -> Reply:
    """One question instead of a guess."""
    lines = "\n".join(f"{number}. {choice}" for number, choice in enumerate(choices, 1))
    text = f"我不太确定您的意思，您是想：\n{lines}"
    return Reply(text, ReplyKind.CLARIFY, "clarify", round(confidence, 2), suggestions=choices)


def how_to_correct() -> Reply:
    text = (
        "店铺信息有误，可以在这家店的页面点“纠错”，写明哪里不对、应该是什么。"
        "商户会来改；7 天没有答复就转给社区工作人员。"
    )
    return Reply(text, ReplyKind.ANSWER, "report.wrong_info", 0.9)


def how_to_rate() -> Reply:
    text = "服务完成以后，可以在“我的预约”里打开那个预约，给服务打分、写评价。"
    return Reply(text, ReplyKind.ANSWER, "own.rate", 0.9, suggestions=("我的预约",))


def suspicious() -> Reply:
    text = (
        "可疑的电话和短信不要回、不要点链接、不要转账，也不要给验证码。"
        "可以打 96110（反诈劝阻）问一问；已经受骗请马上打 110 报警。"
    )
    cards = (Hotline("反诈劝阻", "96110"), Hotline("报警", "110"))
    return Reply(text, ReplyKind.ANSWER, "report.scam_other", 0.9, cards=cards)


def not_known() -> Reply:
    text = "这个问题我没有可靠的资料，不能乱说。您可以换个说法，或拨打 12345 找人工。"
    return Reply(text, ReplyKind.FALLBACK, None, 0.0, cards=(CITY_HOTLINE,))


def ask_there(snapshot: Snapshot, wanted: NamedCategory, near: Point | None, center: Point) -> Reply:
    """A question about a matter that has an office: not known here, but who would know."""
    reply, found = not_known(), stores_of(snapshot, wanted, near or center)
    if not found:
        return reply
    _, store = found[0]
    call = f"，电话 {store.phone}" if store.phone else ""
    return replace(
        reply, text=f"{reply.text}\n\n也可以去问：{store.name}（{store.address}{call}）。", cards=(*reply.cards, store)
    )
