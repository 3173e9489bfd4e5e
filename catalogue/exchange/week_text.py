"""A week in words, as `imports.week_text` reads it: "周一至周五 08:30-12:00 13:30-17:00；周六 09:00-11:30". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

_NAMES = "一二三四五六日"


def week_text(weekly: Sequence[Mapping[str, Any]]) -> str:
    """Empty for a week with seasons: one line of words cannot say it."""
    if any(row.get("valid_from") or row.get("valid_through") for row in weekly):
        return ""
    ranges: dict[int, list[tuple[str, str]]] = {}
    for row in weekly:
        for weekday in row["weekdays"]:
            ranges.setdefault(int(weekday), []).append((row["opens"], row["closes"]))
    days: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for weekday in sorted(ranges):
        days.setdefault(tuple(sorted(ranges[weekday])), []).append(weekday)
    return "；".join(f"{_days(found)} {_ranges(clocks)}" for clocks, found in days.items())


def _days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == 7:
        return "每天"
    runs = [[day for _, day in run] for _, run in groupby(enumerate(weekdays), key=lambda one: one[1] - one[0])]
    return "、".join(_span(run) for run in runs)


def _span(run: Sequence[int]) -> str:
    first, last = _NAMES[run[0] - 1], _NAMES[run[-1] - 1]
    if len(run) == 1:
        return f"周{first}"
    return f"周{first}、周{last}" if len(run) == 2 else f"周{first}至周{last}"


def _ranges(clocks: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{opens}-{'次日' if closes <= opens else ''}{closes}" for opens, closes in clocks)
