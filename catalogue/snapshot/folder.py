"""The images of one state folder: which is the newest, who may make the next, and how it takes its place.

`current.json` names one image and says where in the change stream it stands. It is replaced as a whole, after the image
is on the disk; a reader finds the old or the new. One process at a time makes images: it holds a lock that the kernel
takes away from the dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lifecircle.catalogue.database import SCHEMA_VERSION
from lifecircle.catalogue.snapshot.baked import unbake
from lifecircle.catalogue.snapshot.image import OWNER_ONLY, ImageUnreadable
from lifecircle.catalogue.snapshot.model import Snapshot

log = logging.getLogger("lifecircle.snapshot")

_ENDINGS = (".image", ".changes", ".partial")


@dataclass(frozen=True, slots=True)
class Position:
    """An image, and the place in the change stream from which everything that it may lack can be had."""

    image: str
    mark: str
    """Comes soon after the token, or the stream has lost something."""
    token: Any
    schema: int
    districts: tuple[str, ...]


def image_folder(state: Path, districts: Sequence[str]) -> ImageFolder | None:
    """Where the workers of a state folder share the catalogue; without it each of them reads the database."""
    try:
        return ImageFolder(state / "snapshot", districts)
    except OSError as error:
        log.warning("the state folder takes no images of the catalogue: %s", error)
        return None


class FolderLock:
    def __init__(self, file: int) -> None:
        self.file = file

    def release(self) -> None:
        os.close(self.file)


class ImageFolder:
    def __init__(self, path: Path, districts: Sequence[str] = (), schema: int = SCHEMA_VERSION) -> None:
        """Raises OSError where the folder cannot be made."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._schema, self._districts = path, schema, tuple(districts)
        self.name = hashlib.sha256(f"{socket.gethostname()}:{path.resolve()}".encode()).hexdigest()[:16]

    def position(self) -> Position | None:
        """Where the newest image stands, if this server can use it."""
        try:
            row = json.loads((self._path / "current.json").read_text("utf-8"))
            found = Position(**{**row, "districts": tuple(row["districts"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("the snapshot folder's current.json cannot be read: %s", error)
            return None
        is_ours = (found.schema, found.districts) == (self._schema, self._districts)
        return found if is_ours and Path(found.image).name == found.image else None

    def open(self, position: Position) -> Snapshot | None:
        """Nothing where the image is damaged, was made by another release, or has just given way to a newer one."""
        try:
            return unbake(self.path(position.image))[0]
        except FileNotFoundError:
            return None
        except (ImageUnreadable, OSError) as error:
            log.warning("an image of the catalogue is not used: %s", error)
            return None

    def path(self, name: str) -> Path:
        return self._path / name

    def new_name(self) -> str:
        return f"{secrets.token_hex(8)}.image"

    def place(self, image: str, mark: str, token: Any) -> Position:
        return Position(image, mark, token, self._schema, self._districts)

    def publish(self, position: Position) -> None:
        """Readers who have an older image mapped keep it; its name goes. Needs the lock. Raises OSError, TypeError."""
        partial = self.path("current.json.partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as file:
            json.dump(asdict(position), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path("current.json"))
        self._remove_all_but(position.image)

    def _remove_all_but(self, image: str) -> None:
        for path in self._path.iterdir():
            if path.name != image and path.suffix in _ENDINGS:
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

    def lock(self) -> FolderLock | None:
        """Nothing while another process, or another worker's child, holds it."""
        file = os.open(self.path("lock"), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return None
        return FolderLock(file)
