"""Search and suggestions through the API, on the seeded demo district."""

from __future__ import annotations

import json
from typing import Any

import pytest
from servers import Client, Server

from lifecircle.catalogue.search.pinyin import read_aloud
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.text import traditional
from lifecircle.seeds.files import read_files

ROWS = [record.row for record in read_files().categories]
LEAVES = [row for row in ROWS if row.code not in {other.under for other in ROWS}]
SEARCH = """
query ($q: String!, $near: LocationInput, $filter: StoreFilter, $first: Int, $after: String) {
  searchStores(query: $q, near: $near, filter: $filter, first: $first, after: $after) {
    totalCount relaxed pageInfo { hasNextPage endCursor }
    edges { cursor distance walkMinutes
            node { id name isOpen isStale address category { code } community { name } chain { id name } } }
  }
}"""
SUGGEST = """
query ($p: String!, $near: LocationInput, $n: Int) { suggest(prefix: $p, near: $near, first: $n) { text kind id } }"""
CENTER = {"longitude": 120.2019, "latitude": 30.2926}


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(server.url)


def search(client: Client, query: str, **more: Any) -> dict[str, Any]:
    return dict(client.ask(SEARCH, q=query, **more)["searchStores"])


def codes(page: dict[str, Any], first: int = 5) -> list[str]:
    return [edge["node"]["category"]["code"] for edge in page["edges"][:first]]


@pytest.mark.parametrize("row", LEAVES, ids=lambda row: row.code)
def test_every_leaf_is_found_by_its_name_a_colloquial_name_its_traditional_name_and_pinyin(
    client: Client, row: Any
) -> None:
    own = search(client, row.name)
    assert codes(own)[0] == row.code
    assert any(row.code in codes(search(client, alias)) for alias in row.aliases)
    twin = search(client, traditional(row.name))
    assert [edge["node"]["id"] for edge in twin["edges"]] == [edge["node"]["id"] for edge in own["edges"]]
    name = spelling(row.name.partition("（")[0])
    assert row.code in codes(search(client, "".join(read_aloud(name))))


@pytest.mark.parametrize(
    ("said", "meant", "code"),
    [("通下水", "管道疏通", "repair"), ("钟点工", "保洁", "housekeeping"), ("老人食堂", "助餐点", "canteen")],
)
def test_synonyms_lead_to_the_same_stores(client: Client, said: str, meant: str, code: str) -> None:
    found, same = search(client, said), search(client, meant)
    assert set(codes(found)) == set(codes(same)) == {code}
    assert found["relaxed"] == []
    assert found["edges"][0]["node"]["id"] in {edge["node"]["id"] for edge in same["edges"][:5]}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("便力店", "convenience-store"),
        ("管到疏通", "repair"),
        ("社区为生服务站", "health-station"),
        ("yaodain", "pharmacy"),
        ("bianlid", "convenience-store"),
        ("修shuiguan", "repair"),
    ],
)
def test_typing_mistakes_and_mixed_pinyin_are_understood(client: Client, typed: str, code: str) -> None:
    assert codes(search(client, typed))[0] == code


def test_initials_find_a_name(client: Client) -> None:
    # not the first at every hour: 盒马 is typed so too, and what is open comes first
    names = [edge["node"]["name"] for edge in search(client, "hm")["edges"][:5]]
    assert any(name.startswith("惠民") for name in names)


def test_a_name_a_chain_an_address_and_a_community_are_found(client: Client) -> None:
    assert search(client, "三碗不过瘾面馆")["edges"][0]["node"]["name"] == "三碗不过瘾面馆"
    chain = search(client, "早缘包点", first=50)
    assert {edge["node"]["chain"]["name"] for edge in chain["edges"]} == {"早缘包点"}
    house = search(client, "石桥路1095号")
    assert [edge["node"]["address"] for edge in house["edges"]] == ["石桥路1095号"]
    there = search(client, "书院社区药店")
    assert {edge["node"]["community"]["name"] for edge in there["edges"]} == {"书院社区"}
    assert set(codes(there)) == {"pharmacy"}


def test_distance_and_walk_come_with_a_place_and_near_stores_first(client: Client) -> None:
    found = search(client, "药店", near=CENTER)
    assert all(edge["distance"] is not None and edge["walkMinutes"] is not None for edge in found["edges"])
    assert found["edges"][0]["distance"] < found["edges"][-1]["distance"]
    assert search(client, "药店")["edges"][0]["distance"] is None


def test_filters_combine(client: Client) -> None:
    wanted = {"bookable": True, "atHome": True, "maxPrice": 8000, "accessible": ["STEP_FREE"]}
    everything = {edge["node"]["id"] for edge in search(client, "理发", first=100)["edges"]}
    some = search(client, "理发", first=100, filter=wanted)
    assert some["relaxed"] == []
    assert 0 < some["totalCount"] < len(everything)
    assert {edge["node"]["id"] for edge in some["edges"]} < everything
    assert search(client, "理发", filter={"category": "pharmacy"})["totalCount"] == 0


