"""Life circle, area report, freshness and reports of wrong information over HTTP; exchange as commands."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from servers import Client, Server

from lifecircle.gateway.cli import main
from lifecircle.graphql.ids import global_id

CENTER = {"longitude": 120.2019, "latitude": 30.2926}
COMMUNITY, STREET, ELSEWHERE = "330199002002", "330199002", "330199003003"

CIRCLE = """query($near: LocationInput!, $minutes: Int! = 15) { lifeCircle(near: $near, minutes: $minutes) {
  minutes radius score
  groups { category { code level } ring count open rings { minutes count }
    nearest { distance walkMinutes store { id } } }
  missing { category { code } nearestOutside { distance walkMinutes store { name } } } } }"""
REPORT_AREA = """query($area: ID!) { areaReport(area: $area) { area { code } missing { code } chainShare
  facilityAreaPer100Households satisfaction targets { chainShare }
  gaps { category { code } communities { code } } } }"""
STORES = """query($id: ID!, $stale: Boolean) { node(id: $id) { ... on Merchant {
  stores(stale: $stale, first: 3) { edges { node { id isStale version } } pageInfo { hasNextPage } totalCount } } } }"""
ASSURE = """mutation($input: AssureStoreInput!) { assureStore(input: $input) {
  store { isStale version } errors { code field message } } }"""
REPORT = """mutation($input: ReportWrongInfoInput!) { reportWrongInfo(input: $input) {
  report { id text answeredAt escalatedAt store { id } } errors { code field message } } }"""
ANSWER = """mutation($input: AnswerWrongInfoInput!) { answerWrongInfo(input: $input) {
  report { id answer answeredAt } errors { code field message } } }"""
OF_MERCHANT = """query($id: ID!) { node(id: $id) { ... on Merchant {
  wrongInfoReports { edges { node { id text } cursor } } } } }"""
OF_AREA = "query($area: ID!) { wrongInfoReports(area: $area) { edges { node { id } } } }"
NODE = "query($id: ID!) { node(id: $id) { id ... on WrongInfoReport { answer } } }"


def a_resident(server: Server) -> Client:
    return Client(server.url).sign_in(f"demo:住户{secrets.token_hex(6)}")


def staff(server: Server, area: str) -> Client:
    return Client(server.url).sign_in(f"demo-staff:{area}")


def do(client: Client, mutation: str, **given: Any) -> tuple[Any, str | None]:
    (payload,) = client.ask(mutation, input=given).values()
    errors = payload.pop("errors")
    (it,) = payload.values()
    return it, errors[0]["code"] if errors else None


def stores_of(client: Client, merchant: str, stale: bool | None) -> dict[str, Any]:
    found: dict[str, Any] = client.ask(STORES, id=global_id("Merchant", merchant), stale=stale)["node"]["stores"]
    return found


def test_the_circle_of_a_place_in_town(server: Server) -> None:
    circle = Client(server.url).ask(CIRCLE, near=CENTER)["lifeCircle"]
    assert (circle["minutes"], circle["radius"]) == (15, 923)
    assert 0 < circle["score"] <= 100
    assert all(group["nearest"]["walkMinutes"] <= group["ring"] <= 15 for group in circle["groups"])
    assert all(group["open"] <= group["count"] == group["rings"][-1]["count"] for group in circle["groups"])
    basic = {group["category"]["code"] for group in circle["groups"] if group["category"]["level"] == "BASIC"}
    missing = {gap["category"]["code"] for gap in circle["missing"]}
    assert len(basic | missing) == 15
    assert not basic & missing
    assert all(gap["nearestOutside"]["walkMinutes"] > 15 for gap in circle["missing"] if gap["nearestOutside"])


@pytest.mark.parametrize(
    ("near", "minutes", "code"),
    [
        (CENTER, 0, "INVALID_INPUT"),
        (CENTER, 61, "INVALID_INPUT"),
        ({"longitude": 121.47, "latitude": 31.23}, 15, "OUTSIDE_SERVICE_AREA"),
        ({"longitude": 0.0, "latitude": 90.0}, 15, "INVALID_INPUT"),
    ],
)
def test_where_there_is_no_circle_the_answer_says_why(
    server: Server, near: dict[str, float], minutes: int, code: str
) -> None:
    answer = Client(server.url).post(CIRCLE, {"near": near, "minutes": minutes}).json()
    assert answer["data"]["lifeCircle"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


def test_a_report_is_for_the_areas_staff(server: Server) -> None:
    own = global_id("Area", COMMUNITY)
    report = staff(server, STREET).ask(REPORT_AREA, area=own)["areaReport"]
    assert (report["area"]["code"], report["targets"]["chainShare"]) == (COMMUNITY, 0.3)
    assert 0 <= report["chainShare"] <= 1
    assert [gap["category"]["code"] for gap in report["gaps"]] == [one["code"] for one in report["missing"]]
    for client, code in (
        (staff(server, ELSEWHERE), "NOT_FOUND"),
        (a_resident(server), "FORBIDDEN"),
        (Client(server.url), "UNAUTHENTICATED"),
    ):
        (error,) = client.errors(REPORT_AREA, area=own)
        assert error["extensions"]["code"] == code


def test_a_merchants_stale_stores_are_its_members_business(server: Server) -> None:
    owner = Client(server.url).sign_in("demo-merchant:linli")
    stale, fresh = stores_of(owner, "linli", True), stores_of(owner, "linli", False)
    everything = stores_of(Client(server.url), "linli", None)
    assert stale["totalCount"] + fresh["totalCount"] == everything["totalCount"] == 52
    assert all(edge["node"]["isStale"] for edge in stale["edges"])
    assert not any(edge["node"]["isStale"] for edge in fresh["edges"])
    (error,) = a_resident(server).errors(STORES, id=global_id("Merchant", "linli"), stale=True)
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["node", "stores"])


def test_vouching_for_a_store_takes_it_off_the_list(server: Server) -> None:
    owner = Client(server.url).sign_in("demo-merchant:linli")
    stale = stores_of(owner, "linli", True)
    store = stale["edges"][0]["node"]
    given = {"store": store["id"], "version": store["version"]}
    assert do(a_resident(server), ASSURE, **given) == (None, "FORBIDDEN")
    assert do(owner, ASSURE, **given) == ({"isStale": False, "version": store["version"] + 1}, None)
    assert do(owner, ASSURE, **given) == (None, "STATE_CHANGED")
    assert stores_of(owner, "linli", True)["totalCount"] == stale["totalCount"] - 1


def test_a_report_is_made_read_and_answered_without_naming_who_made_it(server: Server) -> None:
    resident, owner = a_resident(server), Client(server.url).sign_in("demo-merchant:linli")
    store = stores_of(owner, "linli", None)["edges"][0]["node"]["id"]
    given = {"store": store, "field": "phone", "text": "号码少了一位", "idempotencyKey": secrets.token_hex(8)}
    report, _ = do(resident, REPORT, **given)
    assert do(resident, REPORT, **given)[0]["id"] == report["id"]
    assert do(resident, REPORT, **{**given, "text": "其实是地址不对"}) == (None, "IDEMPOTENCY_CONFLICT")
    assert do(Client(server.url), REPORT, **given) == (None, "UNAUTHENTICATED")
    who = resident.ask("{ viewer { id nickname } }")["viewer"]
    seen = owner.post(OF_MERCHANT, {"id": global_id("Merchant", "linli")})
    listed = [edge["node"]["id"] for edge in seen.json()["data"]["node"]["wrongInfoReports"]["edges"]]
    assert report["id"] in listed
    assert who["id"] not in seen.text
    for client, is_seen in ((resident, True), (owner, True), (a_resident(server), False), (Client(server.url), False)):
        assert (client.ask(NODE, id=report["id"])["node"] is not None) is is_seen
    assert do(a_resident(server), ANSWER, report=report["id"], text="不是我的店") == (None, "FORBIDDEN")
    stranger = Client(server.url).sign_in("demo-merchant:anjie")
    assert do(stranger, ANSWER, report=report["id"], text="不是我的店") == (None, "NOT_FOUND")
    answered, _ = do(owner, ANSWER, report=report["id"], text="已改正，谢谢")
    assert (answered["answer"], answered["answeredAt"] is None) == ("已改正，谢谢", False)
    assert resident.ask(NODE, id=report["id"])["node"]["answer"] == "已改正，谢谢"


def test_what_is_wrong_with_a_public_facility_goes_to_its_community(server: Server) -> None:
    report, _ = do(a_resident(server), REPORT, store=global_id("Store", "s0002"), text="窗口已经搬到二楼")
    assert report["escalatedAt"] is not None
    own = staff(server, STREET).ask(OF_AREA, area=global_id("Area", COMMUNITY))["wrongInfoReports"]["edges"]
    assert report["id"] in [edge["node"]["id"] for edge in own]
    (error,) = staff(server, ELSEWHERE).errors(OF_AREA, area=global_id("Area", COMMUNITY))
    assert error["extensions"]["code"] == "NOT_FOUND"


# --- commands ---


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.mark.slow
def test_export_import_and_report_as_commands(
    tmp_path: Path, mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIFECIRCLE_MONGODB_URI", mongodb_uri)

    def run(*arguments: str) -> Done:
        """The last argument names the database."""
        *said, name = arguments
        monkeypatch.setenv("LIFECIRCLE_MONGODB_DATABASE", f"exchange_{name}")
        code = main([*said, "--state", str(tmp_path / name)])
        return Done(code, *capsys.readouterr())

    old, new = ["old"], ["new"]
    assert run("seed", *old).returncode == 0
    for form, name in (("hsds", "out"), ("csv", "out.csv"), ("geojson", "out.geojson")):
        done = run("export", "--format", form, "--output", str(tmp_path / name), *old)
        assert done.returncode == 0, done.stderr
    done = run("import", "--format", "hsds", str(tmp_path / "out"), *new)
    assert done.returncode == 0, done.stderr
    assert "stores       created    791" in done.stdout
    assert run("export", "--format", "hsds", "--output", str(tmp_path / "again"), *new).returncode == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [(tmp_path / "again" / n).read_bytes() for n in names] == [
        (tmp_path / "out" / n).read_bytes() for n in names
    ]
    locations = tmp_path / "out" / "locations.json"
    locations.write_text(locations.read_text("utf-8").replace('"latitude":30.', '"latitude":130.', 1), "utf-8")
    refused = run("import", str(tmp_path / "out"), *new)
    assert refused.returncode == 1
    assert "location: not on the map" in refused.stderr
    assert "nothing was imported" in refused.stderr
    report = run("report", "area", "--area", "330199", *new)
    assert report.returncode == 0
    assert report.stdout.startswith("\ufeff区域代码")
    assert report.stdout.count("\n") == 17
    unknown = run("report", "area", "--area", "999", *new)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "there is no area 999" in unknown.stderr
