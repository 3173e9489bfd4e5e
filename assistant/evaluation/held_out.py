"""Sentences that were written apart from the training files, and what each of them means."""

from __future__ import annotations

from pathlib import Path

import yaml

from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.yaml_text import read_yaml


class NoHeldOut(LifecircleError):
    """There are no held-out utterances to evaluate on, or they are not in the form `intent: [texts]`."""


def read_held_out(path: Path) -> dict[str, list[str]]:
    """By intent. Raises NoHeldOut."""
    try:
        said = read_yaml(path.read_text("utf-8"))
    except OSError as error:
        raise NoHeldOut(f"{path} is not there: run this in a checkout, or name a file with --held-out") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NoHeldOut(f"{path} is no YAML: {error}") from error
    if not isinstance(said, dict) or not all(isinstance(texts, list) and texts for texts in said.values()):
        raise NoHeldOut(f"{path} must hold `intent: [texts]`")
    return {str(intent): [str(text) for text in texts] for intent, texts in said.items()}
