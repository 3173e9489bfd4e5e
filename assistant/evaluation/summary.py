"""An evaluation for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from lifecircle.assistant.evaluation.measures import Measures

WORST = 12
_TEXTS = 3


def summary(measures: Measures) -> Iterator[str]:
    yield from totals(measures)
    yield ""
    yield f"{'intent':<32}{'n':>5}{'precision':>11}{'recall':>9}{'F1':>7}"
    for one in measures.intents:
        yield f"{one.intent:<32}{one.count:>5}{one.precision:>11.2f}{one.recall:>9.2f}{one.f1:>7.2f}"
    yield ""
    yield "confidence  n     right"
    for group in measures.bins:
        yield f"{group.confidence:>10.2f}{group.count:>6}{group.accuracy:>8.2f}"
    yield ""
    yield "worst confusions (meant → found)"
    for meant, found, texts in measures.confusions[:WORST]:
        yield f"  {meant} → {found}  {len(texts)}: {' | '.join(texts[:_TEXTS])}"


def totals(measures: Measures) -> Iterator[str]:
    yield f"{measures.count} held-out utterances of {len(measures.intents)} intents"
    yield f"  accuracy {measures.accuracy:.4f}   macro-F1 {measures.macro_f1:.4f}   top 3 {measures.top3:.4f}"
    yield f"  expected calibration error {measures.calibration_error:.4f}"
    yield (
        f"  at the threshold {measures.threshold:.2f}: {measures.accepted:.1%} acted on, {measures.accepted_right:.1%} "
        f"of that rightly; {measures.false_accepts:.1%} of what belongs to no intent"
    )
