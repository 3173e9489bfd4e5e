"""Learns the weights of the safety guard anew: `python -m bench.safety_training`.

From its own development sets and, as what must pass, the utterances of every intent but those that tell of swindles.
Without `--write` it only prints what cross-validation says; the result is the same at every run on the same data.
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
from sklearn.model_selection import StratifiedKFold

from lifecircle.assistant.safety.guard import heard_in_words
from lifecircle.assistant.safety.model import POSSIBLE, SURE, grams
from lifecircle.assistant.safety.spelling import respelled
from lifecircle.catalogue.text import fold

ASSISTANT = Path(__file__).resolve().parents[1] / "assistant"
SAFETY, INTENTS = ASSISTANT / "safety", ASSISTANT / "intents"
HARMLESS = "none"
FOLDS = 5
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


def cross_validated(texts: list[str], kinds: list[str], sources: list[str]) -> None:
    scores, source = np.zeros(len(texts)), np.array(sources)
    for known, unknown in StratifiedKFold(FOLDS, shuffle=True, random_state=3).split(texts, source):
        told = [k for k in known if sources[k] != "everyday"]
        plain = [texts[k] for k in known if sources[k] == "everyday"]
        learner = Learner([texts[k] for k in told], [kinds[k] for k in told], plain)
        scores[unknown] = learner.scores([texts[k] for k in unknown])
    words = np.array([bool(heard_in_words(text)) for text in texts])
    for name in ("cry", "near miss", "everyday"):
        chosen = source == name
        model_alone, both = scores > SURE, (words & (scores > POSSIBLE)) | (scores > SURE)
        rates = [f"{rate[chosen].mean():6.2%}" for rate in (words, model_alone, both)]
        print(f"  {name:<10} n={chosen.sum():<6} patterns {rates[0]}   model {rates[1]}   both {rates[2]}")


def main() -> None:
    cries, misses, plain = lines_of(SAFETY / "cries.yaml"), lines_of(SAFETY / "near_misses.yaml"), everyday()
    texts = [text for text, _ in cries] + [text for text, _ in misses] + plain
    kinds = [kind for _, kind in cries] + [HARMLESS] * (len(misses) + len(plain))
    sources = ["cry"] * len(cries) + ["near miss"] * len(misses) + ["everyday"] * len(plain)
    print(f"heard, by {FOLDS}-fold cross-validation of the model on the development sets (the patterns know them)")
    cross_validated(texts, kinds, sources)
    if "--write" in sys.argv:
        told = len(cries) + len(misses)
        Learner(texts[:told], kinds[:told], plain).write(SAFETY / "weights.npz")


if __name__ == "__main__":
    main()
