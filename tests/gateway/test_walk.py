"""Ids of another resident, merchant and area, walked over every field that takes an id: never data.

The walk is generated from the schema, so that a new field is covered by itself.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, free_starts
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
)
from licences import a_licence
from servers import Client, Server

from bench import contract

SCHEMA: GraphQLSchema = build_schema(contract.COMMITTED.read_text("utf-8"))
SCALARS: dict[str, Any] = {
    "String": "x" * 6,
    "Int": 2,
    "Float": 30.29,
    "Boolean": True,
    "Date": "2026-12-01",
    "DateTime": "2026-12-01T10:00:00+08:00",
}
SPECIAL = {"longitude": 120.2, "latitude": 30.29, "phone": "13900000000", "code": "demo:nobody-else", "field": "phone"}
PUBLIC = {"area", "store", "offering", "chain", "policy", "category"}
"""Kinds of ids that anybody may hold: what comes back for them is no secret."""


@dataclass(frozen=True)
class Victim:
    """Somebody else: their ids, and what must never be read or changed."""

    client: Client
    ids: dict[str, str]
    secrets: tuple[str, ...]


def takes_ids(field: GraphQLField) -> bool:
    return any(_has_id(argument.type) for argument in field.args.values())


def _has_id(kind: Any) -> bool:
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        return any(_has_id(part.type) for part in named.fields.values())
    return named.name == "ID"


def fields_with_ids() -> Iterator[tuple[str, str]]:
    for operation, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root
        yield from ((operation, name) for name, field in root.fields.items() if takes_ids(field))


def value(name: str, kind: Any, identifier: str) -> Any:
    """Something that fits the type, with the victim's id wherever an id is asked for."""
    if isinstance(kind, GraphQLNonNull):
        return value(name, kind.of_type, identifier)
    if isinstance(kind, GraphQLList):
        return [value(name, kind.of_type, identifier)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            part_name: value(part_name, part.type, identifier)
            for part_name, part in kind.fields.items()
            if isinstance(part.type, GraphQLNonNull) or _has_id(part.type)
        }
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return identifier if kind.name == "ID" else SPECIAL.get(name, SCALARS[kind.name])


def selection(kind: Any, depth: int = 3) -> str:
    """Every leaf down to a depth, of objects and of what implements an interface."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if not isinstance(named, GraphQLObjectType):
        possible = [t for t in SCHEMA.get_possible_types(named) if depth > 1]
        return "{ __typename " + " ".join(f"... on {t.name} {_leaves(t)}" for t in possible) + " }"
    if depth == 0:
        return "{ __typename }"
    inner = [
        f"{name} {selection(field.type, depth - 1)}"
        for name, field in named.fields.items()
        if not any(isinstance(a.type, GraphQLNonNull) and a.default_value is None for a in field.args.values())
        and not _required(field)
    ]
    return "{ " + " ".join(inner) + " }"


def _required(field: GraphQLField) -> bool:
    return any(isinstance(a.type, GraphQLNonNull) and "=" not in _printed(a) for a in field.args.values())


def _printed(argument: GraphQLArgument) -> str:
    return "" if repr(argument.default_value) == "Undefined" else "="


def _leaves(kind: GraphQLObjectType) -> str:
    names = [name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type)) and not field.args]
    return "{ " + " ".join(f"{kind.name}_{name}: {name}" if _differs(name) else name for name in names) + " }"


@cache
def _differs(name: str) -> bool:
    """Fields of one name and another type need an alias each, and aliases are counted."""
    kinds = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType)]
    return len({str(kind.fields[name].type) for kind in kinds if name in kind.fields}) > 1


def document(operation: str, name: str) -> tuple[str, GraphQLField]:
    root = SCHEMA.query_type if operation == "query" else SCHEMA.mutation_type
    assert root
    field = root.fields[name]
    declared = ", ".join(f"${a}: {it.type}" for a, it in field.args.items())
    passed = ", ".join(f"{a}: ${a}" for a in field.args)
    return f"{operation}({declared}) {{ {name}({passed}) {selection(field.type)} }}", field


def variables(field: GraphQLField, identifier: str) -> dict[str, Any]:
    """One row is enough of a list: the selection asks for everything there is of it."""
    given = {
        name: value(name, argument.type, identifier)
        for name, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) or _has_id(argument.type)
    }
    return {**given, "first": 1} if "first" in field.args else given


@pytest.fixture(scope="module")
def victim(server: Server) -> Victim:
    mark = secrets.token_hex(6)
    client = Client(server.url).sign_in(f"demo-merchant:秘密{mark}")
    offering = an_offering_for_one(client)["id"]
    start = free_starts(client, offering)[5]
    asked = {"offering": offering, "start": start, "note": f"备注{mark}", "contactName": f"姓名{mark}"}
    booking = client.ask(CREATE, input=asked)["createBooking"]["booking"]
    me = client.ask("{ viewer { id memberships { id merchant { id } } } }")["viewer"]
    chat = client.ask('mutation { chat(input: {text: "明天上午十点约保洁"}) { conversation reply { id } } }')["chat"]
    ids = {
        "booking": booking["id"],
        "resident": me["id"],
        "membership": me["memberships"][0]["id"],
        "merchant": me["memberships"][0]["merchant"]["id"],
        "conversation": chat["conversation"],
        "reply": chat["reply"]["id"],
        "area": client.ask("{ area(near: {longitude: 120.2, latitude: 30.29}) { id } }")["area"]["id"],
        "nothing": "bm90aGluZzox",
    }
    if SCHEMA.mutation_type and "applyAsMerchant" in SCHEMA.mutation_type.fields:
        ids["application"] = _an_application(client, ids["area"], f"申请{mark}")
    return Victim(client, ids, (mark, booking["code"]))


def _an_application(client: Client, area: str, name: str) -> str:
    query = """mutation($input: ApplyAsMerchantInput!) {
      applyAsMerchant(input: $input) { merchant { id } errors { code message } } }"""
    asked = {"name": name, "licenceNumber": a_licence(), "area": area, "contactPhone": "13900000001"}
    payload = client.ask(query, input=asked)["applyAsMerchant"]
    assert payload["errors"] == []
    return str(payload["merchant"]["id"])


STATE = """{ viewer { nickname memberships { id role } sessions { isCurrent }
  bookings { edges { node { id status start history { status } } } } } }"""


@pytest.mark.parametrize(("operation", "name"), list(fields_with_ids()))
def test_another_ones_ids_give_no_data_and_change_nothing(
    server: Server, victim: Victim, operation: str, name: str
) -> None:
    query, field = document(operation, name)
    before = victim.client.ask(STATE)
    for stranger in (a_resident(server.url), Client(server.url), Client(server.url).sign_in("demo-staff:330199003003")):
        for kind, identifier in victim.ids.items():
            answer = stranger.post(query, variables(field, identifier))
            text = answer.text
            assert answer.status_code == 200, text
            assert not any(secret in text for secret in victim.secrets), f"{name} with the id of a {kind}: {text}"
            assert "INTERNAL" not in text, text
            if operation == "mutation" and kind not in PUBLIC | {"nothing"}:
                payload = json.loads(text)["data"][name]
                assert payload["errors"], f"{name} took the id of a {kind}: {text}"
                assert not any(part for key, part in payload.items() if key != "errors"), text
    assert victim.client.ask(STATE) == before


def test_the_walk_covers_what_takes_ids() -> None:
    walked = {name for _, name in fields_with_ids()}
    assert {"node", "nodes", "store", "availability", "createBooking", "cancelBooking", "chat"} <= walked
