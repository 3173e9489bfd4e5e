"""Keeping what went badly, and showing it to those who can mend it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from lifecircle.assistant.learning.model import QuestionGroup, Trouble
from lifecircle.assistant.learning.rules import question
from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.catalogue.areas import AreaLevel, Areas
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Forbidden, Unavailable
from lifecircle.catalogue.people.access import Roles, require_staff

log = logging.getLogger("lifecircle.learning")


@dataclass(frozen=True)
class LearningDesk:
    database: Database
    clock: Clock

    async def note(
        self, text: str, trouble: Trouble, intent: str | None, areas: tuple[str, ...], comment: str | None = None
    ) -> None:
        """What is learned is not worth a turn: where the database is away, it is lost."""
        found = question(text, trouble, intent, areas, comment)
        if found is None:
            return
        try:
            async with database_errors_as_refusals():
                await QuestionStore(self.database).add(found, self.clock())
        except Unavailable:
            log.warning("a question that went badly could not be kept")

    async def groups(self, roles: Roles, areas: Areas, area: str | None, first: int) -> list[QuestionGroup]:
        """For the staff of a whole district: of one area, or of all their districts. Raises NotFound, Forbidden."""
        districts = [one.id for one in areas if one.level is AreaLevel.DISTRICT and one.id in roles.areas]
        if not districts:
            raise Forbidden("只有区一级的工作人员可以查看没有答好的问题。")
        if area is not None:
            require_staff(roles, area, "area")
        async with database_errors_as_refusals():
            return await QuestionStore(self.database).groups([area] if area else districts, first, self.clock())
