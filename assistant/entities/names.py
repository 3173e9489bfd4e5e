"""The catalogue's own names in a sentence: the longest first, then what sounds the same, then what is nearly alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from lifecircle.assistant.entities.model import Entity, Kind
from lifecircle.catalogue.search.pinyin import read_aloud
from lifecircle.catalogue.search.spelling import spelling

SHORTEST, LONGEST = 2, 24
"""Characters; single ones ("书") mean too many things."""
_SHORTEST_LIKE = 4
"""With one wrong character in three, anything is like anything."""
_LEAST_LIKE = 74.0
_SOUNDED, _COMMON = 0.95, 200
"""A pair of characters that more names hold (便利, 服务) says little about which one is meant."""
_LOOKED_AT = 16

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    kind: Kind
    key: str


class NameTable:
    """Immutable once made. Costs about 20 µs a name."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._keys: dict[str, list[Key]] = {}
        self._by_sound: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._by_pair: defaultdict[str, list[str]] = defaultdict(list)
        self._longest: dict[str, int] = {}
        self._longest_sound: dict[str, int] = {}
        for name in names:
            spelt, key = spelling(name.text), (name.kind, name.key)
            if SHORTEST <= len(spelt) <= LONGEST:
                if spelt not in self._keys:
                    self._add(spelt)
                if key not in self._keys[spelt]:
                    self._keys[spelt].append(key)

    def _add(self, name: str) -> None:
        sound = read_aloud(name)
        self._keys[name] = []
        self._by_sound[sound].append(name)
        self._longest[name[:2]] = max(self._longest.get(name[:2], 0), len(name))
        self._longest_sound[sound[0]] = max(self._longest_sound.get(sound[0], 0), len(name))
        if len(name) >= _SHORTEST_LIKE:
            for pair in {name[at : at + 2] for at in range(len(name) - 1)}:
                self._by_pair[pair].append(name)

    def __len__(self) -> int:
        return len(self._keys)

    def standing_in(self, spelt: str, free: list[bool]) -> Iterator[Entity]:
        """The longest names from left to right; marks what they take."""
        for start in range(len(spelt)):
            for end in range(min(start + self._longest.get(spelt[start : start + 2], 0), len(spelt)), start + 1, -1):
                if spelt[start:end] in self._keys and all(free[start:end]):
                    yield from self._taken(spelt[start:end], start, end, 1.0, free)
                    break

    def sounding_in(self, spelt: str, free: list[bool]) -> Iterator[Entity]:
        """保结 → 保洁. Only whole words of the same sound, at least one character of which is right or three long."""
        sounds = read_aloud(spelt)
        for start in range(len(spelt)):
            for end in range(min(start + self._longest_sound.get(sounds[start], 0), len(spelt)), start + 1, -1):
                heard = self._by_sound.get(sounds[start:end], ())
                said = spelt[start:end]
                near = [n for n in heard if len(n) > SHORTEST or any(a == b for a, b in zip(n, said, strict=True))]
                if near and all(free[start:end]):
                    for name in near:
                        yield from self._taken(name, start, end, _SOUNDED, free, said)
                    break

    def like_in(self, spelt: str, free: list[bool]) -> Iterator[Entity]:
        """The name that shares most with what is left, where little of it is missing."""
        pairs = {spelt[at : at + 2] for at in range(len(spelt) - 1) if all(free[at : at + 2])}
        shared = Counter(
            name
            for pair in pairs
            if len(self._by_pair.get(pair, ())) <= _COMMON
            for name in self._by_pair.get(pair, ())
        )
        best = []
        for name, count in shared.most_common(_LOOKED_AT):
            found = fuzz.partial_ratio_alignment(name, spelt, score_cutoff=_LEAST_LIKE)
            if found and count > 1 and all(free[found.dest_start : found.dest_end]):
                best.append((found.score, len(name), name, found.dest_start, found.dest_end))
        for score, _, name, start, end in sorted(best, reverse=True)[:1]:
            yield from self._taken(name, start, end, round(score / 100, 3), free, spelt[start:end])

    def _taken(
        self, name: str, start: int, end: int, likeness: float, free: list[bool], said: str = ""
    ) -> Iterator[Entity]:
        free[start:end] = [False] * (end - start)
        by_kind: defaultdict[Kind, list[str]] = defaultdict(list)
        for kind, key in self._keys[name]:
            by_kind[kind].append(key)
        for kind, keys in by_kind.items():
            yield Entity(kind, said or name, start, end, tuple(keys), likeness=likeness)
