"""Words for days: 后天, 下周三, 12月3日, 腊月二十三, 国庆第二天, 月底."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from lifecircle.assistant.when.frames import Frame
from lifecircle.assistant.when.lexicon import (
    DAY_PREFIXES,
    DAY_SHIFTS,
    EDGES,
    HOLIDAY_NUMBERS,
    HOLIDAY_WORDS,
    SEASONS,
    SHORT_PARTS,
    WEEKDAYS,
    YEAR_SHIFTS,
)
from lifecircle.assistant.when.numerals import DAY, MONTH, ONES, YEAR, number
from lifecircle.assistant.when.rules import Rule, any_of, rule, says

SHIFT = r"(?P<shift>上{1,3}|下{1,3}|这|本|今|当|此)一?个?"
WEEK = r"(?:周|星期|礼拜)"
WEEKDAY = r"(?P<weekday>[一二三四五六日天]|[1-6](?!\d|点|:|个))"
TO = r"\s?(?:到|至|-|~)\s?"
LIST_OR_TO = r"\s?(?:到|至|-|~|、|和|或者?|跟)\s?"
MONTH_EDGE = rf"(?P<edge>初(?![{ONES}十])|上旬|中旬|下旬|中(?![午秋介心间])|底|末|尾)"
YEAR_EDGE = rf"(?P<edge>初(?![{ONES}十])|中(?![午秋介心间])|底|末|尾)"
NOT_A_DATE = (
    r"(?!楼|线|院|店|门|厅|桌|馆|技|师|柜|机|房|床|窗|位|包|车|仓|井|路|公寓|单元|码|铺|出口|电梯|选手|球|文件|员|柱|油"
    r"|电池|地|牌|字|口|台|梯|区)"
)
NOT_A_STAY = r"(?!内|后|前|之|以|子|游|租|常|本|元|语|式|系|料|均|程|薪|结|志|用|化|货|报)"
NOT_A_PLACE = (
    rf"(?![\d{ONES}十百千万点月号个元块折层楼路街巷村]|大道|广场|小区|中路|新村|商场|大厦|小学|中学|医院|公园|桥|站|队)"
)
BREAK = r"(?P<span>小?长假|黄金周|放?假期间?|期间|放假)?"
LUNAR_DAY = rf"初[{ONES}十]|十[{ONES}]|二十[{ONES}]?|廿[{ONES}]?|三十"
NOT_A_GRADE = r"(?!年级|中(?!午)|级|班|上学|下学|学|英|数|语文|物理|化学|的?孩|的?家长|补|辅|恋|步|衷|心|次|始)"


def _shift(words: str) -> int:
    return {"上": -1, "下": 1}.get(words[0], 0) * len(words)


def _weekday(match: re.Match[str]) -> Frame:
    shift = match["shift"]
    return Frame(week=None if shift is None else _shift(shift), weekday=WEEKDAYS[match["weekday"]])


def _weekday_alone(match: re.Match[str]) -> Frame:
    """The second day of 周一到五 and 周一三."""
    return Frame(weekday=WEEKDAYS[match["weekday"]])


def _week(match: re.Match[str]) -> Frame:
    return Frame(week=_shift(match["shift"]))


def _weekend(match: re.Match[str]) -> Frame:
    return Frame(week=_shift(match["shift"]) if match["shift"] else None, weekend=True)


def _nth_weekday(match: re.Match[str]) -> Frame:
    return Frame(nth_weekday=number(match["which"]), weekday=WEEKDAYS[match["weekday"]])


def _last_weekday(match: re.Match[str]) -> Frame:
    return Frame(nth_weekday=-1, weekday=WEEKDAYS[match["weekday"]])


def _calendar(match: re.Match[str]) -> Frame:
    """Any of year, month and day, as numbers."""
    said: dict[str, Any] = {name: number(text) for name, text in match.groupdict().items() if text and name != "edge"}
    if "year" in said and said["year"] < 100:
        said["year"] += 1900 if said["year"] >= 70 else 2000
    return Frame(**said, edge=EDGES.get(match.groupdict().get("edge") or ""))


def _month_shift(match: re.Match[str]) -> Frame:
    return Frame(month_shift=_shift(match["shift"]), edge=EDGES.get(match["edge"] or ""))


def _year_shift(match: re.Match[str]) -> Frame:
    return Frame(year_shift=YEAR_SHIFTS[match["shift"]], edge=EDGES.get(match["edge"] or ""))


def _day_word(match: re.Match[str]) -> Frame:
    return Frame(day_shift=DAY_SHIFTS[match[0]])


def _day_and_part(match: re.Match[str]) -> Frame:
    return Frame(day_shift=DAY_PREFIXES[match["day"]], part=SHORT_PARTS[match["part"]])


def _after_midnight(match: re.Match[str]) -> Frame:
    """今晚凌晨一点 is in the small hours of tomorrow."""
    return Frame(day_shift=DAY_PREFIXES[match["day"]] + 1, part="凌晨")


def _same_time(match: re.Match[str]) -> Frame:
    return Frame(delta=timedelta(days=DAY_PREFIXES[match["day"]]))


def _lunar_month(match: re.Match[str]) -> Frame:
    month = {"正": 1, "冬": 11, "腊": 12}.get(match["month"]) or number(match["month"])
    day = match["day"]
    return Frame(
        lunar=True, leap=bool(match["leap"]) or None, month=month, day=number(day.removeprefix("初")) if day else None
    )


def _lunar_day(match: re.Match[str]) -> Frame:
    return Frame(lunar=True, month=1 if match.groupdict().get("new_year") else None, day=number(match["day"]))


def _holiday(match: re.Match[str]) -> Frame:
    name = HOLIDAY_WORDS.get(match["name"]) or HOLIDAY_NUMBERS[match["name"]]
    return Frame(holiday=name, break_days=True if match["span"] else None)


def _nth_day(match: re.Match[str]) -> Frame:
    return Frame(nth_day=number(match["which"]))


def _quarter(match: re.Match[str]) -> Frame:
    return Frame(quarter=number(match["which"]))


def _quarter_shift(match: re.Match[str]) -> Frame:
    return Frame(quarter_shift=_shift(match["shift"]))


DATE_RULES: tuple[Rule, ...] = (
    rule(rf"(?P<year>{YEAR})[-/.](?P<month>{MONTH})[-/.](?P<day>{DAY})[号日]?(?![\d])t?", _calendar),
    rule(rf"(?P<month>{MONTH})/(?P<day>{DAY})/(?P<year>\d{{4}}|\d\d)(?!\d)", _calendar),
    rule(rf"(?P<month>{MONTH})/(?P<day>{DAY})(?![\d/杯份的个折价段])[号日]?", _calendar),
    rule(
        rf"(?P<month>{MONTH})[.-](?P<day>{DAY})(?:[号日]|(?=\s?(?:周[一二三四五六日]|星期|礼拜|上午|下午|早|晚上|中午|[01]?\d:\d\d|2[0-3]:\d\d)))",
        _calendar,
    ),
    rule(r"(?P<day>今|明|后|大后)[天日儿]的?(?:这个时候|这个时间|这个点|这会儿|这时候|同一时间|同样时间)", _same_time),
    rule(r"下一?个?(?:周|星期|礼拜)的?今天", says(Frame(weeks_later=1))),
    rule(r"(?P<day>[今明后昨])(?:晚|天晚上|天夜里)的?凌晨", _after_midnight),
    rule(any_of(DAY_SHIFTS), _day_word),
    rule(r"(?P<day>今明|明后)[两2]?[天日]", lambda match: Frame(day_shift=DAY_PREFIXES[match["day"][0]], days=2)),
    rule(
        r"(?P<day>大后|后|明|听|今|当|昨|寻|琴|前(?!夜))(?P<part>[早晚晨夜午])(?!餐|饭|报|霜|会|年)上?", _day_and_part
    ),
    rule(r"(?P<day>今|听|寻|琴)(?P<part>朝)早?", _day_and_part),
    rule(rf"(?:{SHIFT})?(?:周末|{WEEK}六[和跟、]?(?:周|星期|礼拜)?[日天]|双休日?)", _weekend),
    rule(rf"第(?P<which>[一二三四五1-5])个{WEEK}{WEEKDAY}", _nth_weekday),
    rule(rf"最后一个{WEEK}{WEEKDAY}", _last_weekday),
    rule(rf"(?:{SHIFT})?{WEEK}{WEEKDAY}(?![次回趟遍])", _weekday),
    rule(rf"(?<=[周期拜][一二三四五][到至~-]){WEEKDAY}(?![点号月日时个{ONES}十])", _weekday_alone),
    rule(r"(?<=[周期拜][一二三四五])(?P<weekday>[二三四五六日])(?=$|[\s五六日,。的都上下早晚中])", _weekday_alone),
    rule(r"(?P<edge>[上中下]旬)", lambda match: Frame(edge=EDGES[match["edge"]])),
    rule(rf"{SHIFT}{WEEK}(?!岁|年)", _week),
    rule(rf"(?:农历|阴历|旧历|古历)的?(?P<day>{LUNAR_DAY})(?!月)", _lunar_day),
    rule(r"(?:农历|阴历|旧历|古历)的?", says(Frame(lunar=True))),
    rule(rf"(?P<leap>闰)?(?P<month>[正冬腊])月(?P<day>{LUNAR_DAY})?", _lunar_month),
    rule(rf"(?P<leap>闰)(?P<month>十[一二]?|[{ONES}])月(?P<day>{LUNAR_DAY})?", _lunar_month),
    rule(rf"(?P<leap>闰)?(?P<month>十[一二]?|[{ONES}])月(?P<day>初[{ONES}十])", _lunar_month),
    rule(rf"八月十五(?![号日{ONES}])", says(Frame(lunar=True, month=8, day=15))),
    rule(rf"(?P<new_year>大年|年)初(?P<day>[{ONES}十])", _lunar_day),
    rule(rf"初(?P<day>[{ONES}十]){NOT_A_GRADE}", _lunar_day),
    rule(rf"(?P<year>{YEAR}|\d\d(?=年\d))年的?{YEAR_EDGE}?", _calendar),
    rule(
        rf"(?P<shift>大前|大后|前|去|今|明|来|后|本|这一?|当|上|下一?)个?年(?!级|会|龄|货|轻|终|夜|糕|饭|三十|初[{ONES}]){YEAR_EDGE}?",
        _year_shift,
    ),
    rule(rf"年{YEAR_EDGE}(?!年)", lambda match: Frame(edge=EDGES[match["edge"]], of_year=True)),
    rule(rf"(?P<month>{MONTH})月(?P<day>{DAY})(?={LIST_OR_TO}{DAY}(?:号{NOT_A_DATE}|日{NOT_A_STAY}))", _calendar),
    rule(
        rf"(?P<month>{MONTH})月份?的?(?P<day>{DAY})(?:[号日]|(?![\d{ONES}十个点时:分月年块元人位次天小家季/-]))",
        _calendar,
    ),
    rule(rf"(?P<month>{MONTH})月(?:份(?!额)|(?!嫂|饼|龄)){MONTH_EDGE}?", _calendar),
    rule(rf"{SHIFT}月(?:份(?!额)|(?!嫂|饼|龄|子|亮)){MONTH_EDGE}?", _month_shift),
    rule(
        rf"月(?P<edge>初(?![{ONES}十])|上旬|中旬|下旬|底|末|尾|中(?![午秋间国]))",
        lambda match: Frame(edge=EDGES[match["edge"]]),
    ),
    rule(rf"(?<![路街道巷弄里村同栋座第])(?P<day>{DAY})(?:号{NOT_A_DATE}|日{NOT_A_STAY})", _calendar),
    rule(rf"(?P<day>{DAY})(?={LIST_OR_TO}{DAY}(?:号{NOT_A_DATE}|日{NOT_A_STAY}))", _calendar),
    rule(r"第?(?P<which>[一二三四1-4])季度", _quarter),
    rule(rf"{SHIFT}季度", _quarter_shift),
    rule(r"(?P<which>[上下])半年", lambda match: Frame(half="上下".index(match["which"]))),
    rule(r"(?P<season>[春夏秋冬])[天季](?!里)", lambda match: Frame(season=SEASONS[match["season"]])),
    rule(rf"(?P<name>{any_of(HOLIDAY_WORDS)}){BREAK}", _holiday),
    rule(rf"(?P<name>{any_of(set(HOLIDAY_NUMBERS) - {'十一'})}){NOT_A_PLACE}{BREAK}", _holiday),
    rule(rf"(?P<name>十一)(?:{BREAK[:-1]}|(?=节|当天|那天|前|后|第|上午|下午|早上|晚上))", _holiday),
    rule(rf"第(?P<which>{DAY})天", _nth_day),
    rule(r"最后一天", says(Frame(nth_day=-1))),
    rule(r"次日|翌日|[后隔]一天|第二日", says(Frame(nth_day=2))),
    rule(r"前夜|前一晚", says(Frame(nth_day=0, part="晚上"))),
    rule(r"前一天|前夕", says(Frame(nth_day=0))),
)
