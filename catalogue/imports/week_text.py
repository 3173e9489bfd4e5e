"""Opening hours as people write them in a cell: "周一至周五 08:30-12:00 13:30-17:00；周六 09:00-11:30". Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lifecircle.catalogue.editing.hours import WeekRow
from lifecircle.catalogue.errors import InvalidInput

EXAMPLE = "周一至周五 08:30-12:00 13:30-17:00；周六 09:00-11:30"

_DAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}
_GROUPS = {"每天": range(1, 8), "每日": range(1, 8), "天天": range(1, 8), "全年": range(1, 8)}
_GROUPS |= {"工作日": range(1, 6), "周末": range(6, 8), "双休日": range(6, 8)}
_DAY = r"(?:周|星期|礼拜)?([一二三四五六日天1-7])"
_SPAN = re.compile(rf"{_DAY}(?:[至到~-]{_DAY})?")
_CLOCK = r"([0-9]{1,2}):([0-9]{2})"
_RANGE = re.compile(rf"{_CLOCK}[至到~-](?:次日|第二天|凌晨)?{_CLOCK}")
_ROUND_THE_CLOCK = ("24小时", "全天", "00:00-24:00")


def parse_week(text: str) -> tuple[WeekRow, ...]:
    """Raises InvalidInput."""
    plain = unicodedata.normalize("NFKC", text).replace("—", "-").replace("–", "-").replace("、", ",")
    rows = [row for part in re.split(r"[;\n。]", plain) if part.strip() for row in _part(part.strip())]
    if not rows:
        raise _unreadable(text)
    return tuple(rows)


def _part(part: str) -> Iterator[WeekRow]:
    found = re.search(r"[0-9]{1,2}:[0-9]{2}|24小时|全天|休", part)
    if found is None:
        raise _unreadable(part)
    days, times = _days(part[: found.start()]), part[found.start() :]
    if times.startswith("休"):
        return
    for opens, closes in _ranges(times):
        for day in days:
            yield WeekRow(day, opens, closes)


def _days(text: str) -> list[int]:
    words = [word for word in re.split(r"[,\s:]+", text) if word]
    if not words:
        return list(range(1, 8))
    return sorted({day for word in words for day in _word_days(word)})


def _word_days(word: str) -> range | list[int]:
    if word in _GROUPS:
        return _GROUPS[word]
    span = _SPAN.fullmatch(word)
    if span:
        first, last = _weekday(span[1]), _weekday(span[2] or span[1])
        return range(first, last + 1) if first <= last else [*range(first, 8), *range(1, last + 1)]
    several = re.fullmatch(r"(?:周|星期)([一二三四五六日天]{2,7})", word)
    if several:
        return [_weekday(char) for char in several[1]]
    raise _unreadable(word)


def _weekday(char: str) -> int:
    return int(char) if char.isdigit() else _DAYS[char]


def _ranges(text: str) -> list[tuple[str, str]]:
    words = [word for word in re.split(r"[,\s]+", text) if word]
    return [_range(word) for word in words]


def _range(word: str) -> tuple[str, str]:
    if word in _ROUND_THE_CLOCK:
        return "00:00", "24:00"
    found = _RANGE.fullmatch(word)
    if not found:
        raise _unreadable(word)
    return f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]):02d}:{found[4]}"


def _unreadable(text: str) -> InvalidInput:
    return InvalidInput(f"营业时间“{text[:30]}”看不懂，请写成：{EXAMPLE}；或：每天 08:00-22:00。")
