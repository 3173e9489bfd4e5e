"""A fitted matcher as one file of numpy arrays: no code in it, so a file from elsewhere can do no harm."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.matcher.features import Vocabulary
from lifecircle.assistant.matcher.solver import Linear

FORMAT = 1
"""Raised when features or solver change: what was fitted before is fitted again."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A linear model with its calibration."""

    linear: Linear
    sharpness: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Stored:
    intents: tuple[str | None, ...]
    vocabulary: Vocabulary
    same: dict[str, int]
    first: Stage
    second: Stage | None
    encoder: str
    """Its name; empty for none."""
    digest: str


def save(path: Path, stored: Stored) -> None:
    """The file is whole or not there at all."""
    head = {
        "format": FORMAT,
        "digest": stored.digest,
        "encoder": stored.encoder,
        "intents": stored.intents,
        "same": stored.same,
        "stages": [[stage.sharpness, stage.threshold] for stage in (stored.first, stored.second) if stage],
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "head": np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8),
        "keys": stored.vocabulary.keys,
        "rarity": stored.vocabulary.rarity,
    }
    for number, stage in enumerate((stored.first, stored.second)):
        if stage:
            arrays |= {f"weights{number}": stage.linear.weights, f"dense{number}": stage.linear.dense}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    beside.replace(path)


def load(path: Path) -> Stored | None:
    """None where it is not there, not readable, or of another format."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            head = json.loads(bytes(file["head"]))
            if head["format"] != FORMAT:
                return None
            arrays = {name: file[name] for name in file.files}
            stages = [
                Stage(Linear(arrays[f"weights{number}"], arrays[f"dense{number}"]), *calibrated)
                for number, calibrated in enumerate(head["stages"])
            ]
            vocabulary = Vocabulary(arrays["keys"], arrays["rarity"])
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    second = stages[1] if len(stages) > 1 else None
    intents, same = tuple(head["intents"]), head["same"]
    return Stored(intents, vocabulary, same, stages[0], second, head["encoder"], head["digest"])
