"""The end of a process, for tests of what it leaves half done."""

from __future__ import annotations


class Killed(BaseException):
    """The process ends here."""
