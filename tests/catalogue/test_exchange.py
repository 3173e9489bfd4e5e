"""Export and import: nothing is lost, nothing half-done, and HSDS's own schemas agree."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from factories import a_category, a_chain, a_merchant, a_store, an_area, an_offering, an_override, at

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.exchange import store as exchange_store
from lifecircle.catalogue.exchange.bundle import NotAnExchange
from lifecircle.catalogue.exchange.checks import COLLECTIONS
from lifecircle.catalogue.exchange.schedules import (
    exception_rows,
    read_exceptions,
    read_sessions,
    read_week,
    session_rows,
    week_rows,
)
from lifecircle.catalogue.exchange.service import ImportRefused, export_hsds, import_hsds
from lifecircle.catalogue.exchange.store import ChangedMeanwhile, ExchangeStore
from lifecircle.catalogue.exchange.tables import area_feature, export_csv, export_geojson
from lifecircle.catalogue.exchange.week_text import week_text
from lifecircle.catalogue.exchange.writing import PARTS
from lifecircle.catalogue.imports.week_text import parse_week
from lifecircle.seeds.everything import seed_everything

NOW = datetime(2026, 11, 23, tzinfo=UTC)

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def empty(database: Database) -> Database:
    """Another database on the same server."""
    return database.client.get_database(f"test_{secrets.token_hex(8)}", codec_options=database.codec_options)


async def rows_of(database: Database) -> Rows:
    return {name: await database[name].find().sort("_id").to_list(None) for name in COLLECTIONS}


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


async def a_town(database: Database) -> None:
    """One of everything, with what is easily lost."""
    week = {"weekdays": "135", "opens": "18:00", "closes": "02:00", "valid_through": "2027-03-31"}
    hours = {"weekly": [week], "holidays": {"mode": "RANGES", "ranges": [{"opens": "10:00", "closes": "24:00"}]}}
    exceptions = [
        {"date": "2026-12-01", "closed": True, "ranges": [], "reason": "盘点"},
        {
            "date": "2026-12-02",
            "closed": False,
            "ranges": [{"opens": "08:00", "closes": "09:00"}, {"opens": "22:00", "closes": "01:00"}],
            "reason": None,
        },
    ]
    sessions = [{"start": at("2026-12-01 09:00"), "end": at("2026-12-01 10:30")}]
    rows: Rows = {
        "areas": [an_area()],
        "categories": [
            a_category("basic", name="基本保障类"),
            a_category(parent="basic", aliases=["小店", "小卖部"]),
        ],
        "merchants": [a_merchant(contact_phone="sealed", applicant={"resident": "r1", "membership": "x"})],
        "chains": [a_chain()],
        "stores": [
            a_store(merchant="m1", chain="c1", number="A-1", hours=None, phone=None, notice="楼上\n请按铃"),
            a_store("s2", hours=hours, exceptions=exceptions, accessibility=["LIFT", "STEP_FREE"], part_of="s1"),
            a_store("s3", state="CLOSED", closed_until="2027-01-01", photos=["https://example.com/a.jpg"], version=7),
        ],
        "offerings": [
            an_offering("o1", chain="c1", store=None),
            an_offering("o2", store="s2", price=None, description="讲座", kind="SESSION", sessions=sessions),
            an_override("s1", "o1", price=1, description=None, sessions=sessions, version=3),
        ],
    }
    for name, documents in rows.items():
        await database[name].insert_many(documents)


async def test_the_district_comes_back_from_an_export_byte_for_byte(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await seed_everything(database, date(2026, 11, 23), NOW)
    counts = await export_hsds(database, tmp_path / "one")
    assert counts["locations"] == 791
    imported = await import_hsds(empty, tmp_path / "one")
    assert (imported["stores"].created, imported["offerings"].created) == (791, 406)
    await export_hsds(empty, tmp_path / "two")
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
    before, after = await rows_of(database), await rows_of(empty)
    for name in COLLECTIONS:
        assert [row.keys() for row in after[name]] == [row.keys() for row in before[name]], "a field got lost"


async def test_what_is_easily_lost_is_in_the_documents_again(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await a_town(database)
    await export_hsds(database, tmp_path / "town.json")
    await import_hsds(empty, tmp_path / "town.json")
    expected, found = await rows_of(database), await rows_of(empty)
    private = {"contact_phone", "applicant"}
    expected["merchants"] = [{k: v for k, v in row.items() if k not in private} for row in expected["merchants"]]
    assert found == expected


async def test_nobodys_papers_leave_with_an_export(database: Database, tmp_path: Path) -> None:
    await a_town(database)
    await database["merchants"].insert_one(a_merchant("m2", name="还在申请的店", state="APPLIED"))
    await export_hsds(database, tmp_path / "town.json")
    text = (tmp_path / "town.json").read_text("utf-8")
    assert "好邻居商贸" in text
    assert not any(secret in text for secret in ("sealed", "r1", "还在申请的店"))


async def test_a_second_import_changes_nothing(database: Database, tmp_path: Path) -> None:
    await a_town(database)
    before = await rows_of(database)
    await export_hsds(database, tmp_path / "town.json")
    counts = await import_hsds(database, tmp_path / "town.json")
    assert all(count.created == count.updated == 0 for count in counts.values())
    assert await rows_of(database) == before


async def test_an_import_replaces_what_differs_as_a_new_version_and_keeps_what_it_does_not_know(
    database: Database, tmp_path: Path
) -> None:
    await a_town(database)
    await export_hsds(database, tmp_path / "town.json")
    await database["merchants"].update_one({"_id": "m1"}, {"$set": {"name": "改了名"}, "$inc": {"version": 4}})
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"closed_until": "2027-05-01"}, "$inc": {"version": 1}})
    counts = await import_hsds(database, tmp_path / "town.json")
    assert (counts["merchants"].updated, counts["stores"].updated, counts["stores"].unchanged) == (1, 1, 2)
    merchant = await database["merchants"].find_one({"_id": "m1"})
    store = await database["stores"].find_one({"_id": "s1"})
    assert merchant
    assert store
    assert (merchant["name"], merchant["version"], merchant["contact_phone"]) == ("好邻居商贸", 6, "sealed")
    assert ("closed_until" in store, store["version"]) == (False, 3)
    again = await import_hsds(database, tmp_path / "town.json")
    assert all(count.updated == 0 for count in again.values())


def spoiled(part: str, change: Callable[[dict[str, Any]], object], number: int = 0) -> Callable[[dict[str, Any]], None]:
    return lambda whole: (change(whole[part][number]), None)[1]


def record(**changes: Any) -> Callable[[dict[str, Any]], object]:
    """Change what stands in the entity's own attribute."""

    def change(entity: dict[str, Any]) -> None:
        (attribute,) = [row for row in entity["attributes"] if row["link_type"] == "lifecircle"]
        attribute["value"] = json.dumps({**json.loads(attribute["value"]), **changes})

    return change


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda entity: entity.pop(name)


