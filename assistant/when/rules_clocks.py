"""Words for times of day, lengths of time and limits: 下午三点半, 两小时, 之前."""

from __future__ import annotations

import re

from lifecircle.assistant.when.frames import Frame, Length, Mark, Reach, Stretch
from lifecircle.assistant.when.lexicon import NOT_TIMES, PART_WORDS, SHORT_PARTS, UNITS
from lifecircle.assistant.when.numerals import COUNT, HOUR, MINUTE, ONES, number
from lifecircle.assistant.when.rules import Rule, any_of, rule, says
from lifecircle.assistant.when.spans import Grain

OCLOCK = r"(?:点钟|点整|点|时(?![间候尚段装代常长光刻薪令而不髦机区速差来])整?)"
# A bare number after 点 is minutes unless it counts something: 三点十五, but not 三点十五个人.
UNCOUNTED = rf"(?![\d{ONES}十百个人位元块小天号年月日次点平米公斤万千件套只台%度折样岁辆间家层楼桌份箱条名时])"
# A single one counts fives, as Cantonese says it (三点三 is 3:15), and only where nothing follows.
ALONE = r"(?=$|[\s,.;!?。、的])"
UNIT = (
    r"(?P<unit>个?小时|个?钟头?|分钟|秒钟?|天(?![猫然津气桥花河])|日|个?星期|个?礼拜|个?周(?!岁|年|末)|个月"
    r"|年(?!级|龄|纪|代|会|薪|底|初|货))"
)
TO = r"\s?(?:到|至|-|~)\s?"
BEFORE_ONE = "午晨晚上早里天日号到至~- 一二三四五六末夜间"


def _minute(match: re.Match[str]) -> int | None:
    said = match.groupdict()
    if said.get("half"):
        return 30
    if said.get("quarter"):
        return 15 * number(said["quarter"] or "")
    if said.get("fives"):
        return 5 * number(said["fives"] or "")
    return number(said["minute"] or "") if said.get("minute") else None


def _clock(match: re.Match[str]) -> Frame | None:
    if match[0] == "一点" and not _is_one_oclock(match):
        return None
    second = match.groupdict().get("second")
    return Frame(hour=number(match["hour"]), minute=_minute(match), second=number(second) if second else None)


def _is_one_oclock(match: re.Match[str]) -> bool:
    """Whether 一点 is one o'clock and not "a little": it is when a day or a range leads or follows it."""
    start, stop = match.span()
    before, after = match.string[max(0, start - 1) : start], match.string[stop : stop + 1]
    return (bool(before) and before in BEFORE_ONE) or (bool(after) and after in "到至-~前左之以") or not before + after


def _to_clock(match: re.Match[str]) -> Frame:
    """差五分三点, 三点差五分."""
    minute = _minute(match) or 0
    hour = number(match["hour"])
    return Frame(hour=(hour or 24) - 1, minute=60 - minute)


def _about(match: re.Match[str]) -> Frame:
    """三四点: from three to four."""
    about = match["about"]
    return Frame(hour=number(about[0]), to_hour=number(about[1]))


def _digital(match: re.Match[str]) -> Frame | None:
    hour, minute = number(match["hour"]), number(match["minute"])
    if hour == 24 and minute:
        return None
    part = PART_WORDS.get((match["half"] or " ")[0])
    exact = len(match["hour"]) == 2 and match["hour"][0] in "02" and not part
    second = number(match["second"]) if match["second"] else None
    return Frame(hour=hour, minute=minute, second=second, part=part, exact=exact or None)


def _half_day(match: re.Match[str]) -> Frame:
    return Frame(hour=number(match["hour"]), part=PART_WORDS[match["half"]])


def _length(match: re.Match[str]) -> Length:
    unit = UNITS[match["unit"].removeprefix("个")]
    count = float(match["count"]) if "." in match["count"] else float(number(match["count"]))
    said = match.groupdict()
    return Length(count + 0.5 if said.get("half") or said.get("tail") else count, unit)


def _half(match: re.Match[str]) -> Length:
    halves = {Grain.MONTH: Length(15, Grain.DAY), Grain.YEAR: Length(6, Grain.MONTH), Grain.DAY: Length(12, Grain.HOUR)}
    unit = UNITS[match["unit"].removeprefix("个")]
    return halves.get(unit, Length(0.5, unit))


def _quarters(match: re.Match[str]) -> Length:
    return Length(15 * number(match["count"]), Grain.MINUTE)


def _stretch(match: re.Match[str]) -> Stretch:
    lead = match["lead"]
    reach = Reach.LAST if lead[0] in "上前过之" else Reach.NEXT if lead in "下后" else Reach.RECENT
    if lead[0] in "未接今往":
        reach = Reach.WITHIN
    return Stretch(reach, _length(match))


