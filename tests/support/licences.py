"""Licence numbers that hold, as many as a test needs."""

from __future__ import annotations

import itertools
import random

from lifecircle.catalogue.membership.licence import check_character

_NUMBERS = itertools.count(random.SystemRandom().randrange(9_000_000))


def a_licence() -> str:
    first17 = f"91330199MA{next(_NUMBERS):07d}"
    return first17 + check_character(first17)
