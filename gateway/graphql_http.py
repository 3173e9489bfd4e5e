"""GraphQL over HTTP: one POST, JSON in, JSON out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, execute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.execution.is_awaitable import optimized_is_awaitable

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import BadRequest, RateLimited, Refused, Unauthenticated, Unavailable
from lifecircle.catalogue.people.model import Viewer
from lifecircle.gateway.answers import (
    JSON_TYPE,
    Payload,
    answer,
    error,
    invalid,
    is_request_error,
    prefers_graphql,
    refused,
    shown_errors,
)
from lifecircle.gateway.devices import device_of
from lifecircle.gateway.documents import DocumentCache
from lifecircle.gateway.limits.body import check_json_shape, read_body
from lifecircle.gateway.limits.cost import cost_of, within
from lifecircle.gateway.limits.document import DocumentLimits, check_variables
from lifecircle.gateway.limits.errors import BodyTooLarge, LimitExceeded
from lifecircle.gateway.rates import ReadRates
from lifecircle.gateway.sessions import SessionCheck
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.sms import demo_extensions
from lifecircle.gateway.tokens import JwtTokens, TokenRefused
from lifecircle.graphql.context import RequestContext, Services

log = logging.getLogger("lifecircle.graphql")

_IS_AWAITABLE = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)
"""Strawberry's, which does not say so; quicker than graphql-core's for plain values."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any]
    operation_name: str | None
    wants_cost: bool
    """The client sent ``"extensions": {"cost": true}``."""


