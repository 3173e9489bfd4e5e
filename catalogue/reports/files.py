"""Reports of areas as a sheet for people and as a map. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from lifecircle.catalogue.areas import Area, AreaLevel
from lifecircle.catalogue.exchange.tables import BYTE_ORDER_MARK, plain_cell, right_handed
from lifecircle.catalogue.reports.model import TARGETS, AreaReport

COLUMNS = (
    *("区域代码", "区域", "级别", "户数", "商业网点数", "缺少的基本保障类业态", "缺少的社区"),
    *("连锁店占比", "连锁店占比目标", "每百户设施面积（㎡）", "每百户设施面积目标（㎡）", "满意率", "满意率目标"),
    *("面积不足的社区服务站",),
)

_LEVELS = {AreaLevel.DISTRICT: "区", AreaLevel.SUBDISTRICT: "街道", AreaLevel.COMMUNITY: "社区"}


def report_csv(reports: Sequence[AreaReport]) -> str:
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(report) for report in reports)
    return out.getvalue()


def report_geojson(reports: Sequence[AreaReport]) -> str:
    features = ",\n".join(json.dumps(_feature(report), ensure_ascii=False) for report in reports)
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'


def _cells(report: AreaReport) -> list[str]:
    return [
        report.area.id,
        plain_cell(report.area.name),
        _LEVELS[report.area.level],
        _number(report.households),
        str(report.shops),
        "、".join(lack.category.name for lack in report.lacks),
        "；".join(f"{lack.category.name}：{_names(lack.communities)}" for lack in report.lacks),
        _percent(report.chain_share),
        _percent(TARGETS.chain_share),
        _number(report.facility_area_per_100_households),
        _number(TARGETS.facility_area_per_100_households),
        _percent(report.satisfaction),
        _percent(TARGETS.satisfaction),
        "、".join(f"{station.name}（{_area(station.floor_area)}）" for station in report.small_stations),
    ]


def _feature(report: AreaReport) -> dict[str, object]:
    properties = {
        "code": report.area.id,
        "name": report.area.name,
        "level": report.area.level.value,
        "households": report.households,
        "shops": report.shops,
        "missing": [lack.category.code for lack in report.lacks],
        "missingIn": {lack.category.code: [one.id for one in lack.communities] for lack in report.lacks},
        "chainShare": report.chain_share,
        "facilityAreaPer100Households": report.facility_area_per_100_households,
        "satisfaction": report.satisfaction,
        "smallStations": [station.id for station in report.small_stations],
    }
    shape = {"type": "Polygon", "coordinates": [right_handed(report.area.ring)]}
    return {"type": "Feature", "id": f"areas/{report.area.id}", "geometry": shape, "properties": properties}


def _names(areas: Sequence[Area]) -> str:
    return "、".join(area.name for area in areas)


def _area(square_metres: int | None) -> str:
    return "面积未登记" if square_metres is None else f"{square_metres}㎡"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f}%"
