"""What can go wrong between us and WeChat, told to the fake beforehand, path by path."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class FaultKind(Enum):
    DROP = "the connection breaks in the middle of the answer"
    DELAY = "the answer comes late"
    BUSY = "errcode -1"
    TOO_OFTEN = "errcode 45011"
    SERVER_ERROR = "HTTP 500"
    NOT_JSON = "a page of HTML with status 200"
    INVALIDATE_TOKEN = "the access token stops working before the request is looked at"  # noqa: S105
    REPEAT = "the answer before comes once more, and the request is not looked at"


@dataclass(frozen=True)
class Fault:
    """`worked_on`: the fake does what was asked before the fault strikes, as when only the answer gets lost."""

    kind: FaultKind
    worked_on: bool = False
    seconds: float = 0.0

    @property
    def lets_work(self) -> bool:
        return self.worked_on or self.kind in (FaultKind.DELAY, FaultKind.INVALIDATE_TOKEN)


class FaultPlan:
    """Each request to a path takes the next fault planned for it; with none left, all goes well."""

    def __init__(self) -> None:
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)

    def add(self, path: str, fault: Fault, times: int = 1) -> None:
        self._planned[path].extend([fault] * times)

    def take(self, path: str) -> Fault | None:
        planned = self._planned[path]
        return planned.popleft() if planned else None


class BrokenAnswer(Response):
    """Promises more than it sends: uvicorn then closes the connection, and the client sees it break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def struck(fault: Fault) -> Response | None:
    """The answer that a fault gives in place of the right one."""
    match fault.kind:
        case FaultKind.DROP:
            return BrokenAnswer()
        case FaultKind.BUSY:
            return Response('{"errcode":-1,"errmsg":"system error"}', media_type="application/json")
        case FaultKind.TOO_OFTEN:
            return Response('{"errcode":45011,"errmsg":"api minute-quota reach limit"}', media_type="application/json")
        case FaultKind.SERVER_ERROR:
            return Response("Internal Server Error", status_code=500, media_type="text/plain")
        case FaultKind.NOT_JSON:
            return Response("<html><body>维护中</body></html>", media_type="text/html")
        case _:
            return None
