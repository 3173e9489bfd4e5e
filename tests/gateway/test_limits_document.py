from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from graphql import DocumentNode, GraphQLError, Lexer, Source, TokenKind, get_introspection_query, parse, print_ast
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled

from lifecircle.gateway.limits.document import (
    DocumentLimits,
    check_document,
    check_text,
    check_variables,
    parse_within,
)
from lifecircle.gateway.limits.errors import DocumentInvalid, LimitExceeded, OperationUnclear, TooComplex

LIMITS = DocumentLimits()
# What stands behind the limits on the text must hold by itself.
ANY_TEXT = replace(LIMITS, characters=10**9, tokens=10**6, nesting=10**6, word_characters=10**6)


def accept(text: str, operation_name: str | None = None, limits: DocumentLimits = LIMITS) -> None:
    check_document(parse_within(text, limits), limits, operation_name)


def passed_limit(text: str, limits: DocumentLimits = LIMITS) -> str:
    with pytest.raises(TooComplex) as refused:
        accept(text, limits=limits)
    assert refused.value.code == "TOO_COMPLEX"
    assert f"{refused.value.value}（{refused.value.limit}）" in refused.value.message
    return refused.value.limit


def nested(depth: int, inner: str = "id", field: str = "a") -> str:
    return (f"{{{field}" * depth) + f"{{{inner}}}" + "}" * depth


# What clients send


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "specified_by_url": True,
            "directive_is_repeatable": True,
            "schema_description": True,
            "input_value_deprecation": True,
            "one_of": True,
        },
    ],
)
def test_the_standard_introspection_query_passes(options: dict[str, bool]) -> None:
    accept(get_introspection_query(**options))


def test_a_normal_query_of_60_fields_passes() -> None:
    store = " ".join(f"field{i}" for i in range(25))
    accept(
        f"""query Home($near: LocationInput!, $signedIn: Boolean!) {{
          nearbyStores(near: $near, filter: {{accessible: [STEP_FREE, LIFT]}}) {{
            edges {{ node {{ ...StoreCard location {{ x: longitude y: latitude }} }} }} pageInfo {{ endCursor }}
          }}
          viewer @include(if: $signedIn) {{
            bookings {{ edges {{ node {{ store {{ ...StoreCard }} offering {{ price {{ text }} }} }} }} }}
          }}
        }}
        # a card on the first page
        fragment StoreCard on Store {{ {store} rating {{ average }} }}"""
    )


def test_a_screen_of_twenty_components_that_all_want_the_id_passes() -> None:
    spreads = " ".join(f"...Part{i}" for i in range(20))
    parts = " ".join(f"fragment Part{i} on Store {{ id name part{i} }}" for i in range(20))
    accept(f'{{ store(id: "x") {{ {spreads} }} }} {parts}')


# Text


def test_a_10_mb_comment_is_refused() -> None:
    assert passed_limit("#" + "x" * 10_000_000 + "\n{a}") == "characters"


def test_a_long_comment_within_the_characters_is_harmless() -> None:
    accept("#" + "x" * 40_000 + "\n{a}")


@pytest.mark.parametrize(
    "text",
    [
        "{" + "a " * 2_000 + "}",
        "{a}" + "#\n" * 2_000,
        "{a " + "@b " * 10_000 + "}",
        "".join(f"query A{i}{{a}} " for i in range(1_000)),
    ],
)
def test_too_many_tokens_are_refused(text: str) -> None:
    assert passed_limit(text) == "tokens"


@pytest.mark.parametrize("text", ["{" + "a" * 101 + "}", "{a(b: " + "1" * 5_000 + ")}", "{a(b: -" + "1" * 101 + ")}"])
def test_names_and_numbers_that_go_on_for_ever_are_refused(text: str) -> None:
    assert passed_limit(text) == "word_characters"


