"""Merchants run their own stores over HTTP."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from servers import Client, Server
from shopkeeper import (
    ARCHIVE,
    AREA,
    CHAIN,
    CLOSE_STORE,
    CREATE_STORE,
    EXCEPTIONS,
    HOURS,
    IMPORT,
    PLACE,
    SAVE,
    STORE,
    UPDATE_STORE,
    a_sheet,
    a_shop,
    an_owner,
    do,
    refusal,
)

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.geo import Point, to_gcj02
from lifecircle.graphql.ids import global_id

HISTORY = """query($id: ID!, $after: String) { store(id: $id) { history(first: 2, after: $after) {
  edges { node { kind author role about changes { field before after } } } pageInfo { hasNextPage endCursor } } } }"""
OFFERINGS = (
    "query($id: ID!) { store(id: $id) { offerings(first: 50) { edges { node { id name price { amount } } } } } }"
)
NEAR = """query($near: LocationInput!, $chain: ID!) { nearbyStores(near: $near, radius: 3000, filter: {chain: $chain},
  first: 100) { edges { node { id } } } }"""


@pytest.fixture(scope="module")
def owner(server: Server) -> tuple[Client, str]:
    return an_owner(server)


def today() -> date:
    return local_day(system_clock())


def test_a_merchant_lists_a_store_and_residents_see_it(server: Server, owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant, photos=["https://img.example.cn/1.jpg"], accessibility=["STEP_FREE"], phone="12345")
    seen = Client(server.url).ask(STORE, id=shop["id"])["store"]
    assert seen == shop
    assert (shop["version"], shop["operatorName"], shop["category"]) == (1, "桂花里商贸", {"code": "convenience-store"})
    assert shop["community"] is not None
    assert (shop["photos"], shop["phone"]) == (["https://img.example.cn/1.jpg"], "12345")


def test_null_empties_and_what_is_left_out_stays(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant, notice="开业大吉", phone="12345")
    changed = do(client, UPDATE_STORE, store=shop["id"], version=1, notice=None)
    assert (changed["notice"], changed["phone"], changed["version"]) == (None, "12345", 2)
    old = refusal(client, UPDATE_STORE, store=shop["id"], version=1, notice="旧的")
    assert (old["code"], old["field"]) == ("STATE_CHANGED", ["version"])
    assert "刷新" in old["message"]


def test_coordinates_of_a_chinese_map_are_turned(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shifted = to_gcj02(Point(PLACE["longitude"], PLACE["latitude"]))
    place = {"longitude": shifted.longitude, "latitude": shifted.latitude, "system": "GCJ02"}
    shop = a_shop(client, merchant, location=place)
    assert shop["location"] == pytest.approx(PLACE, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "店"}, "name"),
        ({"name": "店\u200b铺"}, "name"),
        ({"category": "basic"}, "category"),
        ({"category": "nothing"}, "category"),
        ({"phone": "123456789"}, "phone"),
        ({"location": {"longitude": 121.5, "latitude": 31.2}}, "location"),
        ({"location": {"longitude": 190, "latitude": 31.2}}, "location"),
        ({"photos": ["http://img.example.cn/1.jpg"]}, "photos"),
        ({"notice": "字" * 201}, "notice"),
        ({"idempotencyKey": "k\u202e"}, "idempotencyKey"),
    ],
)
def test_what_residents_could_not_use_is_refused(
    owner: tuple[Client, str], changes: dict[str, object], field: str
) -> None:
    client, merchant = owner
    plain = {"name": "桂花里", "category": "convenience-store", "address": "桂花路", "location": PLACE}
    error = refusal(client, CREATE_STORE, merchant=merchant, **{**plain, **changes})
    assert (error["code"], error["field"]) == ("INVALID_INPUT", [field])


def test_forty_stores_follow_their_chain_but_for_the_override(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    chain = do(client, CHAIN, merchant=merchant, name="桂花里")
    mark = secrets.token_hex(3)
    done = do(client, IMPORT, merchant=merchant, chain=chain["id"], csv=a_sheet(40, mark, 营业时间=""), dryRun=False)
    assert (done["created"], done["failed"]) == (40, 0)
    stores = [edge["node"]["id"] for edge in client.ask(NEAR, near=PLACE, chain=chain["id"])["nearbyStores"]["edges"]]
    assert len(stores) == 40
    template = do(client, SAVE, chain=chain["id"], name="洗衣", price=3000, durationMinutes=60)

    def at(store: str) -> dict[str, object]:
        (edge,) = client.ask(OFFERINGS, id=store)["store"]["offerings"]["edges"]
        return dict(edge["node"])

    here = at(stores[7])
    override = do(client, SAVE, offering=here["id"], version=1, price=2500)
    assert (override["price"], "price" in override["inherits"], "name" in override["inherits"]) == (
        {"amount": 2500},
        False,
        True,
    )
    template = do(client, SAVE, offering=template["id"], version=1, price=3300)
    assert [at(store)["price"] for store in stores] == [{"amount": 2500 if n == 7 else 3300} for n in range(40)]
    back = do(client, SAVE, offering=here["id"], version=3, inherit=["price"])
    assert (back["price"], "price" in back["inherits"]) == ({"amount": 3300}, True)

    week = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(1, 8)]
    assert len(do(client, HOURS, chain=chain["id"], version=1, hours=week)["openingHours"]) == 7
    shop = client.ask(STORE, id=stores[0])["store"]
    assert (len(shop["openingHours"]), shop["inherits"]) == (7, ["openingHours"])
    own = do(client, HOURS, store=stores[0], version=shop["version"], hours=week[:1])
    assert (len(own["openingHours"]), own["inherits"]) == (1, [])

    do(client, ARCHIVE, offering=here["id"], version=back["version"])
    assert client.ask(OFFERINGS, id=stores[7])["store"]["offerings"]["edges"] == []
    shown = client.ask(
        "query($id: ID!) { node(id: $id) { ... on Chain { offerings { edges { node { name store { id } } } } } } }",
        id=chain["id"],
    )
    assert shown["node"]["offerings"]["edges"][0]["node"]["store"]["id"] in stores

    do(client, ARCHIVE, offering=template["id"], version=template["version"])  # else others find little else nearby
    assert client.ask(OFFERINGS, id=stores[8])["store"]["offerings"]["edges"] == []


def test_single_dates_are_set(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant)
    rows = [
        {"date": str(today() + timedelta(days=3)), "closed": True, "reason": "盘点"},
        {"date": str(today() + timedelta(days=4)), "closed": False, "ranges": [{"opens": "22:00", "closes": "02:00"}]},
    ]
    found = do(client, EXCEPTIONS, store=shop["id"], version=1, exceptions=rows)["exceptions"]
    assert [(row["closed"], row["opens"], row["reason"]) for row in found] == [
        (True, None, "盘点"),
        (False, "22:00", None),
    ]
    error = refusal(client, EXCEPTIONS, store=shop["id"], version=2, exceptions=rows + rows)
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["exceptions"])


def test_a_store_is_closed_for_a_while_for_good_and_moves(server: Server, owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop, other = a_shop(client, merchant), a_shop(client, merchant, name="桂花里新店")
    week = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]
    assert do(client, HOURS, store=shop["id"], version=1, hours=week)["isOpen"] is True
    until = today() + timedelta(days=5)
    closed = do(client, CLOSE_STORE, store=shop["id"], version=2, until=str(until))
    assert (closed["closedUntil"], closed["isOpen"]) == (str(until), False)
    assert "恢复" in closed["closedReason"]
    ranges = f'{{ store(id: "{shop["id"]}") {{ opensAt openRanges(from: "{today()}", days: 7) {{ opens }} }} }}'
    seen = Client(server.url).ask(ranges)["store"]
    assert seen["opensAt"] == f"{until}T00:00:00+08:00"
    assert [one["opens"][:10] for one in seen["openRanges"]] == [str(until), str(until + timedelta(days=1))]
    moved = do(client, CLOSE_STORE, store=shop["id"], version=3, movedTo=other["id"])
    assert (moved["movedTo"], moved["isOpen"]) == ({"id": other["id"]}, False)
    gone = do(client, CLOSE_STORE, store=shop["id"], version=4, permanently=True)
    assert gone["closedReason"] == "已停业"
    assert Client(server.url).ask(STORE, id=shop["id"])["store"]["name"] == shop["name"]


def test_the_history_is_for_members_and_staff(server: Server, owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant)
    for version in (1, 2):
        do(client, UPDATE_STORE, store=shop["id"], version=version, notice=f"第{version}次")
    staff = Client(server.url).sign_in("demo-staff:330199")
    for reader in (client, staff):
        page = reader.ask(HISTORY, id=shop["id"])["store"]["history"]
        assert [edge["node"]["kind"] for edge in page["edges"]] == ["EDITED", "EDITED"]
        assert page["edges"][0]["node"]["author"] == "店**"
        assert {"field": "notice", "before": "第1次", "after": "第2次"} in page["edges"][0]["node"]["changes"]
        rest = reader.ask(HISTORY, id=shop["id"], after=page["pageInfo"]["endCursor"])["store"]["history"]
        assert [edge["node"]["kind"] for edge in rest["edges"]] == ["CREATED"]
    for stranger, code in ((Client(server.url), "UNAUTHENTICATED"), (an_owner(server)[0], "FORBIDDEN")):
        answer = stranger.post(HISTORY, {"id": shop["id"]}).json()
        assert answer["data"]["store"]["history"] is None
        assert answer["errors"][0]["extensions"]["code"] == code


def test_strangers_change_nothing(server: Server, owner: tuple[Client, str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant)
    stranger, _ = an_owner(server)
    edits = [
        (UPDATE_STORE, {"store": shop["id"], "version": 1, "name": "别人的店"}),
        (CLOSE_STORE, {"store": shop["id"], "version": 1, "permanently": True}),
        (SAVE, {"store": shop["id"], "name": "新服务"}),
        (HOURS, {"store": shop["id"], "version": 1, "hours": []}),
        (EXCEPTIONS, {"store": shop["id"], "version": 1, "exceptions": []}),
        (CHAIN, {"merchant": merchant, "name": "别家品牌"}),
        (IMPORT, {"merchant": merchant, "csv": a_sheet(1), "dryRun": False}),
    ]
    for mutation, given in edits:
        assert refusal(stranger, mutation, **given)["code"] == "FORBIDDEN"
        assert refusal(Client(server.url), mutation, **given)["code"] == "UNAUTHENTICATED"
    assert refusal(client, UPDATE_STORE, store=global_id("Store", "nothing"), version=1)["code"] == "NOT_FOUND"
    assert refusal(client, UPDATE_STORE, store=global_id("Area", AREA), version=1)["code"] == "NOT_FOUND"
    assert client.ask(STORE, id=shop["id"])["store"] == shop


def test_the_template_says_what_an_import_reads(server: Server) -> None:
    found = Client(server.url).ask("{ storeImportTemplate { csv columns { header help } } }")["storeImportTemplate"]
    assert found["csv"].startswith("\ufeff门店编号,名称,类别")
    assert found["columns"][0]["header"] == "门店编号"


@pytest.mark.slow
def test_of_two_members_who_edit_at_once_one_wins(two_workers: Server) -> None:
    """New connections spread over both workers."""
    client, merchant = an_owner(two_workers)
    shop = a_shop(client, merchant)
    for version in range(1, 6):

        def edit(number: int, version: int = version) -> str:
            payload = Client(two_workers.url, client.token).ask(
                UPDATE_STORE, input={"store": shop["id"], "version": version, "notice": f"{version}-{number}"}
            )["updateStore"]
            return payload["errors"][0]["code"] if payload["errors"] else "DONE"

        with ThreadPoolExecutor(8) as pool:
            outcomes = sorted(pool.map(edit, range(8)))
        assert outcomes == ["DONE"] + ["STATE_CHANGED"] * 7
