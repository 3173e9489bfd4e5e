"""Stores as a sheet for people, and as points on a map."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.exchange.bundle import replaced
from lifecircle.catalogue.exchange.store import ExchangeStore
from lifecircle.catalogue.exchange.week_text import week_text
from lifecircle.catalogue.imports.sheet import COLUMNS, FEATURES

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""

MORE_COLUMNS = ("记录号", "商户", "品牌", "运营方", "社区", "状态", "核实日期")
"""What a whole city's sheet says beside the columns that `importStores` reads."""

_STATES = {"OPEN": "营业", "CLOSED": "停业", "MOVED": "已搬迁"}


@dataclass(frozen=True)
class Names:
    """What records are called, by their keys."""

    merchants: Mapping[str, str]
    chains: Mapping[str, str]
    areas: Mapping[str, str]
    categories: Mapping[str, str]


async def export_csv(database: Database, path: Path, merchant: str | None = None) -> int:
    """The stores; of one merchant exactly as `importStores` takes them back. How many."""
    store, count = ExchangeStore(database), 0
    names = await _names(store)
    with replaced(path) as file:
        file.write(BYTE_ORDER_MARK)
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*COLUMNS] if merchant else [*COLUMNS, *MORE_COLUMNS])
        async for row in store.rows("stores", {"merchant": merchant} if merchant else None):
            writer.writerow(_import_cells(row, names) + ([] if merchant else _more_cells(row, names)))
            count += 1
    return count


async def export_geojson(database: Database, path: Path) -> int:
    """Areas as polygons, stores as points, in one collection (RFC 7946). How many features."""
    store, count = ExchangeStore(database), 0
    names = await _names(store)
    with replaced(path) as file:
        file.write('{"type":"FeatureCollection","features":[')
        async for feature in _features(store, names):
            file.write(("" if count == 0 else ",") + "\n" + json.dumps(feature, ensure_ascii=False))
            count += 1
        file.write("\n]}\n")
    return count


def area_feature(row: Document, **properties: Any) -> Document:
    shape = {"type": "Polygon", "coordinates": [right_handed(ring) for ring in row["polygon"]["coordinates"]]}
    plain = {"kind": "area", "code": row["_id"], "name": row["name"], "level": row["level"], **properties}
    return {"type": "Feature", "id": f"areas/{row['_id']}", "geometry": shape, "properties": plain}


def right_handed(ring: Sequence[Sequence[float]]) -> list[list[float]]:
    """The ring counter-clockwise, as RFC 7946 asks of the border of a polygon."""
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    ordered = ring if twice >= 0 else ring[::-1]
    return [list(point) for point in ordered]


def plain_cell(text: str | None) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""


async def _features(store: ExchangeStore, names: Names) -> AsyncIterator[Document]:
    async for row in store.rows("areas"):
        yield area_feature(row, parent=row["parent"], households=row["households"])
    async for row in store.rows("stores"):
        yield _store_feature(row, names)


def _store_feature(row: Document, names: Names) -> Document:
    properties = {
        "kind": "store",
        "name": row["name"],
        "category": row["category"],
        "categoryName": names.categories.get(row["category"]),
        "operatorName": row["operator_name"],
        "merchant": row["merchant"],
        "chain": row["chain"],
        "address": row["address"],
        "phone": row["phone"],
        "community": row["community"],
        "state": row["state"],
        "openingHours": week_text(row["hours"]["weekly"]) if row["hours"] else None,
        "accessibility": row["accessibility"],
        "assuredOn": row["assured_on"],
    }
    point = {"type": "Point", "coordinates": row["location"]["coordinates"]}
    return {"type": "Feature", "id": f"stores/{row['_id']}", "geometry": point, "properties": properties}


async def _names(store: ExchangeStore) -> Names:
    by_collection = [
        {row["_id"]: row["name"] async for row in store.rows(collection)}
        for collection in ("merchants", "chains", "areas", "categories")
    ]
    return Names(*by_collection)


def _import_cells(row: Document, names: Names) -> list[str]:
    longitude, latitude = row["location"]["coordinates"]
    words = {feature.value: word for word, feature in reversed([*FEATURES.items()]) if word != feature.value}
    cells = {
        "门店编号": plain_cell(row["number"]),
        "名称": plain_cell(row["name"]),
        "类别": names.categories.get(row["category"], row["category"]),
        "地址": plain_cell(row["address"]),
        "电话": plain_cell(row["phone"]),
        "经度": str(longitude),
        "纬度": str(latitude),
        "坐标系": "WGS84",
        "营业时间": week_text(row["hours"]["weekly"]) if row["hours"] else "",
        "公告": plain_cell(row["notice"]),
        "无障碍": "、".join(words[feature] for feature in row["accessibility"]),
        "照片": " ".join(row.get("photos", ())),
    }
    return [cells[column] for column in COLUMNS]


def _more_cells(row: Document, names: Names) -> list[str]:
    return [
        row["_id"],
        plain_cell(names.merchants.get(row["merchant"] or "")),
        plain_cell(names.chains.get(row["chain"] or "")),
        plain_cell(row["operator_name"]),
        names.areas.get(row["community"] or "", ""),
        _STATES.get(row["state"], row["state"]),
        row["assured_on"],
    ]
