"""Everything that one record promises about another; the first broken promise stops the loading."""

from collections.abc import Callable, Iterable, Sequence

from lifecircle.seeds.files import GrowthFiles, SeedFiles
from lifecircle.seeds.geometry import Point, ring_contains
from lifecircle.seeds.hours import parse_holidays, parse_ranges, parse_weekly
from lifecircle.seeds.reading import Record, Row
from lifecircle.seeds.rows import CategoryRow, ChainRow, HoursRow, OfferingRow, OverrideRow, StoreRow

ROOT_LEVELS = {"basic": "BASIC", "quality": "QUALITY", "public": "PUBLIC"}


def check_files(files: SeedFiles) -> None:
    _check_areas(files)
    _check_categories(files.categories)
    _check_businesses(files)
    _check_stores(files)
    _check_exceptions(files)
    _check_offerings(files)
    _check_overrides(files)


def check_growth(growth: GrowthFiles, files: SeedFiles) -> None:
    prefixes = unique(growth.prefixes, lambda row: row.name, "name")
    leaves, hours = leaf_codes(files.categories), {record.row.name for record in files.hours}
    for trade in growth.trades:
        require(trade, "category", trade.row.category, leaves)
        require(trade, "prefix", trade.row.prefix, prefixes)
        for name in trade.row.hours:
            require(trade, "hours", name, hours)


def unique(records: Iterable[Record[Row]], key: Callable[[Row], str], column: str) -> dict[str, Record[Row]]:
    found: dict[str, Record[Row]] = {}
    for record in records:
        earlier = found.setdefault(key(record.row), record)
        if earlier is not record:
            raise record.error(column, f"'{key(record.row)}' stands already in line {earlier.line}")
    return found


def require(record: Record[Row], column: str, value: str | None, known: Iterable[str]) -> None:
    if value is not None and value not in known:
        raise record.error(column, f"'{value}' is not known")


def leaf_codes(categories: Sequence[Record[CategoryRow]]) -> set[str]:
    return {record.row.code for record in categories} - {record.row.under or "" for record in categories}


def community_rings(files: SeedFiles) -> dict[str, list[Point]]:
    at = {record.row.name: record.row.at for record in files.border_points}
    return {area.row.code: [at[name] for name in area.row.ring] for area in files.areas if area.row.ring}


def _check_areas(files: SeedFiles) -> None:
    points = unique(files.border_points, lambda row: row.name, "name")
    areas = unique(files.areas, lambda row: row.code, "code")
    for area in files.areas:
        if len(area.row.code) > 6:
            require(area, "code", area.row.code[:-3], areas)
        for name in area.row.ring:
            require(area, "ring", name, points)
        if len(set(area.row.ring)) != len(area.row.ring):
            raise area.error("ring", "a point is passed twice")


def _check_categories(categories: Sequence[Record[CategoryRow]]) -> None:
    unique(categories, lambda row: row.code, "code")
    unique(categories, lambda row: row.name, "name")
    seen: set[str] = set()
    for category in categories:
        if category.row.under is None:
            require(category, "code", category.row.code, ROOT_LEVELS)
        # A parent stands before its children: that rules circles out as well.
        require(category, "under", category.row.under, seen)
        seen.add(category.row.code)


def _check_businesses(files: SeedFiles) -> None:
    areas = {record.row.code for record in files.areas}
    merchants = unique(files.merchants, lambda row: row.slug, "slug")
    hours = unique(files.hours, lambda row: row.name, "name")
    for merchant in files.merchants:
        require(merchant, "area", merchant.row.area, areas)
    for profile in files.hours:
        _check_hours(profile)
    unique(files.chains, lambda row: row.slug, "slug")
    for chain in files.chains:
        require(chain, "merchant", chain.row.merchant, merchants)
        require(chain, "hours", chain.row.hours, hours)


def _check_hours(profile: Record[HoursRow]) -> None:
    weeklies = [profile.row.weekly] if profile.row.weekly else [season.weekly for season in profile.row.seasons]
    _parsed(profile, "holidays", parse_holidays, profile.row.holidays)
    for weekly in weeklies:
        _parsed(profile, "weekly", parse_weekly, weekly)