@pytest.mark.parametrize(
    "text",
    [
        "{a" * 5_000,
        nested(5_000),
        "{a(b: " + "[" * 5_000,
        "{a(b: " + "[" * 900 + "]" * 900 + ")}",
        "{a(b: " + "{c: " * 300 + "1" + "}" * 300 + ")}",
        "query($v: " + "[" * 500 + "Int" + "]" * 500 + ") {a}",
        "{" + "... {" * 100 + "a" + "}" * 100 + "}",
        "{a @b(c: " + "[" * 100,
    ],
)
def test_deep_brackets_are_refused_before_the_parser_recurses(text: str) -> None:
    assert passed_limit(text) in {"nesting", "tokens"}
    assert passed_limit(text, replace(LIMITS, tokens=10**6)) == "nesting"


@pytest.mark.parametrize("text", ["{a" * 5_000, "{a(b: " + "[" * 5_000])
def test_the_parser_itself_gives_a_clean_error_for_what_is_too_deep_for_it(text: str) -> None:
    with pytest.raises(DocumentInvalid):
        parse_within(text, ANY_TEXT)


@pytest.mark.parametrize(
    "text", ["", "{", "{a", "}", '{a(b: "c)}', '{a(b: """c)}', "hello", "{a..b}", "{\x00}", "{'a'}"]
)
def test_a_syntax_error_says_where(text: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        parse_within(text, LIMITS)
    assert refused.value.code == "GRAPHQL_VALIDATION_FAILED"
    assert "第 1 行" in refused.value.message
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("text", ['{a(b: "[[[[[[{{{\\"[[[")}', '{a(b: """[[["[[\\"""[[""")}', "{a #[[[[[\n}"])
def test_brackets_in_strings_and_comments_do_not_count(text: str) -> None:
    check_text(text, replace(LIMITS, nesting=2))


@pytest.mark.parametrize("unit", ['\\"""', '"""', '"', '\\"', '""', "'", "#", "1", "-", "...", "\ufeff", "\ud800"])
def test_quotes_that_never_end_are_read_once(unit: str) -> None:
    # A scanner that went back would take minutes here.
    for prefix in ("", '"""', '"'):
        check_text((prefix + unit * 50_000)[:200_000], ANY_TEXT)


# Fragments


def doubling(count: int, inner: str = "{2} {2}") -> str:
    links = [f"fragment F{i} on T {{ " + inner.format(i, i, f"...F{i + 1}") + " }" for i in range(count)]
    return "{ a { ...F0 } } " + " ".join(links) + f" fragment F{count} on T {{ id }}"


@pytest.mark.parametrize("inner", ["{2} {2}", "a {{ {2} }} b {{ {2} }}", "x{0}: a {{ {2} }} y{1}: a {{ {2} }}"])
def test_25_fragments_spread_twice_in_each_other_are_refused(inner: str) -> None:
    assert passed_limit(doubling(25, inner)) in {"fragment_spreads", "nesting"}


def test_what_a_fragment_adds_counts_as_often_as_it_is_spread() -> None:
    assert passed_limit(doubling(6, "a: b c: d {2} {2}")) == "aliases"
    assert passed_limit(doubling(5, "a @b @c @d @e {2} {2}")) == "directives"


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on T { ...A }",
        "{ ...A } fragment A on T { a { ...A } }",
        "{ ...A } fragment A on T { ...B } fragment B on T { a { ... { ...C } } } fragment C on T { ...A }",
        "{ a } fragment A on T { ...B } fragment B on T { ...A }",
        "{ ...A } fragment A on T { b ...B } fragment B on T { b ...B }",
    ],
)
def test_circular_fragments_are_refused(text: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        accept(text)
    assert refused.value.code == "GRAPHQL_VALIDATION_FAILED"
    assert "循环" in refused.value.message


def test_a_long_chain_of_fragments_does_not_recurse() -> None:
    limits = replace(ANY_TEXT, fragments=10**6, fragment_spreads=10**6)
    links = " ".join(f"fragment F{i} on T {{ ...F{i + 1} }}" for i in range(3_000))
    assert passed_limit("{ ...F0 } " + links, limits=replace(limits, nesting=40)) == "nesting"
    with pytest.raises(DocumentInvalid):
        accept("{ ...F0 } " + links + " fragment F3000 on T { ...F0 }", limits=limits)


def test_fragments_that_nothing_spreads_are_measured_too() -> None:
    assert passed_limit("{ a } fragment A on T " + nested(13)) == "depth"


def test_a_fragment_that_does_not_exist_is_left_to_validation() -> None:
    accept("{ ...Nowhere }")


def test_two_fragments_of_one_name_are_refused() -> None:
    with pytest.raises(DocumentInvalid):
        accept("{ ...A } fragment A on T { a } fragment A on T " + nested(11))


# Counts


def many(count: int, write: Callable[[int], str]) -> str:
    return " ".join(map(write, range(count)))


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("depth", nested(50)),
        ("depth", nested(12)),
        ("depth", "{ " + "a { ...F } } fragment F on T " + nested(11)),
        ("introspection_depth", "{ __schema { types " + nested(20, field="ofType") + " } }"),
        ("introspection_depth", '{ __type(name: "Q") { ...T } } fragment T on __Type ' + nested(16, field="ofType")),
        ("aliases", "{ a { " + many(1_000, lambda i: f"x{i}: b") + " } }"),
        ("root_fields", "{ " + many(21, lambda i: f"a{i}") + " }"),
        ("root_fields", "{ ...F ... { ...F } } fragment F on T { " + many(11, lambda i: f"a{i}") + " }"),
        ("directives", "{ a " + "@b " * 10_000 + "}"),
        ("directives", "query(" + many(101, lambda i: f"$v{i}: Int @d") + ") { a }"),
        ("fragments", "{ a } " + many(51, lambda i: f"fragment F{i} on T {{ a }}")),
        ("fragment_spreads", "{ a { " + "...F " * 201 + "} } fragment F on T { a }"),
        ("operations", many(1_000, lambda i: f"query Q{i} {{ a }}")),
        ("selections", "{ a { " + many(1_001, lambda i: f"b{i}") + " } }"),
        ("overlaps", "{ a { " + "b { id } " * 100 + " } }"),
        ("overlaps", "{ a { " + "b { ...F } " * 50 + " } } fragment F on T { c { d } }"),
        ("list_input_items", "{ a(b: [" + "1 " * 101 + "]) }"),
        ("list_input_items", "{ a(b: {c: {d: [1, [" + "1 " * 101 + "]]}}) }"),
        ("list_input_items", "query($v: [Int] = [" + "1 " * 101 + "]) { a }"),
        ("list_input_items", "{ a @b(c: [" + "1 " * 101 + "]) }"),
        ("list_input_items", "{ ...F } fragment F on T { a(b: [" + "1 " * 101 + "]) }"),
        ("list_input_items", "{ a(b: {" + many(101, lambda i: f"c{i}: 1") + "}) }"),
        ("input_values", "{ a(b: [" + ("[" + "1 " * 30 + "]") * 7 + "]) }"),
        ("input_values", '{ a(b: "' + "长" * 20_000 + '") }'),
    ],
)
def test_each_limit_refuses_what_is_beyond_it(limit: str, text: str) -> None:
    assert passed_limit(text, ANY_TEXT) == limit


