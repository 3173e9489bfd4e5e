"""What editors send. A field that is left out stays as it is; null empties it, where it can be empty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import strawberry

from lifecircle.catalogue.editing.hours import ExceptionRow, WeekRow
from lifecircle.catalogue.editing.model import Given
from lifecircle.catalogue.editing.offerings import SaveOffering
from lifecircle.catalogue.editing.stores import Closing
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.graphql.editing_rules import BookingRulesInput
from lifecircle.graphql.enums import AccessibilityFeature
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.places import LocationInput

_ONCE = "Same key and input: same answer. Same key, other input: IDEMPOTENCY_CONFLICT."
_STORE_FIELDS = ("name", "category", "address", "phone", "location", "notice", "accessibility", "photos")
_OFFERING_FIELDS = (
    *("name", "description", "price", "unit", "duration_minutes", "capacity", "party_size_max"),
    *("lead_minutes", "cancel_before_minutes", "at_home", "bookable", "auto_confirm"),
)
_VERSION = "The version that was looked at; an old one is STATE_CHANGED."


def _optional(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


def said(given: object, names: Iterable[str]) -> Given:
    """Of the fields with these names those that were not left out."""
    return {name: value for name in names if (value := getattr(given, name)) is not strawberry.UNSET}


def optional_key(text: str | None, type_name: str, field: str) -> str | None:
    """Raises NotFound."""
    return None if text is None or text is strawberry.UNSET else key_of(text, type_name, field)


def _store_given(store: CreateStoreInput | UpdateStoreInput, *more: str) -> Given:
    """Raises InvalidInput."""
    values = dict(said(store, (*more, *_STORE_FIELDS)))
    if isinstance(store.location, LocationInput):
        values["location"] = store.location.to_point("location")
    return values


@strawberry.input(description="A new brand.")
class CreateChainInput:
    merchant: strawberry.ID = strawberry.field(description="Whose.")
    name: str = strawberry.field(description="Brand name, 2 to 60 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description=_ONCE)


@strawberry.input(description="A new store. A chain's store takes the brand's name where it has none of its own.")
class CreateStoreInput:
    merchant: strawberry.ID = strawberry.field(description="Whose.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="The brand it belongs to.")
    number: str | None = _optional("The merchant's own number; unique in the merchant.")
    name: str | None = _optional("2 to 60 characters.")
    category: str | None = _optional("Code of a leaf category. Required.")
    address: str | None = _optional("2 to 100 characters. Required.")
    phone: str | None = _optional("Mobile, landline, 400 or short service number.")
    location: LocationInput | None = _optional("Inside the city. Required. The community is found from it.")
    notice: str | None = _optional("At most 200 characters.")
    accessibility: list[AccessibilityFeature] | None = _optional("What makes it usable for everybody.")
    photos: list[str] | None = _optional("https addresses, at most 9.")
    idempotency_key: str | None = strawberry.field(default=None, description=_ONCE)

    def to_given(self) -> Given:
        """Raises InvalidInput."""
        return _store_given(self, "number")


@strawberry.input(description="What changes in a store; what is left out stays, null empties.")
class UpdateStoreInput:
    store: strawberry.ID = strawberry.field(description="Which.")
    version: int = strawberry.field(description=_VERSION)
    name: str | None = _optional("2 to 60 characters.")
    category: str | None = _optional("Code of a leaf category.")
    address: str | None = _optional("2 to 100 characters.")
    phone: str | None = _optional("Mobile, landline, 400 or short service number.")
    location: LocationInput | None = _optional("Inside the same district.")
    notice: str | None = _optional("At most 200 characters.")
    accessibility: list[AccessibilityFeature] | None = _optional("The whole list anew.")
    photos: list[str] | None = _optional("https addresses, at most 9; the whole list anew.")

    def to_given(self) -> Given:
        """Raises InvalidInput."""
        return _store_given(self)


@strawberry.input(description="Exactly one of `until`, `permanently` and `movedTo`.")
class CloseStoreInput:
    store: strawberry.ID = strawberry.field(description="Which.")
    version: int = strawberry.field(description=_VERSION)
    until: date | None = strawberry.field(
        default=None, description="First day open again, within 400 days; today opens it at once."
    )
    permanently: bool = strawberry.field(default=False, description="For good; its id keeps resolving.")
    moved_to: strawberry.ID | None = strawberry.field(
        default=None, description="The merchant's store that carries on; this id keeps resolving and says so."
    )

    def to_closing(self) -> Closing:
        """Raises NotFound."""
        return Closing(self.until, self.permanently, optional_key(self.moved_to, "Store", "movedTo"))


@strawberry.input(
    description="A new offering (of a chain or a store), an edit of one, or what one store does differently from its "
    "chain: then `offering` is the store's id of it, or the chain's id together with `store`."
)
class SaveOfferingInput:
    offering: strawberry.ID | None = strawberry.field(default=None, description="Which; null: a new one.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Whose: every store of the chain has it.")
    store: strawberry.ID | None = strawberry.field(default=None, description="Whose: one store's.")
    version: int | None = strawberry.field(default=None, description=f"{_VERSION} Needed with `offering`.")
    name: str | None = _optional("2 to 60 characters.")
    description: str | None = _optional("At most 500 characters; null: none.")
    price: int | None = _optional("Fen, at most 1,000,000; null: to be agreed on the spot.")
    unit: str | None = _optional("What the price is for, in Chinese; 次 by default.")
    duration_minutes: int | None = _optional("5 to 1440; null: no fixed length, so no booking.")
    capacity: int | None = _optional("Places at the same time, 1 to 500.")
    party_size_max: int | None = _optional("Most people in one booking; at most the capacity.")
    lead_minutes: int | None = _optional("How long ahead it must be booked.")
    cancel_before_minutes: int | None = _optional("How long before the start it can be cancelled.")
    at_home: bool | None = _optional("Whether somebody comes to the resident's home.")
    bookable: bool | None = _optional("Whether it can be booked here.")
    auto_confirm: bool | None = _optional("Whether a booking needs no answer of the store.")
    rules: BookingRulesInput | None = strawberry.field(default=None, description="How it is booked, beyond these.")
    inherit: list[str] | None = strawberry.field(
        default=None,
        description="Fields in which the store follows its chain again, as `Offering.inherits` names them.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=f"For new ones. {_ONCE}")

    def to_domain(self) -> SaveOffering:
        """Raises NotFound."""
        return SaveOffering(
            offering=optional_key(self.offering, "Offering", "offering"),
            chain=optional_key(self.chain, "Chain", "chain"),
            store=optional_key(self.store, "Store", "store"),
            version=self.version,
            given=self._given(),
            give_back=self.inherit or (),
            key=self.idempotency_key,
        )

    def _given(self) -> Given:
        return {**said(self, _OFFERING_FIELDS), **(self.rules.to_given() if self.rules else {})}


@strawberry.input(description="Which offering to take off the list: at one store, or a chain's everywhere.")
class ArchiveOfferingInput:
    offering: strawberry.ID = strawberry.field(description="Which.")
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="One weekly range. `closes` at or before `opens` means the next day; 24:00 is allowed.")
class OpeningHoursInput:
    weekday: int = strawberry.field(description="ISO: Monday 1 … Sunday 7.")
    opens: str = strawberry.field(description="HH:MM.")
    closes: str = strawberry.field(description="HH:MM.")
    valid_from: date | None = strawberry.field(default=None, description="First day of the season; null: always.")
    valid_through: date | None = strawberry.field(default=None, description="Last day of the season; null: always.")

    def to_row(self) -> WeekRow:
        return WeekRow(self.weekday, self.opens, self.closes, self.valid_from, self.valid_through)


@strawberry.input(description="The whole week anew, of a store or of a chain. For a chain's store none: the chain's.")
class SetOpeningHoursInput:
    store: strawberry.ID | None = strawberry.field(default=None, description="Either a store,")
    chain: strawberry.ID | None = strawberry.field(default=None, description="or a chain.")
    version: int = strawberry.field(description=_VERSION)
    hours: list[OpeningHoursInput] = strawberry.field(description="Several rows a day where there is a break.")

    def whose(self) -> tuple[str | None, str | None]:
        """(store, chain), exactly one of them. Raises InvalidInput, NotFound."""
        store, chain = optional_key(self.store, "Store", "store"), optional_key(self.chain, "Chain", "chain")
        if (store is None) == (chain is None):
            raise InvalidInput("请选择一家门店（store）或一个品牌（chain）。", "store")
        return store, chain

    def rows(self) -> list[WeekRow]:
        return [row.to_row() for row in self.hours]


@strawberry.input(description="From one reading of the clock to another.")
class ClockRangeInput:
    opens: str = strawberry.field(description="HH:MM.")
    closes: str = strawberry.field(description="HH:MM.")


@strawberry.input(description="What holds on one date in place of the week.")
class OpeningExceptionInput:
    date: date = strawberry.field(description="The day, at most 400 days ahead.")
    closed: bool = strawberry.field(description="Closed all day; else `ranges` are needed.")
    ranges: list[ClockRangeInput] | None = strawberry.field(default=None, description="When it is open.")
    reason: str | None = strawberry.field(default=None, description="Why, for residents; at most 40 characters.")

    def to_row(self) -> ExceptionRow:
        ranges = tuple((one.opens, one.closes) for one in self.ranges or ())
        return ExceptionRow(self.date, self.closed, ranges, self.reason)


@strawberry.input(description="The whole list of a store's single dates anew.")
class SetExceptionalHoursInput:
    store: strawberry.ID = strawberry.field(description="Which.")
    version: int = strawberry.field(description=_VERSION)
    exceptions: list[OpeningExceptionInput] = strawberry.field(description="One for each date; none: only the week.")

    def rows(self) -> list[ExceptionRow]:
        return [row.to_row() for row in self.exceptions]
