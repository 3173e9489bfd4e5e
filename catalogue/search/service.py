"""Search and suggestions over a snapshot."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecircle.catalogue.errors import BadRequest, InvalidCursor
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.search.finding import Finder
from lifecircle.catalogue.search.model import Position, SearchPage, SearchQuery, Suggestion
from lifecircle.catalogue.search.relaxing import attempts
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.search.suggesting import suggestions
from lifecircle.catalogue.search.synonyms import Synonyms
from lifecircle.catalogue.search.understanding import check_text, understand
from lifecircle.catalogue.search.vocabulary import Vocabulary
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.nearby import check_place

OLDEST_POSITION = timedelta(days=1)


class Searcher:
    """One for a worker: keeps what is worked out once, and follows the catalogue."""

    def __init__(self, synonyms: Synonyms, calendar: HolidayCalendar) -> None:
        self._vocabulary = Vocabulary(synonyms)
        self._finder = Finder(synonyms, calendar)

    def prepare(self, snapshot: Snapshot) -> None:
        """Works out what would make the first query wait. May run on another thread."""
        self._vocabulary.of(snapshot).prepared()

    def search(
        self, snapshot: Snapshot, query: SearchQuery, now: datetime, *, first: int, after: Position | None = None
    ) -> SearchPage:
        """The first stores that come after the position. Raises InvalidInput, BadRequest, InvalidCursor."""
        words = _checked(query)
        moment = _moment_of(after, now) if after else now.replace(microsecond=0)
        asked = understand(words, self._vocabulary.of(snapshot))
        for step, attempt in enumerate(attempts(asked, query.filter)):
            if after is not None and step != after.step:
                continue
            found = self._finder.found(snapshot, asked.whole, attempt, moment)
            if found or after is not None:
                hits = self._finder.first(snapshot, found, query, moment, first + 1, after)
                total = sum(len(one.rows) for one in found)
                return SearchPage(hits[:first], len(hits) > first, total, list(attempt.given_up), step, moment)
        if after is not None:
            raise InvalidCursor
        return SearchPage([], False, 0, [], 0, moment)

    def suggest(self, snapshot: Snapshot, prefix: str, near: Point | None, first: int) -> list[Suggestion]:
        """What the text may become as it is typed, likeliest first. Raises InvalidInput."""
        typed = spelling(check_text(prefix, "prefix"))
        if near is not None:
            check_place(near)
        return suggestions(snapshot, typed, near, first, self._vocabulary.of(snapshot), self._finder)


def _checked(query: SearchQuery) -> str:
    if query.near is not None:
        check_place(query.near)
    if query.filter.open_now is not None and query.filter.open_at is not None:
        raise BadRequest("“现在营业”和“指定时间营业”不能同时使用。", "filter", "openNow")
    return check_text(query.text, "query")


def _moment_of(after: Position, now: datetime) -> datetime:
    """Every page is ranked as of the first one's moment, so that a shop that opens meanwhile moves nothing."""
    if not now - OLDEST_POSITION <= after.moment <= now:
        raise InvalidCursor
    return after.moment
