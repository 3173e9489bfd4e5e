"""A sheet of stores: its columns, and every row read and checked. Pure.

A blank cell leaves what is there; `无` empties what can be empty. Row 1 holds the headers, as spreadsheets count.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.editing.hours import weekly_documents
from lifecircle.catalogue.editing.stores import clean_value
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point, from_gcj02
from lifecircle.catalogue.imports.model import MOST_ROWS, ImportRow, RowError, Sheet
from lifecircle.catalogue.imports.week_text import EXAMPLE, parse_week
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import AccessibilityFeature

NUMBER, LONGITUDE, LATITUDE, DATUM = "门店编号", "经度", "纬度", "坐标系"
CLEAR = "无"

COLUMNS: Mapping[str, str] = {
    NUMBER: "本商户自己的编号，每店一个，再次导入时按它更新",
    "名称": "2–60 字；品牌门店留空则用品牌名",
    "类别": "类别名称或代码，选最具体的一级",
    "地址": "2–100 字",
    "电话": "手机号、带区号的固定电话、400 电话或服务短号",
    LONGITUDE: "如 120.2019",
    LATITUDE: "如 30.2926",
    DATUM: "WGS84 或 GCJ02（高德、腾讯地图），留空为 WGS84",
    "营业时间": f"如：{EXAMPLE}；留空用品牌的营业时间",
    "公告": "200 字以内",
    "无障碍": "无台阶、无障碍卫生间、电梯、停车位、手语服务、大字，用空格或顿号隔开",
    "照片": "https 网址，最多 9 个，用空格隔开",
}
"""Header → what belongs there: the template, and the documentation."""

EXAMPLE_ROW = (
    *("A001", "邻里优鲜便利店桂花店", "便利店", "桂花路12号", "0571-88886666", "120.2019", "30.2926", "WGS84"),
    *("每天 07:00-23:00", "", "无台阶", ""),
)

FEATURES: Mapping[str, AccessibilityFeature] = {
    "无台阶": AccessibilityFeature.STEP_FREE,
    "无障碍通道": AccessibilityFeature.STEP_FREE,
    "无障碍卫生间": AccessibilityFeature.ACCESSIBLE_TOILET,
    "电梯": AccessibilityFeature.LIFT,
    "停车位": AccessibilityFeature.PARKING,
    "手语服务": AccessibilityFeature.SIGN_LANGUAGE,
    "大字": AccessibilityFeature.LARGE_PRINT,
} | {feature.value: feature for feature in AccessibilityFeature}

_FIELDS = {"名称": "name", "地址": "address", "电话": "phone", "公告": "notice"}
_EMPTIABLE: Mapping[str, Mapping[str, Any]] = {
    "电话": {"phone": None},
    "营业时间": {"hours": None},
    "公告": {"notice": None},
    "无障碍": {"accessibility": []},
    "照片": {"photos": []},
}

Cells = Mapping[str, str]


def template() -> str:
    """A file to fill in: headers and one example."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([list(COLUMNS), EXAMPLE_ROW])
    return "\ufeff" + out.getvalue()


def read_sheet(text: str, snapshot: Snapshot, *field: str) -> Sheet:
    """Raises InvalidInput for a sheet that is none; what is wrong with single rows is in its `errors`."""
    reader = _Reader(snapshot, _category_codes(snapshot.categories))
    sheet = Sheet()
    seen: dict[str, int] = {}
    for row, cells in _records(text, *field):
        sheet.count += 1
        if sheet.count > MOST_ROWS:
            raise InvalidInput(f"一次最多导入 {MOST_ROWS} 行，请分成几个文件。", *field)
        found, errors = reader.read(row, cells)
        if found and found.number in seen:
            errors.append(RowError(row, NUMBER, "DUPLICATE", f"门店编号和第 {seen[found.number]} 行重复。"))
        elif found:
            seen[found.number] = row
        if errors or found is None:
            sheet.errors += errors
        else:
            sheet.rows.append(found)
    if sheet.count == 0:
        raise InvalidInput("文件里只有表头，没有门店。", *field)
    return sheet


