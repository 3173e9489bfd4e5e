"""Learns the weights of the safety guard anew: `python -m bench.safety_training`.

From the voices and, as what must pass, the utterances of every intent but those that tell of swindles. Prints how each
writer is heard by what the others taught, by the small model and together with the second look, and fits on that how
much either counts; `--write` keeps it. The same data give the same result at every run.
"""

from __future__ import annotations

import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from lifecircle.assistant.safety.guard import heard_in_words
from lifecircle.assistant.safety.model import AWAKE, BESIDE, HEARD, POSSIBLE, SURE, grams
from lifecircle.assistant.safety.second_look import fit_second_look, looked_at
from lifecircle.assistant.safety.voices import HARMLESS, Told, everyday, voices

WEIGHTS = Path(__file__).resolve().parents[1] / "assistant" / "safety" / "weights.npz"
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


Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Learner:
    def __init__(self, told: Told, plain: list[str]) -> None:
        texts, kinds = varied([text for text, _ in told], [kind for _, kind in told], random.Random(1))
        texts, kinds = texts + plain, kinds + [HARMLESS] * len(plain)
        labels = np.array(kinds)
        self.grams = CountVectorizer(analyzer=lambda text: sorted(grams(text)), binary=True, min_df=2)
        found = scaled(self.grams.fit_transform(texts))
        self.danger = LogisticRegression(C=30, max_iter=600, class_weight="balanced").fit(found, labels != HARMLESS)
        is_cry = labels != HARMLESS
        self.kind = LogisticRegression(C=30, max_iter=600).fit(found[is_cry], labels[is_cry])

    def scores(self, texts: list[str]) -> np.ndarray[Any, Any]:
        return self.danger.decision_function(scaled(self.grams.transform(texts)))

    def write(self, path: Path, signs: Floats, bias: float) -> None:
        named = self.grams.get_feature_names_out()
        np.savez_compressed(
            path,
            grams=np.frombuffer("\n".join(named).encode(), dtype=np.uint8),
            danger=self.danger.coef_[0].astype(np.float16),
            bias=self.danger.intercept_[0].astype(np.float32),
            kinds=np.frombuffer("\n".join(self.kind.classes_).encode(), dtype=np.uint8),
            by_kind=self.kind.coef_.T.astype(np.float16),
            kind_bias=self.kind.intercept_.astype(np.float32),
            signs=np.append(signs, bias).astype(np.float32),
        )


def scaled(found: Any) -> Any:
    return found.multiply(1 / np.sqrt(np.maximum(1, found.sum(axis=1)))).tocsr()


@dataclass(frozen=True)
class Strangers:
    """Sentences of one writer, as they are heard by what was learnt from the others."""

    writer: str
    is_cry: Bools
    in_words: Bools
    first: Floats
    """Log odds of the small model."""
    second: Floats
    """Of the second look."""

    @property
    def signs(self) -> Floats:
        return np.column_stack([self.first, self.second, self.in_words])


def strangers(told: dict[str, Told], plain: list[str]) -> list[Strangers]:
    """Every writer but the first, who knew the patterns."""
    return [_stranger(writer, told, plain) for writer in list(told)[1:]]


def _stranger(writer: str, told: dict[str, Told], plain: list[str]) -> Strangers:
    known = [line for other, lines in told.items() if other != writer for line in lines]
    learner, matcher = Learner(known, plain), fit_second_look(known, plain)
    texts = [text for text, _ in told[writer]]
    return Strangers(
        writer,
        np.array([kind != HARMLESS for _, kind in told[writer]]),
        np.array([bool(heard_in_words(text)) for text in texts]),
        learner.scores(texts),
        np.array([looked_at(matcher, text).odds for text in texts]),
    )


def mixed(found: list[Strangers]) -> tuple[Floats, float]:
    """What each sign counts, and the bias: learnt from how strangers are heard."""
    signs = np.vstack([each.signs for each in found])
    fitted = LogisticRegression(C=1e3).fit(signs, np.concatenate([each.is_cry for each in found]))
    return fitted.coef_[0], float(fitted.intercept_[0])


def show(found: list[Strangers], weights: Floats, bias: float) -> None:
    for each in found:
        alone = (each.in_words & (each.first > POSSIBLE)) | (each.first > SURE)
        odds = np.where(each.in_words | (each.first > AWAKE), each.signs @ weights + bias, -np.inf)
        for name, heard in (("small model", alone), ("both", odds > HEARD), ("or beside", odds > BESIDE)):
            rates = f"cries {heard[each.is_cry].mean():6.2%}   near misses {heard[~each.is_cry].mean():6.2%}"
            print(f"  {each.writer:<8} {name:<12} {rates}")
    every = np.concatenate([each.signs @ weights + bias for each in found])
    is_cry = np.concatenate([each.is_cry for each in found])
    for share in (0.005, 0.01, 0.02, 0.04, 0.06):
        least = float(np.quantile(every[~is_cry], 1 - share))
        print(
            f"  all: of near misses {share:5.1%} from {least:5.2f} on, of cries {(every[is_cry] > least).mean():6.2%}"
        )
    first = np.concatenate([each.first for each in found])
    for share in (0.002, 0.005, 0.01):
        print(f"  {share:.1%} of cries lie below {np.quantile(first[is_cry], share):.2f} for the small model")


def main() -> None:
    told, plain = voices(), everyday()
    found = strangers(told, plain)
    weights, bias = mixed(found)
    print(f"signs count {np.round(weights, 2)}, bias {bias:.2f}")
    show(found, weights, bias)
    lines = [line for each in told.values() for line in each]
    unknown, known = plain[::2], plain[1::2]
    share = (Learner(lines, known).scores(unknown) > AWAKE).mean()
    print(f"of everyday sentences that it has not learnt {share:.1%} are looked at twice")
    if "--write" in sys.argv:
        Learner(lines, plain).write(WEIGHTS, weights, bias)


if __name__ == "__main__":
    main()
