"""A mapping in two layers: a large base that is shared, and a small delta that is copied on write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class Layered(Generic[V]):
    """Immutable. A change costs the size of the delta, not of the base."""

    def __init__(self, base: Mapping[str, V], delta: Mapping[str, V | None] | None = None) -> None:
        self._base = base
        self._delta: Mapping[str, V | None] = delta or {}

    def get(self, key: str) -> V | None:
        return self._delta[key] if key in self._delta else self._base.get(key)

    def changed(self, changes: Mapping[str, V | None]) -> Layered[V]:
        """With the changes on top; None removes a key."""
        return Layered(self._base, {**self._delta, **changes})

    def folded(self) -> Layered[V]:
        """The same content with an empty delta."""
        return Layered(dict(self.items())) if self._delta else self

    def items(self) -> Iterator[tuple[str, V]]:
        for key, value in self._base.items():
            if key not in self._delta:
                yield key, value
        for key, changed in self._delta.items():
            if changed is not None:
                yield key, changed

    def values(self) -> Iterator[V]:
        return (value for _, value in self.items())

    def __len__(self) -> int:
        return sum(1 for _ in self.items()) if self._delta else len(self._base)

    @property
    def delta_size(self) -> int:
        return len(self._delta)
