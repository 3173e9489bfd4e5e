"""Reading the history of a store or chain: for its merchant's members and its area's staff."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Forbidden, StateChanged
from lifecircle.catalogue.history.model import HistoryEntry, aliases_of, masked_name
from lifecircle.catalogue.history.store import HistoryStore
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.privacy.store import AuditStore

GONE = "已注销的成员"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with its author's name as readers may see it."""

    entry: HistoryEntry
    author: str


@dataclass(frozen=True)
class HistoryDesk:
    database: Database

    async def page(self, owner: str, first: int, after: str | None) -> list[Told]:
        """The latest first; `after`: the id of the last one on the page before."""
        async with database_errors_as_refusals():
            entries = await HistoryStore(self.database).page(owner, first, after)
            names = await self._names(aliases_of(entries))
        return [Told(entry, names.get(entry.author.alias, GONE)) for entry in entries]

    async def _names(self, aliases: Sequence[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        for alias, key in (await AuditStore(self.database).residents_behind(aliases)).items():
            with contextlib.suppress(StateChanged):  # the account is just being deleted
                resident = await PeopleStore(self.database).resident(key)
                names[alias] = masked_name(resident.nickname) if resident else GONE
        return names


def require_reader(roles: Roles, merchant: str | None, store: str | None, areas: Sequence[str]) -> None:
    """Members of the merchant (whose stores may be limited) and staff of one of the areas. Raises Forbidden."""
    if not roles.areas.isdisjoint(areas):
        return
    member = roles.membership(merchant) if merchant else None
    if member is None or (member.stores and (store is None or store not in member.stores)):
        raise Forbidden("只有这家商户的成员和所在区域的工作人员可以查看修改记录。")
