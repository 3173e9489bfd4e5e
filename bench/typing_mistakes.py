"""Sentences as they are mistyped, for what is measured; with an encoder the matcher learns from some made likewise."""

from __future__ import annotations

import random

from lifecircle.assistant.matcher.homophones import mistyped
from lifecircle.catalogue.text import fold


def with_homophone(text: str, random_: random.Random) -> str:
    """One character replaced, where any has a homophone."""
    return mistyped(fold(text), random_)
