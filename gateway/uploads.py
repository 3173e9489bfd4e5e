"""`POST /uploads`: a member sends a sheet ahead of its import. The body is the file itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from lifecircle.catalogue.clock import local
from lifecircle.catalogue.errors import Forbidden, RateLimited, Refused, Unauthenticated
from lifecircle.catalogue.imports.text import MOST_BYTES
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.people.rates import Limit
from lifecircle.gateway.answers import error, refused
from lifecircle.gateway.limits.body import read_body
from lifecircle.gateway.limits.errors import LimitExceeded
from lifecircle.gateway.tokens import TokenRefused
from lifecircle.graphql.context import Services
from lifecircle.graphql.ids import global_id

UPLOADS_AN_HOUR = Limit("upload", 60, 3_600)

_STATUS = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "RATE_LIMITED": 429, "UPSTREAM_UNAVAILABLE": 503}


@dataclass(frozen=True)
class UploadEndpoint:
    services: Services
    viewer_of: Callable[[Request], Awaitable[Viewer | None]]
    """Raises TokenRefused, RateLimited."""

    async def __call__(self, request: Request) -> Response:
        request_id: str = request.state.request_id
        try:
            viewer = await self._member(request)
            raw = await read_body(request, MOST_BYTES)
            upload = await self.services.editing.imports.uploads.keep(viewer.resident, raw)
        except TokenRefused:
            return _refusal(Unauthenticated("登录已过期，请重新登录。"), request_id)
        except Refused as refusal:
            return _refusal(refusal, request_id)
        except LimitExceeded as exceeded:
            found = error(
                f"文件太大，最多 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件。", exceeded.code, request_id
            )
            return _answer({"errors": [found]}, exceeded.http_status)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(
            {"id": global_id("Upload", upload.id), "expiresAt": local(upload.expires_at).isoformat()}, 201
        )

    async def _member(self, request: Request) -> Viewer:
        """Before the body is read. Raises TokenRefused, Unauthenticated, Forbidden, RateLimited."""
        viewer = await self.viewer_of(request)
        if viewer is None:
            raise Unauthenticated
        roles = await self.services.people.roles(viewer, self.services.keeper.current.areas)
        if not roles.fulfils(Needs.MEMBER):
            raise Forbidden("只有商户的成员可以上传文件。")
        await self.services.people.rates.take(UPLOADS_AN_HOUR, viewer.resident)
        return viewer


def _refusal(refusal: Refused, request_id: str) -> Response:
    wait = {"retry-after": str(refusal.retry_after)} if isinstance(refusal, RateLimited) else {}
    return _answer({"errors": [refused(refusal, request_id)]}, _STATUS.get(refusal.code, 400), wait)


def _answer(payload: dict[str, object], status: int, headers: dict[str, str] | None = None) -> Response:
    """The rest of a refused body is not read, so the connection ends here."""
    return JSONResponse(payload, status, headers={**(headers or {}), "connection": "close"})
