"""What can be had at each store, as two columns: so that a filter looks at numbers, not at offerings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np

from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.columns import AT_HOME, BOOKABLE, NO_PRICE, UNKNOWN, StoreTable
from lifecircle.catalogue.snapshot.texts import Rows
from lifecircle.catalogue.stores.model import Store

OfferingsOf = Callable[[Store], Iterable[Offering]]


def summary(offerings: Iterable[Offering]) -> tuple[int, int]:
    """(BOOKABLE and AT_HOME, the lowest price) of active offerings."""
    flags, lowest = 0, NO_PRICE
    for offering in offerings:
        flags |= (BOOKABLE if offering.bookable else 0) | (AT_HOME if offering.at_home else 0)
        if offering.price is not None and offering.price < lowest:
            lowest = offering.price
    return flags, lowest


def spoken_names(offerings: Iterable[Offering]) -> list[tuple[str, ...]]:
    """The name of each offering that is the store's own, and its aliases."""
    return [(offering.name, *offering.aliases) for offering in offerings if offering.template is None]


def touched_rows(table: StoreTable, stores: Collection[str], chains: Collection[str]) -> Rows:
    """Rows of the stores, and of all stores of the chains."""
    rows = table.columns.keys.rows(stores)
    if not chains:
        return rows
    column = table.columns.coded["chain"]
    return np.union1d(rows, np.flatnonzero(column.table(chains)[column.codes]))


def with_offers(
    table: StoreTable, stores: Collection[str], chains: Collection[str], offerings_of: OfferingsOf
) -> StoreTable:
    """With what is offered worked out for the touched stores and chains, and wherever nobody has looked."""
    columns = table.columns
    unknown = np.flatnonzero(columns.offers == UNKNOWN)
    rows = np.union1d(unknown, touched_rows(table, stores, chains))
    if not len(rows):
        return table
    offers, prices = columns.offers.copy(), columns.prices.copy()
    spoken = {}
    for row in rows.tolist():
        held = list(offerings_of(table.read(row)))
        offers[row], prices[row] = summary(held)
        spoken[row] = spoken_names(held)
    return table.with_offers(offers, prices, columns.words.with_offers(spoken))


def with_all_offers(
    table: StoreTable,
    offerings: Iterable[Offering],
    overridden: Collection[str],
    offerings_of: OfferingsOf,
) -> StoreTable:
    """As `with_offers` for a whole table: a store has its own and its chain's, unless it overrides something."""
    own: dict[str, list[Offering]] = {}
    of_chain: dict[str, list[Offering]] = {}
    for offering in offerings:
        if offering.is_active and offering.store:
            own.setdefault(offering.store, []).append(offering)
        elif offering.is_active and offering.chain:
            of_chain.setdefault(offering.chain, []).append(offering)
    chains = table.columns.coded["chain"]
    flags_of_chain = np.zeros(max(1, chains.size), np.uint8)
    price_of_chain = np.full(max(1, chains.size), NO_PRICE, np.int32)
    for chain, templates in of_chain.items():
        code = chains.code(chain)
        if code is not None:
            flags_of_chain[code], price_of_chain[code] = summary(templates)
    offers, prices = flags_of_chain[chains.codes], price_of_chain[chains.codes]
    spoken = {}
    for store, held in own.items():
        row = table.row(store)
        if row is not None:
            flags, lowest = summary(held)
            offers[row], prices[row] = offers[row] | flags, min(prices[row], lowest)
            spoken[row] = spoken_names(held)
    words = table.columns.words.with_offers(spoken, anew=True)
    return with_offers(table.with_offers(offers, prices, words), overridden, (), offerings_of)
