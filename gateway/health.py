"""Is the process alive, and is it fit to serve?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.graphql.context import Services

OLD_SNAPSHOT_SECONDS = 10.0
PING_SECONDS = 2.0
HOLIDAYS_AHEAD = timedelta(days=45)


async def healthz(request: Request) -> Response:
    """The process answers; nothing else is looked at."""
    return JSONResponse({"status": "ok"})


@dataclass(frozen=True)
class Readiness:
    services: Services
    clock: Clock

    async def __call__(self, request: Request) -> Response:
        """200 when requests can be served, 503 when the database cannot be reached."""
        database = await self._database_answers()
        keeper = self.services.keeper
        body: dict[str, Any] = {
            "status": "ready" if database else "unavailable",
            "database": "ok" if database else "unreachable",
            "snapshotAgeSeconds": round(keeper.age_seconds, 1),
            "stores": keeper.current.store_count,
            "warnings": self._warnings(),
        }
        return JSONResponse(body, 200 if database else 503)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self.services.database.command("ping")
        except (PyMongoError, TimeoutError):
            return False
        return True

    def _warnings(self) -> list[str]:
        soon = local_day(self.clock() + HOLIDAYS_AHEAD)
        warnings = []
        if self.services.keeper.age_seconds > OLD_SNAPSHOT_SECONDS:
            warnings.append("the snapshot has not heard from the change stream for a while")
        if not self.services.calendar.covers(soon):
            warnings.append(f"no public holidays are known for {soon.year}: opening hours follow the plain week")
        return warnings
