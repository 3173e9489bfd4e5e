"""How much a long test does: little in `make test`, the full count in `make soak` and `make fuzz`."""

from __future__ import annotations

import os


def scaled(reduced: int, full: int) -> int:
    return full if os.environ.get("LIFECIRCLE_TEST_SCALE") == "full" else reduced
