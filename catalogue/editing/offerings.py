"""Saving and archiving offerings: a store's own, a chain's, and what one store does differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lifecircle.catalogue.database import Document, database_errors_as_refusals
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.desk import Desk, check_version, clean_key, overtaken
from lifecircle.catalogue.editing.model import Edit, Given, Taken, edited, once
from lifecircle.catalogue.editing.terms import changed_terms, laid_over, new_offering, version_at_store
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.history.model import ChangeKind
from lifecircle.catalogue.offerings.model import (
    Offering,
    at_store,
    inherited_id,
    offering_from_document,
    split_inherited_id,
)
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import Membership

_ARCHIVED = {"state": "ARCHIVED"}


@dataclass(frozen=True, slots=True)
class SaveOffering:
    """`offering` None: a new one, of the chain or of the store. With an offering of a chain and a store: what this
    store does differently.
    """

    offering: str | None = None
    chain: str | None = None
    store: str | None = None
    version: int | None = None
    given: Given = field(default_factory=dict)
    give_back: Sequence[str] = ()
    """Fields in which the store follows its chain again."""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Inherited:
    """A chain's offering at one of its stores."""

    store: Document
    member: Membership
    template: Document
    override: Document | None

    @property
    def version(self) -> int:
        return version_at_store(self.template, self.override)

    def as_offering(self, override: Document | None) -> Offering:
        return at_store(offering_from_document(self.template), self.store["_id"], override)


