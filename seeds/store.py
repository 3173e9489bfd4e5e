"""Writes the seed documents: missing ones are created, untouched ones follow the files, edited ones are left alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReplaceOne

from lifecircle.catalogue.database import Collection, Database, Document
from lifecircle.seeds.documents import SeedDocuments

META = "meta"
SEED = "seed"
TRANSACTION_LIMIT = 5_000
CHUNK = 1_000
LOOKUP = 30  # the embedded server takes the square of the list of an $in

# What residents change without anybody editing the record.
LIVED = {"stores": ("rating",)}

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Counts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0  # edited by people since the seeding


@dataclass(frozen=True, slots=True)
class LoadReport:
    collections: dict[str, Counts]

    @property
    def changes(self) -> int:
        return sum(counts.created + counts.updated for counts in self.collections.values())


@dataclass(slots=True)
class _Plan:
    create: list[Document] = field(default_factory=list)
    replace: list[Document] = field(default_factory=list)
    unchanged: int = 0
    kept: int = 0

    def counts(self) -> Counts:
        return Counts(len(self.create), len(self.replace), self.unchanged, self.kept)


_Plans = dict[str, _Plan]
_Session = AsyncIOMotorClientSession


async def seeding_day(database: Database, today: date) -> date:
    """The day of the first load: a later run counts its dates from there and so finds nothing to change."""
    marker = await database[META].find_one({"_id": SEED})
    return date.fromisoformat(marker["seeded_on"]) if marker else today


async def load(database: Database, documents: SeedDocuments, *, now: datetime) -> LoadReport:
    """All or nothing: in one transaction, or for bulk behind a marker that makes the next run finish the work."""
    if documents.count > TRANSACTION_LIMIT:
        return await _load_in_bulk(database, documents, now)
    return await _load_in_transaction(database, documents, now)


async def load_collection(database: Database, name: str, wanted: list[Document]) -> Counts:
    """One small collection by itself, whatever city is in the database."""
    collection = database.get_collection(name, codec_options=_AWARE)
    plan = await _compare_collection(collection, wanted, None)
    await _write(database, {name: plan}, None)
    return plan.counts()


async def _load_in_transaction(database: Database, documents: SeedDocuments, now: datetime) -> LoadReport:
    async def attempt(session: _Session) -> _Plans:
        plans = await _compare(database, documents, session)
        if await _write(database, plans, session):
            await _mark(database, "DONE", documents, now, session)
        return plans

    async with await database.client.start_session() as session:
        plans: _Plans = await session.with_transaction(attempt)
    return _report(plans)


async def _load_in_bulk(database: Database, documents: SeedDocuments, now: datetime) -> LoadReport:
    plans = await _compare(database, documents, None)
    unfinished = await database[META].find_one({"_id": SEED, "state": "LOADING"})
    if unfinished or any(plan.create or plan.replace for plan in plans.values()):
        await _mark(database, "LOADING", documents, now, None)
        await _write(database, plans, None)
        await _mark(database, "DONE", documents, now, None)
    return _report(plans)


def _report(plans: _Plans) -> LoadReport:
    return LoadReport({name: plan.counts() for name, plan in plans.items()})


async def _mark(
    database: Database, state: str, documents: SeedDocuments, now: datetime, session: _Session | None
) -> None:
    change = {"state": state, "seeded_on": documents.seeded_on.isoformat(), "loaded_at": now}
    await database[META].update_one({"_id": SEED}, {"$set": change}, upsert=True, session=session)


async def _compare(database: Database, documents: SeedDocuments, session: _Session | None) -> _Plans:
    return {
        name: await _compare_collection(database.get_collection(name, codec_options=_AWARE), wanted, session)
        for name, wanted in documents.collections.items()
    }


async def _compare_collection(collection: Collection, wanted: list[Document], session: _Session | None) -> _Plan:
    plan = _Plan()
    for chunk in _chunks(wanted, LOOKUP):
        ids = [document["_id"] for document in chunk]
        found = await collection.find({"_id": {"$in": ids}}, session=session).to_list(None)
        existing = {document["_id"]: document for document in found}
        for document in chunk:
            _sort_in(plan, collection.name, document, existing.get(document["_id"]))
    return plan


def _sort_in(plan: _Plan, collection: str, wanted: Document, existing: Document | None) -> None:
    if existing is None:
        plan.create.append(wanted)
        return
    if existing.get("version", 1) > 1:
        plan.kept += 1
        return
    wanted = {**wanted, **{key: existing[key] for key in LIVED.get(collection, ()) if key in existing}}
    if wanted == existing:
        plan.unchanged += 1
    else:
        plan.replace.append(wanted)


async def _write(database: Database, plans: _Plans, session: _Session | None) -> bool:
    written = False
    for name, plan in plans.items():
        for created in _chunks(plan.create):
            await database[name].insert_many(created, ordered=False, session=session)
            written = True
        for changed in _chunks(plan.replace):
            # Whoever edits the record in this very moment wins.
            writes = [ReplaceOne({"_id": one["_id"], "version": 1}, one) for one in changed]
            await database[name].bulk_write(writes, ordered=False, session=session)
            written = True
    return written


def _chunks(documents: Sequence[Document], length: int = CHUNK) -> Iterator[Sequence[Document]]:
    for start in range(0, len(documents), length):
        yield documents[start : start + length]