@pytest.mark.parametrize(
    "text",
    [
        nested(11),
        "{ a " + nested(10, field="... on T { b }  c") + " }",
        "{ __schema { types " + nested(13, field="ofType") + " } }",
        "{ " + many(20, lambda i: f"a{i}: b") + " }",
        "{ a(b: [" + "1 " * 100 + "]) }",
    ],
)
def test_what_is_just_within_passes(text: str) -> None:
    accept(text)


# Operations


def test_several_operations_need_a_name() -> None:
    with pytest.raises(OperationUnclear) as refused:
        accept("query A { a } query B { b }")
    assert refused.value.code == "BAD_REQUEST"
    assert "operationName" in refused.value.message
    accept("query A { a } query B { b }", "B")


@pytest.mark.parametrize(("text", "name"), [("query A { a }", "B"), ("{ a }", "A"), ("query A { a }", "")])
def test_an_unknown_operation_name_is_refused(text: str, name: str) -> None:
    with pytest.raises(OperationUnclear):
        accept(text, name)


def test_a_document_without_an_operation_is_refused() -> None:
    with pytest.raises(OperationUnclear):
        accept("fragment A on T { a }")


@pytest.mark.parametrize("definition", ["type T { a: Int }", "extend type T @a", "directive @a on FIELD"])
def test_type_definitions_are_refused(definition: str) -> None:
    with pytest.raises(DocumentInvalid):
        accept("{ a } " + definition)


