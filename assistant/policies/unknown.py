"""Matters that residents ask about and no guide speaks of: the explicit "none" of the search.

A question that is nearer to one of these than to any guide is answered with not knowing.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def unknown_matters() -> tuple[str, ...]:
    text = (resources.files("lifecircle.assistant.policies") / "unknown.yaml").read_text("utf-8")
    return tuple(_LOADER(text).get_single_data())
