from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    validate,
)

from lifecircle.gateway.limits.cost import CEILING, check_cost, cost_of, fixed_cost_of
from lifecircle.gateway.limits.errors import TooComplex
from lifecircle.gateway.limits.measure import SATURATED
from lifecircle.gateway.limits.prices import COSTS, LEAVES_PER_POINT, LIST_SIZES, MUTATION_COST, SIZED_BY
from lifecircle.graphql.schema import build_schema

NEAR = "near: {longitude: 121.4, latitude: 31.2}"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    found: GraphQLSchema = build_schema()._schema
    return found


def cost(schema: GraphQLSchema, text: str, operation_name: str | None = None, **variables: object) -> int:
    return cost_of(parse(text), schema, operation_name, variables)


def stores(arguments: str = "", inner: str = "location { system: longitude }") -> str:
    return f"{{ nearbyStores({NEAR} {arguments}) {{ edges {{ node {{ {inner} }} }} }} }}"


def test_every_priced_field_is_in_the_schema(schema: GraphQLSchema) -> None:
    for coordinate in {*COSTS, *SIZED_BY, *LIST_SIZES}:
        parent, _, name = coordinate.partition(".")
        assert name in getattr(schema.get_type(parent), "fields", {}), coordinate
    for coordinate, counted in SIZED_BY.items():
        parent, _, name = coordinate.partition(".")
        assert counted.argument in schema.get_type(parent).fields[name].args  # type: ignore[union-attr]


def test_every_plain_list_of_objects_of_the_domain_has_a_size(schema: GraphQLSchema) -> None:
    lists = {
        f"{parent.name}.{name}"
        for parent in schema.type_map.values()
        for name, field in getattr(parent, "fields", {}).items()
        if is_list_type(get_nullable_type(getattr(field, "type", None)))
        and not is_leaf_type(get_named_type(field.type))
        and name not in {"edges", "errors"}
        and not parent.name.startswith("__")
    }
    assert {each for each in lists if not each.partition(".")[0].endswith("Input")} <= {*LIST_SIZES, *SIZED_BY}


def test_a_page_multiplies_what_is_on_it(schema: GraphQLSchema) -> None:
    # the search 10, then for each store: edge, node, location, a leaf
    assert cost(schema, stores("first: 10")) == 10 + 10 * 3 + 1
    assert cost(schema, stores()) == 10 + 20 * 3 + 2
    assert cost(schema, stores("first: null")) == cost(schema, stores())


def test_a_cost_is_fixed_where_no_variable_says_how_long_a_list_is(schema: GraphQLSchema) -> None:
    chat = "mutation($input: ChatInput!) { chat(input: $input) { conversation reply { text cards { __typename } } } }"
    for text in (stores("first: 10"), stores("first: null"), chat, "{ viewer { id } }"):
        assert fixed_cost_of(parse(text), schema, None) == cost(schema, text, input={"text": "你好"})
    paged = stores("first: $first").replace("{", "query($first: Int = 3) {", 1)
    assert fixed_cost_of(parse(paged), schema, None) is None
    assert cost(schema, paged, first=10) > cost(schema, paged)


def test_pages_inside_pages_multiply(schema: GraphQLSchema) -> None:
    inner = "offerings(first: 100) { edges { node { price { text } } } }"
    assert cost(schema, stores("first: 100", inner)) > 100 * 100 * 3 > CEILING
    with pytest.raises(TooComplex) as refused:
        check_cost(parse(stores("first: 100", inner)), schema, None, {})
    assert refused.value.code == "TOO_COMPLEX"
    assert str(CEILING) in refused.value.message


def test_what_stands_beside_the_edges_is_counted_once(schema: GraphQLSchema) -> None:
    text = f"{{ nearbyStores({NEAR} first: 100) {{ pageInfo {{ endCursor }} }} }}"
    assert cost(schema, text) == 12


@pytest.mark.parametrize(
    ("first", "like"), [(7, 7), (None, 20), (100_000, 100), (-3, 1), ("7", 100), (True, 100), ([], 1)]
)
def test_the_page_size_may_be_a_variable(schema: GraphQLSchema, first: object, like: int) -> None:
    text = "query($n: Int) " + stores("first: $n")
    assert cost(schema, text, n=first) == cost(schema, stores(f"first: {like}"))


def test_a_missing_variable_counts_as_its_default_or_else_as_the_longest_page(schema: GraphQLSchema) -> None:
    assert cost(schema, "query($n: Int = 5) " + stores("first: $n")) == cost(schema, stores("first: 5"))
    assert cost(schema, "query($n: Int) " + stores("first: $n")) == cost(schema, stores("first: 100"))
    assert cost(schema, stores("first: $nowhere")) == cost(schema, stores("first: 100"))


@pytest.mark.parametrize("first", ["9" * 5_000, '"7"', "1.5", "{a: 1}", "SEVEN"])
def test_a_page_size_that_is_no_number_counts_as_the_longest_page(schema: GraphQLSchema, first: str) -> None:
    assert cost(schema, stores(f"first: {first}")) == cost(schema, stores("first: 100"))


