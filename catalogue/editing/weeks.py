"""Setting opening hours: of a store, of a chain for all its stores, and of single dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document, database_errors_as_refusals
from lifecircle.catalogue.editing.desk import Desk, check_version
from lifecircle.catalogue.editing.hours import ExceptionRow, WeekRow, exception_documents, weekly_documents
from lifecircle.catalogue.editing.model import edited
from lifecircle.catalogue.editing.stores import vouched
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.history.model import ChangeKind
from lifecircle.catalogue.merchants import Chain, chain_from_document
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import Membership
from lifecircle.catalogue.stores.model import Store, store_from_document

_PLAIN = {"mode": "SAME", "ranges": []}


@dataclass(frozen=True)
class HoursEdits:
    desk: Desk

    async def set_of_store(self, roles: Roles, store: str, version: int, rows: Sequence[WeekRow]) -> Store:
        """No rows: the chain's hours hold again. Raises NotFound, Forbidden, InvalidInput, StateChanged."""
        async with database_errors_as_refusals():
            row, member = await self.desk.store_for(roles, store)
            check_version(version, row["version"])
            if not rows and row["chain"] is None:
                raise InvalidInput("请至少填一个营业时段；如果暂时不营业，请用暂停营业。", "hours")
            return await self._save(roles, member, row, {"hours": with_week(row["hours"], rows) if rows else None})

    async def set_of_chain(self, roles: Roles, chain: str, version: int, rows: Sequence[WeekRow]) -> Chain:
        """Every store without hours of its own follows at once."""
        async with database_errors_as_refusals():
            row, member = await self.desk.chain_for(roles, chain)
            check_version(version, row["version"])
            if not rows:
                raise InvalidInput("请至少填一个营业时段。", "hours")
            edit = edited(row, {"hours": with_week(row["hours"], rows)}, "chains", ChangeKind.HOURS)
            if edit is None:
                return chain_from_document(row)
            await self.desk.write(roles, member, edit)
            return chain_from_document(edit.after)

    async def set_exceptions(self, roles: Roles, store: str, version: int, rows: Sequence[ExceptionRow]) -> Store:
        """The whole list of single dates anew. Raises NotFound, Forbidden, InvalidInput, StateChanged."""
        async with database_errors_as_refusals():
            row, member = await self.desk.store_for(roles, store)
            check_version(version, row["version"])
            documents = exception_documents(rows, local_day(self.desk.clock()), "exceptions")
            return await self._save(roles, member, row, {"exceptions": documents})

    async def _save(self, roles: Roles, member: Membership, row: Document, changes: Document) -> Store:
        edit = edited(row, changes, "stores", ChangeKind.HOURS)
        if edit is None:
            return store_from_document(row)
        edit = vouched(edit, local_day(self.desk.clock()))
        await self.desk.write(roles, member, edit)
        return store_from_document(edit.after)


def with_week(held: Document | None, rows: Sequence[WeekRow]) -> Document:
    """The week anew; what public holidays do to it stays. Raises InvalidInput."""
    return {"weekly": weekly_documents(rows, "hours"), "holidays": (held or {}).get("holidays") or _PLAIN}
