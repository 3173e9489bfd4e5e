"""How well a passage is found by other words, and how fast: paraphrases of spoken questions, beside two baselines."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from bench.baselines import RANKERS, Rank
from lifecircle.assistant.matcher import SentenceEncoder, installed_encoder
from lifecircle.assistant.retrieval import PassageIndex

OPPO = Path(__file__).resolve().parents[2] / "shared" / "data" / "oppo" / "dev.jsonl"
MOST = 1000
"""Questions asked of each; all passages are searched."""


def pairs() -> list[tuple[str, str]]:
    rows = map(json.loads, OPPO.read_text("utf-8").splitlines())
    return [(row["a"], row["b"]) for row in rows if row["label"] == 1]


def ours(passages: list[str], encoder: SentenceEncoder | None, words: float | None = None) -> Rank:
    index = PassageIndex(encoder) if words is None else PassageIndex(encoder, words=words)
    for number, text in enumerate(passages):
        index.add(str(number), text)
    return lambda asked, k: [int(number) for number, _ in index.search(asked, k)]


def recall(rank: Rank, passages: list[str], asked: list[tuple[str, str]]) -> tuple[float, float]:
    """(recall@1, median milliseconds). A passage that is the question itself does not count."""
    rank(passages[0], 1)
    hits, times = 0, []
    for question, answer in asked:
        started = time.perf_counter()
        found = rank(question, 3)
        times.append(time.perf_counter() - started)
        hits += [passages[at] for at in found if passages[at] != question][:1] == [answer]
    return hits / len(asked), statistics.median(times) * 1e3


def main() -> None:
    if not OPPO.exists():
        print("OPPO's pairs are not here")
        return
    rows = [json.loads(line) for line in OPPO.read_text("utf-8").splitlines()]
    encoder = installed_encoder()
    for name, passages in (
        ("paraphrases only", sorted({answer for _, answer in pairs()})),
        ("among other questions", sorted({row["b"] for row in rows})),
    ):
        print(f"OPPO, {name}: {len(passages)} passages, recall@1")
        found = {"lifecircle": ours(passages, None), "BM25 of characters": ours(passages, None, words=0)}
        found |= {"lifecircle, encoder": ours(passages, encoder)} if encoder else {}
        found |= {baseline: make(passages) for baseline, make in RANKERS.items()}
        for way, rank in found.items():
            share, took = recall(rank, passages, pairs()[:MOST])
            print(f"  {way:<22} {share:6.1%}   {took:7.2f} ms")


if __name__ == "__main__":
    main()
