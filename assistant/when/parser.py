"""The two functions the rest of the project calls.

Text is folded, cut into words (`lexer`, by `rules_dates` and `rules_clocks`), lengths are placed (`lengths`), words
joined to phrases (`phrases`), phrases lend each other their dates (`links`), and each is resolved against now
(`resolve`, with `dates` and `clocks`).
"""

from __future__ import annotations

import re
from datetime import datetime

from lifecircle.assistant.when.lengths import placed
from lifecircle.assistant.when.lexer import atoms
from lifecircle.assistant.when.links import linked
from lifecircle.assistant.when.phrases import phrases
from lifecircle.assistant.when.resolve import resolve
from lifecircle.assistant.when.spans import SHANGHAI, Grain, TimeSpan
from lifecircle.catalogue.text import fold

LONGEST = 2_000  # characters that are read; nobody names a time after so many
MOVED_TO = re.compile(r"(?:改|换|挪|调|移|推迟|提前|延后|延期|顺延|推|延)(?:约|期|时间|整)?(?:到|成|为|在|至)$")
REFUSED = re.compile(
    r"[\s,]?(?:不行|不方便|没空|没时间|没有空|不在|不可以|不能|去不了|来不了|取消|都不|就不|要上班|有事)"
)
REFUSING = re.compile(r"(?:不要|除了|除|别|不是|取消|原来|本来|原定|原约)(?:在|约|的)?$")


def parse_all(text: str, now: datetime) -> list[TimeSpan]:
    """Every time the text speaks of, in its order."""
    return _spans(fold(text[:LONGEST]), now.astimezone(SHANGHAI))


def parse(text: str, now: datetime) -> TimeSpan | None:
    """The time the text asks for: the first, but rather a coming, wanted, definite one than any other."""
    folded, here = fold(text[:LONGEST]), now.astimezone(SHANGHAI)
    spans = _spans(folded, here)
    return max(spans, key=lambda span: _wanted(span, folded, here), default=None)


def _spans(folded: str, now: datetime) -> list[TimeSpan]:
    found = linked(phrases(placed(atoms(folded), folded), folded), folded)
    resolved = (resolve(phrase, now) for phrase in found)
    return [span for span in resolved if span]


def _wanted(span: TimeSpan, folded: str, now: datetime) -> tuple[bool, bool, bool, bool]:
    """Larger is better; `max` keeps the first of equals."""
    before = folded[max(0, span.begin - 8) : span.begin]
    refused = REFUSED.match(folded, span.stop) or REFUSING.search(before)
    return (bool(MOVED_TO.search(before)), not refused, span.until > now, span.grain is not Grain.SECOND)
