"""Importing a sheet of stores: read, compared, and written as one transaction, or not at all.

Whatever goes wrong, a row, a crash, kill -9, leaves the catalogue as it was: the database takes all of a transaction
or nothing. Once it is under way the import goes on even when its request is broken off, and the same idempotency key
gives its outcome.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document, database_errors_as_refusals
from lifecircle.catalogue.editing.desk import Desk, clean_key
from lifecircle.catalogue.editing.model import Edit, Once, Overtaken, Taken, Work, once
from lifecircle.catalogue.errors import BadRequest, Busy, InvalidInput, NotFound
from lifecircle.catalogue.history.model import Author
from lifecircle.catalogue.imports.model import Sheet, StoreImport, import_from_document
from lifecircle.catalogue.imports.plan import Owner, Plan, make_plan
from lifecircle.catalogue.imports.sheet import read_sheet
from lifecircle.catalogue.imports.text import MOST_BYTES
from lifecircle.catalogue.imports.uploads import Uploads
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import Membership
from lifecircle.catalogue.privacy.store import AuditStore

log = logging.getLogger("lifecircle.imports")

_TRIES = 5
"""Each loses only to somebody else's edit of the same stores."""

_SLICE = 200
"""Stores that the snapshot takes in before the loop looks at other requests."""

_PATIENCE_SECONDS = 9.0
"""How long a request waits for its import, which then goes on without it."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Exactly one of `csv` and `upload`."""

    merchant: str
    chain: str | None = None
    csv: str | None = None
    upload: str | None = None
    dry_run: bool = True
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Import:
    """What stays the same however often the writing is tried."""

    roles: Roles
    member: Membership
    owner: Owner
    sheet: Sheet
    once: Once | None


@dataclass(frozen=True)
class StoreImports:
    desk: Desk

    @property
    def uploads(self) -> Uploads:
        return Uploads(self.desk.database, self.desk.clock)

    async def run(self, roles: Roles, asked: ImportRequest) -> StoreImport:
        """Upsert by the merchant's own store number. With any row error nothing is changed.

        Raises NotFound, Forbidden, InvalidInput, BadRequest, IdempotencyConflict, Busy.
        """
        began = time.monotonic()
        async with database_errors_as_refusals():
            merchant, member = await self.desk.merchant_for(roles, asked.merchant)
            chain = await self._chain(asked)
            repeated = self._once(roles, asked)
            earlier = await self.desk.earlier(repeated)
            if earlier:
                return import_from_document(earlier)
            text, where = await self._text(roles, asked)
            sheet = await asyncio.to_thread(read_sheet, text, self.desk.keeper.current, where)
            job = _Import(roles, member, Owner(merchant, chain), sheet, repeated)
            plan = await self._plan(job)
            if asked.dry_run:
                return plan.result(sheet)
            if sheet.errors or plan.errors:
                return _nothing_done(plan.result(sheet))
            return await self._waited_for(asyncio.ensure_future(self._write(job, plan)), began)

    async def _waited_for(self, writing: asyncio.Task[StoreImport], began: float) -> StoreImport:
        """Raises Busy where it takes longer than a request may."""
        patience = max(0.0, _PATIENCE_SECONDS - (time.monotonic() - began))
        done, _ = await asyncio.wait({writing}, timeout=patience)
        if not done:
            writing.add_done_callback(_note_failure)
            raise Busy(
                "导入还在后台进行：请稍后用同一个请求编号（idempotencyKey）再试，就能看到结果。", "idempotencyKey"
            )
        return writing.result()

    def _once(self, roles: Roles, asked: ImportRequest) -> Once | None:
        if asked.dry_run:
            return None
        content = [asked.merchant, asked.chain, asked.csv, asked.upload]
        return once(roles.resident, clean_key(asked.key), "importStores", content)

    async def _chain(self, asked: ImportRequest) -> Document | None:
        if asked.chain is None:
            return None
        row = await self.desk.store.one("chains", asked.chain)
        if row is None or row["merchant"] != asked.merchant:
            raise NotFound("没有找到这个品牌，请选择本商户的品牌。", "chain")
        return row

    async def _text(self, roles: Roles, asked: ImportRequest) -> tuple[str, str]:
        """(text, the field it came from)."""
        if (asked.csv is None) == (asked.upload is None):
            raise BadRequest("请在 csv（直接粘贴内容）和 upload（上传的文件）里选一个。", "csv")
        if asked.upload is not None:
            return await self.uploads.text_of(roles.resident, asked.upload), "upload"
        text = asked.csv or ""
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            raise InvalidInput("内容太大，请上传文件。", "csv")
        return text, "csv"

    async def _plan(self, job: _Import) -> Plan:
        rows = await self.desk.store.stores_of(job.owner.merchant["_id"])
        held = {row["number"]: row for row in rows if row["number"] is not None}
        today = local_day(self.desk.clock())
        return await asyncio.to_thread(make_plan, job.sheet.rows, held, job.owner, today)

    async def _write(self, job: _Import, plan: Plan) -> StoreImport:
        author = Author(await AuditStore(self.desk.database).alias(job.roles.resident), job.member.role)
        for _ in range(_TRIES):
            result, now = plan.result(job.sheet), self.desk.clock()
            key = job.once.document(result.document(), now) if job.once else None
            try:
                await self.desk.store.commit(Work(tuple(plan.edits), author, now, key))
            except (Overtaken, Taken):
                earlier = await self.desk.earlier(job.once)  # the same request, a moment ago
                if earlier:
                    return import_from_document(earlier)
                plan = await self._plan(job)
                if plan.errors:
                    return _nothing_done(plan.result(job.sheet))
                continue
            await self._publish(plan.edits)
            return result
        raise Busy("这些门店正在被别人修改，请稍后再导入。没有任何改动。")

    async def _publish(self, edits: Sequence[Edit]) -> None:
        """In slices, so that other requests are answered in between."""
        for part in _slices(edits):
            self.desk.publish(tuple(part))
            await asyncio.sleep(0)


def _note_failure(writing: asyncio.Task[StoreImport]) -> None:
    if not writing.cancelled() and writing.exception():
        log.error("an import failed after its request had ended", exc_info=writing.exception())


def _nothing_done(result: StoreImport) -> StoreImport:
    return replace(result, created=0, updated=0)


def _slices(edits: Sequence[Edit]) -> Iterator[Sequence[Edit]]:
    yield from (edits[start : start + _SLICE] for start in range(0, len(edits), _SLICE))
