"""What goes back over HTTP: errors in one shape, unexpected ones masked, the media type that was asked for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lifecircle.catalogue.errors import RateLimited, Refused

log = logging.getLogger("lifecircle.graphql")

JSON_TYPE = "application/json"
GRAPHQL_TYPE = "application/graphql-response+json"
MASKED = "服务出了点问题，请稍后再试。如果一直这样，请把请求编号告诉我们。"

Payload = dict[str, Any]


def error(message: str, code: str, request_id: str, **more: Any) -> Payload:
    return {"message": message, "extensions": {"code": code, "requestId": request_id, **more}}


def refused(refusal: Refused, request_id: str) -> Payload:
    shown = error(refusal.message, refusal.code, request_id)
    if refusal.field:
        shown["extensions"]["field"] = list(refusal.field)
    if isinstance(refusal, RateLimited):
        shown["extensions"]["retryAfter"] = refusal.retry_after
    return shown


def invalid(found: GraphQLError, request_id: str) -> Payload:
    return {**error(found.message, "GRAPHQL_VALIDATION_FAILED", request_id), **_place(found)}


def shown_errors(errors: Sequence[GraphQLError], request_id: str, operation: str | None) -> list[Payload]:
    """Refusals are told; anything unexpected is masked, and logged once with its stack."""
    return [{**_shown(found, request_id, operation), **_place(found)} for found in errors]


def is_request_error(errors: Sequence[GraphQLError], data: object) -> bool:
    """Whether execution never began: a variable does not fit, so no error belongs to a field."""
    return data is None and bool(errors) and all(found.path is None for found in errors)


def answer(request: Request, payload: Payload, status: int, headers: dict[str, str] | None = None) -> Response:
    kind = GRAPHQL_TYPE if prefers_graphql(request) else JSON_TYPE
    return JSONResponse(payload, status, headers=headers, media_type=kind)


def prefers_graphql(request: Request) -> bool:
    """Whether the newer media type is accepted at least as gladly as plain JSON."""
    qualities = {JSON_TYPE: 0.0, GRAPHQL_TYPE: 0.0}
    for part in request.headers.get("accept", "").split(","):
        kind, _, parameters = part.strip().partition(";")
        if kind in qualities:
            qualities[kind] = _quality(parameters)
    return qualities[GRAPHQL_TYPE] > 0 and qualities[GRAPHQL_TYPE] >= qualities[JSON_TYPE]


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _shown(found: GraphQLError, request_id: str, operation: str | None) -> Payload:
    cause = found.original_error
    if isinstance(cause, Refused):
        return refused(cause, request_id)
    if cause is None or (isinstance(cause, GraphQLError) and cause.original_error is None):
        return error(found.message, "BAD_REQUEST", request_id)
    log.error("unexpected error request=%s operation=%s", request_id, operation, exc_info=cause)
    return error(MASKED, "INTERNAL", request_id)


def _place(found: GraphQLError) -> Payload:
    place: Payload = {}
    if found.locations:
        place["locations"] = [{"line": at.line, "column": at.column} for at in found.locations]
    if found.path:
        place["path"] = found.path
    return place
