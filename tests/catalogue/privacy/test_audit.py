"""The audit: who touched what, without values, added to and purged only."""

from __future__ import annotations

import ast
from pathlib import Path

from accounts import REQUEST, Enrol, audit_rows, delete
from factories import SetClock

from lifecircle.catalogue import privacy
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.rules import TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk, ProfileChange


async def test_an_entry_names_what_was_touched_but_neither_values_nor_the_resident(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await desk.update_profile(resident, ProfileChange(nickname="秘密的名字"), REQUEST)
    (row,) = await audit_rows(database)
    assert (row["action"], row["fields"], row["request_id"]) == ("PERSONAL_DATA_CHANGED", ["nickname"], REQUEST)
    assert row["at"] == clock.now
    assert "秘密的名字" not in str(row)
    assert resident not in str(row)
    (entry,) = await desk.audit.trail(Subject("Resident", resident), 10)
    assert (entry.actor, entry.subject) == (resident, Subject("Resident", resident))


async def test_a_trail_is_about_one_subject_and_runs_from_the_latest(
    desk: PrivacyDesk, enrol: Enrol, clock: SetClock
) -> None:
    staff, other, booking = await enrol("staff"), await enrol("other"), Subject("Booking", "b1")
    for number in range(5):
        clock.advance(seconds=number % 2)  # some at the same moment
        await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=staff, subject=booking, fields=[str(number)])
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=other, subject=Subject("Booking", "b2"))
    whole = await desk.audit.trail(booking, 10)
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    assert sorted(entry.fields[0] for entry in whole) == list("01234")
    paged = await desk.audit.trail(booking, 3)
    while more := await desk.audit.trail(booking, 3, (paged[-1].at, paged[-1].id)):
        paged += more
    assert paged == whole
    assert await desk.audit.count(booking) == 5


async def test_nobody_finds_a_trail_under_an_id_that_does_not_exist(desk: PrivacyDesk) -> None:
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor="unknown", subject=Subject("Resident", "unknown"))
    assert await desk.audit.trail(Subject("Resident", "unknown"), 10) == []


def test_the_audit_can_only_be_added_to_and_purged() -> None:
    """Everything that reaches the collection goes through one class, and of that only `purge` takes anything away."""
    folder = Path(str(privacy.__file__)).parent
    opened = [path.name for path in sorted(folder.glob("*.py")) if '["audit"]' in path.read_text("utf-8")]
    assert opened == ["store.py"]
    tree = ast.parse((folder / "store.py").read_text("utf-8"))
    calls = {
        (method.name, call.func.attr)
        for method in ast.walk(tree)
        if isinstance(method, ast.AsyncFunctionDef)
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Attribute) and call.func.value.attr == "_audit"
    }
    writing = {(method, name) for method, name in calls if name not in ("find", "find_one", "count_documents")}
    assert writing == {("add", "insert_one"), ("purge", "delete_many")}


async def test_a_deletion_changes_no_audit_entry(desk: PrivacyDesk, enrol: Enrol, database: Database) -> None:
    resident = await enrol()
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    before = await audit_rows(database)
    await delete(desk, resident)
    assert (await audit_rows(database))[: len(before)] == before
