"""How an area's figures are counted. Pure. The formulas stand in docs/life-circle.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from lifecircle.catalogue.areas import Area, AreaLevel, Areas
from lifecircle.catalogue.geo import Point, Ring

MOST_STARS = 5


@dataclass
class Tally:
    """What stands in a community."""

    shops: int = 0
    chain_shops: int = 0
    facility_area: int = 0
    stars: int = 0
    reviews: int = 0

    def add(self, other: Tally) -> None:
        self.shops += other.shops
        self.chain_shops += other.chain_shops
        self.facility_area += other.facility_area
        self.stars += other.stars
        self.reviews += other.reviews

    @property
    def chain_share(self) -> float | None:
        return round(self.chain_shops / self.shops, 4) if self.shops else None

    @property
    def satisfaction(self) -> float | None:
        """The mean of all stars as a share of five; None before there are reviews."""
        return round(self.stars / (MOST_STARS * self.reviews), 4) if self.reviews else None

    def facility_area_per_100(self, households: int | None) -> float | None:
        return round(self.facility_area / households * 100, 2) if households else None


def total(tallies: Iterable[Tally]) -> Tally:
    found = Tally()
    for tally in tallies:
        found.add(tally)
    return found


def communities_of(areas: Areas, area: Area) -> list[Area]:
    """The communities below an area; a community is its own."""
    below = areas.subtree(area.id)
    return [one for one in areas if one.id in below and one.level is AreaLevel.COMMUNITY]


def households_of(areas: Areas, area: Area) -> int | None:
    """None where they are not known of every community."""
    if area.households is not None:
        return area.households
    counts = [one.households for one in communities_of(areas, area)]
    known = [count for count in counts if count is not None]
    return sum(known) if counts and len(known) == len(counts) else None


def middle(ring: Ring) -> Point:
    """The centre of gravity of the area inside a ring; the mean of its corners where that is a line."""
    corners = ring[:-1]
    first = corners[0]
    moved = [(lng - first[0], lat - first[1]) for lng, lat in ring]  # near zero, so that little is lost in the sums
    pairs = list(pairwise(moved))
    twice = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)
    if twice == 0:
        return Point(sum(lng for lng, _ in corners) / len(corners), sum(lat for _, lat in corners) / len(corners))
    x = sum((ax + bx) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / (3 * twice)
    y = sum((ay + by) * (ax * by - bx * ay) for (ax, ay), (bx, by) in pairs) / (3 * twice)
    return Point(first[0] + x, first[1] + y)
