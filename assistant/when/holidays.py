"""Named days: on which date each falls in a year, and how long the statutory break around it is."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from math import floor

from lifecircle.assistant.when import lunar

ONE_DAY = timedelta(days=1)

FIXED = {
    "元旦": (1, 1),
    "情人节": (2, 14),
    "妇女节": (3, 8),
    "植树节": (3, 12),
    "消费者权益日": (3, 15),
    "愚人节": (4, 1),
    "劳动节": (5, 1),
    "青年节": (5, 4),
    "护士节": (5, 12),
    "520": (5, 20),
    "儿童节": (6, 1),
    "618": (6, 18),
    "建党节": (7, 1),
    "建军节": (8, 1),
    "教师节": (9, 10),
    "国庆节": (10, 1),
    "万圣节": (10, 31),
    "记者节": (11, 8),
    "双十一": (11, 11),
    "双十二": (12, 12),
    "澳门回归日": (12, 20),
    "平安夜": (12, 24),
    "圣诞节": (12, 25),
    "跨年": (12, 31),
}
LUNAR = {
    "春节": (1, 1),
    "元宵节": (1, 15),
    "龙抬头": (2, 2),
    "端午节": (5, 5),
    "七夕": (7, 7),
    "中元节": (7, 15),
    "中秋节": (8, 15),
    "重阳节": (9, 9),
    "腊八节": (12, 8),
    "小年": (12, 23),
}
# month, which one of its weekdays, the weekday
FLOATING = {"母亲节": (5, 2, 6), "父亲节": (6, 3, 6), "感恩节": (11, 4, 3)}

# Solar terms: month, and C of the customary formula floor(0.2422 Y + C) - leap years, with Y counted from 2000.
# Fitted on 2000-2100 against the astronomical terms of lunar-python 1.4.8; MISSES are the days it is off by one.
TERMS = {
    "小寒": (1, 5.39),
    "大寒": (1, 20.11),
    "立春": (2, 3.87),
    "惊蛰": (3, 5.63),
    "春分": (3, 20.63),
    "清明": (4, 4.81),
    "谷雨": (4, 20.1),
    "立夏": (5, 5.52),
    "小满": (5, 21.04),
    "芒种": (6, 5.66),
    "夏至": (6, 21.37),
    "小暑": (7, 7.13),
    "大暑": (7, 22.83),
    "立秋": (8, 7.5),
    "处暑": (8, 23.13),
    "白露": (9, 7.63),
    "秋分": (9, 23.04),
    "寒露": (10, 8.31),
    "霜降": (10, 23.45),
    "立冬": (11, 7.45),
    "冬至": (12, 21.93),
}
MISSES = {
    ("小寒", 2000): 1,
    ("大寒", 2000): 1,
    ("立春", 2000): 1,
    ("立秋", 2002): 1,
    ("小满", 2008): 1,
    ("白露", 2018): 1,
    ("春分", 2018): 1,
    ("冬至", 2021): -1,
    ("芒种", 2022): 1,
    ("寒露", 2040): 1,
    ("小暑", 2078): -1,
    ("大寒", 2082): 1,
}

# Days of the break counted from the festival, for years whose official arrangement is not known yet.
USUAL_BREAK = {"元旦": 3, "春节": 7, "清明": 3, "劳动节": 5, "端午节": 3, "中秋节": 3, "国庆节": 7}


def festival(name: str, year: int) -> date | None:
    """The day of a festival in a Gregorian year; a lunar one counts for the year its lunar year begins in."""
    if name in FIXED:
        return date(year, *FIXED[name])
    if name in LUNAR:
        return lunar.solar(year, *LUNAR[name])
    if name in FLOATING:
        return _floating(year, *FLOATING[name])
    if name == "除夕":
        return _eve_of_new_year(year)
    if name == "复活节":
        return _easter(year)
    return _term(name, year)


def _eve_of_new_year(year: int) -> date | None:
    new_year = lunar.solar(year, 1, 1)
    return new_year and new_year - ONE_DAY


def _floating(year: int, month: int, which: int, weekday: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def _term(name: str, year: int) -> date:
    month, constant = TERMS[name]
    since = year - 2000
    leap = since - 1 if month < 3 else since
    day = floor(0.2422 * since + constant) - (leap // 4 - leap // 100)
    return date(year, month, day + MISSES.get((name, year), 0))


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def statutory_break(name: str, day: date) -> tuple[date, date]:
    """First day and the day after the last of the break that a festival lies in."""
    first = last = day
    if _is_off(day):
        while _is_off(first - ONE_DAY):
            first -= ONE_DAY
        while _is_off(last + ONE_DAY):
            last += ONE_DAY
        return first, last + ONE_DAY
    return day, day + timedelta(days=USUAL_BREAK.get(name, 1))


@lru_cache(maxsize=256)
def _is_off(day: date) -> bool:
    import chinese_calendar  # its tables are needed for breaks only

    try:
        return bool(chinese_calendar.is_holiday(day))
    except NotImplementedError:  # the State Council has not announced that year yet
        return False
