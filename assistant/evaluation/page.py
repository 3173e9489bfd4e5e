"""An evaluation as one HTML page that needs nothing else: totals, reliability, confusions, intents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from lifecircle.assistant.evaluation.measures import Bin, Judged, Measures
from lifecircle.assistant.evaluation.summary import totals

_STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans SC", sans-serif; margin: 2rem auto; max-width: 72rem; color: #1d2733 }
h1, h2 { font-weight: 600 } table { border-collapse: collapse; width: 100% }
td, th { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid #e3e8ee; vertical-align: top }
.n { text-align: right; font-variant-numeric: tabular-nums } svg { max-width: 100%; height: auto }
.weak { background: #fdecea } pre { font: inherit; white-space: pre-wrap }
"""
_WEAK = 0.8
_SIDE, _MARGIN = 320, 40
_CELL = 6


def page(measures: Measures, judged: Sequence[Judged]) -> str:
    parts = [
        f"<pre>{escape(chr(10).join(totals(measures)))}</pre>",
        "<h2>Reliability</h2><p>How often answers of a confidence are right; the line is perfect calibration.</p>",
        reliability_plot(measures.bins),
        "<h2>Confusion matrix</h2><p>Rows: what was meant; columns: what was found. Point at a cell to read it.</p>",
        confusion_matrix(measures, judged),
        "<h2>Confusions</h2>",
        _table(("meant", "found", "n", "texts"), _confusion_rows(measures)),
        "<h2>Intents</h2>",
        _table(("intent", "n", "precision", "recall", "F1"), _intent_rows(measures)),
    ]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Understanding, evaluated</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>Understanding, evaluated</h1>\n{body}\n</body></html>\n"
    )


def reliability_plot(bins: Sequence[Bin]) -> str:
    def x(value: float) -> float:
        return round(_MARGIN + value * _SIDE, 1)

    def y(value: float) -> float:
        return round(_MARGIN + (1 - value) * _SIDE, 1)

    most = max((one.count for one in bins), default=1)
    ticks = "".join(
        f'<text x="{x(at / 5)}" y="{y(0) + 18}" text-anchor="middle">{at / 5:.1f}</text>'
        f'<text x="{x(0) - 6}" y="{y(at / 5) + 4}" text-anchor="end">{at / 5:.1f}</text>'
        for at in range(6)
    )
    dots = "".join(
        f'<circle cx="{x(one.confidence)}" cy="{y(one.accuracy)}" r="{4 + 10 * (one.count / most) ** 0.5:.1f}" '
        f'fill="#2b6cb0" fill-opacity=".7"><title>confidence {one.confidence:.2f}, right {one.accuracy:.2f}, '
        f"{one.count} answers</title></circle>"
        for one in bins
    )
    size = _SIDE + 2 * _MARGIN
    return (
        f'<svg viewBox="0 0 {size} {size}" width="{size}" font-size="11" role="img" aria-label="reliability plot">'
        f'<rect x="{x(0)}" y="{y(1)}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#9aa5b1"/>'
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#9aa5b1" stroke-dasharray="4"/>'
        f"{ticks}{dots}</svg>"
    )


def confusion_matrix(measures: Measures, judged: Sequence[Judged]) -> str:
    names = sorted({one.intent for one in judged} | {one.found for one in judged})
    place = {name: at for at, name in enumerate(names)}
    counts: dict[tuple[str, str], int] = {}
    for one in judged:
        counts[one.intent, one.found] = counts.get((one.intent, one.found), 0) + 1
    size = len(names) * _CELL
    most = {one.intent: one.count for one in measures.intents}
    borders = [at for at in range(1, len(names)) if _domain(names[at]) != _domain(names[at - 1])]
    lines = "".join(
        f'<path d="M{at * _CELL} 0V{size}M0 {at * _CELL}H{size}" stroke="#e3e8ee" stroke-width=".6"/>' for at in borders
    )
    cells = "".join(
        f'<rect x="{place[found] * _CELL}" y="{place[meant] * _CELL}" width="{_CELL}" height="{_CELL}" '
        f'fill="{"#2f855a" if meant == found else "#c53030"}" fill-opacity="{0.25 + 0.75 * count / most[meant]:.2f}">'
        f"<title>{escape(meant)} → {escape(found)}: {count}</title></rect>"
        for (meant, found), count in sorted(counts.items())
    )
    return (
        f'<svg viewBox="0 0 {size} {size}" width="{size}" role="img" aria-label="confusion matrix">'
        f'<rect width="{size}" height="{size}" fill="#fafbfc"/>{lines}{cells}</svg>'
    )


def _domain(intent: str) -> str:
    return intent.partition(".")[0]


def _confusion_rows(measures: Measures) -> Iterator[str]:
    for meant, found, texts in measures.confusions:
        said = "<br>".join(map(escape, texts))
        yield f'<tr><td>{escape(meant)}</td><td>{escape(found)}</td><td class="n">{len(texts)}</td><td>{said}</td></tr>'


def _intent_rows(measures: Measures) -> Iterator[str]:
    for one in measures.intents:
        figures = "".join(f'<td class="n">{value:.2f}</td>' for value in (one.precision, one.recall, one.f1))
        weak = ' class="weak"' if one.f1 < _WEAK else ""
        yield f'<tr{weak}><td>{escape(one.intent)}</td><td class="n">{one.count}</td>{figures}</tr>'


def _table(heads: Sequence[str], rows: Iterator[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
