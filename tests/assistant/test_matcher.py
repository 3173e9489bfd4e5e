"""Sentences to intents: what is found, how sure it is, what is kept in a file, and what hostile input does."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.typing_mistakes import with_homophone
from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import IntentMatcher, Match
from lifecircle.assistant.matcher.encoder import installed_encoder
from lifecircle.assistant.matcher.features import MAX_TEXT, Floats, Vocabulary, prepared
from lifecircle.assistant.matcher.shipped import digest_of, project_matcher, shipped_matcher, train
from lifecircle.catalogue.text import traditional

EXAMPLES = [
    *(
        (text, "cleaning")
        for text in ("请人来家里打扫卫生", "约个保洁", "找钟点工擦玻璃", "家里要大扫除", "预约保洁阿姨")
    ),
    *((text, "repair") for text in ("水龙头漏水了", "修空调", "洗衣机坏了找人修", "马桶堵住了", "家电维修")),
    *((text, "pension") for text in ("养老金怎么认证", "退休金年审", "社保资格认证在哪办", "人脸认证失败", "养老认证")),
    *((text, "hair") for text in ("我要理发", "剪头发多少钱", "约个烫发", "染发", "去理发店剪个头")),
]
CHAT = ["今天心情真好", "你会唱歌吗", "讲个笑话", "你几岁了", "我想你了", "无聊死了", "你真聪明", "早饭吃什么好"]
HOSTILE = {
    "empty": "",
    "spaces": " \n\t　",
    "ten thousand characters": "养老金怎么认证" * 1429,
    "ten thousand letters": "a" * 10_000,
    "long pinyin": "yanglaojin" * 1_000,
    "control": "\x00\x01\x02\x1b[31m\x7f",
    "zero width": "\u200b\u200d\ufeff" * 50,
    "emoji": "😀🎉👨‍👩‍👧" * 30,
    "half a character": "\ud83d",
    "mixed scripts": "Привет こんにちは مرحبا 한국어 ไทย",
    "markup": "<script>alert(1)</script>{{7*7}}' OR 1=1 --",
    "rare ideographs": "𠮷𡃁𪚥" * 20,
}


@pytest.fixture(scope="module")
def matcher() -> IntentMatcher:
    return IntentMatcher.fit(EXAMPLES, reject=CHAT)


def best(matcher: IntentMatcher, text: str) -> str | None:
    return matcher.match(text)[0].intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("家里脏了想找保洁打扫", "cleaning"),
        ("空调坏了要修", "repair"),
        ("退休金的认证怎么弄", "pension"),
        ("想去剪头发", "hair"),
        ("讲个笑话给我听", None),
    ],
)
def test_new_words_for_the_same_thing_are_understood(matcher: IntentMatcher, text: str, intent: str | None) -> None:
    assert best(matcher, text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "養老金怎麼認證",
        "ｙ養老金 怎么 认证",
        "养老\u200b金怎么\u200b认证",
        "yanglaojin zenme renzheng",
        "养老斤怎么认正",
    ],
    ids=["traditional", "width", "zero-width", "pinyin", "homophones"],
)
def test_other_spellings_are_understood(matcher: IntentMatcher, text: str) -> None:
    assert best(matcher, text) == "pension"


def test_an_example_itself_is_all_but_certain(matcher: IntentMatcher) -> None:
    assert matcher.match("约个保洁！")[0] == Match("cleaning", 0.98)


def test_a_sentence_that_stands_under_two_intents_is_not_certain() -> None:
    matcher = IntentMatcher.fit([*EXAMPLES, ("养老金怎么认证", "hair")])
    assert matcher.match("养老金怎么认证")[0].confidence < 0.98


def test_the_k_best_come_best_first_with_shares_of_one(matcher: IntentMatcher) -> None:
    matches = matcher.match("水管漏水", k=5)
    confidences = [match.confidence for match in matches]
    assert len(matches) == 5
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0)
    assert {match.intent for match in matches} == {"cleaning", "repair", "pension", "hair", None}
    assert [match.intent for match in matcher.match("水管漏水", k=2)] == [match.intent for match in matches[:2]]


def test_without_texts_to_reject_none_is_no_answer() -> None:
    matcher = IntentMatcher.fit(EXAMPLES)
    assert None not in [match.intent for match in matcher.match("讲个笑话", k=9)]


def test_the_threshold_is_a_confidence_that_most_examples_would_reach(matcher: IntentMatcher) -> None:
    assert 0 < matcher.threshold < 0.98


@pytest.mark.parametrize(
    ("examples", "reject"), [([], []), ([("你好", "greeting")], []), ([], ["你好"]), ([("", "a"), (" ", "b")], [])]
)
def test_nothing_to_tell_apart_is_refused(examples: list[tuple[str, str]], reject: list[str]) -> None:
    with pytest.raises(ValueError, match="at least two intents"):
        IntentMatcher.fit(examples, reject=reject)


def test_two_examples_are_enough_to_fit() -> None:
    matcher = IntentMatcher.fit([("修空调", "repair"), ("剪头发", "hair")])
    assert best(matcher, "空调要修") == "repair"


def test_the_same_examples_give_the_same_matcher(matcher: IntentMatcher) -> None:
    again = IntentMatcher.fit(EXAMPLES, reject=CHAT)
    assert again.threshold == matcher.threshold
    assert all(again.match(text) == matcher.match(text) for text in ("水管漏水", "剪头", "认证失败", "唱歌"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_gets_a_plain_answer(matcher: IntentMatcher, text: str) -> None:
    matches = matcher.match(text)
    assert len(matches) == 3
    assert all(0 <= match.confidence <= 1 for match in matches)
    assert sum(match.confidence for match in matches) <= 1 + 1e-9


@pytest.mark.parametrize("name", ["empty", "spaces", "control", "zero width", "emoji", "half a character"])
def test_what_holds_no_known_character_belongs_to_no_intent(matcher: IntentMatcher, name: str) -> None:
    assert matcher.match(HOSTILE[name])[0] == Match(None, 1.0)


def test_only_the_beginning_of_a_long_text_is_read(matcher: IntentMatcher) -> None:
    text = "修空调" * MAX_TEXT
    assert matcher.match(text + "剪头发" * 5_000) == matcher.match(text)


@pytest.mark.parametrize(
    "text",
    [*(text for text, _ in EXAMPLES), *CHAT, *HOSTILE.values(), "约约约个保洁保洁", "\x02约\x02\x02", "wo yao li fa"],
)
def test_a_sentence_alone_is_read_to_the_bit_as_among_others(text: str) -> None:
    vocabulary = Vocabulary.of([prepared(known) for known, _ in EXAMPLES])
    for folded in (prepared(text), prepared(text)[:1]):
        alone, among = vocabulary.row(folded), vocabulary.rows([folded, prepared("约个保洁")]).take(np.array([0]))
        for part in ("starts", "columns", "values", "dense"):
            one, other = getattr(alone, part), getattr(among, part)
            assert one.dtype == other.dtype, part
            assert one.tobytes() == other.tobytes(), part


@pytest.mark.fuzz
def test_random_characters_never_break_it(matcher: IntentMatcher) -> None:
    chosen = random.Random(5)
    for _ in range(300):
        text = "".join(chr(chosen.choice((chosen.randrange(0x110000), chosen.randrange(0x3000)))) for _ in range(40))
        assert len(matcher.match(text)) == 3


# --- kept in a file


def test_a_kept_matcher_answers_as_the_fitted_one(matcher: IntentMatcher, tmp_path: Path) -> None:
    matcher.save(tmp_path / "kept.npz", digest="d")
    loaded = IntentMatcher.load(tmp_path / "kept.npz", digest="d")
    assert loaded is not None
    assert loaded.threshold == matcher.threshold
    for text in ("水管漏水", "約個保潔", "唱首歌", "😀"):
        assert loaded.match(text, k=5) == matcher.match(text, k=5)


def test_a_matcher_of_other_examples_is_not_loaded(matcher: IntentMatcher, tmp_path: Path) -> None:
    matcher.save(tmp_path / "kept.npz", digest="old")
    assert IntentMatcher.load(tmp_path / "kept.npz", digest="new") is None


@pytest.mark.parametrize("content", [b"", b"no numpy file", b"PK\x03\x04 cut off"])
def test_a_broken_file_counts_as_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "kept.npz").write_bytes(content)
    assert IntentMatcher.load(tmp_path / "kept.npz") is None
    assert IntentMatcher.load(tmp_path / "missing.npz") is None


def test_a_file_with_code_in_it_is_not_run(matcher: IntentMatcher, tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "harmed",))

    matcher.save(tmp_path / "kept.npz")
    with np.load(tmp_path / "kept.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    arrays["keys"] = np.array([Harm()], dtype=object)
    np.savez(tmp_path / "harmful.npz", **arrays)
    assert IntentMatcher.load(tmp_path / "harmful.npz") is None
    assert not (tmp_path / "harmed").exists()


def test_a_file_of_another_format_is_not_loaded(matcher: IntentMatcher, tmp_path: Path) -> None:
    matcher.save(tmp_path / "kept.npz")
    with np.load(tmp_path / "kept.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    head = json.loads(bytes(arrays["head"])) | {"format": -1}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    np.savez(tmp_path / "other.npz", **arrays)
    assert IntentMatcher.load(tmp_path / "other.npz") is None


# --- with an encoder


class Topics:
    """An encoder that knows one thing: whether a sentence is about hair."""

    def __init__(self, name: str = "topics") -> None:
        self.name = name
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        about_hair = [any(word in text for word in ("头", "发", "鬓角")) for text in texts]
        return np.array([[1, 0] if one else [0, 1] for one in about_hair], np.float32)


def test_the_encoder_helps_where_the_words_are_unknown() -> None:
    encoder = Topics()
    wider = IntentMatcher.fit(EXAMPLES, reject=CHAT, encoder=encoder)
    plain = IntentMatcher.fit(EXAMPLES, reject=CHAT)

    def of_hair(matcher: IntentMatcher) -> float:
        return next(match.confidence for match in matcher.match("鬓角", k=9) if match.intent == "hair")

    assert of_hair(wider) > of_hair(plain)
    assert encoder.asked[-1] == "鬓角"


def test_a_matcher_with_an_encoder_is_kept_for_that_encoder_or_for_none(tmp_path: Path) -> None:
    wider = IntentMatcher.fit(EXAMPLES, reject=CHAT, encoder=Topics())
    wider.save(tmp_path / "kept.npz")
    same = IntentMatcher.load(tmp_path / "kept.npz", encoder=Topics())
    plain = IntentMatcher.load(tmp_path / "kept.npz")
    assert same is not None
    assert same.match("鬓角") == wider.match("鬓角")
    assert IntentMatcher.load(tmp_path / "kept.npz", encoder=Topics("others")) is None
    assert plain is not None
    assert plain.match("鬓角") == IntentMatcher.fit(EXAMPLES, reject=CHAT).match("鬓角")


def test_the_installed_encoder_gives_directions_of_length_one() -> None:
    encoder = installed_encoder()
    if encoder is None:
        pytest.skip("the extra [semantic] is not installed")
    directions = encoder.encode(["养老金怎么认证", "退休金如何年审", "附近哪里有超市"])
    assert np.linalg.norm(directions, axis=1) == pytest.approx([1, 1, 1], abs=1e-3)
    assert directions[0] @ directions[1] > directions[0] @ directions[2]


# --- the project's own


@pytest.fixture
def nothing_read() -> Iterator[None]:
    """As in a new process."""
    shipped_matcher.cache_clear()
    yield
    shipped_matcher.cache_clear()


@pytest.mark.usefixtures("nothing_read")
def test_the_project_matcher_is_fitted_once_for_its_intents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = dataclasses.replace(load_training(), intents=load_training().intents[:6])
    monkeypatch.setattr("lifecircle.assistant.matcher.shipped.load_training", lambda: training)
    monkeypatch.setattr("lifecircle.assistant.matcher.shipped.SHIPPED", tmp_path / "shipped.npz")
    first = project_matcher(tmp_path)
    kept = tmp_path / "matcher-plain.npz"
    written = kept.read_bytes()
    assert project_matcher(tmp_path).match("你好") == first.match("你好")
    assert kept.read_bytes() == written
    assert IntentMatcher.load(kept, digest=digest_of(training)) is not None


@pytest.mark.usefixtures("nothing_read")
def test_changed_intents_are_fitted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = dataclasses.replace(load_training(), intents=load_training().intents[:4])
    monkeypatch.setattr("lifecircle.assistant.matcher.shipped.load_training", lambda: training)
    assert train(path=tmp_path / "shipped.npz")
    assert not train(path=tmp_path / "shipped.npz")
    training = dataclasses.replace(training, reject=(*training.reject, "随便说一句"))
    assert train(path=tmp_path / "shipped.npz")


def test_public_sentences_are_understood_in_either_script_and_mistyped(shared: Path) -> None:
    """A rough floor far below the figures of `make bench`, on a part of the data."""

    def read(name: str) -> list[tuple[str, str]]:
        lines = (shared / "data" / "smp2017" / f"{name}.jsonl").read_text("utf-8").splitlines()
        return [(row["text"], row["label"]) for row in map(json.loads, lines)]

    matcher, asked = IntentMatcher.fit(read("train")), read("develop")[::4]
    chosen = random.Random(0)

    def share(texts: list[str]) -> float:
        return sum(best(matcher, text) == label for text, (_, label) in zip(texts, asked, strict=True)) / len(asked)

    plain = share([text for text, _ in asked])
    assert plain >= 0.88
    assert share([traditional(text) for text, _ in asked]) >= plain - 0.03
    assert share([with_homophone(text, chosen) for text, _ in asked]) >= plain - 0.09
