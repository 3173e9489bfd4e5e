"""Everything that a merchant's members may do with their stores, chains, offerings and hours.

Each call writes what changes and its history in one transaction, under the version that the editor saw, and returns
only when this worker's snapshot holds it. Safe to use from any number of workers at once: of two editors, one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.editing.chains import ChainEdits
from lifecircle.catalogue.editing.desk import Desk
from lifecircle.catalogue.editing.offerings import OfferingEdits
from lifecircle.catalogue.editing.stores import StoreEdits
from lifecircle.catalogue.editing.weeks import HoursEdits
from lifecircle.catalogue.history.service import HistoryDesk
from lifecircle.catalogue.imports.service import StoreImports
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@dataclass(frozen=True)
class EditingDesk:
    database: Database
    keeper: SnapshotKeeper
    clock: Clock

    @cached_property
    def _desk(self) -> Desk:
        return Desk(self.database, self.keeper, self.clock)

    @cached_property
    def stores(self) -> StoreEdits:
        return StoreEdits(self._desk)

    @cached_property
    def chains(self) -> ChainEdits:
        return ChainEdits(self._desk)

    @cached_property
    def offerings(self) -> OfferingEdits:
        return OfferingEdits(self._desk)

    @cached_property
    def hours(self) -> HoursEdits:
        return HoursEdits(self._desk)

    @cached_property
    def history(self) -> HistoryDesk:
        return HistoryDesk(self.database)

    @cached_property
    def imports(self) -> StoreImports:
        return StoreImports(self._desk)
