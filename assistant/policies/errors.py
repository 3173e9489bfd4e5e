"""What can be wrong with the files of `lifecircle policies import`.

LifecircleError
└── CannotImport        nothing was written; the message names every bad file
    └── UnreadableFile  one file, and why
"""

from __future__ import annotations

from collections.abc import Sequence

from lifecircle.catalogue.errors import LifecircleError


class CannotImport(LifecircleError):
    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("nothing was imported\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)


class UnreadableFile(CannotImport):
    def __init__(self, file: str, reason: str) -> None:
        super().__init__([f"{file}: {reason}"])
        self.file, self.reason = file, reason
