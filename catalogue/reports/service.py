"""Reports of areas, from the snapshot. They look at every store of an area: run them beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime

import numpy as np

from lifecircle.catalogue.areas import Area
from lifecircle.catalogue.categories import CategoryLevel
from lifecircle.catalogue.circle.look import visible_rows
from lifecircle.catalogue.circle.rules import STANDARD, kinds, reach
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people.access import Roles, require_staff
from lifecircle.catalogue.reports.model import TARGETS, AreaReport, Lack
from lifecircle.catalogue.reports.rules import Tally, communities_of, households_of, middle, total
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.nearest import Around, everything
from lifecircle.catalogue.snapshot.texts import Array, Rows

COMMUNITY_STATION = "community-station"

_SHOPS = (CategoryLevel.BASIC, CategoryLevel.QUALITY)


async def report_for(roles: Roles, snapshot: Snapshot, area: str, now: datetime) -> AreaReport:
    """For the area's staff. Raises NotFound."""
    require_staff(roles, area, "area")
    found = snapshot.areas.get(area)
    if found is None:
        raise NotFound("没有找到这个区域。", "area")
    (report,) = await asyncio.to_thread(_reports, snapshot, [found], local_day(now))
    return report


def area_reports(snapshot: Snapshot, area: str, now: datetime) -> list[AreaReport]:
    """Of an area and everything below it, parents before children."""
    below = snapshot.areas.subtree(area)
    return _reports(snapshot, [one for one in snapshot.areas if one.id in below], local_day(now))


def _reports(snapshot: Snapshot, wanted: list[Area], today: date) -> list[AreaReport]:
    """Each community is looked at once, however many areas it belongs to."""
    communities = {one.id: one for area in wanted for one in communities_of(snapshot.areas, area)}
    counted = _Counted(snapshot, today, communities.values())
    return [counted.report(area) for area in wanted]


class _Counted:
    def __init__(self, snapshot: Snapshot, today: date, communities: Collection[Area]) -> None:
        self._areas, self._categories = snapshot.areas, snapshot.categories
        self._tallies: dict[str, Tally] = {one.id: Tally() for one in communities}
        self._present: dict[str, set[str]] = {one.id: set() for one in communities}
        self._snapshot = snapshot
        levels = {category.code: category.level for category in snapshot.categories}
        for layer in snapshot.stores.layers:
            listed = layer.table.columns.listed_from <= today.toordinal()
            self._count(layer, levels, listed)
            self._look_around(layer, listed, communities)

    def report(self, area: Area) -> AreaReport:
        communities = communities_of(self._areas, area)
        tally, households = total(self._tallies[one.id] for one in communities), households_of(self._areas, area)
        return AreaReport(
            area=area,
            households=households,
            shops=tally.shops,
            lacks=tuple(self._lacks(communities)),
            chain_share=tally.chain_share,
            facility_area_per_100_households=tally.facility_area_per_100(households),
            satisfaction=tally.satisfaction,
            small_stations=tuple(
                station
                for one in communities
                for station in self._snapshot.stations_of(one.id)
                if station.category == COMMUNITY_STATION and (station.floor_area or 0) < TARGETS.station_area
            ),
        )

    def _lacks(self, communities: list[Area]) -> Iterator[Lack]:
        for kind in kinds(self._categories, CategoryLevel.BASIC):
            without = tuple(one for one in communities if self._present[one.id].isdisjoint(kind.codes))
            if without:
                yield Lack(kind.category, without)

    def _count(self, layer: Layer, levels: Mapping[str, CategoryLevel], listed: Array) -> None:
        columns, rows = layer.table.columns, visible_rows(layer)
        rows = rows[listed[rows]]
        homes, kinds_ = columns.coded["community"], columns.coded["category"]
        shop = np.array([levels.get(value) in _SHOPS for value in kinds_.values()] or [False])
        public = np.array([levels.get(value) is CategoryLevel.PUBLIC for value in kinds_.values()] or [False])
        chains = columns.coded["chain"]
        no_chain = chains.code(None)
        for code in range(homes.size):
            tally = self._tallies.get(homes.value(code))
            if tally is None:
                continue
            here = rows[homes.codes[rows] == code]
            shops = here[shop[kinds_.codes[here]]]
            tally.shops += len(shops)
            tally.chain_shops += int((chains.codes[shops] != (-1 if no_chain is None else no_chain)).sum())
            tally.stars += int(columns.counted[here, 0].sum())
            tally.reviews += int(columns.counted[here, 1].sum())
            tally.facility_area += _facility_area(layer, here[public[kinds_.codes[here]]])
            self._present[homes.value(code)] |= {
                kinds_.value(found) for found in np.unique(kinds_.codes[here]).tolist()
            }

    def _look_around(self, layer: Layer, listed: Array, communities: Collection[Area]) -> None:
        """What is within a walk of a community's middle is there for its residents, wherever it stands."""
        column = layer.table.columns.coded["category"]
        for community in communities:
            _, rows = everything(layer, Around(middle(community.ring), reach(STANDARD)))
            codes = np.unique(column.codes[rows[listed[rows]]])
            self._present[community.id] |= {column.value(code) for code in codes.tolist()}


def _facility_area(layer: Layer, rows: Rows) -> int:
    """Square metres. What is housed in another facility is part of its area."""
    stores = (layer.table.read(row) for row in rows.tolist())
    return sum(store.floor_area or 0 for store in stores if store.part_of is None)
