"""What staff are told about their area."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from factories import NOON, a_category, a_chain, a_snapshot, a_store, an_area

from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.reports.files import COLUMNS, report_csv, report_geojson
from lifecircle.catalogue.reports.model import AreaReport
from lifecircle.catalogue.reports.rules import middle
from lifecircle.catalogue.reports.service import area_reports, report_for
from lifecircle.catalogue.snapshot.model import Snapshot

STREET, WEST, EAST = "330199001", "330199001001", "330199001002"


def square(west: float) -> list[list[float]]:
    east = west + 0.02
    return [[west, 30.28], [east, 30.28], [east, 30.30], [west, 30.30], [west, 30.28]]


def community(key: str, west: float, **changes: Any) -> dict[str, Any]:
    polygon = {"type": "Polygon", "coordinates": [square(west)]}
    return an_area(key, name=f"{key[-1]}号社区", level="COMMUNITY", parent=STREET, polygon=polygon, **changes)


def at(west: float, **changes: Any) -> dict[str, Any]:
    """In the middle of a square."""
    return {"location": {"type": "Point", "coordinates": [west + 0.01, 30.29]}, **changes}


def a_street(*stores: dict[str, Any], **changes: Any) -> Snapshot:
    areas = [
        an_area(),
        an_area(STREET, name="文澜街道", level="SUBDISTRICT", parent="330199"),
        community(WEST, 120.10, households=1000),
        community(EAST, 120.16, households=3000),
    ]
    levels = {"convenience-store": "BASIC", "pharmacy": "BASIC", "cafe": "QUALITY", "community-station": "PUBLIC"}
    roots = [a_category(level.lower(), level=level, name=level) for level in ("BASIC", "QUALITY", "PUBLIC")]
    leaves = [a_category(code, level=level, name=code, parent=level.lower()) for code, level in levels.items()]
    rows = {"areas": areas, "categories": [*roots, *leaves], "chains": [a_chain()], "stores": stores}
    return a_snapshot(**{**rows, **changes})


def reports(snapshot: Snapshot) -> dict[str, AreaReport]:
    return {report.area.id: report for report in area_reports(snapshot, "330199", NOON)}


def lacking(report: AreaReport) -> dict[str, list[str]]:
    return {lack.category.code: [one.id for one in lack.communities] for lack in report.lacks}


def test_a_community_lacks_what_neither_stands_in_it_nor_within_a_walk_of_its_middle() -> None:
    found = reports(
        a_street(
            a_store("a", **at(120.10, community=WEST)),
            a_store(
                "b", category="pharmacy", **at(120.153, community=WEST)
            ),  # across the border, near the eastern middle
        )
    )
    assert lacking(found[WEST]) == {}
    assert lacking(found[EAST]) == {"convenience-store": [EAST]}
    assert lacking(found[STREET]) == lacking(found["330199"]) == {"convenience-store": [EAST]}


def test_what_is_closed_for_a_while_is_lacking() -> None:
    shut = a_store("a", state="CLOSED", closed_until="2026-12-01", **at(120.10, community=WEST))
    assert WEST in lacking(reports(a_street(shut))[STREET])["convenience-store"]


def test_the_share_of_chain_stores_is_that_among_shops() -> None:
    found = reports(
        a_street(
            a_store("a", chain="c1", hours=None, community=WEST),
            a_store("b", category="cafe", community=WEST),
            a_store("c", category="pharmacy", community=EAST),
            a_store("d", category="community-station", community=EAST),
            a_store("e", community=None),
        )
    )
    assert [found[key].chain_share for key in (WEST, EAST, STREET)] == [0.5, 0.0, 0.3333]
    assert reports(a_street())[WEST].chain_share is None


def test_facilities_are_measured_once_and_against_all_households() -> None:
    station = {"category": "community-station", "floor_area": 400}
    found = reports(
        a_street(
            a_store("a", community=WEST, station_of=WEST, **station),
            a_store("inside", community=WEST, part_of="a", **station),
            a_store("shop", community=WEST, floor_area=9000),
            a_store("b", community=EAST, station_of=EAST, category="community-station", floor_area=150),
        )
    )
    shown = {key: found[key].facility_area_per_100_households for key in (WEST, EAST, STREET)}
    assert shown == {WEST: 40.0, EAST: 5.0, STREET: 13.75}
    assert [store.id for store in found[STREET].small_stations] == ["b"]
    assert found[WEST].small_stations == ()


def test_without_households_there_is_no_share_of_them() -> None:
    areas = [an_area(), community(WEST, 120.10, households=None), community(EAST, 120.16, households=10)]
    areas = [{**area, "parent": "330199" if area["_id"] != "330199" else None} for area in areas]
    found = reports(a_street(areas=areas))
    assert found["330199"].households is None
    assert found["330199"].facility_area_per_100_households is None


def test_satisfaction_is_the_mean_of_stars_once_there_are_reviews() -> None:
    found = reports(
        a_street(
            a_store("a", community=WEST, rating={"sum": 45, "count": 10}),
            a_store("b", community=EAST, rating={"sum": 0, "count": 0}),
        )
    )
    assert [found[key].satisfaction for key in (WEST, EAST, STREET)] == [0.9, None, 0.9]


@pytest.mark.parametrize("area", [STREET, WEST])
async def test_staff_are_told_about_their_own_area_and_what_is_below(area: str) -> None:
    snapshot = a_street()
    roles = Roles("staff", areas=frozenset([STREET, WEST]))
    assert (await report_for(roles, snapshot, area, NOON)).area.id == area
    for other in ("330199", EAST, "nothing"):
        with pytest.raises(NotFound):
            await report_for(roles, snapshot, other, NOON)


def test_the_middle_of_an_area_is_its_centre_of_gravity() -> None:
    found = middle(tuple((lng, lat) for lng, lat in square(120.10)))
    assert (found.longitude, found.latitude) == (pytest.approx(120.11), pytest.approx(30.29))
    assert middle(((1.0, 1.0), (3.0, 1.0), (1.0, 1.0))) == Point(2.0, 1.0)


def test_the_sheet_is_for_excel_and_the_map_for_maps() -> None:
    snapshot = a_street(a_store("a", chain="c1", hours=None, **at(120.10, community=WEST)))
    found = area_reports(snapshot, "330199", NOON)
    text = report_csv(found)
    assert text.startswith("\ufeff区域代码,区域,级别")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["330199", STREET, WEST, EAST]
    assert all(len(row) == len(COLUMNS) for row in rows)
    west = dict(zip(rows[0], rows[3], strict=True))
    assert (west["缺少的基本保障类业态"], west["连锁店占比"], west["满意率"]) == ("pharmacy", "100.0%", "")
    whole = json.loads(report_geojson(found))
    assert [feature["properties"]["code"] for feature in whole["features"]] == ["330199", STREET, WEST, EAST]
    assert whole["features"][2]["properties"]["missingIn"] == {"pharmacy": [WEST]}
    assert whole["features"][2]["geometry"]["coordinates"] == [square(120.10)]
