"""The short way of writing opening hours in the seed files: "1-5 08:30-12:00 13:30-17:00; 6 09:00-11:30"."""

import re
from itertools import pairwise
from typing import Any

_DAY = re.compile(r"^([1-7])(?:-([1-7]))?$")
_RANGE = re.compile(r"^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$")


def parse_weekly(text: str) -> list[dict[str, Any]]:
    rows = [row for part in text.split(";") for row in _part(part.split())]
    rows.sort(key=lambda row: (row["weekday"], row["opens"]))
    for earlier, later in pairwise(rows):
        if earlier["weekday"] == later["weekday"] and _overlap(earlier, later):
            raise ValueError(f"the hours of weekday {later['weekday']} overlap")
    return rows


def parse_ranges(text: str) -> list[dict[str, str]]:
    ranges = [_range(part) for part in text.split()]
    if not ranges:
        raise ValueError("no range of hours is given")
    return ranges


def parse_holidays(text: str) -> dict[str, Any]:
    if text in ("SAME", "CLOSED"):
        return {"mode": text, "ranges": []}
    return {"mode": "RANGES", "ranges": parse_ranges(text)}


def _part(words: list[str]) -> list[dict[str, Any]]:
    if len(words) < 2:
        raise ValueError("hours are written like '1-5 08:30-12:00 13:30-17:00; 6 09:00-11:30'")
    ranges = [_range(word) for word in words[1:]]
    return [{"weekday": day, **one} for day in _days(words[0]) for one in ranges]


def _days(word: str) -> range:
    found = _DAY.match(word)
    if not found:
        raise ValueError(f"'{word}' is no weekday or span of weekdays from 1 to 7")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise ValueError(f"'{word}' runs backwards")
    return range(first, last + 1)


def _range(word: str) -> dict[str, str]:
    found = _RANGE.match(word)
    if not found:
        raise ValueError(f"'{word}' is no range of hours like 08:30-12:00")
    return {"opens": found[1], "closes": found[2]}


def _overlap(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    # Past midnight: nothing can follow on the same day.
    return bool(earlier["closes"] <= earlier["opens"] or earlier["closes"] > later["opens"])