def _records(text: str, *field: str) -> Iterator[tuple[int, Cells]]:
    """(row, cells by header) of every row that says anything."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    headers: list[str] | None = None
    row = 0
    try:
        for values in reader:
            row += 1
            if headers is None:
                headers = _headers(values, *field)
            elif any(value.strip() for value in values):
                yield row, _cells(headers, values, row)
    except csv.Error:
        raise InvalidInput(f"第 {row + 1} 行起不是正确的 CSV，请检查引号是否成对。", *field) from None


def _headers(values: list[str], *field: str) -> list[str]:
    headers = [value.strip() for value in values]
    while headers and not headers[-1]:
        headers.pop()
    unknown = [header for header in headers if header not in COLUMNS]
    if NUMBER not in headers:
        raise InvalidInput(f"第一行应为表头，且要有“{NUMBER}”一列。可用的列：{'、'.join(COLUMNS)}。", *field)
    if unknown:
        raise InvalidInput(f"不认识这一列：“{unknown[0][:20]}”。可用的列：{'、'.join(COLUMNS)}。", *field)
    if len(set(headers)) < len(headers):
        raise InvalidInput("表头里有重复的列，请删去一个。", *field)
    return headers


def _cells(headers: list[str], values: list[str], row: int) -> Cells:
    cells = {header: value.strip() for header, value in zip(headers, values, strict=False)}
    if any(value.strip() for value in values[len(headers) :]):
        cells[""] = "more"
    return cells


@lru_cache(maxsize=512)
def _week(text: str) -> list[Document]:
    """Stores of one merchant keep the same few weeks: read once, and shared by their documents."""
    return weekly_documents(parse_week(text))


def _category_codes(categories: Categories) -> dict[str, str]:
    """Codes by name and by themselves; of two of one name, the more specific."""
    names = {category.name: category.code for category in categories}
    leaves = {category.name: category.code for category in categories if not categories.children(category.code)}
    return {**names, **leaves, **{category.code: category.code for category in categories}}


@dataclass(frozen=True)
class _Reader:
    snapshot: Snapshot
    codes: Mapping[str, str]

    def read(self, row: int, cells: Cells) -> tuple[ImportRow | None, list[RowError]]:
        errors: list[RowError] = []
        given: dict[str, Any] = {}
        if "" in cells:
            errors.append(RowError(row, None, "INVALID_INPUT", "这一行的格子比表头多，内容里的逗号请用引号括起来。"))
        for column, value in cells.items():
            if not value or column in ("", LATITUDE, DATUM):
                continue
            try:
                given |= self._given(column, value, cells)
            except InvalidInput as wrong:
                errors.append(RowError(row, column, wrong.code, wrong.message))
        if not cells.get(NUMBER):
            errors.append(RowError(row, NUMBER, "INVALID_INPUT", "请填写门店编号。"))
        if cells.get(LATITUDE) and not cells.get(LONGITUDE):
            errors.append(RowError(row, LONGITUDE, "INVALID_INPUT", "经度和纬度要一起填。"))
        number = given.pop("number", None)
        return (ImportRow(row, number, given) if number else None), errors

    def _given(self, column: str, value: str, cells: Cells) -> Mapping[str, Any]:
        """Document values of one cell. Raises InvalidInput."""
        if value == CLEAR and column in _EMPTIABLE:
            return _EMPTIABLE[column]
        if column in _FIELDS:
            return clean_value(_FIELDS[column], value, self.snapshot)
        return _CELLS[column](self, value, cells)

    def number(self, value: str, cells: Cells) -> Mapping[str, Any]:
        return clean_value("number", value, self.snapshot)

    def category(self, value: str, cells: Cells) -> Mapping[str, Any]:
        return clean_value("category", self.codes.get(value, value), self.snapshot)

    def location(self, value: str, cells: Cells) -> Mapping[str, Any]:
        try:
            point = Point(float(value), float(cells.get(LATITUDE) or "nan"))
        except ValueError:
            raise InvalidInput("经度和纬度应为数字，如 120.2019 和 30.2926。") from None
        datum = (cells.get(DATUM) or "WGS84").upper().replace("-", "")
        if datum not in ("WGS84", "GCJ02"):
            raise InvalidInput("坐标系应为 WGS84 或 GCJ02（高德、腾讯地图）。")
        return clean_value("location", from_gcj02(point) if datum == "GCJ02" else point, self.snapshot)

    def hours(self, value: str, cells: Cells) -> Mapping[str, Any]:
        return {"hours": _week(value)}

    def accessibility(self, value: str, cells: Cells) -> Mapping[str, Any]:
        words = [word for word in value.replace("、", " ").replace("，", " ").replace(",", " ").split() if word]
        unknown = next((word for word in words if word not in FEATURES), None)
        if unknown:
            raise InvalidInput(f"不认识“{unknown[:20]}”，可填：{COLUMNS['无障碍']}。")
        return clean_value("accessibility", [FEATURES[word] for word in words], self.snapshot)

    def photos(self, value: str, cells: Cells) -> Mapping[str, Any]:
        return clean_value("photos", value.split(), self.snapshot)


_CELLS: Mapping[str, Callable[[_Reader, str, Cells], Mapping[str, Any]]] = {
    NUMBER: _Reader.number,
    "类别": _Reader.category,
    LONGITUDE: _Reader.location,
    "营业时间": _Reader.hours,
    "无障碍": _Reader.accessibility,
    "照片": _Reader.photos,
}
