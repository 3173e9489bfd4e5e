"""A mapping in two layers: a large base that is shared, and a small delta that is copied on write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from lifecircle.catalogue.snapshot.records import Records

V = TypeVar("V")


class Layered(Generic[V]):
    """Immutable. A change costs the size of the delta, not of the base."""

    def __init__(self, base: Mapping[str, V], delta: Mapping[str, V | None] | None = None) -> None:
        self.base = base
        self.delta: Mapping[str, V | None] = delta or {}

    def get(self, key: str) -> V | None:
        return self.delta[key] if key in self.delta else self.base.get(key)

    def changed(self, changes: Mapping[str, V | None]) -> Layered[V]:
        """With the changes on top; None removes a key."""
        return Layered(self.base, {**self.delta, **changes}) if changes else self

    def folded(self) -> Layered[V]:
        """The same content with an empty delta."""
        if not self.delta:
            return self
        return Layered(self.base.changed(self.delta) if isinstance(self.base, Records) else dict(self.items()))

    def items(self) -> Iterator[tuple[str, V]]:
        for key, value in self.base.pairs() if isinstance(self.base, Records) else self.base.items():
            if key not in self.delta:
                yield key, value
        for key, changed in self.delta.items():
            if changed is not None:
                yield key, changed

    def values(self) -> Iterator[V]:
        return (value for _, value in self.items())

    def __len__(self) -> int:
        gone = sum(1 for key, value in self.delta.items() if value is None and key in self.base)
        fresh = sum(1 for key, value in self.delta.items() if value is not None and key not in self.base)
        return len(self.base) - gone + fresh

    @property
    def delta_size(self) -> int:
        return len(self.delta)
