"""The three levels of a district: 区, 街道, 社区, and which of them a point lies in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.geo import Point, Ring, contains


class AreaLevel(StrEnum):
    DISTRICT = "DISTRICT"
    SUBDISTRICT = "SUBDISTRICT"
    COMMUNITY = "COMMUNITY"


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    """The administrative division code."""
    name: str
    level: AreaLevel
    parent: str | None
    households: int | None
    ring: Ring
    version: int


class Areas:
    """All areas of a district. Small (tens to hundreds), so look-ups scan."""

    def __init__(self, areas: Iterable[Area] = ()) -> None:
        self._by_id = {area.id: area for area in sorted(areas, key=lambda area: area.id)}
        self._boxes = {area.id: _box(area.ring) for area in self._by_id.values()}

    def __iter__(self) -> Iterator[Area]:
        return iter(self._by_id.values())

    def get(self, area_id: str) -> Area | None:
        return self._by_id.get(area_id)

    def children(self, area_id: str) -> list[Area]:
        return [area for area in self if area.parent == area_id]

    def locate(self, point: Point) -> Area | None:
        """The smallest area that holds the point."""
        for level in (AreaLevel.COMMUNITY, AreaLevel.SUBDISTRICT, AreaLevel.DISTRICT):
            for area in self:
                if area.level is level and self._holds(area, point):
                    return area
        return None

    def path(self, area_id: str) -> tuple[str, ...]:
        """The area and those above it, the smallest first: whose staff see what happens in it. Empty if unknown."""
        path, area = list[str](), self.get(area_id)
        while area:
            path.append(area.id)
            area = self.get(area.parent) if area.parent else None
        return tuple(path)

    def subtree(self, area_id: str) -> set[str]:
        """The area and everything below it."""
        found = {area_id} if area_id in self._by_id else set()
        for child in self.children(area_id):
            found |= self.subtree(child.id)
        return found

    def _holds(self, area: Area, point: Point) -> bool:
        west, south, east, north = self._boxes[area.id]
        in_box = west <= point.longitude <= east and south <= point.latitude <= north
        return in_box and contains(area.ring, point)


def area_from_document(document: Mapping[str, Any]) -> Area:
    outline = document["polygon"]["coordinates"][0]
    return Area(
        id=document["_id"],
        name=document["name"],
        level=AreaLevel(document["level"]),
        parent=document["parent"],
        households=document["households"],
        ring=tuple((float(lng), float(lat)) for lng, lat in outline),
        version=document["version"],
    )


def _box(ring: Ring) -> tuple[float, float, float, float]:
    lngs, lats = [lng for lng, _ in ring], [lat for _, lat in ring]
    return min(lngs), min(lats), max(lngs), max(lats)
