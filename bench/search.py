"""Search and suggestions: quality on a judged set that nobody tunes against, and speed beside a scan over all names.

The judged queries were written before the synonyms, from the plan and the names of the categories alone. A store is as
good for a query as its category was judged to be; the ideal list is made of the stores that the demo district has.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean

import yaml
from rapidfuzz import fuzz, process

from bench.cities import CENTER, NOW, a_city, demo_district
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.hours.holidays import state_calendar
from lifecircle.catalogue.search.model import SearchQuery
from lifecircle.catalogue.search.service import Searcher
from lifecircle.catalogue.search.synonyms import read_synonyms
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.filters import StoreFilter
from lifecircle.catalogue.text import traditional

JUDGED = Path(__file__).parent / "judged" / "search_queries.yaml"
SIZES = (20_000, 200_000, 1_000_000)
DEPTH, FIRST = 10, 5

QUERIES = (
    "药店",
    "通下水",
    "钟点工",
    "惠民便利店",
    "石桥路理发",
    "yaodian",
    "hm",
    "管到疏通",
    "孩子放学没人接",
    "书院社区早餐",
)
PREFIXES = ("理", "管道", "惠民", "yao", "hm", "便利", "王记", "书院", "zao", "社区")


def main(sizes: Sequence[int] = SIZES) -> None:
    quality()
    for size in sizes:
        speed(size)


# --- quality


def quality() -> None:
    snapshot, searcher = demo_district(), _searcher()
    searcher.prepare(snapshot)
    have = Counter(store.category for store in snapshot.all_stores() if store.state == "OPEN")
    gains, recalls, twins = defaultdict(list), defaultdict(list), defaultdict(list)
    for case in yaml.safe_load(JUDGED.read_text("utf-8")):
        grades = _by_leaf(case["relevant"], snapshot.categories)
        ids, found = _categories(snapshot, searcher, case["query"])
        for kind in (case["kind"], "all"):
            gains[kind].append(ndcg([grades.get(code, 0) for code in found], _ideal(grades, have)))
            recalls[kind].append(recall([grades.get(code, 0) for code in found[:FIRST]], _ideal(grades, have)))
            twins[kind].append(_categories(snapshot, searcher, traditional(case["query"]))[0][:FIRST] == ids[:FIRST])
    print(f"judged queries on the demo district: nDCG@{DEPTH}, recall@{FIRST}, same first {FIRST} in Traditional")
    for kind in (*sorted(set(gains) - {"all"}), "all"):
        same = f"{sum(twins[kind])}/{len(twins[kind])}"
        print(f"  {kind:<12} {mean(gains[kind]):.3f}  {mean(recalls[kind]):.3f}  {same}")


def _by_leaf(relevant: Mapping[str, int], categories: Categories) -> dict[str, int]:
    """A judged parent counts for all that is below it, unless that is judged itself."""
    below = {leaf: grade for code, grade in relevant.items() for leaf in categories.descendants(code)}
    return {**below, **relevant}


def _categories(snapshot: Snapshot, searcher: Searcher, query: str) -> tuple[list[str], list[str]]:
    """Ids and categories of the first stores."""
    hits = searcher.search(snapshot, SearchQuery(query), NOW, first=DEPTH).hits
    return [hit.id for hit in hits], [hit.store.category for hit in hits]


def _ideal(grades: Mapping[str, int], have: Mapping[str, int]) -> list[int]:
    return sorted((grade for code, grade in grades.items() for _ in range(have.get(code, 0))), reverse=True)


def ndcg(grades: Sequence[int], ideal: Sequence[int]) -> float:
    best = _dcg(ideal[:DEPTH])
    return _dcg(grades[:DEPTH]) / best if best else 1.0


def _dcg(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def recall(grades: Sequence[int], ideal: Sequence[int]) -> float:
    """Relevant ones among the first, of as many as could be there."""
    possible = min(FIRST, sum(grade > 0 for grade in ideal))
    return sum(grade > 0 for grade in grades) / possible if possible else 1.0


# --- speed


def speed(size: int) -> None:
    snapshot, searcher = a_city(size), _searcher()
    words = snapshot.stores.base.table.columns.words
    stores = list(snapshot.all_stores())
    began = time.perf_counter()
    type(words).of(stores)
    building = time.perf_counter() - began
    began = time.perf_counter()
    searcher.prepare(snapshot)
    reading = time.perf_counter() - began
    names = [store.name for store in stores]
    megabytes = sum(array.nbytes for array in words.arrays().values()) / 1e6
    print(f"{size:>9,} stores: index {megabytes:.1f} MB, built in {building:.2f} s; lexicon in {reading:.2f} s")

    def searching(near: bool, wanted: StoreFilter) -> Callable[[str], object]:
        place = CENTER if near else None
        return lambda text: searcher.search(snapshot, SearchQuery(text, place, wanted), NOW, first=20)

    everything = StoreFilter()
    scan = _milliseconds(lambda text: process.extract(text, names, scorer=fuzz.partial_ratio, limit=20), QUERIES[:3], 1)
    _tell("search", _milliseconds(searching(False, everything), QUERIES), "rapidfuzz over all names", scan)
    _tell("search near", _milliseconds(searching(True, everything), QUERIES), "rapidfuzz over all names", scan)
    open_ones = StoreFilter(open_now=True, min_rating=4.0)
    _tell("search near, filtered", _milliseconds(searching(True, open_ones), QUERIES), "rapidfuzz over all names", scan)
    prefixed = _milliseconds(lambda text: [name for name in names if text in name][:10], PREFIXES, 3)
    suggesting = _milliseconds(lambda text: searcher.suggest(snapshot, text, CENTER, 10), PREFIXES)
    _tell("suggest near", suggesting, "a scan for the text in all names", prefixed)


def _searcher() -> Searcher:
    return Searcher(read_synonyms(), state_calendar())


def _milliseconds(work: Callable[[str], object], texts: Sequence[str], times: int = 5) -> list[float]:
    """Of each text the best of some runs: others use this machine too."""
    return [min(_once(work, text) for _ in range(times)) for text in texts]


def _once(work: Callable[[str], object], text: str) -> float:
    began = time.perf_counter()
    work(text)
    return (time.perf_counter() - began) * 1e3


def _tell(what: str, ours: Sequence[float], baseline: str, theirs: Sequence[float]) -> None:
    ratio = mean(ours) / mean(theirs)
    print(
        f"  {what:<22} mean {mean(ours):.2f} ms, slowest {max(ours):.2f} ms; {baseline}: {mean(theirs):.1f} ms", end=""
    )
    print(f" (ratio {ratio:.4f})")


if __name__ == "__main__":
    main()