def say(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda entity: entity.update(changes)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoiled("locations", without("name")), "locations entry 1: name is missing"),
        (spoiled("locations", say(latitude=90)), "locations entry 1 (s1): location: not on the map"),
        (spoiled("locations", say(longitude="120")), "locations entry 1 (s1)"),
        (spoiled("locations", say(name="坏\u0007名")), "name: holds control characters"),
        (spoiled("locations", say(id="00000000-0000-4000-8000-000000000000")), "the id is not that of s1"),
        (spoiled("locations", record(chain="nobody")), "chain: there is no nobody in chains"),
        (spoiled("locations", record(chain={})), "chain: a text of at most"),
        (spoiled("locations", record(category="nothing")), "category: there is no nothing in categories"),
        (spoiled("locations", record(rating={"sum": 6, "count": 1})), "rating: the sum does not fit"),
        (spoiled("locations", record(version=0)), "version: a whole number from 1 is needed"),
        (spoiled("locations", record(state="LOST")), "state: 'LOST' is unknown"),
        (spoiled("locations", say(schedules=[{"freq": "WEEKLY", "byday": "XX"}]), 1), "locations entry 2"),
        (spoiled("services", say(cost_options=[])), "services entry 1"),
        (spoiled("services", record(capacity=-1)), "services entry 1 (o1): capacity"),
        (spoiled("service_at_locations", record(price="1"), 1), "service_at_locations entry 2 (s1:o1): price"),
        (spoiled("service_at_locations", record(template="o2"), 1), "does not name the store and the chain"),
        (spoiled("taxonomy_terms", record(parent="convenience-store"), 1), "parent: it stands below itself"),
        (spoiled("service_areas", say(extent='{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}')), "polygon"),
        (lambda whole: whole["locations"].append("not an entity"), "locations entry 4: an object is needed"),
        (lambda whole: whole["locations"].append(whole["locations"][0]), "s1 stands in the file twice"),
    ],
)
async def test_a_bad_entry_is_named_and_nothing_is_written(
    database: Database,
    empty: Database,
    tmp_path: Path,
    spoil: Callable[[dict[str, Any]], None],
    told: str,
) -> None:
    await a_town(database)
    path = tmp_path / "town.json"
    await export_hsds(database, path)
    whole = json.loads(path.read_text("utf-8"))
    spoil(whole)
    whole["manifest"]["entities"] = {part: len(whole[part]) for part in PARTS}
    path.write_text(json.dumps(whole), "utf-8")
    with pytest.raises(ImportRefused, match="nothing was imported") as refused:
        await import_hsds(empty, path)
    assert told in str(refused.value)
    assert all(rows == [] for rows in (await rows_of(empty)).values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "no JSON"),
        ("[]", "no manifest"),
        ('{"manifest": {"format": "HSDS", "version": "9", "profile": "lifecircle"}}', "another format"),
        ('{"manifest": {"format": "HSDS", "version": "3.0", "profile": "lifecircle"}}', "is no list"),
        ('{"manifest": NaN}', "no JSON"),
    ],
)
async def test_what_is_no_export_is_refused(empty: Database, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(NotAnExchange, match=told):
        await import_hsds(empty, tmp_path / "file.json")
    with pytest.raises(NotAnExchange, match="there is no such file"):
        await import_hsds(empty, tmp_path / "elsewhere")


async def test_a_file_that_was_cut_off_is_noticed(database: Database, empty: Database, tmp_path: Path) -> None:
    await a_town(database)
    await export_hsds(database, tmp_path / "town")
    locations = tmp_path / "town" / "locations.json"
    locations.write_text(json.dumps(json.loads(locations.read_text("utf-8"))[:2]), "utf-8")
    with pytest.raises(NotAnExchange, match="locations has 2 entries"):
        await import_hsds(empty, tmp_path / "town")


async def test_a_store_number_that_another_store_has_here_is_refused(
    database: Database, empty: Database, tmp_path: Path
) -> None:
    await a_town(database)
    await export_hsds(database, tmp_path / "town.json")
    await empty["stores"].insert_one(a_store("other", merchant="m1", number="A-1"))
    with pytest.raises(ImportRefused, match="A-1 is that of other here"):
        await import_hsds(empty, tmp_path / "town.json")
    assert await empty["areas"].count_documents({}) == 0


async def test_the_export_holds_under_the_schemas_of_hsds(database: Database, shared: Path, tmp_path: Path) -> None:
    await seed_everything(database, date(2026, 11, 23), NOW)
    await export_hsds(database, tmp_path / "out")
    schemas = {
        name: json.loads((shared / "data" / "hsds" / f"{name}.json").read_text("utf-8"))
        for name in ("organization", "service", "service_at_location")
    }
    service = schemas["service"]["properties"]
    judges = {
        "organizations": schemas["organization"],
        "services": schemas["service"],
        "service_at_locations": schemas["service_at_location"],
        "locations": schemas["service_at_location"]["properties"]["location"],
        "taxonomy_terms": service["attributes"]["items"]["properties"]["taxonomy_term"],
        "service_areas": service["service_areas"]["items"],
    }
    assert set(judges) == set(PARTS)
    for part, schema in judges.items():
        judge = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        entities = json.loads((tmp_path / "out" / f"{part}.json").read_text("utf-8"))
        assert entities
        assert [error.message for entity in entities for error in judge.iter_errors(entity)] == []
        assert list(judge.iter_errors({"id": "no uuid"})), f"the schema of {part} refuses nothing"


async def test_more_than_a_transaction_holds_is_written_too(
    database: Database, empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_store, "TRANSACTION_LIMIT", 1)
    await a_town(database)
    await export_hsds(database, tmp_path / "town")
    await import_hsds(empty, tmp_path / "town")
    await export_hsds(empty, tmp_path / "again")
    assert texts(tmp_path / "town") == texts(tmp_path / "again")


async def test_whoever_edits_during_an_import_keeps_the_edit_and_the_import_writes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_town(database)
    await export_hsds(database, tmp_path / "town")
    for name in ("merchants", "stores"):
        await database[name].update_many({}, {"$set": {"name": "改了名"}, "$inc": {"version": 1}})
    write = ExchangeStore.write

    async def after_an_edit(self: ExchangeStore, writes: Any) -> None:
        await database["stores"].update_one({"_id": "s2"}, {"$set": {"name": "又改了"}, "$inc": {"version": 1}})
        await write(self, writes)

    monkeypatch.setattr(ExchangeStore, "write", after_an_edit)
    with pytest.raises(ChangedMeanwhile, match="run the import again"):
        await import_hsds(database, tmp_path / "town")
    names = [row["name"] for name in ("merchants", "stores") for row in (await rows_of(database))[name]]
    assert names == ["改了名", "改了名", "又改了", "改了名"]


# --- schedules ---


def test_weeks_exceptions_and_sessions_become_schedules_and_come_back() -> None:
    week = [
        {"weekdays": "12345", "opens": "08:30", "closes": "12:00"},
        {
            "weekdays": "67",
            "opens": "00:00",
            "closes": "24:00",
            "valid_from": "2026-06-01",
            "valid_through": "2026-08-31",
        },
    ]
    shown = week_rows("s1", week)
    assert (shown[0]["byday"], shown[0]["freq"], shown[0]["timezone"]) == ("MO,TU,WE,TH,FR", "WEEKLY", 8)
    assert read_week(shown) == week
    closed = [{"date": "2026-10-01", "closed": True, "ranges": [], "reason": "国庆"}]
    (row,) = exception_rows("s1", closed)
    assert (row["dtstart"], row["until"], row["count"], "opens_at" in row) == ("2026-10-01", "2026-10-01", 1, False)
    assert read_exceptions([*shown, row]) == closed
    night = [{"start": at("2026-12-31 23:30:15"), "end": at("2027-01-01 01:00")}]
    assert read_sessions(session_rows("o1", night)) == night


# --- sheets and maps ---


@pytest.mark.parametrize(
    ("weekly", "text"),
    [
        ([{"weekdays": "1234567", "opens": "07:00", "closes": "23:00"}], "每天 07:00-23:00"),
        (
            [
                {"weekdays": "12345", "opens": "08:30", "closes": "12:00"},
                {"weekdays": "12345", "opens": "13:30", "closes": "17:00"},
                {"weekdays": "6", "opens": "09:00", "closes": "11:30"},
            ],
            "周一至周五 08:30-12:00 13:30-17:00；周六 09:00-11:30",
        ),
        ([{"weekdays": "135", "opens": "18:00", "closes": "02:00"}], "周一、周三、周五 18:00-次日02:00"),
        ([{"weekdays": "67", "opens": "09:00", "closes": "24:00"}], "周六、周日 09:00-24:00"),
    ],
)
def test_a_week_in_words_is_read_back_by_the_import(weekly: list[dict[str, str]], text: str) -> None:
    assert week_text(weekly) == text
    expected = {(int(day), row["opens"], row["closes"]) for row in weekly for day in row["weekdays"]}
    assert {(row.weekday, row.opens, row.closes) for row in parse_week(text)} == expected


def test_a_week_with_seasons_has_no_words() -> None:
    assert week_text([{"weekdays": "1", "opens": "09:00", "closes": "10:00", "valid_from": "2027-01-01"}]) == ""


async def test_the_sheet_opens_in_excel_and_starts_no_formula(database: Database, tmp_path: Path) -> None:
    await a_town(database)
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"name": '=HYPERLINK("x")'}})
    assert await export_csv(database, tmp_path / "all.csv") == 3
    assert await export_csv(database, tmp_path / "own.csv", "m1") == 1
    whole, own = (tmp_path / "all.csv").read_text("utf-8"), (tmp_path / "own.csv").read_text("utf-8")
    assert whole.startswith("\ufeff门店编号,名称,类别,地址")
    assert "记录号" in whole
    assert "记录号" not in own, "what importStores does not know would keep it from reading the sheet"
    assert "\"'=HYPERLINK" in own


async def test_the_map_is_geojson_with_right_handed_areas(database: Database, tmp_path: Path) -> None:
    await a_town(database)
    assert await export_geojson(database, tmp_path / "map.geojson") == 4
    whole = json.loads((tmp_path / "map.geojson").read_text("utf-8"))
    kinds = [feature["geometry"]["type"] for feature in whole["features"]]
    assert (whole["type"], kinds) == ("FeatureCollection", ["Polygon", "Point", "Point", "Point"])
    assert whole["features"][1]["geometry"]["coordinates"] == [120.2019, 30.2926]
    clockwise = an_area()
    clockwise["polygon"]["coordinates"][0].reverse()
    (ring,) = area_feature(clockwise)["geometry"]["coordinates"]
    assert ring == an_area()["polygon"]["coordinates"][0]
