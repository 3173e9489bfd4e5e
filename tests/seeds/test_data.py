"""What the demo district promises to hold."""

import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import combinations, pairwise

import pytest

from lifecircle.seeds.documents import Document
from lifecircle.seeds.geometry import ring_contains, signed_area
from lifecircle.seeds.loader import read_seed_documents

DAY = date(2026, 3, 4)

BASIC_NAMES = (
    "便利店 综合超市 菜市场 生鲜超市（菜店） 早餐店 美容美发店 洗染店 药店 照相文印店 家政服务点 维修点 "
    "再生资源回收点 邮政快递综合服务点 智能信包箱（快件箱） 前置仓"
)

# Every service and place that the plan names, as a resident may call it.
PLAN_WORDS = """
再生资源回收 家政 物业服务 就业服务窗口 就业援助 公益性岗位 车辆看管 市场管理 绿化 保洁 交通管理 企业退休人员 养老金发放
养老金领取资格认证 医疗保险 工伤保险 社会保险 最低生活保障 失业救助 爱心超市 慈善超市 捐助接收 民间救助组织
社区卫生服务站 计划生育 健康教育 预防 康复 警务室 巡逻 电子监控 人民调解 社区矫正 社区戒毒 文化活动室 图书室 老年大学
市民学校
未成年人文化活动场所 全民健身 体育场馆 体育指导 居家养老 星光 日间照料 陪伴 老年护理 助餐 商品配送 商品递送 空巢老人
噪音 污水 垃圾 有害气体 扬尘 环保宣传 路灯 社区服务站 街道社区服务中心 区社区服务中心 党员活动室 多功能活动场所 邻里互助
民情 普法 职业培训 失业登记 暂住登记 拥军优属 优抚 残疾人 志愿服务 科普 老年活动室 一键通 一号通 电子阅览室 信息亭
自助终端 金融自助终端 气象 旅游 休闲娱乐 法律援助 教育培训 文化信息共享 老年协会 体育协会 社区互助协会
法律援助协会 业主委员会
"""


@cache
def documents() -> dict[str, list[Document]]:
    return read_seed_documents(DAY).collections


def by_id(collection: str) -> dict[str, Document]:
    return {document["_id"]: document for document in documents()[collection]}


def leaves() -> dict[str, Document]:
    parents = {category["parent"] for category in documents()["categories"]}
    return {code: category for code, category in by_id("categories").items() if code not in parents}


def rings(level: str) -> dict[str, list[tuple[float, float]]]:
    return {
        area["_id"]: [tuple(point) for point in area["polygon"]["coordinates"][0][:-1]]
        for area in documents()["areas"]
        if area["level"] == level
    }


def test_every_document_has_an_id_of_its_own_and_begins_at_version_one() -> None:
    for name, all_of_them in documents().items():
        assert len({document["_id"] for document in all_of_them}) == len(all_of_them)
        assert all(document["version"] == 1 for document in all_of_them)
        assert name == "categories" or all(document["district"] == "330199" for document in all_of_them)


def test_the_basic_class_is_exactly_the_fifteen_kinds() -> None:
    assert [leaf["name"] for leaf in leaves().values() if leaf["level"] == "BASIC"] == BASIC_NAMES.split()


@pytest.mark.parametrize("service", PLAN_WORDS.split())
def test_each_service_of_the_plan_has_a_category_with_a_store(service: str) -> None:
    kept = {store["category"] for store in documents()["stores"]}
    called = [
        code for code, leaf in leaves().items() if any(service in word for word in [leaf["name"], *leaf["aliases"]])
    ]
    assert called
    assert set(called) <= kept


def test_every_leaf_has_aliases_and_a_store_and_every_store_a_leaf() -> None:
    assert {store["category"] for store in documents()["stores"]} == set(leaves())
    assert all(len(leaf["aliases"]) >= 2 for leaf in leaves().values())


def test_the_district_has_three_streets_and_twelve_communities() -> None:
    assert Counter(area["level"] for area in documents()["areas"]) == {"DISTRICT": 1, "SUBDISTRICT": 3, "COMMUNITY": 12}
    assert all(area["households"] for area in documents()["areas"] if area["level"] == "COMMUNITY")


