"""What is given up, and in which order, when nothing is found; and how it is said. Pure.

1. words that name nothing known    2. the place    3. further words, the vague and short ones first
4. "open"    5. the rating          6. the price
What a place is (category, chain, area, what can be booked or comes home, accessibility) is never given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lifecircle.catalogue.search.understanding import Part, Understanding
from lifecircle.catalogue.stores.filters import StoreFilter


@dataclass(frozen=True, slots=True)
class Attempt:
    """Parts that all have to be answered, and what was given up for it."""

    parts: tuple[Part, ...]
    filter: StoreFilter
    given_up: tuple[str, ...] = ()
    with_whole: bool = False
    """Names that hold the whole query count too."""
    is_partial: bool = False
    """Names that share most of the query's characters count too."""


def attempts(asked: Understanding, wanted: StoreFilter) -> Iterator[Attempt]:
    """The same for the same query and filter, so that a page can name its attempt by number."""
    readings = list(_readings(asked))
    for loosened, said in _filters(wanted):
        for reading in readings:
            yield replace(reading, filter=loosened, given_up=(*reading.given_up, *said))


def _readings(asked: Understanding) -> Iterator[Attempt]:
    parts, plain = asked.parts, StoreFilter()
    known = tuple(part for part in parts if not part.is_loose)
    loose = tuple(part for part in parts if part.is_loose)
    yield Attempt(parts, plain, with_whole=len(parts) > 1 or bool(loose))
    if asked.guess:
        places = tuple(part for part in parts if part.is_place)
        yield Attempt((asked.guess, *places), plain, (_instead(asked.whole, asked.guess.shown, places),))
    if not known:
        if asked.guess:
            yield Attempt((asked.guess,), plain, (_instead(asked.whole, asked.guess.shown),))
        yield Attempt(parts, plain, (f"没有找到与“{asked.whole}”完全相符的店，以下是名称相近的",), is_partial=True)
        return
    if loose:
        yield Attempt(known, plain, (_without(loose, known),))
    yield from _fewer(known, loose)


def _fewer(known: tuple[Part, ...], dropped: tuple[Part, ...]) -> Iterator[Attempt]:
    """Without the place, then without one word after the other; last of all by the place alone."""
    matters = tuple(part for part in known if not part.is_place)
    if matters and len(matters) < len(known):
        dropped = (*dropped, *(part for part in known if part.is_place))
        yield Attempt(matters, StoreFilter(), (_without(dropped, matters),))
    while len(matters) > 1:
        least = min(matters, key=lambda part: (not part.is_broad, len(part.text), matters.index(part)))
        matters = tuple(part for part in matters if part is not least)
        dropped = (*dropped, least)
        yield Attempt(matters, StoreFilter(), (_without(dropped, matters),))


def _without(dropped: tuple[Part, ...], kept: tuple[Part, ...]) -> str:
    return f"没有同时符合“{_said(dropped)}”的店，已按“{_said(kept)}”查找"


def _instead(whole: str, shown: str, places: tuple[Part, ...] = ()) -> str:
    by = f"{_said(places)} {shown}" if places else shown
    return f"没有找到“{whole}”，已按相近的“{by}”查找"


def _said(parts: tuple[Part, ...]) -> str:
    return " ".join(part.shown for part in parts)


def _filters(wanted: StoreFilter) -> Iterator[tuple[StoreFilter, tuple[str, ...]]]:
    said: tuple[str, ...] = ()
    yield wanted, said
    if wanted.open_now or wanted.open_at is not None:
        wanted, said = (
            replace(wanted, open_now=None, open_at=None),
            (*said, "没有营业中的店符合条件，已包括未营业的"),
        )
        yield wanted, said
    if wanted.min_rating is not None:
        wanted, said = replace(wanted, min_rating=None), (*said, "没有达到评分要求的店，已不限评分")
        yield wanted, said
    if wanted.max_price is not None:
        wanted, said = replace(wanted, max_price=None), (*said, "没有符合价格要求的店，已不限价格")
        yield wanted, said
