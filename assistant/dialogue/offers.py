"""Finding what can be booked and when, and choosing the few times to show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from lifecircle.assistant.dialogue.model import BookingForm, Option, Wish
from lifecircle.assistant.dialogue.turn import Turn
from lifecircle.catalogue.bookings.rules import FreeTime, time_text
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import BookingRefused, NotFound
from lifecircle.catalogue.offerings.model import Offering, OfferingKind, inherited_id
from lifecircle.catalogue.snapshot.model import Owners
from lifecircle.catalogue.stores.model import Store

RADIUS = 10_000
MOST_OFFERS = 6
MOST_OPTIONS = 4
FEW_STORES = 100
"""With an offering of their own under the name; of more, some are near, and looking around finds them sooner."""
DAYS_LOOKED_AT = 14
DAYS_AHEAD = 7
"""How far on is looked when the wished day has nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    offering: Offering
    store: Store
    metres: float

    @property
    def most_people(self) -> int:
        return self.offering.most_people


@dataclass(frozen=True, slots=True)
class Place:
    """A free time somewhere."""

    candidate: Candidate
    start: datetime
    end: datetime


# --- what ---


def candidates(form: BookingForm, turn: Turn) -> list[Candidate]:
    """The nearest offerings of the form's name; those that can only be asked for by phone stand alone or not at all."""
    wanted = (each for each in _offered(form.name or "", turn, form.refused) if _is_asked_for(each, form))
    found = list(islice(wanted, MOST_OFFERS))
    online = [each for each in found if each.offering.kind is not OfferingKind.REQUEST_ONLY]
    return online or found


def has_several(names: Sequence[str], turn: Turn) -> bool:
    """Whether these words stand for different things that are offered around here."""
    found = (turn.names.offering_in(name) for name in names)
    return len({tuple(sorted(offering.id for offering in each.offerings)) for each in found if each}) > 1


def service_names(found: Sequence[Candidate]) -> list[str]:
    return list(dict.fromkeys(each.offering.name for each in found))


def _is_asked_for(candidate: Candidate, form: BookingForm) -> bool:
    price = candidate.offering.price
    is_cheap = form.most_fen is None or price is None or price <= form.most_fen
    return is_cheap and form.store in (None, candidate.store.id, candidate.store.chain)


def _offered(name: str, turn: Turn, without: Collection[str]) -> Iterator[Candidate]:
    """Only what is wanted is read of each store: a chain has many services, and each costs."""
    by_store: defaultdict[str, list[Offering]] = defaultdict(list)
    by_chain: defaultdict[str, list[Offering]] = defaultdict(list)
    for offering in _wanted(name, turn):
        if offering.store:
            by_store[offering.store].append(offering)
        elif offering.chain:
            by_chain[offering.chain].append(offering)
    only = Owners(by_store, by_chain) if len(by_store) <= FEW_STORES else None
    for metres, store in turn.snapshot.near(turn.near or turn.center, RADIUS, only):
        if store.state == "OPEN" and store.id not in without:
            templates = by_chain.get(store.chain, ()) if store.chain else ()
            inherited = (turn.snapshot.offering(inherited_id(store.id, each.id)) for each in templates)
            for here in (*by_store.get(store.id, ()), *inherited):
                if here and here.is_active and here.bookable:
                    yield Candidate(here, store, metres)


def _wanted(name: str, turn: Turn) -> tuple[Offering, ...]:
    named = turn.names.offering_in(name)
    if named:
        return named.offerings
    category = turn.names.category_in(name)
    if category:
        return turn.names.offerings_of_category(category.code, turn.snapshot)
    similar = turn.names.similar_in(name)
    return similar.offerings if similar else ()


# --- when ---


async def places(desk: BookingDesk, found: Sequence[Candidate], first: date, days: int, people: int) -> list[Place]:
    """Every free time of these days for so many people.

    One after another: what is free is known without the database, and a task for each would cost more than that.
    """
    return [
        Place(candidate, time.interval.start, time.interval.end)
        for candidate in found
        for time in await _free(desk, candidate, first, days, people)
    ]


async def _free(desk: BookingDesk, candidate: Candidate, first: date, days: int, people: int) -> list[FreeTime]:
    try:
        found = await desk.availability(candidate.offering.id, first, days, people)
    except (BookingRefused, NotFound):
        return []
    return [free for day in found for free in day.times]


def days_of(wish: Wish) -> int:
    if wish.is_point or wish.end is None:
        return 1
    whole = (local_day(wish.end - timedelta(seconds=1)) - local_day(wish.start)).days + 1
    return max(1, min(whole, DAYS_LOOKED_AT))


def fits(place: Place, wish: Wish) -> bool:
    if wish.is_point or wish.end is None:
        return place.start == wish.start
    return wish.start <= place.start < wish.end


# --- which few ---


def first_and_near(found: Sequence[Place]) -> list[Place]:
    """The earliest, at the nearest store that has it; the one that is proposed comes first."""
    return sorted(found, key=lambda place: (place.start, place.candidate.metres))[:MOST_OPTIONS]


def nearest(found: Sequence[Place], wish: Wish) -> list[Place]:
    """The times nearest to the wish, every store once before any twice."""
    ordered = sorted(found, key=lambda place: (abs(place.start - wish.start), place.candidate.metres))
    firsts = list({place.candidate.store.id: place for place in reversed(ordered)}.values())
    rest = [place for place in ordered if place not in firsts]
    return [*sorted(firsts, key=ordered.index), *rest][:MOST_OPTIONS]


def spread(found: Sequence[Place]) -> list[Place]:
    """Times from the whole span, each at the nearest of the stores that were shown least."""
    shown: list[Place] = []
    for start in _spread_starts(found):
        left = [place for place in found if place.start == start and place not in shown]
        if left:
            seen = Counter(place.candidate.store.id for place in shown)
            shown.append(min(left, key=lambda place: (seen[place.candidate.store.id], place.candidate.metres)))
    return sorted(shown, key=lambda place: (place.start, place.candidate.metres))


def _spread_starts(found: Sequence[Place]) -> list[datetime]:
    """As many starts as options are shown, evenly from the first; few starts are taken more than once."""
    starts = sorted({place.start for place in found})
    if len(starts) < MOST_OPTIONS:
        return (starts * MOST_OPTIONS)[:MOST_OPTIONS]
    return [starts[k * len(starts) // MOST_OPTIONS] for k in range(MOST_OPTIONS)]


# --- how they are called ---

_LABELS: tuple[Callable[[Place], str], ...] = (
    lambda place: f"{place.candidate.store.name} {time_text(place.start)}",
    lambda place: f"{place.candidate.store.name} {place.candidate.offering.name} {time_text(place.start)}",
    lambda place: f"{place.candidate.store.name}（{place.candidate.store.address}）{time_text(place.start)}",
    lambda place: (
        f"{place.candidate.store.name}（{place.candidate.store.address}）{place.candidate.offering.name} "
        f"{time_text(place.start)}"
    ),
)


def options(shown: Sequence[Place]) -> tuple[Option, ...]:
    return tuple(
        Option(
            offering=place.candidate.offering.id,
            store=place.candidate.store.id,
            label=label,
            start=place.start,
            end=place.end,
            price=place.candidate.offering.price,
            metres=place.candidate.metres,
        )
        for place, label in zip(shown, _labels(shown), strict=True)
    )


def _labels(shown: Sequence[Place]) -> list[str]:
    """The shortest that tell all of them apart, since a label is sent back as the choice."""
    made = [[label(place) for place in shown] for label in _LABELS]
    return next((labels for labels in made if len(set(labels)) == len(shown)), made[-1])
