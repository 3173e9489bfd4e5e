"""Importing sheets of stores: reading them, comparing them, and writing all of them or nothing."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from editing_town import COMMUNITY, OWNER, Town, a_town_of, member, settle
from factories import SetClock, a_snapshot
from patience import until, until_told

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.editing.hours import WeekRow
from lifecircle.catalogue.editing.store import EditingStore
from lifecircle.catalogue.errors import BadRequest, Busy, Forbidden, IdempotencyConflict, InvalidInput, NotFound
from lifecircle.catalogue.geo import Point, to_gcj02
from lifecircle.catalogue.imports import service
from lifecircle.catalogue.imports.model import MOST_ROWS
from lifecircle.catalogue.imports.service import ImportRequest
from lifecircle.catalogue.imports.sheet import COLUMNS, read_sheet, template
from lifecircle.catalogue.imports.text import decoded
from lifecircle.catalogue.imports.week_text import parse_week
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole

CITY = a_snapshot(**{name: rows for name, rows in a_town_of(1).items() if name in ("areas", "categories")})
HEADERS = ("门店编号", "名称", "类别", "地址", "电话", "经度", "纬度", "营业时间", "公告")


@pytest.fixture
async def town(database: Database, clock: SetClock) -> AsyncIterator[Town]:
    made = await settle(database, clock, stores=3)
    yield made
    await made.keeper.stop()


def sheet(*rows: Sequence[str], headers: Sequence[str] = HEADERS) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([headers, *rows])
    return out.getvalue()


def a_row(number: str, **changes: str) -> tuple[str, ...]:
    plain = dict(
        zip(
            HEADERS,
            (number, f"桂花{number}", "便利店", "桂花路1号", "12345", "120.2019", "30.2926", "", ""),
            strict=True,
        )
    )
    return tuple({**plain, **changes}.values())


def asked(text: str, **changes: Any) -> ImportRequest:
    return ImportRequest(**{"merchant": "m1", "csv": text, "dry_run": False, **changes})


def codes(done: Any) -> list[tuple[int, str | None, str]]:
    return [(error.row, error.column, error.code) for error in done.row_errors]


# --- the whole way ---


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(town: Town) -> None:
    before = await town.everything()
    text = sheet(a_row("A1"), a_row("A2"), a_row("N1"), a_row("A3", 类别="没有的类别", 电话="12"))
    done = await town.desk.imports.run(OWNER, asked(text, dry_run=True))
    assert (done.rows, done.created, done.updated, done.unchanged, done.failed) == (4, 2, 1, 0, 1)
    assert codes(done) == [(5, "类别", "INVALID_INPUT"), (5, "电话", "INVALID_INPUT")]
    assert await town.everything() == before


async def test_an_import_makes_and_changes_stores_by_their_numbers(town: Town) -> None:
    text = sheet(a_row("A1", 营业时间="每天 08:00-22:00"), a_row("N1", 名称="", 电话="", 公告="搬到对面"))
    done = await town.desk.imports.run(OWNER, asked(text, chain="c1"))
    assert (done.rows, done.created, done.updated, done.unchanged, done.failed) == (2, 1, 1, 0, 0)
    now = town.keeper.current
    made = next(store for store in now.all_stores() if store.number == "A1")
    assert (made.name, made.community, made.chain, made.merchant) == ("桂花A1", COMMUNITY, "c1", "m1")
    assert len(now.schedule_of(made).weekly) == 7
    changed = now.store("s1")
    assert changed is not None
    assert (changed.name, changed.phone, changed.address) == ("好邻居s1", "0571-01234567", "桂花路1号")
    assert changed.notice == "搬到对面"
    (entry,) = await town.history("stores:s1")
    assert (entry["kind"], {change["field"] for change in entry["changes"]}) == (
        "IMPORTED",
        {"address", "assured_on", "notice"},
    )
    assert len(await town.history(f"stores:{made.id}")) == 1

    again = await town.desk.imports.run(OWNER, asked(text, chain="c1"))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert len(await town.history("stores:s1")) == 1


async def test_a_word_empties_what_a_blank_leaves(town: Town) -> None:
    text = sheet(a_row("N1", 名称="", 电话="无", 营业时间=""), headers=HEADERS)
    await town.desk.imports.run(OWNER, asked(text))
    assert (await town.row("stores", "s1"))["phone"] is None


async def test_with_any_row_error_nothing_is_changed(town: Town) -> None:
    before = await town.everything()
    done = await town.desk.imports.run(OWNER, asked(sheet(a_row("A1"), a_row("A2", 经度="121.5"))))
    assert (done.created, done.updated, done.failed) == (0, 0, 1)
    assert codes(done) == [(3, "经度", "INVALID_INPUT")]
    assert await town.everything() == before


@pytest.mark.parametrize("broken", ["stores", "history", "edit_keys"])
async def test_an_import_that_breaks_off_changes_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Wherever it breaks: among the new stores, the changed ones, or their records."""
    before, insert = await town.everything(), EditingStore._insert

    async def failing(self: EditingStore, collection: str, documents: Any, session: Any) -> None:
        rows = list(documents)
        if collection == broken:
            await insert(self, collection, rows[: len(rows) // 2], session)
            raise RuntimeError("the power fails")
        await insert(self, collection, rows, session)

    text = sheet(*(a_row(f"A{number}") for number in range(20)), a_row("N1"))
    monkeypatch.setattr(EditingStore, "_insert", failing)
    with pytest.raises(RuntimeError):
        await town.desk.imports.run(OWNER, asked(text, key="k"))
    monkeypatch.undo()
    assert await town.everything() == before
    done = await town.desk.imports.run(OWNER, asked(text, key="k"))
    assert (done.created, done.updated) == (20, 1)


async def test_an_import_whose_request_is_broken_off_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    writing, commit = asyncio.Event(), EditingStore.commit

    async def noted(self: EditingStore, work: Any) -> None:
        writing.set()
        await commit(self, work)

    monkeypatch.setattr(EditingStore, "commit", noted)
    request = asyncio.create_task(town.desk.imports.run(OWNER, asked(sheet(a_row("A1")), key="k")))
    await writing.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await until(lambda: any(store.number == "A1" for store in town.keeper.current.all_stores()))
    assert (await town.desk.imports.run(OWNER, asked(sheet(a_row("A1")), key="k"))).created == 1


async def test_an_import_that_outlasts_its_request_answers_to_its_key(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PATIENCE_SECONDS", 0.0)
    text = sheet(*(a_row(f"A{number}") for number in range(5)))
    with pytest.raises(Busy):
        await town.desk.imports.run(OWNER, asked(text, key="k"))

    async def is_done() -> bool:
        return await town.database["stores"].count_documents({"merchant": "m1"}) >= 8

    await until_told(is_done)
    assert (await town.desk.imports.run(OWNER, asked(text, key="k"))).created == 5


async def test_the_same_key_imports_once(town: Town) -> None:
    text = sheet(*(a_row(f"A{number}") for number in range(5)))
    done = await asyncio.gather(*(town.desk.imports.run(OWNER, asked(text, key="k")) for _ in range(4)))
    assert len({(one.created, one.unchanged) for one in done}) == 1
    assert await town.database["stores"].count_documents({"merchant": "m1"}) == 8
    with pytest.raises(IdempotencyConflict):
        await town.desk.imports.run(OWNER, asked(sheet(a_row("B1")), key="k"))


async def test_two_imports_at_once_both_count(town: Town) -> None:
    """Each compares again when the other was faster."""
    one = sheet(*(a_row(f"A{number}", 公告="一") for number in range(5)), a_row("N1", 公告="一"))
    two = sheet(*(a_row(f"A{number}", 公告="二") for number in range(5)), a_row("N1", 公告="二"))
    done = await asyncio.gather(*(town.desk.imports.run(OWNER, asked(text)) for text in (one, two)))
    assert sorted((result.created, result.updated) for result in done) == [(0, 6), (5, 1)]
    notices = {row["notice"] for row in await town.database["stores"].find({"number": {"$regex": "^A"}}).to_list(None)}
    assert len(notices) == 1


async def test_a_store_of_another_brand_is_left_there(town: Town) -> None:
    chain = await town.desk.chains.create(OWNER, "m1", "桂花里", None)
    done = await town.desk.imports.run(OWNER, asked(sheet(a_row("N1")), chain=chain.id))
    assert codes(done) == [(2, "门店编号", "INVALID_INPUT")]


@pytest.mark.parametrize(
    "roles", [Roles("nobody"), member(MemberRole.CLERK), member(MemberRole.MANAGER, "s1"), member(merchant="m2")]
)
async def test_only_who_runs_all_stores_imports(town: Town, roles: Roles) -> None:
    with pytest.raises(Forbidden):
        await town.desk.imports.run(roles, asked(sheet(a_row("A1"))))


async def test_exactly_one_source(town: Town) -> None:
    for changes in ({"csv": None}, {"upload": "u1"}):
        with pytest.raises(BadRequest):
            await town.desk.imports.run(OWNER, asked(sheet(a_row("A1")), **changes))


async def test_an_upload_is_its_owners_for_an_hour(town: Town) -> None:
    uploads = town.desk.imports.uploads
    upload = await uploads.keep("r1", sheet(a_row("A1")).encode("gb18030"))
    request = ImportRequest("m1", upload=upload.id)
    assert (await town.desk.imports.run(OWNER, request)).created == 1
    with pytest.raises(NotFound):
        await town.desk.imports.run(member(resident="r2"), request)
    town.clock.advance(minutes=61)
    with pytest.raises(NotFound):
        await town.desk.imports.run(OWNER, request)


# --- bytes ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_three_encodings_read_alike(encoding: str) -> None:
    assert decoded("门店编号,名称\n1,䶮店𠮷".encode(encoding)) == "门店编号,名称\n1,䶮店𠮷"


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04rest", "门店".encode("utf-16"), b"a\0b", b"\xff\xff\xff", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        decoded(raw)


# --- sheets ---


def test_the_template_is_read_by_the_reader() -> None:
    read = read_sheet(template(), CITY)
    assert (read.count, len(read.rows), read.errors) == (1, 1, [])
    assert template().startswith("\ufeff" + ",".join(COLUMNS))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "名称,地址\n甲店,路1号",
        "门店编号,价格\n1,2",
        "门店编号,名称,名称\n1,甲店,乙店",
        "门店编号,名称\n",
        '门店编号,名称\n1,"没有关上',
        "门店编号,名称\n" + "\n".join(f"{n},店铺{n}" for n in range(MOST_ROWS + 1)),
    ],
)
def test_a_sheet_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet(text, CITY, "csv")
    assert refused.value.field == ("csv",)


def test_errors_name_the_row_and_column_of_the_spreadsheet() -> None:
    text = sheet(
        a_row(""),
        ("", "", "", "", "", "", "", "", ""),
        a_row("A1", 名称="店", 类别="基本保障类", 电话="abc"),
        a_row("A2", 经度="东经", 纬度=""),
        a_row("A3", 经度="", 营业时间="有空就开"),
        a_row("A4"),
        a_row("A4"),
        (*a_row("A5"), "多出来"),
    )
    read = read_sheet(text, CITY)
    assert [(error.row, error.column, error.code) for error in read.errors] == [
        (2, "门店编号", "INVALID_INPUT"),
        (4, "名称", "INVALID_INPUT"),
        (4, "类别", "INVALID_INPUT"),
        (4, "电话", "INVALID_INPUT"),
        (5, "经度", "INVALID_INPUT"),
        (6, "营业时间", "INVALID_INPUT"),
        (6, "经度", "INVALID_INPUT"),
        (8, "门店编号", "DUPLICATE"),
        (9, None, "INVALID_INPUT"),
    ]
    assert (read.count, [row.number for row in read.rows]) == (7, ["A4"])


def test_a_place_in_gcj02_is_turned() -> None:
    place = Point(120.2019, 30.2926)
    shifted = to_gcj02(place)
    headers = ("门店编号", "经度", "纬度", "坐标系")
    text = sheet(
        ("A", str(shifted.longitude), str(shifted.latitude), "GCJ-02"),
        ("B", "120.2019", "30.2926", ""),
        ("C", "120.2019", "30.2926", "BD09"),
        headers=headers,
    )
    read = read_sheet(text, CITY)
    first, second = (row.given["location"]["coordinates"] for row in read.rows)
    assert first == pytest.approx(second, abs=1e-6)
    assert [(error.row, error.column) for error in read.errors] == [(4, "经度")]


def test_features_and_photos_are_lists_in_a_cell() -> None:
    headers = ("门店编号", "无障碍", "照片")
    text = sheet(
        ("A", "电梯、无台阶", "https://img.example.cn/1.jpg https://img.example.cn/2.jpg"),
        ("B", "飞毯", "http://img.example.cn/1.jpg"),
        ("C", "无", "无"),
        headers=headers,
    )
    read = read_sheet(text, CITY)
    assert dict(read.rows[0].given) == {
        "accessibility": ["STEP_FREE", "LIFT"],
        "photos": ["https://img.example.cn/1.jpg", "https://img.example.cn/2.jpg"],
    }
    assert dict(read.rows[1].given) == {"accessibility": [], "photos": []}
    assert [(error.row, error.column) for error in read.errors] == [(3, "无障碍"), (3, "照片")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("每天 08:00-22:00", [(day, "08:00", "22:00") for day in range(1, 8)]),
        ("8:00-22:00", [(day, "08:00", "22:00") for day in range(1, 8)]),
        (
            "周一至周二 08:30-12:00 13:30－17:00；周六休息",
            [
                (1, "08:30", "12:00"),
                (2, "08:30", "12:00"),
                (1, "13:30", "17:00"),
                (2, "13:30", "17:00"),
            ],
        ),
        ("周六、周日：10:00～次日02:00", [(6, "10:00", "02:00"), (7, "10:00", "02:00")]),
        ("星期日 24小时", [(7, "00:00", "24:00")]),
        ("周末10:00-12:00", [(6, "10:00", "12:00"), (7, "10:00", "12:00")]),
        ("周五到周一 10:00-12:00", [(day, "10:00", "12:00") for day in (1, 5, 6, 7)]),
        (
            "1-2 09:00-18:00; 周三四 10:00-11:00",
            [
                (1, "09:00", "18:00"),
                (2, "09:00", "18:00"),
                (3, "10:00", "11:00"),
                (4, "10:00", "11:00"),
            ],
        ),
    ],
)
def test_hours_as_people_write_them(text: str, rows: list[tuple[int, str, str]]) -> None:
    assert list(parse_week(text)) == [WeekRow(*row) for row in rows]


@pytest.mark.parametrize(
    "text", ["有空就开", "周八 09:00-10:00", "周一 9点到10点", "周一", "09:00", "周一 09:00-10:00-11:00", "；"]
)
def test_hours_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_week(text)
