"""A sentence in two forms: as folded, and as names are compared, without punctuation; and what of it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from lifecircle.assistant.entities.model import Entity
from lifecircle.catalogue.search.spelling import OTHER, spelling_table

FindNames = Callable[[str, list[bool]], Iterable[Entity]]
"""From a spelling and which of its characters are free; places are those of the spelling."""


class Sentence:
    """`free`: which characters of the folded form no entity has taken yet."""

    def __init__(self, folded: str) -> None:
        table = spelling_table()
        spelt = [int(table[min(ord(char), OTHER)]) for char in folded]
        self.folded = folded
        self.free = [True] * len(folded)
        self._places = [at for at, code in enumerate(spelt) if code]
        self._spelt = "".join(chr(code) for code in spelt if code)

    def take(self, entities: Iterable[Entity]) -> list[Entity]:
        """Those that lie on free characters, which are no longer free then."""
        taken: list[Entity] = []
        for entity in entities:
            here = slice(entity.start, entity.end)
            if all(self.free[here]):
                self.free[here] = [False] * (entity.end - entity.start)
                taken.append(entity)
        return taken

    def named(self, find: FindNames) -> list[Entity]:
        """What is found in the spelling, with its places in the folded form. Kinds may share a place."""
        found = list(find(self._spelt, [self.free[place] for place in self._places]))
        moved = [
            replace(entity, start=self._places[entity.start], end=self._places[entity.end - 1] + 1) for entity in found
        ]
        for entity in moved:
            self.free[entity.start : entity.end] = [False] * (entity.end - entity.start)
        return moved
