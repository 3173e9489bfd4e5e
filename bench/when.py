"""How often and how fast times are understood, beside a plain pattern for dates and clocks."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from lifecircle.assistant.when import TimeSpan, parse, parse_all
from lifecircle.assistant.when.spans import SHANGHAI
from lifecircle.catalogue.text import traditional

JUDGED = Path(__file__).parent / "judged" / "time_phrases.yaml"
PARTS = {"morning": (0, 12), "noon": (10, 15), "afternoon": (12, 19), "evening": (17, 27)}
"""Between which hours of its day a bare part of the day may lie."""
CASES = Path(__file__).resolve().parents[2] / "shared" / "data" / "datetime" / "cases.jsonl"
SHIFTS = {"今天": 0, "明天": 1, "后天": 2}
PLAIN = re.compile(
    r"(?P<day>今天|明天|后天)?(?:(?P<month>\d{1,2})月(?P<date>\d{1,2})[日号])?(?:上午|(?P<pm>下午|晚上))?"
    r"(?:(?P<hour>\d{1,2})[点:](?P<minute>\d\d|半)?)?"
)
PHRASES = (
    "明天帮我约个保洁,上午十点",
    "下周三下午三点半到五点",
    "我家在3号楼2单元501,110平米,后天上午来",
    "周六晚上7点,八个人",
    "两小时的保洁多少钱",
)
HOSTILE = (
    *("1", "点", "三点", "明天", "下", "1:", "1-", "12/", "三天后", "初八", "闰", "九点到", "国庆假期"),
    *("😀", "明 ", "一"),
)
"""Pieces of which a long text is made, to find the one that costs most."""
HOSTILE_CHARACTERS = 10_000

Reader = Callable[[str, datetime], tuple[datetime, datetime] | None]


def ours(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    span = parse(text, now)
    return (span.start, span.until) if span else None


def plain(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """What one regular expression can do: a near day or a month's day, and a clock in digits."""
    match = next((found for found in PLAIN.finditer(text) if found[0]), None)
    if match is None:
        return None
    start = now.replace(hour=0, minute=0, second=0) + timedelta(days=SHIFTS.get(match["day"] or "", 0))
    try:
        if match["month"]:
            start = start.replace(month=int(match["month"]), day=int(match["date"]))
        if not match["hour"]:
            return start, start + timedelta(days=1)
        start = start.replace(hour=int(match["hour"]) + (12 if match["pm"] and int(match["hour"]) < 12 else 0))
        minute = match["minute"]
        start = start.replace(minute=30 if minute == "半" else int(minute or 0))
    except ValueError:
        return None
    return start, start + (timedelta(minutes=1) if minute else timedelta(hours=1))


def is_right(case: dict[str, Any], text: str, read: Reader) -> bool:
    found = read(text, datetime.fromisoformat(case["ref"]).replace(tzinfo=SHANGHAI))
    expected = (case["start"], case["end"])
    said = tuple(bound.replace(tzinfo=None).isoformat() for bound in found) if found else ()
    return said == expected if case["end"] else said[:1] == expected[:1]


def accuracy(cases: list[dict[str, Any]], read: Reader, script: Callable[[str], str] = str) -> float:
    return sum(is_right(case, script(case["text"]), read) for case in cases) / len(cases)


def local(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def is_as_judged(phrase: dict[str, Any], span: TimeSpan | None) -> bool:
    """A bare part of the day lies in it; everything else starts and ends as expected, a point without an end."""
    if span is None:
        return False
    if phrase.get("part"):
        first, last = (local(phrase["day"]) + timedelta(hours=hour) for hour in PARTS[phrase["part"]])
        return span.end is not None and first <= span.start and span.end <= last
    return span.start == local(phrase["start"]) and span.end == (phrase["end"] and local(phrase["end"]))


def held_out() -> None:
    """Only totals: whoever reads the judged phrases can no longer be judged by them."""
    phrases = yaml.safe_load(JUDGED.read_text(encoding="utf-8"))
    for name, script in (("held-out phrases", str), ("held-out, traditional", traditional)):
        right: dict[str, list[bool]] = defaultdict(list)
        for phrase in phrases:
            right[phrase["grain"]].append(is_as_judged(phrase, parse(script(phrase["text"]), local(phrase["now"]))))
        every = [each for chosen in right.values() for each in chosen]
        shares = "   ".join(f"{grain} {sum(got)}/{len(got)}" for grain, got in sorted(right.items()))
        print(f"  {name:<26} n={len(every):<4} {sum(every) / len(every):6.1%}   {shares}")


def median_microseconds(texts: list[str], read: Reader, rounds: int = 5) -> float:
    now = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
    read(texts[0], now)
    times = []
    for text in texts * rounds:
        started = time.perf_counter()
        read(text, now)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def best_cpu(text: str, rounds: int) -> float:
    """Seconds of this process for every time in the text, the best of so many rounds."""
    now = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)
    times = []
    for _ in range(rounds):
        started = time.process_time()
        parse_all(text, now)
        times.append(time.process_time() - started)
    return min(times)


def hostile() -> None:
    """What the worst of the long texts costs, beside a plain sentence."""
    sentence = best_cpu(PHRASES[0], 200)
    costs = {piece: best_cpu((piece * HOSTILE_CHARACTERS)[:HOSTILE_CHARACTERS], 5) for piece in HOSTILE}
    worst = max(costs, key=lambda piece: costs[piece])
    print(
        f"  {HOSTILE_CHARACTERS:,} hostile characters  {costs[worst] * 1e3:.1f} ms at worst ({worst!r} repeated), "
        f"{costs[worst] / sentence:.0f} times a plain sentence ({sentence * 1e6:.0f} µs)"
    )


def main() -> None:
    texts = list(PHRASES)
    print("when: Chinese time expressions, parser against one plain regular expression")
    if CASES.exists():
        every = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
        core = [case for case in every if case["core"]]
        near = [case for case in every if case["holiday"] != "other"]
        texts += [case["text"] for case in core]
        groups = {"core": core, "all but foreign festivals": near, "all": every}
        for name, cases in groups.items():
            mine, twin, base = accuracy(cases, ours), accuracy(cases, ours, traditional), accuracy(cases, plain)
            print(f"  {name:<26} n={len(cases):<4} {mine:6.1%}   traditional {twin:6.1%}   plain {base:6.1%}")
    else:
        print("  accuracy: the public cases are not here")
    held_out()
    mine, base = median_microseconds(texts, ours), median_microseconds(texts, plain)
    print(f"  median of one parse        {mine:.0f} µs   plain {base:.0f} µs")
    hostile()


if __name__ == "__main__":
    main()
