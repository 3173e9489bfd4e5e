"""Is the session behind an access token still standing? Asked of the database now and then, remembered in between."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from lifecircle.catalogue.database import database_errors_as_refusals
from lifecircle.catalogue.errors import Unavailable
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.people.service import PeopleDesk

REMEMBERED_SECONDS = 5.0
"""How long a sign-out may go unnoticed by another worker."""

_MOST = 50_000


@dataclass
class SessionCheck:
    people: PeopleDesk
    _seen: OrderedDict[str, float] = field(default_factory=OrderedDict)

    async def stands(self, viewer: Viewer) -> bool:
        """While the database cannot be asked, the token's own fifteen minutes count."""
        now = time.monotonic()
        if now - self._seen.get(viewer.session, -REMEMBERED_SECONDS) < REMEMBERED_SECONDS:
            return True
        try:
            async with database_errors_as_refusals():
                stands = await self.people.is_signed_in(viewer)
        except Unavailable:
            return True
        if stands:
            self._remember(viewer.session, now)
        return stands

    def forget(self, viewer: Viewer) -> None:
        """The session has just been ended here."""
        self._seen.pop(viewer.session, None)

    def _remember(self, session: str, now: float) -> None:
        self._seen[session] = now
        self._seen.move_to_end(session)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