@dataclass(frozen=True)
class OfferingEdits:
    desk: Desk

    async def save(self, roles: Roles, asked: SaveOffering) -> Offering:
        """Raises NotFound, Forbidden, InvalidInput, StateChanged, LimitReached, IdempotencyConflict."""
        async with database_errors_as_refusals():
            if asked.offering is None:
                return await self._create(roles, asked)
            row = await self.desk.store.one("offerings", asked.offering)
            at = _at_a_store(asked, row)
            return await (self._override(roles, *at, asked) if at else self._edit(roles, asked.offering, asked))

    async def archive(self, roles: Roles, offering: str, version: int) -> Offering:
        """Take it off the list: at one store, or a chain's own everywhere. Bookings that were made stay."""
        async with database_errors_as_refusals():
            inherited = split_inherited_id(offering)
            if inherited:
                found = await self._inherited(roles, *inherited)
                check_version(version, found.version)
                return await self._lay_over(roles, found, _ARCHIVED, [], ChangeKind.ARCHIVED)
            row, member = await self._own(roles, offering)
            check_version(version, row["version"])
            edit = edited(row, _ARCHIVED, "offerings", ChangeKind.ARCHIVED)
            return await self._written(roles, member, row, edit)

    async def of_chain(self, chain: str) -> list[Offering]:
        """What the chain holds for all its stores."""
        async with database_errors_as_refusals():
            return [offering_from_document(row) for row in await self.desk.store.offerings_of_chain(chain)]

    async def any_store_of(self, chain: str) -> str | None:
        """Where a chain's offering can be looked at."""
        async with database_errors_as_refusals():
            row = await self.desk.store.any_store_of_chain(chain)
        return str(row["_id"]) if row else None

    # --- a new one ---

    async def _create(self, roles: Roles, asked: SaveOffering) -> Offering:
        if (asked.chain is None) == (asked.store is None):
            raise InvalidInput("新服务请选择属于一个品牌（chain）或一家门店（store）。", "store")
        if asked.give_back:
            raise InvalidInput("新服务还没有品牌的设置可以恢复。", "inherit")
        if asked.chain is not None:
            owner, member = await self.desk.chain_for(roles, asked.chain)
            where = {"chain": asked.chain}
        else:
            owner, member = await self.desk.store_for(roles, asked.store or "")
            where = {"store": owner["_id"]}
        content = [asked.chain, asked.store, dict(asked.given)]
        repeated = once(roles.resident, clean_key(asked.key), "saveOffering", content)
        earlier = await self.desk.earlier(repeated)
        if earlier:
            return await self._read(earlier["offering"])
        await self.desk.check_room("offerings", rules.MOST_OFFERINGS, "服务", **where)
        document = new_offering(owner["district"], asked.chain, asked.store, asked.given)
        edit = Edit("offerings", None, document, ChangeKind.CREATED)
        try:
            await self.desk.write(roles, member, edit, once=repeated, answer={"offering": document["_id"]})
        except Taken:
            again = await self.desk.earlier(repeated)  # the same request, a moment ago
            if again is None:
                raise
            return await self._read(again["offering"])
        return offering_from_document(document)

    # --- a store's own, or a chain's ---

    async def _edit(self, roles: Roles, offering: str, asked: SaveOffering) -> Offering:
        row, member = await self._own(roles, offering)
        if asked.give_back:
            raise InvalidInput("这项服务不是从品牌来的，没有可以恢复的设置。", "inherit")
        if asked.store not in (None, row["store"]) or asked.chain not in (None, row["chain"]):
            raise InvalidInput("这项服务不属于所选的门店或品牌。", "store" if asked.store else "chain")
        check_version(asked.version, row["version"])
        edit = edited(row, changed_terms(row, asked.given), "offerings", ChangeKind.EDITED)
        return await self._written(roles, member, row, edit)

    async def _own(self, roles: Roles, offering: str) -> tuple[Document, Membership]:
        """Raises NotFound, Forbidden."""
        row = await self.desk.store.one("offerings", offering)
        if row is None or split_inherited_id(offering):
            raise _unknown()
        if row["store"] is not None:
            _, member = await self.desk.store_for(roles, row["store"])
        else:
            _, member = await self.desk.chain_for(roles, row["chain"])
        return row, member

    async def _written(self, roles: Roles, member: Membership, row: Document, edit: Edit | None) -> Offering:
        if edit is None:
            return offering_from_document(row)
        await self.desk.write(roles, member, edit)
        return offering_from_document(edit.after)

    async def _read(self, offering: str) -> Offering:
        row = await self.desk.store.one("offerings", offering)
        if row is None:
            raise _unknown()
        return offering_from_document(row)

    # --- a chain's, as one store has it ---

    async def _override(self, roles: Roles, store: str, template: str, asked: SaveOffering) -> Offering:
        found = await self._inherited(roles, store, template)
        check_version(asked.version, found.version)
        values, back = laid_over(found.template, found.override, asked.given, asked.give_back)
        return await self._lay_over(roles, found, values, back, ChangeKind.EDITED)

    async def _inherited(self, roles: Roles, store: str, template: str) -> _Inherited:
        """Raises NotFound, Forbidden."""
        row, member = await self.desk.store_for(roles, store)
        offering = await self.desk.store.one("offerings", template)
        if offering is None or offering["chain"] is None or offering["chain"] != row["chain"]:
            raise _unknown()
        override = await self.desk.store.one("offerings", inherited_id(store, template))
        return _Inherited(row, member, offering, override)

    async def _lay_over(
        self, roles: Roles, found: _Inherited, values: Document, back: list[str], kind: ChangeKind
    ) -> Offering:
        held = found.override or _nothing_of_its_own(found)
        after = {**{name: value for name, value in held.items() if name not in back}, **values}
        if after == held:
            return found.as_offering(found.override)
        after["version"] = held["version"] + 1
        told = {**found.template, **held}, {**found.template, **after}
        edit = Edit("offerings", found.override, after, kind, told)
        try:
            await self.desk.write(roles, found.member, edit)
        except Taken:  # somebody else's first override, a moment ago
            raise overtaken() from None
        return found.as_offering(after)


def _at_a_store(asked: SaveOffering, row: Document | None) -> tuple[str, str] | None:
    """(store, chain's offering) where the request is about a chain's offering at one store. Raises NotFound."""
    inherited = split_inherited_id(asked.offering or "")
    if inherited and asked.store not in (None, inherited[0]):
        raise _unknown()
    if inherited is None and row and row["chain"] is not None and asked.store is not None:
        return asked.store, row["_id"]
    return inherited


def _nothing_of_its_own(found: _Inherited) -> Document:
    """Kept for good once it is written, so that versions never fall."""
    return {
        "_id": inherited_id(found.store["_id"], found.template["_id"]),
        "district": found.store["district"],
        "store": found.store["_id"],
        "chain": None,
        "template": found.template["_id"],
        "version": 0,
    }


def _unknown() -> NotFound:
    return NotFound("没有找到这项服务，可能已经下架。", "offering")