def test_nodes_cost_as_many_as_there_are_ids(schema: GraphQLSchema) -> None:
    inner = "{ ... on Store { location { longitude } } }"
    per_node = cost(schema, f'{{ nodes(ids: ["a"]) {inner} }}')
    assert cost(schema, f"{{ nodes(ids: [{'0 ' * 50}]) {inner} }}") >= 50 * 2
    assert cost(schema, f"query($ids: [ID!]!) {{ nodes(ids: $ids) {inner} }}", ids=["x"] * 3_000) > CEILING > per_node
    assert cost(schema, f"query($ids: [ID!]!) {{ nodes(ids: $ids) {inner} }}") >= 100 * 2


def test_days_multiply_the_days(schema: GraphQLSchema) -> None:
    def days(count: str) -> int:
        return cost(schema, f'{{ availability(offering: "x" from: "2026-01-01" {count}) {{ timeSlots {{ start }} }} }}')

    assert days("days: 62") > 62 * 16
    assert days("days: 10000") == days("days: 62")
    assert days("") < days("days: 8")


def test_plain_lists_cost_their_usual_length(schema: GraphQLSchema) -> None:
    assert cost(schema, "{ categories { children { id } } }") == 60 + 60 * (10 + 1)


def test_of_several_possible_types_the_dearest_counts(schema: GraphQLSchema) -> None:
    store = "... on Store { location { longitude } rating { average } }"
    offering = "... on Offering { price { text } }"
    both = cost(schema, f'{{ node(id: "x") {{ {store} {offering} }} }}')
    assert both == cost(schema, f'{{ node(id: "x") {{ {store} }} }}')
    assert both > cost(schema, f'{{ node(id: "x") {{ {offering} }} }}')
    assert cost(schema, '{ node(id: "x") { ... on Node { ' + store + " } } }") == both


def test_fragments_cost_as_often_as_they_are_spread(schema: GraphQLSchema) -> None:
    spread = "{ a: store(id: 1) { ...S } b: store(id: 2) { ...S } } fragment S on Store { rating { count } }"
    written = "{ a: store(id: 1) { rating { count } } b: store(id: 2) { rating { count } } }"
    assert cost(schema, spread) == cost(schema, written)


def test_exponential_expansion_is_computed_and_saturates(schema: GraphQLSchema) -> None:
    links = " ".join(f"fragment F{i} on Category {{ children {{ ...F{i + 1} }} }}" for i in range(30))
    assert (
        cost(schema, "{ categories { ...F0 } } " + links + " fragment F30 on Category { id }")
        == SATURATED // LEAVES_PER_POINT
    )


def test_circular_fragments_end(schema: GraphQLSchema) -> None:
    assert cost(schema, "{ ...A } fragment A on Query { viewer { id } ...A }") > 0


def test_leaves_are_not_free(schema: GraphQLSchema) -> None:
    names = " ".join(f"a{i}: name" for i in range(100))
    assert cost(schema, stores("first: 100", names)) > 100 * 10


def test_one_request_cannot_carry_a_run_of_sign_ins(schema: GraphQLSchema) -> None:
    guesses = [f'a{i}: signInWithWeChat(input: {{code: "{i}"}}) {{ errors {{ code }} }}' for i in range(5)]
    assert (
        cost(schema, "mutation { " + guesses[0] + " }") < CEILING < cost(schema, f"mutation {{ {' '.join(guesses)} }}")
    )


def test_an_unpriced_mutation_costs_more_than_a_read() -> None:
    from graphql import build_schema as from_sdl

    schema = from_sdl("type Query { a: Int } type Mutation { wipe: T } type T { ok: Int }")
    assert cost(schema, "mutation { wipe { ok } }") == MUTATION_COST + 1


@pytest.mark.parametrize(
    "text", ["{ nowhere { id } }", "{ ...Nowhere }", "{ ... on Nothing { viewer { id } } }", "subscription { a }"]
)
def test_what_the_schema_does_not_know_is_left_to_validation(schema: GraphQLSchema, text: str) -> None:
    assert cost(schema, text) == 0


def test_the_operation_that_runs_is_the_one_that_counts(schema: GraphQLSchema) -> None:
    text = "query Small { __typename } query Large " + stores("first: 100")
    assert cost(schema, text, "Small") == 1
    assert cost(schema, text, "Large") == cost(schema, text) == cost(schema, stores("first: 100"))
    assert cost(schema, text, "Other") == 0


def test_the_standard_introspection_query_is_affordable_once(schema: GraphQLSchema) -> None:
    text = get_introspection_query(input_value_deprecation=True)
    assert check_cost(parse(text), schema, None, {}) <= CEILING
    twice = text.replace("__schema {", "a: __schema { types { ...FullType } } __schema {", 1)
    assert not validate(schema, parse(twice))
    assert cost(schema, twice) > CEILING


def test_the_ceiling_is_the_callers(schema: GraphQLSchema) -> None:
    assert check_cost(parse(stores()), schema, None, {}, ceiling=72) == 72
    with pytest.raises(TooComplex):
        check_cost(parse(stores()), schema, None, {}, ceiling=71)


@pytest.mark.parametrize("variables", [{}, {"n": {}}, {"n": 1.5}, {"n": float("nan")}, {"n": "9" * 5_000}])
def test_strange_variables_do_no_harm(schema: GraphQLSchema, variables: Mapping[str, Any]) -> None:
    assert cost_of(parse("query($n: Int) " + stores("first: $n")), schema, None, variables) == 312 + 8
