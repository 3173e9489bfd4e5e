"""Whatever passes the limits costs graphql-core's own validation a bounded number of steps."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from graphql import GraphQLSchema, validate
from scale import scaled

from lifecircle.gateway.limits.document import DocumentLimits, check_document, parse_within
from lifecircle.gateway.limits.errors import LimitExceeded
from lifecircle.graphql.schema import build_schema

LIMITS = DocumentLimits()

# Function calls; 0.3 s is more than 600,000 of them. `viewer{id}` written 490 times makes 2.8 million.
MOST_CALLS = 400_000


class Calls:
    made = 0

    def count(self, _: FrameType, event: str, __: object) -> None:
        self.made += event == "call"


@contextmanager
def counted_calls() -> Iterator[Calls]:
    calls, before = Calls(), sys.getprofile()
    sys.setprofile(calls.count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    schema: GraphQLSchema = build_schema()._schema
    validate(schema, parse_within("{__typename}", LIMITS))  # the schema itself is checked once
    return schema


def many(count: int, text: str) -> str:
    return " ".join(text.replace("%", str(i)) for i in range(count))


ALL_FRAGMENTS = many(48, "...F%")

HARD = {
    "the same object again and again": "{viewer{" + "bookings{totalCount} " * 44 + "}}",
    "the same object, deep": "{viewer{" + "bookings{edges{node{store{id}}}} " * 28 + "}}",
    "the same leaf": "{viewer{" + "id " * 63 + "}}",
    "one name for different fields": "{viewer{" + "x:id x:phone " * 31 + "}}",
    "fragments beside fragments": "{viewer{" + ALL_FRAGMENTS + "}}" + many(48, "fragment F% on Resident{x%:id y%:id}"),
    "fragments beside fields, four times": (
        "{" + many(4, "x%:viewer{id phone " + ALL_FRAGMENTS + "}") + "}" + many(48, "fragment F% on Resident{a% b% c%}")
    ),
    "a chain of fragments": "{viewer{...F0}}"
    + "".join(f"fragment F{i} on Resident{{id ...F{i + 1}}}" for i in range(30))
    + "fragment F30 on Resident{id}",
    "names that are nearly right": "{viewer{" + many(990, "nearbyStorex%") + "}}",
    "long names": "{viewer{" + many(480, "a%" + "b" * 90) + "}}",
    "input fields that are nearly right": "{nearbyStores(near:{" + many(98, "longitudx%:1") + "}){totalCount}}",
    "a long string among them": "{nearbyStores(near:{" + many(60, "x%:1") + ' z:"' + "长" * 6_000 + '"}){totalCount}}',
    "undefined variables": "{viewer{" + many(100, "a%:bookings(first:$v%){totalCount}") + "}}",
    "unused variables": "query(" + many(480, "$v%:Int") + "){__typename}",
    "unknown directives": "{viewer{" + many(44, "id @includx%") + "}}",
    "inline fragments inside one another": "{" + "...on Query{" * 38 + "__typename" + "}" * 38 + "}",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_the_hardest_documents_that_pass_are_validated_quickly(schema: GraphQLSchema, text: str) -> None:
    document = parse_within(text, LIMITS)
    check_document(document, LIMITS, None)
    with counted_calls() as calls:
        errors = validate(schema, document)
    assert calls.made < MOST_CALLS
    assert not any("aborted" in error.message and "Too many" not in error.message for error in errors)


@pytest.mark.parametrize(
    "text",
    [
        "{" + "viewer{id} " * 490 + "}",
        "{" + "viewer{bookings{edges{node{id}}}} " * 150 + "}",
        "{viewer{" + "x:id x:phone " * 300 + "}}",
        "{"
        + many(25, "viewer{id " + many(30, "...F%").replace("F", "G") + "}")
        + "}"
        + many(30, "fragment G% on Resident{id}"),
        "{nearbyStores(near:{" + many(600, "longitudx%:1") + "}){totalCount}}",
    ],
)
def test_what_takes_validation_longer_does_not_reach_it(text: str) -> None:
    document = parse_within(text, LIMITS)
    with counted_calls() as calls, pytest.raises(LimitExceeded):
        check_document(document, LIMITS, None)
    assert calls.made < 50_000


def test_the_expansion_of_25_doubling_fragments_is_computed_and_not_made() -> None:
    links = "".join(f"fragment F{i} on T{{a{{...F{i + 1}}}b{{...F{i + 1}}}}}" for i in range(25))
    document = parse_within("{...F0}" + links + "fragment F25 on T{id}", LIMITS)
    with counted_calls() as calls, pytest.raises(LimitExceeded):
        check_document(document, LIMITS, None)
    assert calls.made < 5_000


FIELDS = {
    "Query": ["viewer>Resident", "store(id:1)>Store", "__typename"],
    "Resident": ["id", "phone", "bookings>BookingConnection", "memberships>Membership", "staffAreas>Area"],
    "BookingConnection": ["edges>BookingEdge", "totalCount"],
    "BookingEdge": ["node>Booking", "cursor"],
    "Booking": ["id", "store>Store"],
    "Store": ["id", "name", "category>Category", "partOf>Store", "community>Area"],
    "Category": ["id", "parent>Category", "children>Category"],
    "Area": ["id", "parent>Area", "stations>Store"],
    "Membership": ["id", "stores>Store"],
}


class Writer:
    """Random valid documents with many repeated fields and fragments."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._fields_left = self._random.randint(50, 900)
        self._spread_share = self._random.random() * 0.8
        self._types = [self._random.choice(list(FIELDS)) for _ in range(self._random.choice([0, 5, 20, 49]))]

    def document(self) -> str:
        bodies = [self._selections(name, 5, i + 1) for i, name in enumerate(self._types)]
        fragments = [f"fragment F{i} on {self._types[i]}{{{body}}}" for i, body in enumerate(bodies)]
        return "{" + self._selections("Query", 0, 0) + "}" + " ".join(fragments)

    def _selections(self, parent: str, depth: int, first_fragment: int) -> str:
        count = self._random.randint(1, self._random.choice([2, 4, 12]))
        return " ".join(self._selection(parent, depth, first_fragment) for _ in range(count))

    def _selection(self, parent: str, depth: int, first_fragment: int) -> str:
        spreads = [i for i in range(first_fragment, len(self._types)) if self._types[i] == parent]
        if spreads and self._random.random() < self._spread_share:
            return f"...F{self._random.choice(spreads)}"
        self._fields_left -= 1
        name, _, below = self._random.choice(FIELDS[parent]).partition(">")
        if not below:
            return name
        inner = (
            "__typename" if depth > 9 or self._fields_left < 0 else self._selections(below, depth + 1, first_fragment)
        )
        return f"{name}{{{inner}}}"


@pytest.mark.fuzz
def test_random_documents_that_pass_are_validated_quickly(schema: GraphQLSchema) -> None:
    passed, documents = 0, scaled(50, 400)
    for seed in range(documents):
        try:
            document = parse_within(Writer(seed).document(), LIMITS)
            check_document(document, LIMITS, None)
        except LimitExceeded:
            continue
        with counted_calls() as calls:
            validate(schema, document)
        assert calls.made < MOST_CALLS, seed
        passed += 1
    assert passed > documents / 4