def _parsed(record: Record[Row], column: str, parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        raise record.error(column, str(error)) from error


def _check_stores(files: SeedFiles) -> None:
    stores = unique(files.stores, lambda row: row.id, "id")
    unique(files.stores, lambda row: f"{row.name} in {row.community}", "name")
    unique((store for store in files.stores if store.row.number), lambda row: f"{row.merchant} {row.number}", "number")
    unique((store for store in files.stores if store.row.station_of), lambda row: str(row.station_of), "station_of")
    leaves, hours = leaf_codes(files.categories), {record.row.name for record in files.hours}
    merchants = {record.row.slug for record in files.merchants}
    chains = {record.row.slug: record.row for record in files.chains}
    areas, rings = {record.row.code for record in files.areas}, community_rings(files)
    for store in files.stores:
        require(store, "category", store.row.category, leaves)
        require(store, "hours", store.row.hours, hours)
        require(store, "merchant", store.row.merchant, merchants)
        require(store, "station_of", store.row.station_of, areas)
        _check_chain(store, chains)
        _check_place(store, rings)
        _check_part_of(store, stores)


def _check_chain(store: Record[StoreRow], chains: dict[str, ChainRow]) -> None:
    if store.row.chain is None:
        return
    require(store, "chain", store.row.chain, chains)
    if store.row.merchant != chains[store.row.chain].merchant:
        raise store.error("merchant", f"the chain belongs to '{chains[store.row.chain].merchant}'")


def _check_place(store: Record[StoreRow], rings: dict[str, list[Point]]) -> None:
    row = store.row
    require(store, "community", row.community, rings)
    if not ring_contains(rings[row.community], (row.lng, row.lat)):
        raise store.error("lng", f"the point lies outside of community {row.community}")
    if row.station_of and not row.community.startswith(row.station_of):
        raise store.error("station_of", "the station stands outside of its own area")


def _check_part_of(store: Record[StoreRow], stores: dict[str, Record[StoreRow]]) -> None:
    if store.row.part_of is None:
        return
    require(store, "part_of", store.row.part_of, stores)
    whole = stores[store.row.part_of].row
    if whole.part_of is not None or whole.community != store.row.community:
        raise store.error("part_of", "the facility is itself a part, or stands in another community")


def _check_exceptions(files: SeedFiles) -> None:
    stores = {record.row.id for record in files.stores}
    unique(files.exceptions, lambda row: f"{row.store} in {row.in_days} days", "in_days")
    for exception in files.exceptions:
        require(exception, "store", exception.row.store, stores)
        if exception.row.ranges:
            _parsed(exception, "ranges", parse_ranges, exception.row.ranges)


def _check_offerings(files: SeedFiles) -> None:
    unique(files.offerings, lambda row: row.id, "id")
    stores = {record.row.id for record in files.stores}
    chains = {record.row.slug for record in files.chains}
    kept = {record.row.category for record in files.stores}
    for offering in files.offerings:
        require(offering, "chain", offering.row.chain, chains)
        require(offering, "store", offering.row.store, stores)
        require(offering, "each", offering.row.each, kept)


def _check_overrides(files: SeedFiles) -> None:
    unique(files.overrides, lambda row: f"{row.store}:{row.template}", "template")
    stores = {record.row.id: record.row for record in files.stores}
    templates = {record.row.id: record.row for record in files.offerings if record.row.chain}
    for override in files.overrides:
        require(override, "store", override.row.store, stores)
        require(override, "template", override.row.template, templates)
        _check_override(override, stores[override.row.store], templates[override.row.template])


def _check_override(override: Record[OverrideRow], store: StoreRow, template: OfferingRow) -> None:
    if store.chain != template.chain:
        raise override.error("template", f"store {store.id} does not belong to chain '{template.chain}'")
    capacity = override.row.capacity or template.capacity
    if (override.row.party_size_max or template.party_size_max) > capacity:
        raise override.error("party_size_max", "is larger than capacity")
