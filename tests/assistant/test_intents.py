"""The intent files: what they must hold, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.held_out import held_out_texts, near, without_near
from lifecircle.assistant.intents import IntentsInvalid, load_training, parse_intents

TEXTS = [f"第{number}种说法" for number in range(10)]


def a_file(name: str = "book.cleaning", title: str = "预约保洁", texts: list[str] | None = None) -> str:
    said = "\n".join(f"  - {text}" for text in (TEXTS if texts is None else texts))
    return f"- intent: {name}\n  title: {title}\n  utterances:\n{said}\n"


def test_the_project_has_enough_intents_and_utterances() -> None:
    training = load_training()
    assert len(training.intents) >= 80
    assert sum(len(intent.utterances) for intent in training.intents) + len(training.reject) >= 2_500
    assert len(training.reject) >= 50


def test_no_training_text_is_near_a_held_out_one() -> None:
    """Shows only how many, since whoever reads them can no longer be judged by them."""
    training = load_training()
    texts = [text for intent in training.intents for text in intent.utterances] + list(training.reject)
    assert sum(near(texts, held_out_texts())) == 0


def test_titles_are_examples_and_texts_to_reject_stand_apart() -> None:
    training = parse_intents(
        {"a.yaml": a_file(), "b.yaml": a_file("reject", "都不是", [f"闲话{n}" for n in range(10)])}
    )
    assert training.examples[:2] == [("预约保洁", "book.cleaning"), ("第0种说法", "book.cleaning")]
    assert training.titles == {"book.cleaning": "预约保洁"}
    assert training.reject == tuple(f"闲话{n}" for n in range(10))


def test_the_digest_changes_with_every_text() -> None:
    before = parse_intents({"a.yaml": a_file()})
    assert before.digest == parse_intents({"a.yaml": a_file()}).digest
    for other in (a_file(title="约保洁"), a_file("book.clean"), a_file(texts=[*TEXTS, "再来一句"])):
        assert parse_intents({"a.yaml": other}).digest != before.digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b", "must be a list"),
        ("- [1", "a.yaml"),
        ("- intent: book.x", "exactly the fields"),
        (a_file("Cleaning"), "no name"),
        (a_file(title="'!'"), "no title"),
        (a_file(texts=TEXTS[:9]), "fewer than 10"),
        (a_file(texts=[*TEXTS, "12"]), "no utterance"),
        (a_file(texts=[*TEXTS, "yes"]), "no utterance"),
        (a_file() + a_file(), "defined twice"),
        (a_file() + a_file("book.other"), "under book.cleaning and under book.other"),
    ],
)
def test_a_mistake_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(IntentsInvalid, match=message):
        parse_intents({"a.yaml": text})


def test_near_utterances_are_taken_out_and_nothing_else() -> None:
    lines = ["# why\n", "- intent: a.b\n", "  utterances:\n", "  - 养老金怎么认证呀\n", "  - 附近有超市吗\n"]
    assert without_near(lines, ["养老金怎么认证"]) == [*lines[:3], lines[4]]
    assert without_near(lines, ["完全不相干的一句话"]) == lines


def test_near_looks_through_script_and_punctuation() -> None:
    assert near(["養老金，怎麼認證？", "理发"], ["养老金怎么认证"]) == [True, False]


def test_the_held_out_file_is_where_the_evaluation_looks() -> None:
    assert len(held_out_texts(Path("bench/judged/utterances.yaml"))) >= 800
