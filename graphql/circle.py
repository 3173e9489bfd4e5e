"""The 15-minute life circle of a place."""

from __future__ import annotations

from typing import Self

import strawberry

from lifecircle.catalogue.circle import model
from lifecircle.catalogue.circle.service import life_circle
from lifecircle.catalogue.geo import walk_minutes
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import Category, LocationInput
from lifecircle.graphql.stores import Store


@strawberry.type(description="A store and how far it is.")
class NearStore:
    store: Store = strawberry.field(description="The store.")
    distance: int = strawberry.field(description="Metres, great circle.")
    walk_minutes: int = strawberry.field(description="Minutes on foot.")

    @classmethod
    def of(cls, seen: model.SeenStore, context: RequestContext) -> Self:
        minutes = walk_minutes(seen.metres)
        return cls(store=Store.of(seen.store, context), distance=round(seen.metres), walk_minutes=minutes)


@strawberry.type(description="How many stores stand within a ring, those of the rings inside it included.")
class RingCount:
    minutes: int = strawberry.field(description="Minutes on foot.")
    count: int = strawberry.field(description="Stores.")


@strawberry.type(description="The stores of one category inside the circle.")
class LifeCircleGroup:
    category: Category = strawberry.field(description="The category.")
    ring: int = strawberry.field(description="The ring, in minutes, that the nearest of them stands in.")
    count: int = strawberry.field(description="How many there are.")
    open: int = strawberry.field(description="How many are open now.")
    rings: list[RingCount] = strawberry.field(description="How many there are within each ring.")
    nearest: NearStore | None = strawberry.field(description="The nearest.")

    @classmethod
    def of(cls, group: model.Group, context: RequestContext) -> Self:
        return cls(
            category=Category.of(group.category),
            ring=group.ring,
            count=group.count,
            open=group.open,
            rings=[RingCount(minutes=minutes, count=count) for minutes, count in group.within.items()],
            nearest=NearStore.of(group.nearest, context),
        )


@strawberry.type(description="A basic kind that the circle lacks.")
class LifeCircleGap:
    category: Category = strawberry.field(description="The kind.")
    nearest_outside: NearStore | None = strawberry.field(description="The nearest one outside; null: there is none.")

    @classmethod
    def of(cls, gap: model.Gap, context: RequestContext) -> Self:
        outside = NearStore.of(gap.nearest_outside, context) if gap.nearest_outside else None
        return cls(category=Category.of(gap.category), nearest_outside=outside)


@strawberry.type(description="What can be reached on foot from a place.")
class LifeCircle:
    minutes: int = strawberry.field(description="Minutes on foot.")
    radius: int = strawberry.field(description="Metres as the crow flies that are walked in that time.")
    score: float = strawberry.field(
        description="0 … 100 for the 15-minute circle; docs/life-circle.md has the formula."
    )
    groups: list[LifeCircleGroup] = strawberry.field(description="By category, in the order of the categories.")
    missing: list[LifeCircleGap] = strawberry.field(description="Basic kinds that are not inside.")

    @classmethod
    def of(cls, circle: model.LifeCircle, context: RequestContext) -> Self:
        return cls(
            minutes=circle.minutes,
            radius=circle.radius,
            score=circle.score,
            groups=[LifeCircleGroup.of(group, context) for group in circle.groups],
            missing=[LifeCircleGap.of(gap, context) for gap in circle.missing],
        )


@strawberry.type(description="The life circle.")
class CircleQueries:
    @root(Needs.NOTHING, "What can be reached on foot from a place, and what is missing; at most 60 minutes.")
    def life_circle(self, info: Info, near: LocationInput, minutes: int = 15) -> LifeCircle | None:
        context = info.context
        found = life_circle(context.snapshot, near.to_point(), minutes, context.services.calendar, context.now)
        return LifeCircle.of(found, context)
