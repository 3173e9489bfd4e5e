"""Plain records for tests: say only what the test is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lifecircle.catalogue.clock import SHANGHAI
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=SHANGHAI).astimezone(UTC)
"""A Wednesday, no holiday near."""

DISTRICT = "330199"
CENTER = (120.2019, 30.2926)


def at(text: str) -> datetime:
    """ "2026-11-25 10:00" in Shanghai, as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def hours(*ranges: tuple[str, str], weekdays: str = "1234567", mode: str = "SAME") -> dict[str, Any]:
    shown = ranges or (("09:00", "18:00"),)
    weekly = [{"weekdays": weekdays, "opens": opens, "closes": closes} for opens, closes in shown]
    return {"weekly": weekly, "holidays": {"mode": mode, "ranges": []}}


def a_store(key: str = "s1", **changes: Any) -> dict[str, Any]:
    return {
        "_id": key,
        "district": DISTRICT,
        "merchant": None,
        "chain": None,
        "number": None,
        "name": f"好邻居{key}",
        "category": "convenience-store",
        "operator_name": "好邻居商贸",
        "part_of": None,
        "station_of": None,
        "location": {"type": "Point", "coordinates": list(CENTER)},
        "address": "文澜路1号",
        "phone": "0571-01234567",
        "community": None,
        "hours": hours(),
        "exceptions": [],
        "accessibility": [],
        "notice": None,
        "assured_on": "2026-11-20",
        "floor_area": None,
        "rating": {"sum": 0, "count": 0},
        "state": "OPEN",
        "version": 1,
        **changes,
    }


def an_offering(key: str = "o1", **changes: Any) -> dict[str, Any]:
    return {
        "_id": key,
        "district": DISTRICT,
        "chain": None,
        "store": "s1",
        "template": None,
        "name": "日常保洁",
        "description": None,
        "aliases": ["保洁"],
        "price": 9000,
        "unit": "次",
        "kind": "APPOINTMENT",
        "duration_minutes": 60,
        "grid_minutes": 30,
        "capacity": 1,
        "party_size_max": 1,
        "lead_minutes": 60,
        "window_days": 30,
        "cancel_before_minutes": 120,
        "at_home": True,
        "bookable": True,
        "auto_confirm": True,
        "eligibility": [],
        "sessions": [],
        "state": "ACTIVE",
        "version": 1,
        **changes,
    }


def a_session(start: datetime, minutes: int = 90) -> dict[str, datetime]:
    return {"start": start, "end": start + timedelta(minutes=minutes)}


def a_chain(key: str = "c1", **changes: Any) -> dict[str, Any]:
    return {
        "_id": key,
        "district": DISTRICT,
        "merchant": "m1",
        "name": "好邻居",
        "hours": hours(),
        "version": 1,
        **changes,
    }


def an_override(store: str, template: str, **changes: Any) -> dict[str, Any]:
    """What one store changes in its chain's offering, and nothing else."""
    row = {"_id": f"{store}:{template}", "district": DISTRICT, "store": store, "chain": None, "template": template}
    return {**row, "version": 1, **changes}


def an_area(key: str = DISTRICT, **changes: Any) -> dict[str, Any]:
    ring = [[120.0, 30.0], [120.4, 30.0], [120.4, 30.6], [120.0, 30.6], [120.0, 30.0]]
    return {
        "_id": key,
        "district": DISTRICT,
        "name": "文澜区",
        "level": "DISTRICT",
        "parent": None,
        "households": None,
        "polygon": {"type": "Polygon", "coordinates": [ring]},
        "version": 1,
        **changes,
    }


def a_category(key: str = "convenience-store", **changes: Any) -> dict[str, Any]:
    row = {"_id": key, "name": "便利店", "level": "BASIC", "parent": None, "order": 1, "aliases": []}
    return {**row, "version": 1, **changes}


def a_merchant(key: str = "m1", **changes: Any) -> dict[str, Any]:
    row = {"_id": key, "district": DISTRICT, "name": "好邻居商贸", "state": "APPROVED", "area": DISTRICT}
    return {**row, "version": 1, **changes}


def a_snapshot(**rows: Sequence[dict[str, Any]]) -> Snapshot:
    """A catalogue of the given documents by collection, nothing lying over its base."""
    changes = [Change(name, row["_id"], row) for name, documents in rows.items() for row in documents]
    return with_changes(Snapshot.empty(NOON), changes).folded()


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class PlainCalendar:
    """No holidays at all, unless some are named."""

    def __init__(self, holidays: dict[date, str] | None = None, makeup: set[date] | None = None) -> None:
        self._holidays = holidays or {}
        self._makeup = makeup or set()

    def holiday(self, day: date) -> str | None:
        return self._holidays.get(day)

    def is_makeup_workday(self, day: date) -> bool:
        return day in self._makeup

    def covers(self, day: date) -> bool:
        return True