def test_what_is_given_up_is_said(client: Client) -> None:
    cheap = search(client, "管道疏通", filter={"maxPrice": 1})
    assert cheap["totalCount"] > 0
    assert any("价格" in said for said in cheap["relaxed"])
    elsewhere = search(client, "茶亭社区电影院")
    assert codes(elsewhere)[0] == "leisure"
    assert any("茶亭社区" in said and "电影院" in said for said in elsewhere["relaxed"])
    assert search(client, "药店")["relaxed"] == []


def test_pages_follow_each_other_without_gap_or_repetition(client: Client) -> None:
    whole = [edge["node"]["id"] for edge in search(client, "药店", near=CENTER, first=100)["edges"]]
    paged: list[str] = []
    after = None
    while True:
        page = search(client, "药店", near=CENTER, first=7, after=after)
        paged += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(paged) == sorted(set(paged)) == sorted(whole)


def test_a_cursor_of_another_search_is_refused(client: Client) -> None:
    after = search(client, "便利店", first=2)["pageInfo"]["endCursor"]
    errors = client.errors(SEARCH, q="药店", first=2, after=after)
    assert errors[0]["extensions"]["code"] == "INVALID_CURSOR"
    assert client.errors(SEARCH, q="便利店", after="AAAA")[0]["extensions"]["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize("nothing", ["", "   ", "！？。", "😀😀", "\u200b\u202e", "\x00\x07", "<><>"])
def test_a_query_without_a_word_is_refused_in_chinese(client: Client, nothing: str) -> None:
    for query, name in ((SEARCH, "q"), (SUGGEST, "p")):
        error = client.errors(query, **{name: nothing})[0]
        assert error["extensions"]["code"] == "INVALID_INPUT"
        assert "请输入" in error["message"]


def test_a_query_that_is_too_long_is_refused(client: Client) -> None:
    error = client.errors(SEARCH, q="药" * 10_000)[0]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "100" in error["message"]


@pytest.mark.parametrize(
    "strange",
    [
        "<script>alert(1)</script>",
        "药店' || '1'=='1",
        "$where",
        "a" * 100,
        "ﷺ" * 100,
        "药\x00店",
        "xian" * 25,
    ],
)
def test_hostile_input_is_only_text(client: Client, strange: str) -> None:
    body = json.dumps({"query": SEARCH, "variables": {"q": strange}})
    client.post("{ __typename }")
    answer = client.http.post(f"{client.url}/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    assert codes <= {"INVALID_INPUT", "BAD_REQUEST"}


def test_open_now_and_open_at_exclude_each_other(client: Client) -> None:
    both = {"openNow": True, "openAt": "2026-12-01T10:00:00+08:00"}
    assert client.errors(SEARCH, q="药店", filter=both)[0]["extensions"]["code"] == "BAD_REQUEST"


def suggested(client: Client, prefix: str, **more: Any) -> list[dict[str, Any]]:
    return list(client.ask(SUGGEST, p=prefix, **more)["suggest"])


@pytest.mark.parametrize("prefix", ["理", "理发", "理髮", "lifa", "lf"])
def test_a_category_is_suggested_however_it_is_typed(client: Client, prefix: str) -> None:
    found = suggested(client, prefix, n=20)
    node = client.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Category { code } } }",
        ids=[one["id"] for one in found if one["kind"] == "CATEGORY"],
    )["nodes"]
    assert "hairdresser" in {one["code"] for one in node}


def test_offerings_stores_and_chains_are_suggested(client: Client) -> None:
    offering = next(one for one in suggested(client, "管道", near=CENTER) if one["kind"] == "OFFERING")
    node = client.ask("query ($id: ID!) { node(id: $id) { ... on Offering { name } } }", id=offering["id"])["node"]
    assert node["name"] == offering["text"] == "管道疏通"
    store = next(one for one in suggested(client, "三碗") if one["kind"] == "STORE")
    assert client.ask("query ($id: ID!) { store(id: $id) { name } }", id=store["id"])["store"]["name"] == store["text"]
    assert {"text": "早缘包点", "kind": "STORE", "id": None} in suggested(client, "早缘")


def test_suggestions_are_as_many_as_asked_for_and_each_once(client: Client) -> None:
    found = suggested(client, "书", n=5)
    assert len(found) == 5
    assert len({(one["text"], one["kind"]) for one in found}) == 5
    assert client.errors(SUGGEST, p="书", n=101)[0]["extensions"]["code"] == "BAD_REQUEST"
