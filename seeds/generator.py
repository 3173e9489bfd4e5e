"""Grows the district for load tests: the same size gives the same stores, and a larger one begins with the smaller."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from lifecircle.catalogue.database import Document
from lifecircle.seeds.checks import community_rings
from lifecircle.seeds.documents import SeedDocuments, hours_document
from lifecircle.seeds.files import GrowthFiles, SeedFiles
from lifecircle.seeds.rows import SketchRow, TradeRow
from lifecircle.seeds.sites import Site, find_sites

SEED = 20_240_601
CHAIN_SHARE = 0.3
OFFERING_SHARE = 0.77  # of the independent stores whose trade can be booked: about one offering for three stores
STALE_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class _Franchise:
    chain: str
    merchant: str
    name: str


def grow(documents: SeedDocuments, growth: GrowthFiles, files: SeedFiles, size: int) -> None:
    """Adds stores, and offerings of about a third of them, to `documents`."""
    stores, offerings = documents.collections["stores"], documents.collections["offerings"]
    grower = _Grower(documents, growth, files)
    for index in range(len(stores), size):
        store, trade = grower.store(index)
        stores.append(store)
        if trade.offering and store["chain"] is None and grower.draws(OFFERING_SHARE):
            offerings.append(grower.offering(store, trade.offering))


class _Grower:
    def __init__(self, documents: SeedDocuments, growth: GrowthFiles, files: SeedFiles) -> None:
        self._random = Random(SEED)  # noqa: S311 - repeatable on purpose
        self._seeded_on = documents.seeded_on
        self._district = documents.collections["stores"][0]["district"]
        self._trades = [record.row for record in growth.trades]
        self._weights = _cumulative([trade.weight for trade in self._trades])
        self._prefixes = {record.row.name: record.row.words for record in growth.prefixes}
        self._hours = {record.row.name: hours_document(record.row, self._seeded_on) for record in files.hours}
        self._franchises = _franchises(files)
        self._names = {(record.row.community, record.row.name) for record in files.stores}
        self._sites = self._free_sites(growth, files)
        self._first = len(files.stores)

    def draws(self, share: float) -> bool:
        return self._random.random() < share

    def store(self, index: int) -> tuple[Document, TradeRow]:
        trade = self._random.choices(self._trades, cum_weights=self._weights)[0]
        turn, at = divmod(index - self._first, len(self._sites))
        site = self._sites[at]
        franchises = self._franchises.get(trade.category)
        franchise = self._random.choice(franchises) if franchises and self.draws(CHAIN_SHARE) else None
        name = self._franchise_name(franchise, site) if franchise else self._own_name(trade, site)
        return self._document(index, trade, site, turn, franchise, name), trade

    def offering(self, store: Document, sketch: SketchRow) -> Document:
        low, high = sketch.price
        return {
            "_id": f"{store['_id']}-own",
            "district": self._district,
            "chain": None,
            "store": store["_id"],
            "template": None,
            "name": sketch.name,
            "description": None,
            "aliases": [],
            "price": self._random.randrange(low, high + 1, 100),
            "unit": sketch.unit,
            "duration_minutes": sketch.duration_minutes,
            "grid_minutes": 30 if sketch.duration_minutes >= 30 else 15,
            "capacity": sketch.capacity,
            "party_size_max": 1,
            "one_place_per_party": False,
            "lead_minutes": 60,
            "window_days": 30,
            "cancel_before_minutes": 120,
            "at_home": sketch.at_home,
            "bookable": True,
            "auto_confirm": True,
            "eligibility": [],
            "kind": sketch.kind,
            "sessions": [],
            "state": "ACTIVE",
            "version": 1,
        }

    def _document(
        self, index: int, trade: TradeRow, site: Site, turn: int, franchise: _Franchise | None, name: str
    ) -> Document:
        count = int(self._random.expovariate(1 / 12))
        return {
            "_id": f"s{index + 1:04d}",
            "district": self._district,
            "merchant": franchise.merchant if franchise else None,
            "chain": franchise.chain if franchise else None,
            "number": f"G-{index + 1}" if franchise else None,
            "name": name,
            "category": trade.category,
            "operator_name": name,
            "part_of": None,
            "station_of": None,
            "location": {"type": "Point", "coordinates": site.unit(turn)},
            "address": f"{site.address}{turn + 1}室" if turn else site.address,
            "phone": f"0571-0{self._random.randrange(10_000_000):07d}",
            "community": site.community,
            "hours": None if franchise else self._hours[self._random.choice(trade.hours)],
            "exceptions": [],
            "accessibility": ["STEP_FREE"] if self.draws(0.4) else [],
            "notice": None,
            "assured_on": (self._seeded_on - timedelta(days=self._days_since_assured())).isoformat(),
            "floor_area": self._random.randrange(15, 200, 5),
            "rating": {"sum": round(count * self._random.uniform(3.5, 5)), "count": count},
            "state": "OPEN",
            "version": 1,
        }

    def _days_since_assured(self) -> int:
        return self._random.randrange(200, 420) if self.draws(STALE_SHARE) else self._random.randrange(90)

    def _franchise_name(self, franchise: _Franchise, site: Site) -> str:
        return self._fresh(site, f"{franchise.name}（{site.address}店）")

    def _own_name(self, trade: TradeRow, site: Site) -> str:
        prefix = self._random.choice(self._prefixes[trade.prefix])
        name = f"{prefix}{self._random.choice(trade.endings)}"
        if (site.community, name) in self._names:
            name = f"{name}（{site.address}店）"
        return self._fresh(site, name)

    def _fresh(self, site: Site, name: str) -> str:
        # Two of one chain in one house happen only when thousands of stores are asked for.
        fresh, floor = name, 1
        while (site.community, fresh) in self._names:
            floor += 1
            fresh = f"{name.removesuffix('店）')}{floor}楼店）"
        self._names.add((site.community, fresh))
        return fresh

    def _free_sites(self, growth: GrowthFiles, files: SeedFiles) -> list[Site]:
        taken = {record.row.address for record in files.stores}
        sites = find_sites([record.row for record in growth.roads], community_rings(files))
        free = [site for site in sites if site.address not in taken]
        self._random.shuffle(free)
        return free


def _franchises(files: SeedFiles) -> dict[str, list[_Franchise]]:
    names = {record.row.slug: record.row.name for record in files.chains}
    found: dict[str, dict[str, _Franchise]] = {}
    for row in (record.row for record in files.stores):
        if row.chain and row.merchant:
            found.setdefault(row.category, {})[row.chain] = _Franchise(row.chain, row.merchant, names[row.chain])
    return {category: list(of_category.values()) for category, of_category in found.items()}


def _cumulative(weights: list[int]) -> list[int]:
    total, sums = 0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
