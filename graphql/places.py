"""Coordinates, categories and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from lifecircle.catalogue import areas, categories
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point, from_gcj02, is_on_earth, to_gcj02
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import AreaLevel, CategoryLevel, CoordinateSystem
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.node import Node

if TYPE_CHECKING:
    from lifecircle.graphql.stores import Store


@strawberry.type(description="A place on the map.")
class Location:
    point: strawberry.Private[Point]

    @strawberry.field(description="Degrees east.")
    def longitude(self, system: CoordinateSystem = CoordinateSystem.WGS84) -> float:
        return _in(self.point, system).longitude

    @strawberry.field(description="Degrees north.")
    def latitude(self, system: CoordinateSystem = CoordinateSystem.WGS84) -> float:
        return _in(self.point, system).latitude


@strawberry.input(description="A place on the map, WGS84 unless another system is said.")
class LocationInput:
    longitude: float = strawberry.field(description="Degrees east.")
    latitude: float = strawberry.field(description="Degrees north.")
    system: CoordinateSystem = strawberry.field(
        default=CoordinateSystem.WGS84, description="The datum of the two numbers."
    )

    def to_point(self, field: str = "near") -> Point:
        """WGS84. Raises InvalidInput for a place that is not on the map."""
        if not is_on_earth(self.longitude, self.latitude):
            raise InvalidInput("位置不正确：经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间。", field)
        given = Point(self.longitude, self.latitude)
        return from_gcj02(given) if self.system is CoordinateSystem.GCJ02 else given


@strawberry.type(description="A kind of shop or service; a tree.")
class Category(Node):
    code: str = strawberry.field(description="Stable code, usable in `StoreFilter.category`.")
    name: str = strawberry.field(description="Chinese name.")
    level: CategoryLevel = strawberry.field(description="Basic, quality or public service.")
    record: strawberry.Private[categories.Category]

    @classmethod
    def of(cls, record: categories.Category) -> Self:
        return cls(
            id=global_id("Category", record.code),
            code=record.code,
            name=record.name,
            level=record.level,
            record=record,
        )

    @strawberry.field(description="The category above.")
    def parent(self, info: Info) -> Category | None:
        above = info.context.snapshot.categories.get(self.record.parent) if self.record.parent else None
        return Category.of(above) if above else None

    @strawberry.field(description="The categories right below.")
    def children(self, info: Info) -> list[Category]:
        return [Category.of(child) for child in info.context.snapshot.categories.children(self.code)]


@strawberry.type(description="A district, sub-district or community.")
class Area(Node):
    code: str = strawberry.field(description="Administrative division code.")
    name: str = strawberry.field(description="Chinese name.")
    area_level: AreaLevel = strawberry.field(description="Which of the three levels.")
    households: int | None = strawberry.field(description="Number of households, where known.")
    record: strawberry.Private[areas.Area]

    @classmethod
    def of(cls, record: areas.Area) -> Self:
        return cls(
            id=global_id("Area", record.id),
            code=record.id,
            name=record.name,
            area_level=record.level,
            households=record.households,
            record=record,
        )

    @strawberry.field(description="The area's own service stations and centres.")
    def stations(self, info: Info) -> list[Annotated[Store, strawberry.lazy("lifecircle.graphql.stores")]]:
        from lifecircle.graphql.stores import Store

        return [Store.of(store, info.context) for store in info.context.snapshot.stations_of(self.code)]

    @strawberry.field(description="The area above.")
    def parent(self, info: Info) -> Area | None:
        above = info.context.snapshot.areas.get(self.record.parent) if self.record.parent else None
        return Area.of(above) if above else None

    @strawberry.field(description="The areas right below.")
    def children(self, info: Info) -> list[Area]:
        return [Area.of(child) for child in info.context.snapshot.areas.children(self.code)]


async def load_category(context: RequestContext, key: str) -> Node | None:
    record = context.snapshot.categories.get(key)
    return Category.of(record) if record else None


async def load_area(context: RequestContext, key: str) -> Node | None:
    record = context.snapshot.areas.get(key)
    return Area.of(record) if record else None


def _in(point: Point, system: CoordinateSystem) -> Point:
    return to_gcj02(point) if system is CoordinateSystem.GCJ02 else point