@pytest.mark.parametrize(("inner", "outer"), [("COMMUNITY", "SUBDISTRICT"), ("SUBDISTRICT", "DISTRICT")])
def test_areas_tile_the_area_above(inner: str, outer: str) -> None:
    for code, ring in rings(outer).items():
        parts = [signed_area(part) for part_code, part in rings(inner).items() if part_code.startswith(code)]
        assert all(part > 0 for part in parts)
        assert sum(parts) == pytest.approx(signed_area(ring), rel=1e-9)


def test_no_border_crosses_another_and_no_corner_lies_inside_a_neighbour() -> None:
    communities = rings("COMMUNITY")
    edges = {frozenset(edge) for ring in communities.values() for edge in pairwise([*ring, ring[0]])}
    assert not [pair for pair in combinations(edges, 2) if _cross(*pair)]
    for (_, one), (_, other) in combinations(communities.items(), 2):
        assert not any(ring_contains(other, corner) for corner in set(one) - set(other))


def _cross(one: frozenset[tuple[float, float]], other: frozenset[tuple[float, float]]) -> bool:
    if one & other:
        return False
    (a, b), (c, d) = tuple(one), tuple(other)
    return signed_area([a, b, c]) * signed_area([a, b, d]) < 0 and signed_area([c, d, a]) * signed_area([c, d, b]) < 0


def test_every_store_stands_in_its_community() -> None:
    communities = rings("COMMUNITY")
    for store in documents()["stores"]:
        assert ring_contains(communities[store["community"]], tuple(store["location"]["coordinates"])), store["name"]


def test_there_are_enough_stores_chains_and_merchants() -> None:
    sizes = Counter(store["chain"] for store in documents()["stores"] if store["chain"])
    assert len(documents()["stores"]) >= 600
    assert len(documents()["chains"]) == len(sizes) == 12
    assert len(documents()["merchants"]) == 30
    assert min(sizes.values()) >= 3
    assert max(sizes.values()) == sizes["linli"] == 40


def test_every_reference_leads_somewhere() -> None:
    stores, chains, merchants = by_id("stores"), by_id("chains"), by_id("merchants")
    areas = by_id("areas")
    for store in stores.values():
        assert store["chain"] is None or chains[store["chain"]]["merchant"] == store["merchant"]
        assert store["merchant"] is None or store["merchant"] in merchants
        assert store["part_of"] is None or stores[store["part_of"]]["community"] == store["community"]
        assert store["station_of"] is None or store["community"].startswith(areas[store["station_of"]]["_id"])
        assert store["hours"] or store["chain"]
    assert {merchant["area"] for merchant in merchants.values()} <= set(areas)
    assert {store["merchant"] for store in stores.values()} - {None} == set(merchants)


def test_every_area_has_its_station_and_stations_have_services_under_their_roof() -> None:
    stations = {store["station_of"]: store["_id"] for store in documents()["stores"] if store["station_of"]}
    under_a_roof = Counter(store["part_of"] for store in documents()["stores"])
    assert set(stations) == set(by_id("areas"))
    assert all(under_a_roof[station] >= 5 for station in stations.values())


def test_phones_can_be_nobodys_and_are_not_shared() -> None:
    phones = [store["phone"] for store in documents()["stores"] if store["phone"]]
    assert all(re.fullmatch(r"0571-0\d{7}", phone) for phone in phones)
    assert len(set(phones)) == len(phones) > 500


def test_names_are_unique_in_a_community_and_carry_no_counter() -> None:
    names = [(store["community"], store["name"]) for store in documents()["stores"]]
    assert len(set(names)) == len(names)
    assert not [name for _, name in names if re.search(r"店\d|\d$", name)]


def test_texts_are_simplified_chinese_with_an_operator_and_a_house_number() -> None:
    for store in documents()["stores"]:
        assert re.search(r"\d+号", store["address"])
        assert re.search(r"[一-鿿]{2}", store["operator_name"])


