"""Checked records into the documents that the database holds; dates are counted from the seeding day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone

from lifecircle.catalogue.database import Document
from lifecircle.seeds.checks import ROOT_LEVELS, community_rings
from lifecircle.seeds.files import SeedFiles
from lifecircle.seeds.geometry import outline, signed_area
from lifecircle.seeds.hours import parse_holidays, parse_ranges, parse_weekly
from lifecircle.seeds.reading import Record
from lifecircle.seeds.rows import (
    AreaRow,
    CategoryRow,
    ChainRow,
    ExceptionRow,
    HoursRow,
    MerchantRow,
    OfferingRow,
    OverrideRow,
    SessionRow,
    StoreRow,
)

CHINA = timezone(timedelta(hours=8))
LEVELS = {6: "DISTRICT", 9: "SUBDISTRICT", 12: "COMMUNITY"}


@dataclass(frozen=True, slots=True)
class SeedDocuments:
    seeded_on: date
    collections: dict[str, list[Document]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(documents) for documents in self.collections.values())


def build_documents(files: SeedFiles, seeded_on: date) -> SeedDocuments:
    district = next(record.row.code for record in files.areas if len(record.row.code) == 6)
    hours = {record.row.name: hours_document(record.row, seeded_on) for record in files.hours}
    collections = {
        "areas": _areas(files, district),
        "categories": _categories(files.categories),
        "merchants": [_merchant(record.row, district) for record in files.merchants],
        "chains": [_chain(record.row, district, hours) for record in files.chains],
        "stores": list(_stores(files, district, hours, seeded_on)),
        "offerings": list(_offerings(files, district, seeded_on)),
    }
    return SeedDocuments(seeded_on, collections)


def hours_document(row: HoursRow, seeded_on: date) -> Document:
    weekly = _weekly_rows(row.weekly, {}) if row.weekly else []
    for season in row.seasons:
        begins, ends = _day(seeded_on, season.from_days), _day(seeded_on, season.through_days)
        weekly += _weekly_rows(season.weekly, {"valid_from": begins, "valid_through": ends})
    return {"weekly": weekly, "holidays": parse_holidays(row.holidays)}


def _weekly_rows(text: str, season: Document) -> list[Document]:
    """Days that share a range share a row."""
    weekdays: dict[tuple[str, str], str] = {}
    for one in parse_weekly(text):
        clock = (one["opens"], one["closes"])
        weekdays[clock] = weekdays.get(clock, "") + str(one["weekday"])
    return [
        {"weekdays": days, "opens": opens, "closes": closes, **season} for (opens, closes), days in weekdays.items()
    ]


def _day(seeded_on: date, days: int | None) -> str | None:
    return None if days is None else (seeded_on + timedelta(days=days)).isoformat()


def _areas(files: SeedFiles, district: str) -> list[Document]:
    at = {record.row.name: record.row.at for record in files.border_points}
    rings = {record.row.code: _counter_clockwise(record, files) for record in files.areas if record.row.ring}
    documents = []
    for record in files.areas:
        names = _ring_of(record, rings)
        closed = [list(at[name]) for name in [*names, names[0]]]
        documents.append(_area(record.row, district, closed))
    return documents


def _counter_clockwise(record: Record[AreaRow], files: SeedFiles) -> list[str]:
    ring = record.row.ring
    return ring if signed_area(community_rings(files)[record.row.code]) > 0 else ring[::-1]


def _ring_of(record: Record[AreaRow], rings: dict[str, list[str]]) -> list[str]:
    # A street's or district's border is that of the communities inside it, so they tile it by construction.
    try:
        return outline(ring for code, ring in rings.items() if code.startswith(record.row.code))
    except ValueError as error:
        raise record.error("ring", str(error)) from error


def _area(row: AreaRow, district: str, closed_ring: list[list[float]]) -> Document:
    return {
        "_id": row.code,
        "district": district,
        "level": LEVELS[len(row.code)],
        "name": row.name,
        "parent": row.code[:-3] if len(row.code) > 6 else None,
        "households": row.households,
        "polygon": {"type": "Polygon", "coordinates": [closed_ring]},
        "version": 1,
    }


def _categories(records: list[Record[CategoryRow]]) -> list[Document]:
    levels: dict[str, str] = dict(ROOT_LEVELS)
    documents = []
    for order, row in enumerate(record.row for record in records):
        levels[row.code] = levels[row.under or row.code]
        documents.append(
            {
                "_id": row.code,
                "name": row.name,
                "level": levels[row.code],
                "parent": row.under,
                "order": order,
                "aliases": row.aliases,
                "version": 1,
            }
        )
    return documents


def _merchant(row: MerchantRow, district: str) -> Document:
    return {
        "_id": row.slug,
        "district": district,
        "name": row.name,
        "state": "APPROVED",
        "area": row.area,
        "version": 1,
    }


def _chain(row: ChainRow, district: str, hours: dict[str, Document]) -> Document:
    return {
        "_id": row.slug,
        "district": district,
        "merchant": row.merchant,
        "name": row.name,
        "hours": hours[row.hours],
        "version": 1,
    }


def _stores(files: SeedFiles, district: str, hours: dict[str, Document], seeded_on: date) -> Iterator[Document]:
    exceptions: dict[str, list[Document]] = {}
    for record in files.exceptions:
        exceptions.setdefault(record.row.store, []).append(_exception(record.row, seeded_on))
    for row in (record.row for record in files.stores):
        own_hours = hours[row.hours] if row.hours else None
        yield _store(row, district, own_hours, exceptions.get(row.id, []), seeded_on)


def _exception(row: ExceptionRow, seeded_on: date) -> Document:
    return {
        "date": _day(seeded_on, row.in_days),
        "closed": row.ranges is None,
        "ranges": parse_ranges(row.ranges) if row.ranges else [],
        "reason": row.reason,
    }


def _store(
    row: StoreRow, district: str, hours: Document | None, exceptions: list[Document], seeded_on: date
) -> Document:
    return {
        "_id": row.id,
        "district": district,
        "merchant": row.merchant,
        "chain": row.chain,
        "number": row.number,
        "name": row.name,
        "category": row.category,
        "operator_name": row.operator,
        "part_of": row.part_of,
        "station_of": row.station_of,
        "location": {"type": "Point", "coordinates": [row.lng, row.lat]},
        "address": row.address,
        "phone": row.phone,
        "community": row.community,
        "hours": hours,
        "exceptions": exceptions,
        "accessibility": row.accessibility.split(),
        "notice": row.notice,
        "assured_on": _day(seeded_on, -row.assured_days_ago),
        "floor_area": row.floor_area,
        "rating": {"sum": row.rating_sum, "count": row.rating_count},
        "state": "OPEN",
        "version": 1,
    }


def _offerings(files: SeedFiles, district: str, seeded_on: date) -> Iterator[Document]:
    for row in (record.row for record in files.offerings):
        if row.each is None:
            yield _offering(row, row.id, row.store, district, seeded_on)
            continue
        for store in (record.row for record in files.stores if record.row.category == row.each):
            yield _offering(row, f"{store.id}-{row.id}", store.id, district, seeded_on)
    for record in files.overrides:
        yield _override(record.row, district)


def _offering(row: OfferingRow, key: str, store: str | None, district: str, seeded_on: date) -> Document:
    return {
        "_id": key,
        "district": district,
        "chain": row.chain,
        "store": store,
        "template": None,
        **row.model_dump(exclude={"id", "chain", "store", "each", "sessions"}),
        "sessions": _sessions(row, seeded_on),
        "state": "ACTIVE",
        "version": 1,
    }


def _override(row: OverrideRow, district: str) -> Document:
    owner = {"_id": f"{row.store}:{row.template}", "district": district, "store": row.store, "chain": None}
    return {**owner, "template": row.template, **row.terms(), "version": 1}


def _sessions(row: OfferingRow, seeded_on: date) -> list[Document]:
    length = timedelta(minutes=row.duration_minutes or 0)
    starts = sorted(start for rule in row.sessions for start in _starts(rule, seeded_on))
    return [{"start": start, "end": start + length} for start in starts]


def _starts(rule: SessionRow, seeded_on: date) -> Iterator[datetime]:
    at = time.fromisoformat(rule.at)
    for days in range(rule.weeks * 7):
        day = seeded_on + timedelta(days=days)
        if day.isoweekday() in rule.weekdays:
            yield datetime.combine(day, at, CHINA).astimezone(UTC)
