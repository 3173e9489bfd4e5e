"""House numbers: the places along the roads of the district where a shop can be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians

from lifecircle.seeds.geometry import METRES_PER_DEGREE, Point, Ring, metres, ring_contains
from lifecircle.seeds.rows import RoadRow

STEP = 12.0  # metres between two front doors on one side
FRONTAGE = 6.0  # metres of road that one house number takes
SETBACK = 14.0  # from the middle of the road to the front door
DEPTH = 10.0  # further units of one house stand behind each other over these metres


@dataclass(frozen=True, slots=True)
class Site:
    community: str
    road: str
    number: int
    front: Point
    back: Point

    @property
    def address(self) -> str:
        return f"{self.road}{self.number}号"

    def unit(self, index: int) -> list[float]:
        share = (index % 5) / 5
        (x1, y1), (x2, y2) = self.front, self.back
        return [round(x1 + (x2 - x1) * share, 6), round(y1 + (y2 - y1) * share, 6)]


def find_sites(roads: Sequence[RoadRow], rings: Mapping[str, Ring]) -> list[Site]:
    boxes = {code: _box(ring) for code, ring in rings.items()}
    return [site for road in roads for site in _along(road, rings, boxes)]


def _along(road: RoadRow, rings: Mapping[str, Ring], boxes: Mapping[str, tuple[Point, Point]]) -> Iterator[Site]:
    walked = 0.0
    for start, end in pairwise(road.line):
        length = metres(start, end)
        for step in range(int(length // STEP)):
            at = step * STEP
            for side in (1, -1):
                front = _beside(start, end, at / length, side * SETBACK)
                back = _beside(start, end, at / length, side * (SETBACK + DEPTH))
                community = _community(front, back, rings, boxes)
                if community:
                    number = 2 * int((walked + at) / FRONTAGE) + (1 if side > 0 else 2)
                    yield Site(community, road.name, number, front, back)
        walked += length


def _beside(start: Point, end: Point, share: float, offset: float) -> Point:
    """The point at `share` of the way, `offset` metres to the left of it."""
    shrink = cos(radians(start[1]))
    east, north = (end[0] - start[0]) * shrink, end[1] - start[1]
    scale = offset / METRES_PER_DEGREE / (east * east + north * north) ** 0.5
    x = start[0] + (end[0] - start[0]) * share - north * scale / shrink
    y = start[1] + (end[1] - start[1]) * share + east * scale
    return round(x, 6), round(y, 6)


def _community(
    front: Point, back: Point, rings: Mapping[str, Ring], boxes: Mapping[str, tuple[Point, Point]]
) -> str | None:
    for code, ((west, south), (east, north)) in boxes.items():
        inside_box = west < front[0] < east and south < front[1] < north
        if inside_box and ring_contains(rings[code], front):
            return code if ring_contains(rings[code], back) else None
    return None


def _box(ring: Ring) -> tuple[Point, Point]:
    xs, ys = [point[0] for point in ring], [point[1] for point in ring]
    return (min(xs), min(ys)), (max(xs), max(ys))
