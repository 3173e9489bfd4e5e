"""A file of named columns that every process can map: a head in JSON, the columns, and a checksum over all of it.

Nothing of it is executed or trusted: a file that is cut short, damaged or of another shape raises ImageUnreadable.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lifecircle.catalogue.snapshot.texts import Array, Arrays

_MAGIC = b"lifecircle-image-1\n"
_FRAME = struct.Struct("<QII")
"""Length of the head, its checksum, and the checksum of the columns."""

_ALIGNED = 64
_KINDS = frozenset({"|u1", "|i1", "|b1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8"})
_CHUNK = 1 << 24

OWNER_ONLY = 0o600


class ImageUnreadable(Exception):
    """The file is no image, is damaged, or was made by another release."""


def write_image(path: Path, head: Mapping[str, Any], arrays: Arrays) -> None:
    """Complete or not at all: the file takes its name when all of it is on the disk."""
    rows: list[dict[str, Any]] = []
    data: list[bytes | memoryview] = []
    at = checksum = 0
    for name, array in arrays.items():
        flat = np.ascontiguousarray(array)
        rows.append({"name": name, "kind": flat.dtype.str, "shape": flat.shape, "at": at})
        piece = flat.reshape(-1).view(np.uint8).data
        padding = bytes(-len(piece) % _ALIGNED)
        data += (piece, padding)
        at += len(piece) + len(padding)
        checksum = zlib.crc32(padding, zlib.crc32(piece, checksum))
    text = json.dumps({**head, "columns": rows, "bytes": at}, ensure_ascii=False).encode()
    start = _MAGIC + _FRAME.pack(len(text), zlib.crc32(text), checksum) + text
    partial = path.with_name(path.name + ".partial")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
        file.write(start + bytes(-len(start) % _ALIGNED))
        file.writelines(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def open_image(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The head, and the columns as they lie in the mapped file. Raises ImageUnreadable, FileNotFoundError."""
    try:
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _read(mapped)
    except (ValueError, KeyError, TypeError, struct.error, PermissionError, IsADirectoryError) as error:
        raise ImageUnreadable(f"{path.name}: {error}") from None


def _read(mapped: mmap.mmap) -> tuple[dict[str, Any], dict[str, Array]]:
    begin = len(_MAGIC) + _FRAME.size
    if mapped[: len(_MAGIC)] != _MAGIC:
        raise ValueError("not an image of this release")
    length, head_sum, body_sum = _FRAME.unpack_from(mapped, len(_MAGIC))
    text = mapped[begin : begin + length]
    if zlib.crc32(text) != head_sum:
        raise ValueError("its head is damaged")
    head = json.loads(text)
    body = memoryview(mapped)[begin + length + -(begin + length) % _ALIGNED :]
    if len(body) != head["bytes"] or _checksum(body) != body_sum:
        raise ValueError("it is cut short or damaged")
    return head, {row["name"]: _column(body, row) for row in head["columns"]}


def _checksum(body: memoryview) -> int:
    """In pieces, so that other threads get their turn."""
    found = 0
    for at in range(0, len(body), _CHUNK):
        found = zlib.crc32(body[at : at + _CHUNK], found)
    return found


def _column(body: memoryview, row: Mapping[str, Any]) -> Array:
    if row["kind"] not in _KINDS:
        raise ValueError(f"{row['name']} is of kind {row['kind']}")
    shape = tuple(row["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(body, np.dtype(row["kind"]), count, row["at"]).reshape(shape)
