"""Learns the weights of the safety guard anew: `python -m bench.safety_training`.

From its own development sets and, as what must pass, the utterances of every intent but those that tell of swindles.
Without `--write` it only prints how each writer would be heard by what the others taught; the same data give the same
result at every run.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from lifecircle.assistant.safety.guard import heard_in_words
from lifecircle.assistant.safety.model import DOUBT, POSSIBLE, SURE, grams
from lifecircle.assistant.safety.spelling import respelled
from lifecircle.catalogue.text import fold

ASSISTANT = Path(__file__).resolve().parents[1] / "assistant"
SAFETY, INTENTS = ASSISTANT / "safety", ASSISTANT / "intents"
WRITERS = sorted((Path(__file__).parent / "own" / "safety").glob("*.yaml"))
"""Each by another hand, who saw nothing of the others: leaving one out says how strangers will be heard."""
NEAR_MISS = "near_misses"
HARMLESS = "none"
VARIANTS = 2
ALIKE = tuple(
    (words.split(), re.compile("|".join(sorted(words.split(), key=len, reverse=True))))
    for words in (
        "我爸 我妈 我爷爷 我奶奶 老伴 外公 外婆 我婆婆 我公公 老人 老太太 老爷子 爸爸 妈妈 爷爷 奶奶 邻居大爷",
        "孩子 小孩 儿子 女儿 宝宝 孙子 孙女 娃 弟弟 妹妹",
        "老公 丈夫 我男人 前夫 男朋友 老婆 我对象",
        "有人 陌生人 一个男的 他们",
        "快 赶紧 快点",
        "怎么办 咋办 怎么弄 咋整",
        "很 好 特别 太",
        "突然 忽然 一下子",
    )
)


def lines_of(path: Path) -> list[tuple[str, str]]:
    blocks: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        (respelled(fold(line)), name) for name, block in blocks.items() for line in block.splitlines() if line.strip()
    ]


def own_sets() -> list[list[tuple[str, str]]]:
    """Texts with their kinds, one list a writer; the first is what lies beside the guard."""
    first = lines_of(SAFETY / "cries.yaml") + [(text, HARMLESS) for text, _ in lines_of(SAFETY / "near_misses.yaml")]
    more = [[(text, HARMLESS if kind == NEAR_MISS else kind) for text, kind in lines_of(path)] for path in WRITERS]
    return [first, *more]


def everyday() -> list[str]:
    said = (
        utterance
        for path in sorted(INTENTS.glob("*.yaml"))
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))
        if "scam" not in intent["intent"]
        for utterance in intent.get("utterances", ())
    )
    return sorted({respelled(fold(text)) for text in said})


def varied(texts: list[str], kinds: list[str], dice: random.Random) -> tuple[list[str], list[str]]:
    """Each text also with other people in it, so that the model learns what happens and not to whom."""
    more = [(text, kind) for text, kind in zip(texts, kinds, strict=True)]
    for text, kind in zip(texts, kinds, strict=True):
        for _ in range(VARIANTS):
            other = text
            for words, pattern in ALIKE:
                other = pattern.sub(lambda _, words=words: dice.choice(words), other)
            if other != text:
                more.append((other, kind))
    return [text for text, _ in more], [kind for _, kind in more]


class Learner:
    def __init__(self, texts: list[str], kinds: list[str], plain: list[str]) -> None:
        texts, kinds = varied(texts, kinds, random.Random(1))
        texts, kinds = texts + plain, kinds + [HARMLESS] * len(plain)
        labels = np.array(kinds)
        self.grams = CountVectorizer(analyzer=lambda text: sorted(grams(text)), binary=True, min_df=2)
        found = scaled(self.grams.fit_transform(texts))
        self.danger = LogisticRegression(C=30, max_iter=600, class_weight="balanced").fit(found, labels != HARMLESS)
        is_cry = labels != HARMLESS
        self.kind = LogisticRegression(C=30, max_iter=600).fit(found[is_cry], labels[is_cry])

    def scores(self, texts: list[str]) -> np.ndarray[Any, Any]:
        return self.danger.decision_function(scaled(self.grams.transform(texts)))

    def write(self, path: Path) -> None:
        named = self.grams.get_feature_names_out()
        np.savez_compressed(
            path,
            grams=np.frombuffer("\n".join(named).encode(), dtype=np.uint8),
            danger=self.danger.coef_[0].astype(np.float16),
            bias=self.danger.intercept_[0].astype(np.float32),
            kinds=np.frombuffer("\n".join(self.kind.classes_).encode(), dtype=np.uint8),
            by_kind=self.kind.coef_.T.astype(np.float16),
            kind_bias=self.kind.intercept_.astype(np.float32),
        )


def scaled(found: Any) -> Any:
    return found.multiply(1 / np.sqrt(np.maximum(1, found.sum(axis=1)))).tocsr()


def strangers_heard(sets: list[list[tuple[str, str]]], plain: list[str]) -> None:
    """Each writer heard by what was learnt from the others."""
    for place, unknown in enumerate(sets[1:], 1):
        known = [line for number, lines in enumerate(sets) if number != place for line in lines]
        learner = Learner([text for text, _ in known], [kind for _, kind in known], plain)
        texts, is_cry = [text for text, _ in unknown], np.array([kind != HARMLESS for _, kind in unknown])
        scores, words = learner.scores(texts), np.array([bool(heard_in_words(text)) for text in texts])
        is_heard = (words & (scores > POSSIBLE)) | (scores > SURE)
        or_doubted = is_heard | (scores > DOUBT)
        for name, found in (("heard", is_heard), ("heard or with a number beside", or_doubted)):
            rates = f"cries {found[is_cry].mean():6.2%}   near misses {found[~is_cry].mean():6.2%}"
            print(f"  {WRITERS[place - 1].stem}: {name:<30} {rates}")


def main() -> None:
    sets, plain = own_sets(), everyday()
    if "--write" in sys.argv:
        told = [line for lines in sets for line in lines]
        Learner([text for text, _ in told], [kind for _, kind in told], plain).write(SAFETY / "weights.npz")
        return
    print("what is heard of each writer, learnt from the others (the patterns know the first set only)")
    strangers_heard(sets, plain)


if __name__ == "__main__":
    main()
