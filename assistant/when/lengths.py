"""Lengths of time become times when a word places them: 过两天, 一小时三十分钟后, 三天内; alone they say none."""

from __future__ import annotations

from datetime import timedelta

from lifecircle.assistant.when.frames import Frame, Length, Mark, Reach, Stretch
from lifecircle.assistant.when.lexer import TIGHT, Atom, touch
from lifecircle.assistant.when.spans import Grain

PLACING = (Mark.AFTER, Mark.BEFORE, Mark.WITHIN)


def placed(found: list[Atom], text: str) -> list[Atom]:
    """The same atoms, with every length made the time it says, or left out."""
    result: list[Atom] = []
    index = 0
    while index < len(found):
        run = _run(found, index)
        if not run:
            result.append(found[index])
            index += 1
            continue
        index += len(run)
        mark = _mark(found, index, text)
        led = bool(result) and result[-1].item is Mark.IN and result[-1].stop == run[0].begin
        if item := _meaning([atom.item for atom in run if isinstance(atom.item, Length)], Mark.AFTER if led else mark):
            result.append(Atom(run[0].begin, found[index].stop if mark else run[-1].stop, item))
            index += mark is not None
    return result


def _run(found: list[Atom], index: int) -> list[Atom]:
    """The lengths that follow each other without a gap: 一小时, 三十分钟."""
    run: list[Atom] = []
    for atom in found[index:]:
        if not isinstance(atom.item, Length) or (run and run[-1].stop != atom.begin):
            break
        run.append(atom)
    return run


def _mark(found: list[Atom], index: int, text: str) -> Mark | None:
    if index == len(found) or not touch(found[index - 1], found[index], text, TIGHT):
        return None
    item = found[index].item
    return item if isinstance(item, Mark) and item in PLACING else None


def _meaning(lengths: list[Length], mark: Mark | None) -> Frame | Stretch | None:
    if mark is Mark.AFTER:
        return _later(lengths)
    if mark is None or len(lengths) > 1:
        return None
    return Stretch(Reach.LAST if mark is Mark.BEFORE else Reach.WITHIN, lengths[0])


def _later(lengths: list[Length]) -> Frame:
    units = {each.unit for each in lengths}
    count = sum((each.count for each in lengths), 0.0)
    if units <= {Grain.MONTH, Grain.YEAR}:
        return Frame(months_later=sum(each.months for each in lengths))
    if units == {Grain.DAY} and count.is_integer():
        return Frame(day_shift=int(count))
    if units == {Grain.WEEK} and count.is_integer():
        return Frame(weeks_later=int(count))
    return Frame(delta=sum((each.fixed or timedelta(days=30 * each.months) for each in lengths), timedelta()))
