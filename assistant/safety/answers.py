"""What is said to a cry for help: the right number first, then what to do until help is there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lifecircle.assistant.replies import PARAGRAPH, Hotline, Reply, ReplyKind, in_short

POLICE, FIRE, MEDICAL = Hotline("报警", "110"), Hotline("火警", "119"), Hotline("急救", "120")
TRAFFIC, MIND, WOMEN = Hotline("交通事故报警", "122"), Hotline("心理援助", "12356"), Hotline("妇女维权", "12338")
ANTI_FRAUD, SOCIAL_SECURITY = Hotline("反诈劝阻", "96110"), Hotline("人社咨询", "12333")

SCAM = "scam"


@dataclass(frozen=True, slots=True)
class _Help:
    hotlines: tuple[Hotline, ...]
    advice: str


_SAFE_FIRST = "先确保自己和身边人的安全。"
_HELP = {
    "fire": _Help((FIRE,), "先离开危险的地方；有烟就弯腰捂住口鼻，不要乘电梯。人被困住时不要硬拽，等救援。"),
    "gas": _Help(
        (FIRE, MEDICAL), "不要开关电器、不要点火，能做到就关阀门、开窗，到室外再打电话。有人不舒服同时打 120（急救）。"
    ),
    "self_harm": _Help(
        (MEDICAL, MIND), "请先离开高处、药品和刀具，找个人陪在身边。心里难受也可以打 12356（心理援助），有人听您说。"
    ),
    "missing_person": _Help(
        (POLICE,), "不用等满 24 小时。告诉警察走失的地点、时间、衣着和照片，同时请邻居和物业帮忙找、看监控。"
    ),
    "domestic_violence": _Help((POLICE, WOMEN), "先到安全的地方，锁好门或去邻居家。之后也可以打 12338（妇女维权）。"),
    "poisoning": _Help((MEDICAL,), "不要自行催吐，带上药瓶、包装或剩下的东西给医生看。"),
    "crime": _Help((POLICE,), "先躲到安全的地方，不要追赶或硬拼。"),
    "medical": _Help((MEDICAL,), "说清楚地点和病人的情况，听接线员指导，不要随意搬动病人。"),
    "traffic": _Help((TRAFFIC, MEDICAL), "有人受伤先打 120（急救）。人离开车道，打开双闪。"),
    "cry": _Help((POLICE,), _SAFE_FIRST),
    SCAM: _Help((ANTI_FRAUD,), "如果只是电话或短信里这么说，先向家人核实，不要转账；可疑时打 96110（反诈劝阻）。"),
}

_CAUTION_OF_SCAM = "如果有人向您要验证码、密码、刷脸或钱，请先别给，可以打 96110（反诈劝阻）问清楚。"

_DELICATE = (
    (re.compile(r"家暴|家庭暴力|挨打|打我(?!的?.{0,2}(?:电话|手机|微信))"), (POLICE, WOMEN)),
    (re.compile(r"自杀|轻生|抑郁"), (MIND,)),
)


def help_with(kinds: tuple[str, ...]) -> Reply:
    """The number of the first kind; the numbers of the others stand beside it."""
    needed = _HELP[kinds[0]]
    first = needed.hotlines[0]
    paragraphs = (f"请马上拨打 {first.number}（{first.name}），说清楚地点和情况。", _SAFE_FIRST, needed.advice)
    hotlines = dict.fromkeys(line for kind in kinds for line in _HELP[kind].hotlines)
    doubt = (_HELP[SCAM].advice,) if SCAM in kinds else ()
    text = "\n\n".join(dict.fromkeys(paragraphs + doubt))
    return Reply(text, ReplyKind.EMERGENCY, intent="emergency", cards=tuple(hotlines))


def number_of(kind: str) -> Hotline:
    return _HELP[kind].hotlines[0]


def with_caution(reply: Reply, hotline: Hotline) -> Reply:
    """The same answer, and before it whom to call in case it is worse than it sounds."""
    worse = f"如果现在有人有危险，请马上拨打 {hotline.number}（{hotline.name}）。"
    line = _CAUTION_OF_SCAM if hotline == ANTI_FRAUD else worse
    cards = (*(card for card in reply.cards if card != hotline), hotline)
    return replace(reply, text=in_short(f"{line}{PARAGRAPH}{reply.text}"), cards=cards)


def warning() -> Reply:
    text = (
        "这很可能是诈骗，请先停下：不要给验证码和密码，不要共享屏幕或配合刷脸，不要点链接，也不要转账。\n\n"
        "养老金资格认证不收费，工作人员不会索要验证码和银行卡密码。拿不准可以打 12333（人社咨询）核实。\n\n"
        "接到可疑电话可以打 96110（反诈劝阻）；已经转了钱请马上打 110（报警），并联系银行。"
    )
    return Reply(text, ReplyKind.ANSWER, intent="scam.warning", cards=(ANTI_FRAUD, SOCIAL_SECURITY, POLICE))


def beside(folded: str) -> tuple[Hotline, ...]:
    return tuple(line for subject, lines in _DELICATE if subject.search(folded) for line in lines)
