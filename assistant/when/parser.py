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
MOVED_TO = re.compile(
    r"(?:(?:改|换|挪|调|移|推迟|提前|延后|延期|顺延|推|延)(?:约|期|时间|整)?(?:到|成|为|在|至)|改|改约|改期|换|最好|优先|尽量)(?:是|在|约)?$"
)
REFUSED = re.compile(
    r"[\s,]?(?:那天|当天|那个点|那个时间|的话|我们?|他们?|家里|实在|可能|恐怕|好像|又|也|都|了|的)*"
    r"(?:不行|不方便|没空|没时间|没有空|不在|不可以|不能|去不了|来不了|不了|取消|就不|要上班|有事|不合适|太早|太晚|太赶"
    r"|赶不上|来不及|约满|满了|没号|没有号|没位|排不开|不得空|抽不开身|加班|出差)"
)
REFUSING = re.compile(
    r"(?:不要|不想|不约|除了|除|别|不是|取消|原来|本来|原先|之前|原定|原约|避开|错开)(?:在|约|的|是)*$"
)


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
