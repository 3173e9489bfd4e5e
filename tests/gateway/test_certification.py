"""The pension certification over HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from booking_client import a_resident
from bson import json_util
from pymongo import MongoClient
from pymongo.database import Database
from servers import Client, Server

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.sealing import read_key_ring
from lifecircle.gateway.cli import main
from lifecircle.graphql.ids import global_id

Rows = Database[dict[str, Any]]

OWN = """
{
  pensionCertification {
    state stateText lastCertifiedOn dueOn region isRecordedByStaff
    rule { region scheme cycleMonths source checkedOn localRulesDiffer citation { title policy { id } } }
    channels { name steps phone }
  }
}
"""
RECORD = """
mutation($input: RecordCertificationInput!) {
  recordCertification(input: $input) {
    certification { state dueOn lastCertifiedOn rule { region scheme cycleMonths } }
    errors { code field message }
  }
}
"""
RULES = "{ certificationRules { region scheme cycleMonths warningMonths sourceUrl isStale } }"
CONSENTS = "{ myConsents { purpose version } }"
EXPORT = "mutation { exportMyData(input: {confirm: true}) { json errors { code } } }"
DELETE = "mutation { deleteMyAccount(input: {confirm: true}) { deletedAt errors { code } } }"


@pytest.fixture
def resident(server: Server) -> Client:
    return a_resident(server.url)


@pytest.fixture
def rows(server: Server) -> Iterator[Rows]:
    with MongoClient[dict[str, Any]](server.database_uri(), tz_aware=True) as client:
        yield client["lifecircle"]


def given(**changes: Any) -> dict[str, Any]:
    yesterday = local_day(system_clock()) - timedelta(days=1)
    return {"certifiedOn": yesterday.isoformat(), "region": "全国", "scheme": "企业职工", **changes}


def consent_version(client: Client) -> str:
    found = client.ask(CONSENTS)["myConsents"]
    return next(str(row["version"]) for row in found if row["purpose"] == "SENSITIVE_PENSION")


def record(client: Client, **changes: Any) -> dict[str, Any]:
    return dict(client.ask(RECORD, input=given(**changes))["recordCertification"])


def test_nobody_is_shown_anything_without_signing_in(server: Server) -> None:
    anonymous = Client(server.url)
    (error,) = anonymous.errors(OWN)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    (refused,) = record(anonymous)["errors"]
    assert refused["code"] == "UNAUTHENTICATED"


def test_without_a_record_the_state_is_unknown_and_the_ways_are_shown(resident: Client) -> None:
    own = resident.ask(OWN)["pensionCertification"]
    assert (own["state"], own["stateText"], own["lastCertifiedOn"], own["dueOn"]) == ("UNKNOWN", "没有记录", None, None)
    assert (own["rule"]["region"], own["rule"]["cycleMonths"], own["rule"]["localRulesDiffer"]) == ("全国", 12, True)
    assert own["rule"]["citation"]["policy"]["id"]
    assert len(own["channels"]) >= 5
    assert all(channel["steps"] for channel in own["channels"])


def test_a_date_is_recorded_with_a_consent_and_shown(resident: Client) -> None:
    (refused,) = record(resident)["errors"]
    assert refused["code"] == "CONSENT_REQUIRED"
    assert "养老金资格认证日期" in refused["message"]
    made = record(resident, consentVersion=consent_version(resident))
    assert made["errors"] == []
    assert made["certification"]["state"] == "VALID"
    own = resident.ask(OWN)["pensionCertification"]
    assert (own["lastCertifiedOn"], own["dueOn"]) == (given()["certifiedOn"], made["certification"]["dueOn"])
    assert own["isRecordedByStaff"] is False


def test_the_local_rule_decides(resident: Client) -> None:
    made = record(resident, region="海口", scheme="居民养老", consentVersion=consent_version(resident))
    assert made["certification"]["rule"] == {"region": "海口市", "scheme": "城乡居民", "cycleMonths": 6}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"certifiedOn": "2199-01-01"}, "INVALID_INPUT", ["certifiedOn"]),
        ({"certifiedOn": "1950-05-05"}, "INVALID_INPUT", ["certifiedOn"]),
        ({"region": "火星"}, "INVALID_INPUT", ["region"]),
        ({"scheme": "彩票"}, "INVALID_INPUT", ["scheme"]),
        ({"consentVersion": "old"}, "STATE_CHANGED", ["consentVersion"]),
        ({"booking": "nonsense"}, "NOT_FOUND", ["booking"]),
    ],
)
def test_a_refusal_has_a_code_a_field_and_says_what_to_do(
    resident: Client, change: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = record(resident, **change)
    (error,) = answer["errors"]
    assert answer["certification"] is None
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"].endswith("。")


@pytest.mark.parametrize("text", ["2025-02-29", "2025-13-01", "20250301", "yesterday"])
def test_a_day_that_is_none_is_refused_before_anything_happens(resident: Client, text: str) -> None:
    (error,) = resident.errors(RECORD, input=given(certifiedOn=text))
    assert error["extensions"]["code"] in ("BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED")


def test_the_rules_can_be_listed_by_anybody(server: Server) -> None:
    found = Client(server.url).ask(RULES)["certificationRules"]
    assert [row["scheme"] for row in found if row["region"] == "全国"] == [
        "企业职工",
        "机关事业",
        "城乡居民",
        "工伤",
        "供养亲属",
    ]
    assert ("海口市", 6) in {(row["region"], row["cycleMonths"]) for row in found}


def test_the_record_is_exported_and_goes_with_the_account(server: Server, rows: Rows) -> None:
    code = f"demo:住户{secrets.token_hex(6)}"
    resident = Client(server.url).sign_in(code)
    day = given()["certifiedOn"]
    assert record(resident, consentVersion=consent_version(resident))["errors"] == []
    key = read_key_ring(server.state / "keys.json").lookup_hash(code, field="openid")
    stored = rows["certifications"].find_one({"_id": key})
    assert stored is not None
    assert day not in json_util.dumps(stored["details"])
    exported = json.loads(resident.ask(EXPORT)["exportMyData"]["json"])
    assert exported["certification"][0]["details"]["certified_on"] == day
    assert resident.ask(DELETE)["deleteMyAccount"]["errors"] == []
    assert rows["certifications"].find_one({"_id": key}) is None


def test_staff_record_at_a_visit_and_nobody_else(server: Server, rows: Rows, resident: Client) -> None:
    """A home visit that has taken place: the staff of its community may, those of another may not."""
    code = f"demo:住户{secrets.token_hex(6)}"
    visited = Client(server.url).sign_in(code)
    visited.ask("mutation($v: String!) { giveConsent(input: {purpose: SENSITIVE_PENSION, version: $v}) "
                "{ errors { code } } }", v=consent_version(visited))  # fmt: skip
    key = read_key_ring(server.state / "keys.json").lookup_hash(code, field="openid")
    booking, community = _a_visit_that_took_place(rows, key)
    here, elsewhere = (Client(server.url).sign_in(f"demo-staff:{area}") for area in (community, _another(community)))
    for client, code_ in ((elsewhere, "NOT_FOUND"), (resident, "NOT_FOUND"), (visited, "FORBIDDEN")):
        (error,) = record(client, booking=booking)["errors"]
        assert error["code"] == code_
    assert record(here, booking=booking)["errors"] == []
    own = visited.ask(OWN)["pensionCertification"]
    assert (own["lastCertifiedOn"], own["isRecordedByStaff"]) == (given()["certifiedOn"], True)


def _a_visit_that_took_place(rows: Rows, resident: str) -> tuple[str, str]:
    """The global id of a booking, and the community of its station."""
    station = rows["stores"].find_one({"category": "community-station", "merchant": None})
    assert station is not None
    visit = rows["offerings"].find_one({"store": station["_id"], "eligibility.code": "pension-recipient"})
    assert visit is not None
    start, key = system_clock() - timedelta(hours=3), secrets.token_hex(12)
    about = {"store": station["_id"], "store_name": station["name"], "merchant": None, "offering": visit["_id"]}
    event = {"at": start, "status": "CONFIRMED", "actor": "SYSTEM", "reason": None}
    rows["bookings"].insert_one(
        {
            "_id": key,
            "district": station["district"],
            "code": secrets.token_hex(4).upper(),
            "resident": resident,
            **about,
            "offering_name": visit["name"],
            "status": "CONFIRMED",
            "start": start,
            "end": start + timedelta(hours=1),
            "party_size": 1,
            "price": 0,
            "cancel_before_minutes": 240,
            "contact": None,
            "created_at": start,
            "events": [event],
            "notices": [],
            "version": 1,
        }
    )
    return global_id("Booking", key), station["community"]


def _another(community: str) -> str:
    return "330199003001" if community != "330199003001" else "330199001001"


def test_the_rules_are_loaded_by_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A city that is not the demo district: nothing but the rules, twice the same, a bad row refused."""
    command = ["certification-rules", "--state", str(tmp_path / "state")]
    assert main(command) == 0
    assert main(command) == 0
    first, again = capsys.readouterr().out.strip().splitlines()
    assert "rules: 8 created, 0 updated, 0 unchanged, 0 kept" in first
    assert "rules: 0 created, 0 updated, 8 unchanged, 0 kept" in again
    (tmp_path / "certification_rules.yaml").write_text("- {region: 火星}\n", "utf-8")
    assert main([*command, "--from", str(tmp_path)]) == 1
    assert "certification_rules.yaml:1" in capsys.readouterr().err
