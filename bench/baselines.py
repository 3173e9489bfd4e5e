"""What understanding is measured against: the nearest example by two likenesses, and a linear SVM on characters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import jieba
import numpy as np
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from lifecircle.catalogue.text import fold

Classify = Callable[[Sequence[str]], list[str]]
Rank = Callable[[str, int], list[int]]


def _words(text: str) -> list[str]:
    jieba.setLogLevel(logging.WARNING)
    return [word for word in jieba.cut(text) if word.strip()]


def nearest_by_letters(texts: Sequence[str], labels: Sequence[str]) -> Classify:
    known = [fold(text) for text in texts]

    def classify(asked: Sequence[str]) -> list[str]:
        scores = process.cdist([fold(text) for text in asked], known, scorer=fuzz.ratio, dtype=np.float32)
        return [labels[at] for at in scores.argmax(axis=1)]

    return classify


def nearest_by_words(texts: Sequence[str], labels: Sequence[str]) -> Classify:
    vectors = TfidfVectorizer(analyzer=_words, sublinear_tf=True)
    known = vectors.fit_transform([fold(text) for text in texts])

    def classify(asked: Sequence[str]) -> list[str]:
        likeness = vectors.transform([fold(text) for text in asked]) @ known.T
        return [labels[at] for at in np.asarray(likeness.argmax(axis=1)).ravel()]

    return classify


def character_svm(texts: Sequence[str], labels: Sequence[str]) -> Classify:
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    machine = LinearSVC().fit(vectors.fit_transform([fold(text) for text in texts]), labels)

    def classify(asked: Sequence[str]) -> list[str]:
        return [str(label) for label in machine.predict(vectors.transform([fold(text) for text in asked]))]

    return classify


CLASSIFIERS = {
    "rapidfuzz nearest": nearest_by_letters,
    "jieba TF-IDF nearest": nearest_by_words,
    "char LinearSVC": character_svm,
}


def ranked_by_words(texts: Sequence[str]) -> Rank:
    vectors = TfidfVectorizer(analyzer=_words, sublinear_tf=True)
    known = vectors.fit_transform([fold(text) for text in texts])

    def rank(asked: str, k: int) -> list[int]:
        likeness = np.asarray((vectors.transform([fold(asked)]) @ known.T).todense()).ravel()
        return [int(at) for at in np.argsort(-likeness, kind="stable")[:k]]

    return rank


def ranked_by_letters(texts: Sequence[str]) -> Rank:
    known = [fold(text) for text in texts]

    def rank(asked: str, k: int) -> list[int]:
        return [at for _, _, at in process.extract(fold(asked), known, scorer=fuzz.ratio, limit=k)]

    return rank


RANKERS = {"rapidfuzz nearest": ranked_by_letters, "jieba TF-IDF nearest": ranked_by_words}
