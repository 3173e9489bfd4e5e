"""GraphQL over HTTP: one POST, JSON in, JSON out."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from strawberry.types import ExecutionResult

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import BadRequest, LifecircleError, RateLimited, Refused, Unauthenticated, Unavailable
from lifecircle.catalogue.people.model import Viewer
from lifecircle.gateway.documents import DocumentCache, operation_named
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.tokens import JwtTokens, TokenRefused
from lifecircle.graphql.context import RequestContext, Services

log = logging.getLogger("lifecircle.graphql")

JSON_TYPE = "application/json"
GRAPHQL_TYPE = "application/graphql-response+json"

_MASKED = "服务出了点问题，请稍后再试。如果一直这样，请把请求编号告诉我们。"


class BodyTooLarge(LifecircleError):
    pass


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any]
    operation_name: str | None


@dataclass
class GraphQLEndpoint:
    """Everything between a request and the schema."""

    schema: strawberry.Schema
    services: Services
    tokens: JwtTokens
    settings: Settings
    clock: Clock

    def __post_init__(self) -> None:
        self._documents = DocumentCache(core_schema(self.schema), self.settings.max_query_tokens)

    async def __call__(self, request: Request) -> Response:
        request_id: str = request.state.request_id
        try:
            viewer = self._viewer(request)
            asked = await self._read(request)
        except TokenRefused:
            refusal = Unauthenticated("登录已过期，请重新登录。")
            return _answer(request, {"errors": [_refused(refusal, request_id)]}, 401)
        except BodyTooLarge:
            limit = f"请求太大，最多 {self.settings.max_body_bytes // 1024} KB。"
            return _answer(request, {"errors": [_refused(BadRequest(limit), request_id)]}, 413)
        except BadRequest as refusal:
            return _answer(request, {"errors": [_refused(refusal, request_id)]}, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._execute(request, asked, viewer, request_id)

    def _viewer(self, request: Request) -> Viewer | None:
        """None without a token. Raises TokenRefused for one that is not good."""
        header = request.headers.get("authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused
        return self.tokens.viewer(token.strip())

    async def _read(self, request: Request) -> GraphQLRequest:
        """Raises BadRequest, BodyTooLarge."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
            raise BadRequest("请求要用 JSON：Content-Type 应为 application/json。")
        body = await _limited_body(request, self.settings.max_body_bytes)
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequest("请求内容不是正确的 JSON。") from None
        return _graphql_request(content)

    async def _execute(
        self, request: Request, asked: GraphQLRequest, viewer: Viewer | None, request_id: str
    ) -> Response:
        prepared = self._documents.prepare(asked.query)
        if prepared.document is None or prepared.errors:
            return _answer(request, {"errors": [_invalid(error, request_id) for error in prepared.errors]}, 400)
        operation = operation_named(prepared.document, asked.operation_name)
        if operation is None:
            refusal = BadRequest("文档里有多个操作或没有这个操作，请用 operationName 指定一个。")
            return _answer(request, {"errors": [_refused(refusal, request_id)]}, 400)
        context = RequestContext(
            services=self.services,
            snapshot=self.services.keeper.current,
            viewer=viewer,
            now=self.clock(),
            request_id=request_id,
            document=prepared.document,
        )
        return await self._run(request, asked, context)

    async def _run(self, request: Request, asked: GraphQLRequest, context: RequestContext) -> Response:
        try:
            async with asyncio.timeout(self.settings.operation_seconds):
                result = await self.schema.execute(
                    asked.query,
                    variable_values=asked.variables,
                    context_value=context,
                    operation_name=asked.operation_name,
                )
        except TimeoutError:
            log.error("operation timed out request=%s operation=%s", context.request_id, asked.operation_name)
            result = ExecutionResult(data=None, errors=[GraphQLError("timeout", original_error=_too_slow())])
        errors = shown_errors(result.errors or (), context.request_id, asked.operation_name)
        payload: dict[str, Any] = {"data": result.data}
        if errors:
            payload["errors"] = errors
        return _answer(request, payload, 200)


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema inside Strawberry's, which documents no public name for it."""
    return schema._schema


def shown_errors(errors: Sequence[GraphQLError], request_id: str, operation: str | None) -> list[dict[str, Any]]:
    """Refusals are told; anything unexpected is masked, and logged once with its stack."""
    return [_shown(error, request_id, operation) for error in errors]


def _shown(error: GraphQLError, request_id: str, operation: str | None) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, Refused):
        return {**_refused(cause, request_id), **_place(error)}
    if cause is None or (isinstance(cause, GraphQLError) and cause.original_error is None):
        return {**_error(error.message, "BAD_REQUEST", request_id), **_place(error)}
    log.error("unexpected error request=%s operation=%s", request_id, operation, exc_info=cause)
    return {**_error(_MASKED, "INTERNAL", request_id), **_place(error)}


def _too_slow() -> Refused:
    return Unavailable("这个请求花的时间太长，已经停止。请缩小范围后再试。")


def _graphql_request(content: object) -> GraphQLRequest:
    if isinstance(content, list):
        raise BadRequest("一次只能发送一个操作，不支持批量数组。")
    if not isinstance(content, dict) or not isinstance(content.get("query"), str):
        raise BadRequest("请求里要有 query（字符串）。")
    variables, name = content.get("variables"), content.get("operationName")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise BadRequest("variables 应为对象，operationName 应为字符串。")
    return GraphQLRequest(content["query"], variables or {}, name or None)


async def _limited_body(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _refused(refusal: Refused, request_id: str) -> dict[str, Any]:
    error = _error(refusal.message, refusal.code, request_id)
    if refusal.field:
        error["extensions"]["field"] = list(refusal.field)
    if isinstance(refusal, RateLimited):
        error["extensions"]["retryAfter"] = refusal.retry_after
    return error


def _invalid(error: GraphQLError, request_id: str) -> dict[str, Any]:
    return {**_error(error.message, "GRAPHQL_VALIDATION_FAILED", request_id), **_place(error)}


def _error(message: str, code: str, request_id: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "requestId": request_id}}


def _place(error: GraphQLError) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if error.locations:
        place["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        place["path"] = error.path
    return place


def _answer(request: Request, payload: dict[str, Any], status: int) -> Response:
    """The media type that the client asked for."""
    wants_graphql = GRAPHQL_TYPE in request.headers.get("accept", "")
    return JSONResponse(payload, status, media_type=GRAPHQL_TYPE if wants_graphql else JSON_TYPE)


def new_request_id() -> str:
    return secrets.token_hex(8)
