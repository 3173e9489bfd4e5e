"""Made cities for benchmarks: the demo district's records, and as many more stores as are asked for."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layers import StoreLayers
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.offers import with_all_offers
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.model import Store
from lifecircle.seeds.files import read_growth_files
from lifecircle.seeds.loader import read_seed_documents

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
CENTER = Point(120.2019, 30.2926)
_STALE_SHARE, _CHAIN_SHARE, _BRANCH_SHARE = 0.06, 0.3, 0.5


@cache
def demo_district() -> Snapshot:
    collections = read_seed_documents(DAY).collections
    changes = [Change(name, row["_id"], row) for name, rows in collections.items() for row in rows]
    known = [change for change in changes if change.collection != "meta"]
    return with_changes(Snapshot.empty(NOW), known).folded()


def a_city(size: int) -> Snapshot:
    """The demo district among `size` stores with names, roads, chains and weeks like its own, over 20 km."""
    demo = demo_district()
    stores = [*demo.all_stores()]
    maker = _Maker(stores)
    stores += [maker.store(number) for number in range(len(stores), size)]
    table = with_all_offers(StoreTable.of(stores), demo.offerings.by_id.values(), (), demo.offerings_of)
    return replace(demo, stores=StoreLayers.over(table))


class _Maker:
    def __init__(self, stores: list[Store]) -> None:
        growth = read_growth_files()
        self._chance = random.Random(7)
        self._trades = [record.row for record in growth.trades]
        self._weights = [trade.weight for trade in self._trades]
        self._prefixes = {record.row.name: record.row.words for record in growth.prefixes}
        self._roads = [record.row.name for record in growth.roads]
        self._communities = sorted({store.community for store in stores if store.community})
        self._weeks = [store.hours for store in stores if store.hours]
        self._chains: dict[str, list[Store]] = {}
        for store in stores:
            if store.chain:
                self._chains.setdefault(store.category, []).append(store)
        self._like = stores[0]

    def store(self, number: int) -> Store:
        chance = self._chance
        trade = chance.choices(self._trades, self._weights)[0]
        road, house = chance.choice(self._roads), chance.randrange(1, 2000)
        of_chain = self._chains.get(trade.category)
        model = chance.choice(of_chain) if of_chain and chance.random() < _CHAIN_SHARE else None
        branch = f"（{road}{house}号店）" if model or chance.random() < _BRANCH_SHARE else ""
        name = model.name.partition("（")[0] if model else self._name(trade.prefix, trade.endings)
        days = chance.randrange(200, 420) if chance.random() < _STALE_SHARE else chance.randrange(90)
        count = int(chance.expovariate(1 / 12))
        return replace(
            self._like,
            id=f"x{number:07d}",
            name=name + branch,
            category=trade.category,
            merchant=model.merchant if model else None,
            chain=model.chain if model else None,
            part_of=None,
            station_of=None,
            location=Point(120.1 + chance.random() * 0.2, 30.2 + chance.random() * 0.18),
            address=f"{road}{house}号",
            community=chance.choice(self._communities),
            hours=None if model else chance.choice(self._weeks),
            exceptions=(),
            assured_on=DAY - timedelta(days=days),
            rating_sum=round(count * chance.uniform(3.5, 5)),
            rating_count=count,
        )

    def _name(self, prefix: str, endings: list[str]) -> str:
        return self._chance.choice(self._prefixes[prefix]) + self._chance.choice(endings)
