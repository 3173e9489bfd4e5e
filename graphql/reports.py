"""What staff are told about their area."""

from __future__ import annotations

from typing import Self

import strawberry

from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.reports import model
from lifecircle.catalogue.reports.service import report_for
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import Area, Category
from lifecircle.graphql.stores import Store


@strawberry.type(description="What an area should reach; docs/life-circle.md says where the figures come from.")
class AreaTargets:
    chain_share: float = strawberry.field(description="A share.")
    facility_area_per_100_households: float = strawberry.field(
        name="facilityAreaPer100Households", description="Square metres."
    )
    satisfaction: float = strawberry.field(description="A share.")


@strawberry.type(description="A basic kind, and the communities without one within 15 minutes' walk.")
class AreaGap:
    category: Category = strawberry.field(description="The kind.")
    communities: list[Area] = strawberry.field(description="The communities that lack it.")


@strawberry.type(description="How an area stands; docs/life-circle.md has the formulas.")
class AreaReport:
    area: Area = strawberry.field(description="The area.")
    missing: list[Category] = strawberry.field(description="Basic kinds that at least one of its communities lacks.")
    gaps: list[AreaGap] = strawberry.field(description="The same, with the communities.")
    chain_share: float | None = strawberry.field(description="Share of chain stores among shops; null without shops.")
    facility_area_per_100_households: float | None = strawberry.field(
        name="facilityAreaPer100Households",
        description="Square metres of community facilities; null where the households are not known.",
    )
    satisfaction: float | None = strawberry.field(description="Mean of all stars over five; null before reviews.")
    small_stations: list[Store] = strawberry.field(description="Community stations below 200 square metres.")
    targets: AreaTargets = strawberry.field(description="What should be reached.")

    @classmethod
    def of(cls, report: model.AreaReport, context: RequestContext) -> Self:
        return cls(
            area=Area.of(report.area),
            missing=[Category.of(category) for category in report.missing],
            gaps=[
                AreaGap(category=Category.of(lack.category), communities=[Area.of(one) for one in lack.communities])
                for lack in report.lacks
            ],
            chain_share=report.chain_share,
            facility_area_per_100_households=report.facility_area_per_100_households,
            satisfaction=report.satisfaction,
            small_stations=[Store.of(station, context) for station in report.small_stations],
            targets=AreaTargets(
                chain_share=model.TARGETS.chain_share,
                facility_area_per_100_households=model.TARGETS.facility_area_per_100_households,
                satisfaction=model.TARGETS.satisfaction,
            ),
        )


@strawberry.type(description="Reports.")
class ReportQueries:
    @root(Needs.STAFF, "How an own area stands.")
    async def area_report(self, info: Info, area: strawberry.ID) -> AreaReport | None:
        context = info.context
        key = key_of(area, "Area", "area")
        return AreaReport.of(await report_for(await context.roles(), context.snapshot, key, context.now), context)