# Variables


def test_long_lists_in_variables_are_refused() -> None:
    check_variables({"ids": ["x"] * 100, "near": {"longitude": 1.0}}, LIMITS)
    for variables in ({"ids": ["x"] * 101}, {"in": {"rows": [[0] * 101]}}, {"in": {str(i): 0 for i in range(101)}}):
        with pytest.raises(TooComplex):
            check_variables(variables, LIMITS)


# Random documents

NAMES = st.sampled_from(["a", "b", "id", "__schema", "__typename", "F0", "F1", "F2", "on2"])
VALUES = st.recursive(
    st.sampled_from(["1", "-2.5e3", '"s"', '"""b\\"""x"""', "$v", "true", "null", "E"]),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{' '.join(items)}]")
        | st.lists(inner, max_size=3).map(lambda items: "{" + ",".join(f"k{i}:{x}" for i, x in enumerate(items)) + "}")
    ),
    max_leaves=8,
)
DIRECTIVES = st.lists(st.sampled_from(["@a", "@include(if: $v)"]), max_size=2).map(" ".join)
SPREADS = st.sampled_from(["...F0", "...F1", "...F2", "...F3 @a"])
LEAVES = st.builds("{} {}".format, NAMES, DIRECTIVES) | st.builds("x: {}(y: {})".format, NAMES, VALUES) | SPREADS
SELECTIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        "{} {{ {} }}".format,
        st.sampled_from(["a", "x: b", "__schema", "...", "... on T @a"]),
        st.lists(inner, min_size=1, max_size=5).map(" ".join),
    ),
    max_leaves=30,
)
OPERATIONS = st.builds(
    "{} {{ {} }}".format, st.sampled_from(["query A", "mutation B", "query A($v: [Int!]! = [1])"]), SELECTIONS
)
FRAGMENTS = st.builds("fragment {} on T {{ {} }}".format, st.sampled_from(["F0", "F1", "F2", "A"]), SELECTIONS)
DOCUMENTS = st.lists(OPERATIONS | FRAGMENTS | FRAGMENTS | st.just("type T { a: Int }"), min_size=1, max_size=6).map(
    " ".join
)


def refusal(document: DocumentNode, operation_name: str | None) -> LimitExceeded | None:
    try:
        check_document(document, LIMITS, operation_name)
    except LimitExceeded as error:
        return error
    return None


@pytest.mark.fuzz
@settings(max_examples=scaled(50, 300), deadline=None)
@given(DOCUMENTS, st.sampled_from([None, "A", "Z"]))
def test_a_random_document_passes_or_is_refused_and_nothing_else(text: str, operation_name: str | None) -> None:
    document = parse(text)
    first, again = refusal(document, operation_name), refusal(document, operation_name)
    assert type(first) is type(again)
    assert type(first) is type(refusal(parse(print_ast(document)), operation_name))


@pytest.mark.fuzz
@settings(max_examples=scaled(50, 300), deadline=None)
@given(st.text() | st.text(alphabet='{}[]()"\\#.@$:!&|= \n1aE-_') | DOCUMENTS)
def test_a_random_text_parses_or_is_refused_and_nothing_else(text: str) -> None:
    with suppress(TooComplex, DocumentInvalid):
        parse_within(text, LIMITS)


def token_count(text: str) -> int | None:
    lexer, count = Lexer(Source(text)), 0
    try:
        while lexer.advance().kind is not TokenKind.EOF:
            count += 1
    except GraphQLError:
        return None
    token, comments = lexer.token, 0
    while token := token.prev:  # type: ignore[assignment]
        comments += token.kind is TokenKind.COMMENT
    return count + comments


@pytest.mark.fuzz
@settings(max_examples=scaled(50, 300), deadline=None)
@given(st.text(alphabet='{[( ,\n#."\\1e-+aE_@:') | DOCUMENTS)
def test_tokens_are_counted_as_the_lexer_counts_them(text: str) -> None:
    count = token_count(text)
    if count:
        check_text(text, replace(ANY_TEXT, tokens=count))
        with pytest.raises(TooComplex):
            check_text(text, replace(ANY_TEXT, tokens=count - 1))
