"""Which tests run in one process of several: those of a file, which share servers; those of two workers, in all files.

xdist's own groups are marks of single tests, which xdist 3.8 loses with pytest 9.2: it then deals out single tests, and
each process starts all servers, again and again.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

TWO_WORKERS = "two_workers"


class WholeFiles(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0])


@cache
def group_of(file: Path) -> str:
    return TWO_WORKERS if f"{TWO_WORKERS}: Server" in file.read_text("utf-8") else str(file)