class Answered(Exception):
    """The request is answered before anything is executed."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass
class GraphQLEndpoint:
    """Everything between a request and the schema."""

    schema: strawberry.Schema
    services: Services
    tokens: JwtTokens
    settings: Settings
    clock: Clock

    def __post_init__(self) -> None:
        self._limits = DocumentLimits(
            tokens=self.settings.max_query_tokens, depth=self.settings.max_depth, aliases=self.settings.max_aliases
        )
        self._documents = DocumentCache(core_schema(self.schema), self._limits)
        self._rates = ReadRates(self.settings)
        self._sessions = SessionCheck(self.services.people)

    async def __call__(self, request: Request) -> Response:
        request_id: str = request.state.request_id
        try:
            viewer = await self.viewer_of(request)
            asked = await self._read(request)
            document, cost = self._prepared(request, asked, request_id)
        except Answered as ready:
            return ready.response
        except TokenRefused:
            refusal = Unauthenticated("登录已过期，请重新登录。")
            return answer(request, {"errors": [refused(refusal, request_id)]}, 401)
        except LimitExceeded as exceeded:
            return _exceeded(request, exceeded, request_id)
        except RateLimited as refusal:
            headers = {"retry-after": str(refusal.retry_after)}
            return answer(request, {"errors": [refused(refusal, request_id)]}, 429, headers)
        except Refused as refusal:
            return answer(request, {"errors": [refused(refusal, request_id)]}, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        context = RequestContext(
            services=self.services,
            snapshot=self.services.keeper.current,
            viewer=viewer,
            now=self.clock(),
            request_id=request_id,
            device=device_of(request.headers.get("user-agent", "")),
        )
        return await self._run(request, asked, document, context, cost)

    async def viewer_of(self, request: Request) -> Viewer | None:
        """None without a token. Raises TokenRefused for one that is not good, RateLimited."""
        self._rates.check(request, None)
        header = request.headers.get("authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused
        viewer = self.tokens.viewer(token.strip())
        self._rates.check(request, viewer)
        if not await self._sessions.stands(viewer):
            raise TokenRefused
        return viewer

    async def _read(self, request: Request) -> GraphQLRequest:
        """Raises BadRequest, LimitExceeded."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
            raise BadRequest("请求要用 JSON：Content-Type 应为 application/json。")
        body = await read_body(request, self.settings.max_body_bytes)
        check_json_shape(body, max_depth=self.settings.max_json_depth)
        asked = _graphql_request(_json(body))
        check_variables(asked.variables, self._limits)
        return asked

    def _prepared(self, request: Request, asked: GraphQLRequest, request_id: str) -> tuple[DocumentNode, int]:
        """The document and what it costs. Raises Answered, LimitExceeded."""
        prepared = self._documents.prepare(asked.query, asked.operation_name)
        if prepared.exceeded:
            raise prepared.exceeded
        if prepared.document is None or prepared.errors:
            errors = [invalid(found, request_id) for found in prepared.errors]
            raise Answered(answer(request, {"errors": errors}, 400))
        cost = prepared.fixed_cost
        if cost is None:
            cost = cost_of(prepared.document, core_schema(self.schema), asked.operation_name, asked.variables)
        return prepared.document, within(cost, self.settings.max_cost)

    async def _run(
        self, request: Request, asked: GraphQLRequest, document: DocumentNode, context: RequestContext, cost: int
    ) -> Response:
        demo: dict[str, str] = {}
        demo_extensions.set(demo)
        result = await self._execute(asked, document, context)
        if context.ended_session and context.viewer:
            self._sessions.forget(context.viewer)
        found = result.errors or ()
        payload: Payload = {"data": result.data}
        status = 200
        if is_request_error(found, result.data):
            payload.clear()
            status = 400 if prefers_graphql(request) else 200
        if found:
            payload["errors"] = shown_errors(found, context.request_id, asked.operation_name)
        extensions: Payload = {**demo}
        if asked.wants_cost:
            extensions["cost"] = {"estimated": cost, "maximum": self.settings.max_cost}
        if extensions:
            payload["extensions"] = extensions
        wait = {"retry-after": str(context.retry_after)} if context.retry_after else None
        return answer(request, payload, status, wait)

    async def _execute(self, asked: GraphQLRequest, document: DocumentNode, context: RequestContext) -> ExecutionResult:
        """By graphql-core itself: the document is parsed and validated, and nothing hooks into the execution."""
        try:
            async with asyncio.timeout(self.settings.operation_seconds):
                found = execute(
                    core_schema(self.schema),
                    document,
                    variable_values=asked.variables,
                    context_value=context,
                    operation_name=asked.operation_name,
                    is_awaitable=_IS_AWAITABLE,
                )
                return await found if isinstance(found, Awaitable) else found
        except TimeoutError:
            log.error("operation timed out request=%s operation=%s", context.request_id, asked.operation_name)
            refusal = Unavailable("这个请求花的时间太长，已经停止。请缩小范围后再试。")
            return ExecutionResult(None, [GraphQLError(refusal.message, original_error=refusal)])
        except Exception as error:
            return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema inside Strawberry's, which documents no public name for it."""
    return schema._schema


def _json(body: bytes) -> object:
    """Raises BadRequest, also for a lone surrogate: half an emoji that could not be written out again."""
    try:
        content = json.loads(body)
        if b"\\u" in body:
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest("请求内容不是正确的 JSON。") from None
    return content


def _graphql_request(content: object) -> GraphQLRequest:
    if isinstance(content, list):
        raise BadRequest("一次只能发送一个操作，不支持批量数组。")
    if not isinstance(content, dict) or not isinstance(content.get("query"), str):
        raise BadRequest("请求里要有 query（字符串）。")
    variables, name, more = content.get("variables"), content.get("operationName"), content.get("extensions")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise BadRequest("variables 应为对象，operationName 应为字符串。")
    wants_cost = isinstance(more, dict) and more.get("cost") is True
    return GraphQLRequest(content["query"], variables or {}, name or None, wants_cost)


def _exceeded(request: Request, exceeded: LimitExceeded, request_id: str) -> Response:
    """What was left unread of a body that is too large must not be taken for the next request."""
    headers = {"connection": "close"} if isinstance(exceeded, BodyTooLarge) else None
    payload = {"errors": [error(exceeded.message, exceeded.code, request_id)]}
    return answer(request, payload, exceeded.http_status, headers)
