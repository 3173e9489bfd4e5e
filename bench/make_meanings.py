"""Writes what the matcher knows of characters and words: `assistant/matcher/meanings.npz`.

Groups of characters come from jieba's dictionary (MIT): a character means what the words it stands in mean, so 疮, 痈
and 疹 share their neighbours and word classes, and so do 鲤, 虾 and 鳗. Positive pointwise mutual information of
characters and contexts, reduced to a few dimensions (Levy & Goldberg, "Neural Word Embedding as Implicit Matrix
Factorization", 2014), then k-means.

Vectors of words come from the sentence encoder (Apache-2.0): each common word is encoded by itself, and the principal
components are kept. The sum over the words of a sentence, frequent ones lightly (Arora et al., "A Simple but
Tough-to-Beat Baseline for Sentence Embeddings", 2017), is what most of the encoder knows, without the encoder.
Needs the extra `[semantic]` and takes a minute or two.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jieba
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.cluster import KMeans

from lifecircle.assistant.matcher.encoder import installed_encoder
from lifecircle.catalogue.search.pinyin import FIRST, LAST

TARGET = Path(__file__).parent.parent / "assistant" / "matcher" / "meanings.npz"
GROUPS, GROUP_DIMENSIONS = 100, 96
CHARACTERS, WORDS = 5_000, 25_000
"""How many of each, the most frequent first."""
DIMENSIONS = 128
LONGEST_WORD = 6
LONGEST_ENCODED = 4
COMMON = 1e-3
"""A word this frequent counts half."""

Floats = npt.NDArray[np.float64]


def main() -> None:
    known = list(dictionary())
    codes, groups = grouped(known)
    words, vectors, scale = encoded(known)
    np.savez_compressed(
        TARGET, codes=codes, groups=groups, words=np.array("\n".join(words)), vectors=vectors, scale=scale
    )
    print(f"{len(codes)} characters, {len(words)} words, {TARGET.stat().st_size} bytes")


def encoded(known: list[tuple[str, int, str]]) -> tuple[list[str], npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Words, their directions, and how much each counts."""
    encoder = installed_encoder()
    if encoder is None:
        raise SystemExit("install the extra [semantic] first")
    total = sum(frequency for _, frequency, _ in known)
    ranked = sorted(
        ((f, word) for word, f, _ in known if is_chinese(word) and len(word) <= LONGEST_ENCODED), reverse=True
    )
    single = [pair for pair in ranked if len(pair[1]) == 1][:CHARACTERS]
    chosen = sorted((word, f / total) for f, word in (*single, *[p for p in ranked if len(p[1]) > 1][:WORDS]))
    words, share = [word for word, _ in chosen], np.array([share for _, share in chosen])
    raw = encoder.encode(words).astype(np.float64)
    weight = np.sqrt(share)[:, None]
    centred = raw - (raw * weight).sum(axis=0) / weight.sum()
    _, directions = np.linalg.eigh((centred * weight).T @ centred)
    reduced = centred @ directions[:, ::-1][:, :DIMENSIONS]
    largest = np.abs(reduced).max()
    counts = COMMON / (COMMON + share) * np.array([len(word) for word in words])
    return words, np.round(reduced / largest * 127).astype(np.int8), counts.astype(np.float32)


def is_chinese(word: str) -> bool:
    return all(FIRST <= ord(character) <= LAST for character in word)


def grouped(known: list[tuple[str, int, str]]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Code points, and the group of each."""
    counts = Counter[tuple[str, str]]()
    for word, frequency, word_class in known:
        weight = math.log(frequency + 2)
        for character, context in contexts(word, word_class):
            counts[character, context] += weight
    characters, vectors = embedded(counts)
    groups = KMeans(GROUPS, n_init=1, random_state=0).fit(vectors).labels_
    return np.array([ord(one) for one in characters], np.uint16), groups.astype(np.uint8)


def dictionary() -> Iterator[tuple[str, int, str]]:
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines():
        word, frequency, word_class = line.split()
        if len(word) <= LONGEST_WORD:
            yield word, int(frequency), word_class


def contexts(word: str, word_class: str) -> Iterator[tuple[str, str]]:
    """The class of the word, and what stands before and behind the character in it."""
    length = str(min(len(word), 4))
    for before, character, behind in zip(f"^{word}", word, f"{word[1:]}$", strict=False):
        if FIRST <= ord(character) <= LAST:
            yield character, f"class {word_class}"
            if len(word) > 1:
                yield character, f"<{before}{length if before == '^' else ''}"
                yield character, f">{behind}{length if behind == '$' else ''}"


def embedded(counts: Counter[tuple[str, str]]) -> tuple[list[str], Floats]:
    characters = sorted({character for character, _ in counts})
    known = sorted({context for _, context in counts})
    row, column = ({name: at for at, name in enumerate(names)} for names in (characters, known))
    table = sparse.coo_matrix(
        (list(counts.values()), ([row[one] for one, _ in counts], [column[one] for _, one in counts])),
        shape=(len(characters), len(known)),
    )
    smoothed = np.asarray(table.sum(axis=0)).ravel() ** 0.75
    expected = np.asarray(table.sum(axis=1)).ravel()[table.row] * (smoothed / smoothed.sum())[table.col]
    information = np.maximum(np.log(table.data / expected), 0)
    positive = sparse.csr_matrix((information, (table.row, table.col)), shape=table.shape)
    left, strength, _ = svds(positive, GROUP_DIMENSIONS, random_state=0)
    vectors = left * np.sqrt(strength)
    return characters, vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


if __name__ == "__main__":
    main()
