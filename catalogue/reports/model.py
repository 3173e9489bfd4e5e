"""What staff are told about their area."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle.catalogue.areas import Area
from lifecircle.catalogue.categories import Category
from lifecircle.catalogue.stores.model import Store


@dataclass(frozen=True, slots=True)
class Targets:
    """For 2025 (商流通函〔2021〕176号), as far as they can be computed; the station's from the community plan."""

    chain_share: float = 0.30
    facility_area_per_100_households: float = 30.0
    satisfaction: float = 0.90
    station_area: int = 200
    """Square metres."""


TARGETS = Targets()


@dataclass(frozen=True, slots=True)
class Lack:
    """A basic kind, and the communities that have none within a walk."""

    category: Category
    communities: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class AreaReport:
    area: Area
    households: int | None
    """The area's own, or those of its communities together."""
    shops: int
    """Stores of basic and quality kinds."""
    lacks: tuple[Lack, ...]
    chain_share: float | None
    facility_area_per_100_households: float | None
    satisfaction: float | None
    small_stations: tuple[Store, ...]
    """Community stations below the area they should have."""

    @property
    def missing(self) -> list[Category]:
        return [lack.category for lack in self.lacks]
