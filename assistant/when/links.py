"""Lets phrases lend each other what was said only once: 明天帮我约个保洁, 上午十点 is one time, tomorrow at ten."""

from __future__ import annotations

import re
from dataclasses import replace

from lifecircle.assistant.when.frames import clock_of, continued, date_of, merged, narrows
from lifecircle.assistant.when.phrases import Phrase

OR = re.compile(r"[\s,、]?(?:或者|或是|还是|或|和|跟|与|以及|及)?[\s,]?")


def linked(found: list[Phrase], text: str) -> list[Phrase]:
    result: list[Phrase] = []
    for phrase in found:
        last = result[-1] if result else None
        if last is None:
            result.append(phrase)
        elif joined := _joined(last, phrase):
            result[-1] = joined
        else:
            _lend_clock(result, phrase, text)
            result.append(_dated(phrase, last))
    return result


def _lend_clock(earlier: list[Phrase], phrase: Phrase, text: str) -> None:
    """All days of 周一、周三、周五上午 have the clock of the last."""
    for index in reversed(range(len(earlier))):
        following = earlier[index + 1] if index + 1 < len(earlier) else phrase
        if not OR.fullmatch(text, earlier[index].stop, following.begin):
            return
        timed = _timed(earlier[index], phrase)
        if timed is None:
            return
        earlier[index] = timed


def _joined(last: Phrase, phrase: Phrase) -> Phrase | None:
    """Both as one, when one only names the day of the other's clock, or the week or month of its day."""
    if last.needs_date and phrase.is_date_only:
        both = merged(last.frame, phrase.frame)
        return replace(last, stop=phrase.stop, frame=both) if both else None
    if not last.is_date_only or phrase.stretch or not (phrase.needs_date or narrows(last.frame, phrase.frame)):
        return None
    both = merged(last.frame, phrase.frame)
    return replace(phrase, begin=last.begin, frame=both) if both else None


def _timed(last: Phrase, phrase: Phrase) -> Phrase | None:
    if not last.is_date_only or last.frame.is_timed or phrase.stretch or phrase.limit or not phrase.frame.is_timed:
        return None
    both = merged(last.frame, clock_of(phrase.frame))
    return replace(last, frame=both, until=phrase.until) if both else None


def _dated(phrase: Phrase, last: Phrase) -> Phrase:
    """The second clock of 明天上午十点或者下午三点 is on that day, the second day of 下周三或者周四 in that week."""
    if phrase.stretch or last.stretch or (last.until and last.until.is_dated):
        return phrase
    if phrase.needs_date:
        both = merged(date_of(last.frame), phrase.frame) if last.frame.is_dated else None
        return replace(phrase, frame=both) if both else phrase
    return replace(phrase, frame=continued(last.frame, phrase.frame))
