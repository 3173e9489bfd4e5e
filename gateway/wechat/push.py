"""`GET/POST /wechat/push`: WeChat proves itself by a signature, and tells who has agreed to messages.

The signature covers only the token, the time and a nonce. So the time must be recent, and a nonce is good for one body.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import database_errors_as_refusals
from lifecircle.catalogue.errors import BadRequest, Refused
from lifecircle.catalogue.notices.credits import Credits
from lifecircle.gateway.limits.body import read_body
from lifecircle.gateway.limits.errors import LimitExceeded
from lifecircle.gateway.wechat.push_body import MAX_BYTES, read_push
from lifecircle.gateway.wechat.signature import is_fresh, is_signed

log = logging.getLogger("lifecircle.wechat")

_LONGEST = 128


@dataclass(frozen=True)
class PushEndpoint:
    """Where no token is set up the address does not exist."""

    held: Credits
    token: SecretStr | None
    clock: Clock

    async def __call__(self, request: Request) -> Response:
        if self.token is None:
            return PlainTextResponse("not found", 404)
        query = request.query_params
        timestamp, nonce, signature = (query.get(name, "")[:_LONGEST] for name in ("timestamp", "nonce", "signature"))
        if not is_fresh(timestamp, self.clock) or not is_signed(
            self.token.get_secret_value(), timestamp, nonce, signature
        ):
            return PlainTextResponse("forbidden", 403)
        if request.method != "POST":
            return PlainTextResponse(query.get("echostr", "")[:_LONGEST])
        return await self._take_in(request, timestamp, nonce)

    async def _take_in(self, request: Request, timestamp: str, nonce: str) -> Response:
        try:
            raw = await read_body(request, MAX_BYTES)
            items = read_push(raw)
            async with database_errors_as_refusals():
                if not await self.held.is_unseen(timestamp, nonce, raw):
                    return PlainTextResponse("forbidden", 403)
                for item in items:
                    await self.held.take_in(item)
        except BadRequest:
            log.warning("WeChat pushed what we do not know")
            return PlainTextResponse("bad request", 400)
        except LimitExceeded as exceeded:
            return PlainTextResponse("too large", exceeded.http_status, headers={"connection": "close"})
        except Refused:  # the database is away: WeChat asks again for a quarter of a minute
            return PlainTextResponse("busy", 503)
        except ClientDisconnect:
            return Response(status_code=400)
        return PlainTextResponse("success")
