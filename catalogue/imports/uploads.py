"""Files that a member sends ahead of an import: kept for an hour, for nobody else."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.imports.store import UploadStore
from lifecircle.catalogue.imports.text import decoded

KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Upload:
    id: str
    expires_at: datetime


@dataclass(frozen=True)
class Uploads:
    database: Database
    clock: Clock

    async def keep(self, resident: str, raw: bytes) -> Upload:
        """Raises InvalidInput for what is no text."""
        text = decoded(raw)
        if not text.strip():
            raise InvalidInput("文件是空的，请选择要导入的 CSV 文件。")
        upload = Upload(secrets.token_hex(16), self.clock() + KEPT)
        document = {"_id": upload.id, "owner": _owner(resident), "content": text.encode()}
        async with database_errors_as_refusals():
            await UploadStore(self.database).add({**document, "expires_at": upload.expires_at})
        return upload

    async def text_of(self, resident: str, key: str) -> str:
        """Raises NotFound, also for somebody else's."""
        content = await UploadStore(self.database).find(key, _owner(resident), self.clock())
        if content is None:
            raise NotFound("没有找到这个文件，可能已超过 1 小时，请重新上传。", "upload")
        return content.decode()


def _owner(resident: str) -> str:
    """Enough to compare, nothing that an account's deletion would have to look for."""
    return hashlib.sha256(f"upload:{resident}".encode()).hexdigest()