def _part(match: re.Match[str]) -> Frame:
    return Frame(part=PART_WORDS[match[0]])


def _short_part(match: re.Match[str]) -> Frame:
    return Frame(part=SHORT_PARTS[match[0]])


QUARTER = r"(?P<quarter>[一三1-3])刻钟?"
BLOCKS: tuple[Rule, ...] = tuple(rule(words, says(None)) for words in NOT_TIMES)
CLOCK_RULES: tuple[Rule, ...] = (
    rule(rf"差(?:{QUARTER}|(?P<minute>{MINUTE})分?钟?)[到就]?(?P<hour>{HOUR}){OCLOCK}", _to_clock),
    rule(rf"(?P<hour>{HOUR}){OCLOCK}[差缺少欠](?:{QUARTER}|(?P<minute>{MINUTE})分?钟?)", _to_clock),
    rule(rf"(?P<hour>{HOUR}){OCLOCK}[过踏搭]?(?:(?P<half>半)钟?|{QUARTER}|(?P<fives>[{ONES}])个字)", _clock),
    rule(rf"(?P<hour>{HOUR}){OCLOCK}[过零]?(?P<minute>{MINUTE})分(?!钟)(?:(?P<second>{MINUTE})秒)?", _clock),
    rule(rf"(?P<hour>{HOUR}){OCLOCK}[过踏搭]?(?P<fives>[{ONES}]){ALONE}", _clock),
    rule(rf"(?P<hour>{HOUR})[点时](?P<minute>[0-5]\d|[零〇][{ONES}]|[二三四五]?十[{ONES}]?){UNCOUNTED}", _clock),
    rule(r"(?P<about>一两|两三|二三|三四|四五|五六|六七|七八|八九|九十)[点时](?!间)钟?", _about),
    rule(rf"(?P<hour>{HOUR}){OCLOCK}(?![{ONES}\d][折米公千万倍度%平斤亿级])[来多]?钟?", _clock),
    rule(r"下班(?!晚|早|得|时间)", says(Frame(hour=18, exact=True))),
    rule(
        r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])(?:\s?(?P<half>[ap]m?)(?![a-z]))?",
        _digital,
    ),
    rule(r"(?P<hour>1[0-2]|0?\d)\s?(?P<half>[ap]m)(?![a-z])", _half_day),
    rule(rf"(?P<hour>{HOUR})(?={TO}{HOUR}(?:[点时](?!间)|:\d\d))", _clock),
    rule(rf"(?<=[点半][到至~-])(?P<hour>{HOUR})(?=$|[\s,.;!?。、的之])", _clock),
    rule(any_of(word for word in PART_WORDS if not word.isascii()), _part),
    rule(r"(?<![a-z])[ap]m(?![a-z])", _part),
    rule(rf"[早晚](?={HOUR}(?:[点时]|:\d\d))", _short_part),
    rule(r"(?<=[周期拜][一二三四五六日天])[早晚](?![些饭餐会点])", _short_part),
    rule(r"现在|此时|此刻|当前|这会儿|眼下|而家|依家", says(Frame(now=True))),
    rule(r"(?:这|最?近)[两几][天日]", says(Stretch(Reach.RECENT, Length(2, Grain.DAY)))),
    rule(
        rf"(?P<lead>未来|接下来|今后|往后|最近|近|这|过去|之前|(?<![以网线])上|(?<![目以])前|(?<![以线楼])下|(?<![然随先背])后)的?(?P<count>{COUNT}){UNIT}",
        _stretch,
    ),
    rule(r"半(?P<unit>个?小时|个?钟头?|[天日]|个?月|年)", _half),
    rule(r"(?P<count>[一三1-3])刻钟", _quarters),
    rule(rf"(?P<count>\d{{1,3}}\.\d|{COUNT})(?:个(?P<half>半))?{UNIT}(?P<tail>半)?", _length),
    rule(rf"(?<![通超经不])(?:再过|过|再等|等|再)[了个]?(?=[\d{ONES}两十半])", says(Mark.IN)),
    rule(r"到|至(?!少|于|今|尊|多)|-+|~|–|—+", says(Mark.TO)),
    rule(r"之前|以前|前", says(Mark.BEFORE)),
    rule(r"之后|以后|过后|后", says(Mark.AFTER)),
    rule(r"之内|以内|内", says(Mark.WITHIN)),
    rule(r"开始|起", says(Mark.SINCE)),
    # Any other number is eaten whole, so that no rule finds a time in the middle of it.
    rule(r"第?\d+(?:[.,]\d+)*", says(None)),
    rule(rf"第?[零〇{ONES}两十百千万亿廿卅]+", says(None)),
)