def test_hours_know_lunch_breaks_nights_and_holidays() -> None:
    kept = [store["hours"] for store in documents()["stores"] if store["hours"]]
    rows = [row for hours in kept for row in hours["weekly"]]
    assert {hours["holidays"]["mode"] for hours in kept} == {"SAME", "CLOSED", "RANGES"}
    assert any(row["closes"] <= row["opens"] for row in rows)
    assert any(row["closes"] == "24:00" for row in rows)
    assert any(row.get("valid_from") for row in rows)
    assert any(Counter("".join(row["weekdays"] for row in hours["weekly"]))["1"] > 1 for hours in kept)


def test_some_records_are_stale_and_dates_follow_the_seeding_day() -> None:
    stale = [store for store in documents()["stores"] if store["assured_on"] < (DAY - timedelta(days=180)).isoformat()]
    assert 20 < len(stale) < 120
    later = read_seed_documents(DAY + timedelta(days=400)).collections["stores"]
    apart = [
        date.fromisoformat(b["assured_on"]) - date.fromisoformat(a["assured_on"])
        for a, b in zip(documents()["stores"], later, strict=True)
    ]
    assert set(apart) == {timedelta(days=400)}


def test_offerings_belong_to_one_owner_and_overrides_to_a_store_of_the_chain() -> None:
    stores, offerings = by_id("stores"), by_id("offerings")
    overrides = [offering for offering in offerings.values() if offering["template"]]
    for offering in offerings.values():
        assert (offering["store"] is None) != (offering["chain"] is None)
        assert offering["store"] is None or offering["store"] in stores
    for override in overrides:
        assert stores[override["store"]]["chain"] == offerings[override["template"]]["chain"]
        assert override["_id"] == f"{override['store']}:{override['template']}"
    assert len(overrides) >= 5


def test_home_cleaning_can_be_had_on_every_day_of_the_week() -> None:
    cleaning = by_id("offerings")["anjie-cleaning-2h"]
    chain = by_id("chains")["anjie"]
    assert cleaning["kind"] == "APPOINTMENT"
    assert (cleaning["at_home"], cleaning["duration_minutes"], cleaning["capacity"]) == (True, 120, 3)
    assert (cleaning["lead_minutes"], cleaning["window_days"]) == (120, 30)
    assert set("".join(row["weekdays"] for row in chain["hours"]["weekly"])) == set("1234567")
    assert sum(store["chain"] == "anjie" for store in documents()["stores"]) >= 5


def test_sessions_lie_on_their_weekdays_and_run_for_their_weeks() -> None:
    calligraphy = by_id("offerings")["s0362-calligraphy"]
    starts = [session["start"] for session in calligraphy["sessions"]]
    assert len(starts) == 12
    assert {start.utcoffset() for start in starts} == {timedelta(0)}
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(weeks=1)}
    assert timedelta(0) <= starts[0].date() - DAY < timedelta(weeks=1)


def test_offerings_are_of_all_kinds_and_some_hold_one_at_a_time() -> None:
    full = [offering for offering in documents()["offerings"] if not offering["template"]]
    kinds = Counter(offering["kind"] for offering in full)
    assert set(kinds) == {"APPOINTMENT", "SESSION", "REQUEST_ONLY"}
    assert any(offering["capacity"] == 1 and offering["kind"] == "APPOINTMENT" for offering in full)
    assert all(bool(offering["sessions"]) == (offering["kind"] == "SESSION") for offering in full)


def test_each_community_station_offers_free_certification_visits_at_home() -> None:
    visits = {one["store"]: one for one in documents()["offerings"] if one["_id"].endswith("-certification-visit")}
    stations = {store["_id"] for store in documents()["stores"] if store["category"] == "community-station"}
    assert set(visits) == stations
    assert all(one["price"] == 0 and one["at_home"] for one in visits.values())


def test_ratings_are_modest() -> None:
    for rating in (store["rating"] for store in documents()["stores"]):
        assert rating["count"] <= rating["sum"] <= 5 * rating["count"] <= 300


def test_no_two_stores_share_a_front_door() -> None:
    at_door: dict[str, set[str]] = defaultdict(set)
    for store in documents()["stores"]:
        if not store["part_of"]:
            at_door[store["address"]].add(store["_id"])
    assert all(len(stores) == 1 for stores in at_door.values())
