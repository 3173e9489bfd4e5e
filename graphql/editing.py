"""Merchants run their own stores: chains, stores, offerings, hours."""

from __future__ import annotations

import strawberry

from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info
from lifecircle.graphql.editing_inputs import (
    ArchiveOfferingInput,
    CloseStoreInput,
    CreateChainInput,
    CreateStoreInput,
    SaveOfferingInput,
    SetExceptionalHoursInput,
    SetOpeningHoursInput,
    UpdateStoreInput,
    optional_key,
)
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.merchants import Chain
from lifecircle.graphql.offerings import Offering
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.stores import Store

_NULL = "Null when there are errors."
_EMPTY = "Empty on success."


@strawberry.type(description="The new chain, or why there is none.")
class CreateChainPayload:
    chain: Chain | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The new store, or why there is none.")
class CreateStorePayload:
    store: Store | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The store as it is now, or why it is not changed.")
class UpdateStorePayload:
    store: Store | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The store as it is now, or why it is not closed.")
class CloseStorePayload:
    store: Store | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The offering as it is now, or why it is not saved.")
class SaveOfferingPayload:
    offering: Offering | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The offering, off the list now, or why it is not.")
class ArchiveOfferingPayload:
    offering: Offering | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The store or the chain as it is now, or why its hours are not changed.")
class SetOpeningHoursPayload:
    store: Store | None = strawberry.field(description="Null when there are errors, or when a chain was asked for.")
    chain: Chain | None = strawberry.field(description="Null when there are errors, or when a store was asked for.")
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="The store as it is now, or why its hours are not changed.")
class SetExceptionalHoursPayload:
    store: Store | None = strawberry.field(description=_NULL)
    errors: list[UserError] = strawberry.field(description=_EMPTY)


@strawberry.type(description="Editing by a merchant's owners and managers.")
class EditingMutations:
    @mutation(Needs.MEMBER, "Make a chain, whose offerings, prices and hours its stores inherit.")
    async def create_chain(self, info: Info, input: CreateChainInput) -> CreateChainPayload:
        context, merchant = info.context, key_of(input.merchant, "Merchant", "merchant")
        edits = context.services.editing.chains
        chain = await edits.create(await context.roles(), merchant, input.name, input.idempotency_key)
        return CreateChainPayload(chain=Chain.of(chain), errors=[])

    @mutation(Needs.MEMBER, "Open a store.")
    async def create_store(self, info: Info, input: CreateStoreInput) -> CreateStorePayload:
        context, merchant = info.context, key_of(input.merchant, "Merchant", "merchant")
        chain, edits = optional_key(input.chain, "Chain", "chain"), context.services.editing.stores
        store = await edits.create(await context.roles(), merchant, chain, input.to_given(), input.idempotency_key)
        return CreateStorePayload(store=Store.of(store, context), errors=[])

    @mutation(Needs.MEMBER, "Change a store. What is left out stays; null empties what can be empty.")
    async def update_store(self, info: Info, input: UpdateStoreInput) -> UpdateStorePayload:
        context, key = info.context, key_of(input.store, "Store", "store")
        edits = context.services.editing.stores
        store = await edits.update(await context.roles(), key, input.version, input.to_given())
        return UpdateStorePayload(store=Store.of(store, context), errors=[])

    @mutation(Needs.MEMBER, "Close a store for a while, for good, or because it has moved; or open it again.")
    async def close_store(self, info: Info, input: CloseStoreInput) -> CloseStorePayload:
        context, key = info.context, key_of(input.store, "Store", "store")
        edits = context.services.editing.stores
        store = await edits.close(await context.roles(), key, input.version, input.to_closing())
        return CloseStorePayload(store=Store.of(store, context), errors=[])

    @mutation(Needs.MEMBER, "Make or change an offering, or what one store does differently from its chain.")
    async def save_offering(self, info: Info, input: SaveOfferingInput) -> SaveOfferingPayload:
        context = info.context
        offering = await context.services.editing.offerings.save(await context.roles(), input.to_domain())
        return SaveOfferingPayload(offering=Offering.of(offering), errors=[])

    @mutation(Needs.MEMBER, "Take an offering off the list. Bookings that were made stay.")
    async def archive_offering(self, info: Info, input: ArchiveOfferingInput) -> ArchiveOfferingPayload:
        context, key = info.context, key_of(input.offering, "Offering", "offering")
        offering = await context.services.editing.offerings.archive(await context.roles(), key, input.version)
        return ArchiveOfferingPayload(offering=Offering.of(offering), errors=[])

    @mutation(Needs.MEMBER, "Set the week of a store, or of a chain for every store without a week of its own.")
    async def set_opening_hours(self, info: Info, input: SetOpeningHoursInput) -> SetOpeningHoursPayload:
        context, (store_key, chain_key) = info.context, input.whose()
        edits, roles = context.services.editing.hours, await context.roles()
        if chain_key is not None:
            chain = await edits.set_of_chain(roles, chain_key, input.version, input.rows())
            return SetOpeningHoursPayload(store=None, chain=Chain.of(chain), errors=[])
        store = await edits.set_of_store(roles, store_key or "", input.version, input.rows())
        return SetOpeningHoursPayload(store=Store.of(store, context), chain=None, errors=[])

    @mutation(Needs.MEMBER, "Set the dates on which a store keeps other hours.")
    async def set_exceptional_hours(self, info: Info, input: SetExceptionalHoursInput) -> SetExceptionalHoursPayload:
        context, key = info.context, key_of(input.store, "Store", "store")
        edits = context.services.editing.hours
        store = await edits.set_exceptions(await context.roles(), key, input.version, input.rows())
        return SetExceptionalHoursPayload(store=Store.of(store, context), errors=[])
