"""A process of its own that works changes into an image: `python -m lifecircle.catalogue.snapshot.folding`.

The server's event loop does not feel it: another process has its own lock, its own memory and a lower priority.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lifecircle.catalogue.snapshot.baked import bake, unbake, with_baked_changes

NICENESS = 10


def fold(image: Path, changes: Path, target: Path, about: dict[str, object]) -> None:
    """Raises ImageUnreadable, OSError."""
    base, _ = unbake(image)
    bake(with_baked_changes(base, changes).folded(), target, about)


def main() -> int:
    image, changes, target, about = sys.argv[1:]
    os.nice(NICENESS)
    fold(Path(image), Path(changes), Path(target), json.loads(about))
    return 0


if __name__ == "__main__":
    sys.exit(main())
