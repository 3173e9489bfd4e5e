"""Puts neighbouring words together: 下周三 + 下午 + 三点半, 到, 五点, 之前."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lifecircle.assistant.when.frames import Frame, Mark, Stretch, merged
from lifecircle.assistant.when.lexer import TIGHT, Atom, touch

MOST_PHRASES = 40
LIMITS = (Mark.BEFORE, Mark.AFTER, Mark.WITHIN, Mark.SINCE)
GAP = re.compile(r"[\s,、的()]{0,3}(?:大概|大约|差不多|就在|就|在|是|那天|当天|当日|左右|吧|约)?[\s,、的()]{0,2}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One expression: a frame or a stretch, the end of its range, and what limits it."""

    begin: int
    stop: int
    frame: Frame
    stretch: Stretch | None = None
    until: Frame | None = None
    limit: Mark | None = None

    @property
    def is_date_only(self) -> bool:
        plain = self.stretch is None and self.until is None and self.limit in (None, Mark.SINCE)
        return plain and self.frame.is_dated and self.frame.hour is None

    @property
    def needs_date(self) -> bool:
        return self.stretch is None and self.frame.is_timed and not self.frame.is_dated


def phrases(words: list[Atom], text: str) -> list[Phrase]:
    result: list[Phrase] = []
    index = 0
    while index < len(words) and len(result) < MOST_PHRASES:
        word = words[index]
        if isinstance(word.item, Frame):
            phrase, index = _phrase(words, index, word.item, text)
            result.append(phrase)
            continue
        if isinstance(word.item, Stretch):
            result.append(Phrase(word.begin, word.stop, Frame(), stretch=word.item))
        index += 1
    return result


def _phrase(words: list[Atom], index: int, first: Frame, text: str) -> tuple[Phrase, int]:
    begin = words[index].begin
    frame, index = _collect(words, index, first, text)
    until = _end_of_range(words, index, text)
    if until:
        until, index = _collect(words, index + 1, until, text)
    limit = _limit(words, index, text)
    index += limit is not None
    return Phrase(begin, words[index - 1].stop, frame, until=until, limit=limit), index


def _collect(words: list[Atom], index: int, frame: Frame, text: str) -> tuple[Frame, int]:
    """The frame and all that follows and agrees with it, and the index after."""
    index += 1
    while index < len(words) and isinstance(item := words[index].item, Frame):
        # A comma after a clock ends it: in 上午十点, 下周三... the day is the next one's, or lent later (`links`).
        gap = TIGHT if frame.hour is not None and item.is_dated else GAP
        both = merged(frame, item) if touch(words[index - 1], words[index], text, gap) else None
        if both is None:
            break
        frame, index = both, index + 1
    return frame, index


def _end_of_range(words: list[Atom], index: int, text: str) -> Frame | None:
    """The frame after 到, when that stands right here."""
    if index + 1 >= len(words) or words[index].item is not Mark.TO:
        return None
    before, mark, after = words[index - 1 : index + 2]
    if not touch(before, mark, text, TIGHT) or not touch(mark, after, text, TIGHT):
        return None
    return after.item if isinstance(after.item, Frame) else None


def _limit(words: list[Atom], index: int, text: str) -> Mark | None:
    if index == len(words) or not touch(words[index - 1], words[index], text, TIGHT):
        return None
    item = words[index].item
    return item if isinstance(item, Mark) and item in LIMITS else None
