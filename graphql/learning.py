"""What the assistant could not answer, for those who can mend it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.assistant.learning import model
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.paging import page_size
from lifecircle.graphql.permissions import query as root


@strawberry.type(description="Questions that say about the same and went badly. Personal data is removed.")
class UnansweredQuestion:
    key: str = strawberry.field(description="Names the group; `lifecircle assistant review` takes it.")
    samples: list[str] = strawberry.field(description="How residents put it.")
    comments: list[str] = strawberry.field(description="What residents missed in the answer.")
    count: int = strawberry.field(description="How often it was asked.")
    unanswered: int = strawberry.field(description="How often there was no answer.")
    unsure: int = strawberry.field(description="How often there was one with little confidence.")
    unhelpful: int = strawberry.field(description="How often residents said that it did not help.")
    intents: list[str] = strawberry.field(description="What was understood, where something was.")
    last_at: datetime = strawberry.field(description="When it was last asked.")

    @classmethod
    def of(cls, record: model.QuestionGroup) -> Self:
        return cls(
            key=record.key,
            samples=list(record.samples),
            comments=list(record.comments),
            count=record.count,
            unanswered=record.unanswered,
            unsure=record.unsure,
            unhelpful=record.unhelpful,
            intents=list(record.intents),
            last_at=record.last_at,
        )


@strawberry.type(description="What there is to learn.")
class LearningQueries:
    @root(Needs.STAFF, "Questions that went badly, the most frequent first. For the staff of a whole district.")
    async def unanswered_questions(
        self, info: Info, area: strawberry.ID | None = None, first: int | None = None
    ) -> list[UnansweredQuestion] | None:
        where, desk = key_of(area, "Area", "area") if area else None, info.context.services.assistant.learning
        roles, areas = await info.context.roles(), info.context.snapshot.areas
        return [UnansweredQuestion.of(group) for group in await desk.groups(roles, areas, where, page_size(first))]
