"""Just enough plane geometry for a district of a few kilometres; coordinates are WGS84 degrees."""

from collections.abc import Iterable, Iterator, Sequence
from math import cos, hypot, radians

Point = tuple[float, float]
Ring = Sequence[Point]

METRES_PER_DEGREE = 111_320.0


def metres(a: Point, b: Point) -> float:
    east = (b[0] - a[0]) * METRES_PER_DEGREE * cos(radians(a[1]))
    return hypot(east, (b[1] - a[1]) * METRES_PER_DEGREE)


def ring_contains(ring: Ring, point: Point) -> bool:
    x, y = point
    inside = False
    previous = ring[-1]
    for current in ring:
        (x1, y1), (x2, y2) = previous, current
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        previous = current
    return inside


def signed_area(ring: Ring) -> float:
    """Square degrees; positive when the ring runs counter-clockwise, as GeoJSON wants its outer rings."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def outline(rings: Iterable[Sequence[str]]) -> list[str]:
    """The border around neighbouring rings of named points: the edges that no two of them share."""
    following: dict[str, str] = {}
    edges = {edge for ring in rings for edge in _edges(ring)}
    for start, end in edges:
        if (end, start) in edges:
            continue
        if start in following:
            raise ValueError(f"the areas touch in the single point {start}")
        following[start] = end
    return _walk(following)


def _edges(ring: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _walk(following: dict[str, str]) -> list[str]:
    start = min(following, default="")
    walked = [start]
    while following.get(walked[-1], start) != start:
        walked.append(following[walked[-1]])
    if len(walked) != len(following):
        raise ValueError("the areas do not share one closed border")
    return walked
