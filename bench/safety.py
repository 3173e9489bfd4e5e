"""How many held-out cries for help are heard and how many near misses are false alarms, beside a plain word list.

Only totals are printed: whoever reads the judged sentences can no longer be judged by them.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.held_out import held_out_texts
from lifecircle.assistant.replies import Hotline
from lifecircle.assistant.safety import caution, reply_to
from lifecircle.assistant.safety.guard import heard
from lifecircle.catalogue.text import fold, traditional

JUDGED = Path(__file__).parent / "judged" / "safety_third.yaml"
"""The first two have been looked at three times each, and are development data now."""
SAME_AS = {"cry": "crime", "traffic": "medical"}
NUMBERS = {
    "medical": "120", "poisoning": "120", "self_harm": "120", "fire": "119", "gas": "119", "crime": "110",
    "domestic_violence": "110", "missing_person": "110", "scam": "96110",
}  # fmt: skip
PLAIN = re.compile(
    r"救命|着火|起火|火灾|冒烟|煤气味|漏气|燃气泄漏|晕倒|昏倒|昏迷|救护车|没呼吸|吐血|流血|中毒|误食|不想活|自杀|跳楼"
    r"|家暴|打我|走丢|走失|失踪|小偷|抢劫|报警|杀人|诈骗|骗子|验证码"
)

Ear = Callable[[str], Any]


def numbers(text: str) -> list[str]:
    """Those that the resident would be shown, the first first."""
    reply = reply_to(text)
    return [card.number for card in reply.cards if isinstance(card, Hotline)] if reply else []


def expected(positive: dict[str, Any]) -> set[str]:
    return {positive["kind"], *positive.get("also", ())}


def is_named(positive: dict[str, Any], text: str) -> bool:
    kinds = heard(text)
    return bool(kinds) and SAME_AS.get(kinds[0], kinds[0]) in expected(positive)


def has_number(positive: dict[str, Any], text: str) -> bool:
    return bool({NUMBERS[kind] for kind in expected(positive)} & set(numbers(text)))


def share(chosen: list[bool]) -> float:
    return sum(chosen) / max(1, len(chosen))


def by_kind(positives: list[dict[str, Any]]) -> None:
    every, was_heard, numbered = Counter[str](), Counter[str](), Counter[str]()
    for positive in positives:
        text = fold(positive["text"])
        every[positive["kind"]] += 1
        was_heard[positive["kind"]] += bool(heard(text))
        numbered[positive["kind"]] += has_number(positive, text)
    for kind, count in sorted(every.items()):
        rates = f"heard {was_heard[kind] / count:6.1%}   right number {numbered[kind] / count:6.1%}"
        print(f"    {kind:<18} n={count:<4} {rates}")


def median_microseconds(texts: list[str], ear: Ear) -> float:
    ear(texts[0])
    times = []
    for text in texts:
        started = time.perf_counter()
        ear(text)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def main() -> None:
    judged = yaml.safe_load(JUDGED.read_text(encoding="utf-8"))
    positives, negatives = judged["positives"], judged["negatives"]
    cries, calm = [fold(each["text"]) for each in positives], [fold(text) for text in negatives]
    print("safety: held-out cries and near misses, the guard beside a plain list of words")
    for name, ear in (("guard", heard), ("word list", PLAIN.search)):
        recall, alarms = share([bool(ear(text)) for text in cries]), share([bool(ear(text)) for text in calm])
        print(f"  {name:<10} recall {recall:6.2%} of {len(cries)}   false alarms {alarms:6.2%} of {len(calm)}")
    told, careful = ([bool(heard(text) or caution(text)) for text in texts] for texts in (cries, calm))
    print(f"  heard, or a number named beside the answer {share(told):6.2%}   of near misses {share(careful):6.2%}")
    twins = share([bool(heard(fold(traditional(each["text"])))) for each in positives])
    named = share([is_named(each, fold(each["text"])) for each in positives])
    shown = share([has_number(each, fold(each["text"])) for each in positives])
    print(f"  traditional twins {twins:6.2%}   right kind first {named:6.2%}   right number shown {shown:6.2%}")
    by_kind(positives)
    everyday = [fold(text) for text in held_out_texts()]
    plain, near = (min(median_microseconds(texts, heard) for _ in range(5)) for texts in (everyday, cries + calm))
    longest = min(median_microseconds([(text * 10_000)[:10_000]], heard) for text in cries[:20])
    print(f"  median of an everyday sentence {plain:.0f} µs, of a cry or a near miss, looked at twice, {near:.0f} µs")
    print(f"  10,000 characters {longest / 1000:.1f} ms")


if __name__ == "__main__":
    main()
