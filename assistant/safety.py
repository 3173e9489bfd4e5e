"""A cry for help comes before everything else: the right number at once, in any state of a conversation."""

from __future__ import annotations

import re

from lifecircle.assistant.replies import Hotline, Reply, ReplyKind

_POLICE, _FIRE, _MEDICAL = Hotline("报警", "110"), Hotline("火警", "119"), Hotline("急救", "120")

_CRIES: tuple[tuple[re.Pattern[str], Hotline], ...] = (
    (re.compile(r"着火|起火|失火|燃气泄漏|煤气泄漏|煤气味|燃气味|救火"), _FIRE),
    (
        re.compile(
            r"晕倒|昏倒|昏迷|没有?呼吸|喘不上气|喘不过气|胸口(很|好|特别|剧)?痛|胸痛|心梗|中风|大出血|流了?(好|很)多血"
            r"|摔(倒|了).{0,6}(起不来|动不了)|叫不醒|吃错药|喝农药|中毒|割腕|自杀|不想活|轻生"
        ),
        _MEDICAL,
    ),
    (
        re.compile(
            r"抢劫|有人(打|砍|追)我|家暴|打我|闯进|入室|绑架|(孩子|小孩|老人|我妈|我爸|爷爷|奶奶)(走丢|不见|丢了)|救命"
        ),
        _POLICE,
    ),
)
_NOT_A_CRY = re.compile(r"讲座|演练|培训|预防|知识|怎么办理|补办|保险|宣传|课程|预约.{0,4}科")


def emergency(folded: str) -> Reply | None:
    """The reply to a cry for help, else None."""
    if _NOT_A_CRY.search(folded):
        return None
    for pattern, hotline in _CRIES:
        if pattern.search(folded):
            text = f"请马上拨打 {hotline.number}（{hotline.name}），说清楚地点和情况。\n\n先确保自己和身边人的安全。"
            return Reply(text, ReplyKind.EMERGENCY, intent="emergency", cards=(hotline,))
    return None
