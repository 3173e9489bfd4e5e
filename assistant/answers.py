"""Replies that need no conversation: policy answers with their source, places nearby, small talk, not knowing."""

from __future__ import annotations

from itertools import islice

from lifecircle.assistant.offer_names import NamedCategory
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.policies.shelf import PolicyMatch
from lifecircle.assistant.replies import Citation, Hotline, Reply, ReplyKind
from lifecircle.catalogue.geo import Point, walk_minutes
from lifecircle.catalogue.snapshot.model import Snapshot

NEARBY_RADIUS = 3_000
CITY_HOTLINE = Hotline("政务服务便民热线", "12345")

_LOCAL = "各地规定可能不同，以当地为准"


def policy_answer(match: PolicyMatch, *, is_stale: bool) -> Reply:
    """Only what the guide says, with the guide as its citation."""
    policy = match.policy
    paragraphs = [policy.summary, _details(policy), _advice(policy, is_stale)]
    return Reply(
        "\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        ReplyKind.ANSWER,
        intent=f"policy.{policy.id}",
        confidence=min(1.0, match.score),
        citations=tuple(Citation(policy, source.section) for source in policy.sources[:1]) or (Citation(policy),),
        cards=(policy,),
    )


def nearby_answer(snapshot: Snapshot, wanted: NamedCategory, near: Point | None, center: Point) -> Reply:
    codes = snapshot.categories.descendants(wanted.code)
    around = ((metres, store) for metres, store in snapshot.near(near or center, NEARBY_RADIUS))
    found = list(islice(((m, s) for m, s in around if s.category in codes and s.state == "OPEN"), 3))
    if not found:
        return Reply(
            f"三公里内没有找到{wanted.name}。可以换个说法，或拨打 12345 询问。",
            ReplyKind.FALLBACK,
            "nearby.search",
            0.9,
        )
    lines = [f"{k}. {s.name}（{s.address}，步行约 {walk_minutes(m)} 分钟）" for k, (m, s) in enumerate(found, 1)]
    where = "离您最近的" if near else "您还没有提供位置，区内的"
    text = f"{where}{wanted.name}：\n" + "\n".join(lines)
    return Reply(text, ReplyKind.ANSWER, "nearby.search", 0.9, cards=tuple(store for _, store in found))


def greeting() -> Reply:
    return Reply(
        "您好，我是便民生活圈助手。可以问我养老金资格认证等政策，找附近的店和服务，也可以直接预约，比如“明天上午十点约保洁”。",
        ReplyKind.ANSWER,
        "smalltalk.greeting",
        suggestions=("养老金怎么认证", "附近有什么药店", "明天上午十点约保洁"),
    )


def thanks() -> Reply:
    return Reply("不客气，有事随时找我。", ReplyKind.ANSWER, "smalltalk.thanks")


def not_known(nearest: list[PolicyMatch]) -> Reply:
    """Says so, and offers the two nearest topics and a person to ask."""
    suggestions = tuple(match.policy.questions[0] for match in nearest[:2] if match.policy.questions)
    text = "这个问题我没有可靠的资料，不能乱说。您可以换个说法，或拨打 12345 找人工。"
    return Reply(text, ReplyKind.FALLBACK, None, 0.0, cards=(CITY_HOTLINE,), suggestions=suggestions)


def _details(policy: Policy) -> str:
    if policy.steps:
        return "\n".join(f"{number}. {step}" for number, step in enumerate(policy.steps, 1))
    return policy.body.split("\n\n")[0]


def _advice(policy: Policy, is_stale: bool) -> str:
    parts = [
        "这份资料已超过半年没有核对，请先打电话确认" if is_stale else "",
        _LOCAL if policy.local_rules_differ else "",
        f"咨询电话 {policy.phone}" if policy.phone else "",
    ]
    said = "；".join(part for part in parts if part)
    return f"{said}。" if said else ""
