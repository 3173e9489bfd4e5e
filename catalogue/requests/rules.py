"""Service requests: what one must hold, whose business it is, how it is recognised when it comes twice. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from datetime import timedelta

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.errors import IdempotencyConflict, InvalidInput
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.rates import Limit
from lifecircle.catalogue.requests.model import Draft, ServiceRequest

REQUEST_LIMIT = Limit("service-request", 10, 86_400)
"""Of one resident in a day."""

KEPT = timedelta(days=365)
"""How long a closed request is kept: the community reports on a year."""

LONGEST_TEXT, LONGEST_PLACE, LONGEST_NOTE = 500, 100, 500


def checked(draft: Draft, areas: Areas) -> Draft:
    """In its one spelling. Raises InvalidInput."""
    if areas.get(draft.area) is None:
        raise InvalidInput("没有找到这个地方所在的社区，请说清楚在哪里。", "area")
    text = plain_text(visible(draft.text), "情况说明", 2, LONGEST_TEXT, "text")
    place = plain_text(visible(draft.place), "地点", 2, LONGEST_PLACE, "place") if draft.place else None
    return replace(draft, text=text, place=place)


def visible(text: str) -> str:
    """Without what nobody sees: somebody who talks did not type it on purpose."""
    return "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)


def request_id(resident: str, key: str) -> str:
    """Made from the key, so that the same request a second time runs into the first."""
    return hashlib.sha256(f"{resident}:{key}".encode()).hexdigest()[:24]


def the_same(found: ServiceRequest, draft: Draft) -> ServiceRequest:
    """Raises IdempotencyConflict where the key was used for something else."""
    if (found.category, found.text, found.place) != (draft.category, draft.text, draft.place):
        raise IdempotencyConflict
    return found


def is_business_of(roles: Roles, request: ServiceRequest) -> bool:
    return not roles.areas.isdisjoint(request.areas)
