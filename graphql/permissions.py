"""Permissions are declared on the fields of the schema, here and nowhere else.

`query`, `mutation` and `subscription` take what a field needs of the viewer; objects are checked in
`catalogue/people/access.py`.
A refused mutation answers with its payload: everything null, and the refusal in `errors`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

import strawberry

from lifecircle.catalogue.errors import Forbidden, RateLimited, Refused
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import RequestContext
from lifecircle.graphql.errors import user_error

Resolver = TypeVar("Resolver", bound=Callable[..., Any])

DECLARED: dict[str, Needs] = {}
"""What each root field needs, by its Python name: for the guard test and the documentation."""


async def check(context: RequestContext, needs: Needs) -> None:
    """Raises Unauthenticated, Forbidden."""
    if needs is Needs.NOTHING:
        return
    context.require_viewer()
    if needs is not Needs.SIGN_IN and not (await context.roles()).fulfils(needs):
        raise Forbidden


def query(needs: Needs, description: str) -> Callable[[Resolver], Any]:
    """A root field for reading."""

    def declare(resolver: Resolver) -> Any:
        DECLARED[resolver.__name__] = needs

        @functools.wraps(resolver)
        async def checked(self: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            await check(info.context, needs)
            answer = resolver(self, info, *args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        return strawberry.field(checked, description=description)

    return declare


def mutation(needs: Needs, description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field for changing."""

    def declare(resolver: Callable[..., Awaitable[Any]]) -> Any:
        DECLARED[resolver.__name__] = needs

        @functools.wraps(resolver)
        async def checked(self: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                await check(info.context, needs)
                return await resolver(self, info, *args, **kwargs)
            except Refused as refusal:
                if isinstance(refusal, RateLimited):
                    info.context.retry_after = refusal.retry_after
                return _refused_payload(resolver, refusal)

        return strawberry.mutation(checked, description=description)

    return declare


def subscription(needs: Needs, description: str) -> Callable[[Callable[..., AsyncGenerator[Any, None]]], Any]:
    """A root field that goes on telling."""

    def declare(resolver: Callable[..., AsyncGenerator[Any, None]]) -> Any:
        DECLARED[resolver.__name__] = needs

        @functools.wraps(resolver)
        async def checked(self: Any, info: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
            await check(info.context, needs)
            async with contextlib.aclosing(resolver(self, info, *args, **kwargs)) as changes:
                async for change in changes:
                    yield change

        return strawberry.subscription(checked, description=description)

    return declare


def _refused_payload(resolver: Callable[..., Any], refusal: Refused) -> Any:
    payload = get_type_hints(resolver)["return"]
    empty = {field.name: None for field in fields(payload) if field.name != "errors"}
    return payload(**empty, errors=[user_error(refusal)])
