"""Matters that residents ask about and no guide speaks of: the explicit "none" of the search.

A question that is nearer to one of these than to any guide is answered with not knowing.
"""

from __future__ import annotations

from lifecircle.assistant.policies.wordings.reading import shipped_wordings, unknown_of


def unknown_matters() -> tuple[str, ...]:
    return unknown_of(shipped_wordings())
