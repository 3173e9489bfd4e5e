"""Making images and changing over to them, beside the following of the change stream."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from lifecircle.catalogue.snapshot.baked import bake, bake_changes
from lifecircle.catalogue.snapshot.folder import FolderLock, ImageFolder, Position
from lifecircle.catalogue.snapshot.image import ImageUnreadable
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.store import Marks

log = logging.getLogger("lifecircle.snapshot")

LOOK_SECONDS = 0.05
"""How often a worker looks whether another one's image is there."""

PATIENCE_SECONDS = 60.0
"""How long a worker waits for another one's image."""

_FOLDING = "lifecircle.catalogue.snapshot.folding"


class ImageLost(Exception):
    """No image was made; what was known stays as it is."""


class Images:
    """One worker's part in the images of its state folder."""

    def __init__(self, folder: ImageFolder, marks: Marks) -> None:
        self.folder, self.marks = folder, marks
        self.unproven: set[str] = set()
        """Marks of images that this worker has found to be of no use."""
        self.image: str | None = None
        """The image that the worker's base lies in."""
        self._lock: FolderLock | None = None

    def take_lock(self) -> bool:
        self._lock = self._lock or self.folder.lock()
        return self._lock is not None

    def release_lock(self) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None

    async def find(self) -> tuple[Snapshot, Position] | None:
        """The newest image. Nothing: there is none, and this worker has the lock to make it, or nobody makes one."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            found = await self._newest()
            if found:
                return found
            if self.take_lock():
                found = await self._newest()  # made since the first look
                if found:
                    self.release_lock()
                return found
            await asyncio.sleep(LOOK_SECONDS)
        log.warning("another process holds the snapshot folder and makes no image")
        return None

    async def _newest(self) -> tuple[Snapshot, Position] | None:
        position = self.folder.position()
        if position is None or position.mark in self.unproven:
            return None
        if not await self.marks.is_set(position.mark):
            log.info("the image in the state folder belongs to another database, or to another time of this one")
            self.unproven.add(position.mark)
            return None
        snapshot = await asyncio.to_thread(self.folder.open, position)
        return (snapshot, position) if snapshot else None

    async def make(self, picture: Snapshot, mark: str, token: Any, now: datetime) -> Snapshot | None:
        """Everything of the picture in a new image, which is the newest from then on. Raises ImageLost.

        Nothing where the picture is what the worker's image holds: that image only gets a new place in the stream.
        """
        try:
            if picture.unfolded == 0 and self.image and self.image == self._published():
                name = self.image
            else:
                name = self.folder.new_name()
                await self._write(picture, self.folder.path(name))
            position = self.folder.place(name, mark, token)
            await asyncio.to_thread(self.folder.publish, position)
            return await self._changed_over(position)
        except (ImageUnreadable, OSError, TypeError) as error:
            raise ImageLost(str(error)) from error
        finally:
            self.release_lock()
            await self.marks.keep_only(mark, now)

    def _published(self) -> str | None:
        position = self.folder.position()
        return position.image if position else None

    async def _write(self, picture: Snapshot, path: Path) -> None:
        if self.image is not None:
            changes = path.with_suffix(".changes")
            try:
                await asyncio.to_thread(bake_changes, picture, changes)
                await self._fold_in_a_process(self.folder.path(self.image), changes, path)
                return
            except (OSError, ImageLost, ImageUnreadable) as error:
                log.warning("folding on a thread, since the process for it failed: %s", error)
            finally:
                changes.unlink(missing_ok=True)
        await asyncio.to_thread(lambda: bake(picture.folded(), path, {}))

    async def _fold_in_a_process(self, image: Path, changes: Path, target: Path) -> None:
        """Raises OSError, ImageLost."""
        lock = () if self._lock is None else (self._lock.file,)
        command = (sys.executable, "-P", "-m", _FOLDING, str(image), str(changes), str(target), json.dumps({}))
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, pass_fds=lock
        )
        try:
            _, said = await child.communicate()
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode:
            raise ImageLost(f"exit {child.returncode}: {said.decode(errors='replace').strip()[-300:]}")

    async def await_image(self, mark: str) -> Snapshot | None:
        """Another worker's image; nothing where it is the one that this worker has. Raises ImageLost."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            position = self.folder.position()
            if position and position.mark == mark:
                return await self._changed_over(position)
            await asyncio.sleep(LOOK_SECONDS)
        raise ImageLost("another worker's image did not come")

    async def _changed_over(self, position: Position) -> Snapshot | None:
        if position.image == self.image:
            return None
        snapshot = await asyncio.to_thread(self.folder.open, position)
        if snapshot is None:
            raise ImageLost("the new image cannot be read")
        self.image = position.image
        return snapshot
