"""The domain's enumerations as the schema names them: one class on both sides, described here."""

from __future__ import annotations

from enum import Enum

import strawberry

from lifecircle.assistant.policies.model import PolicyStatus
from lifecircle.assistant.replies import ReplyKind, Requirement
from lifecircle.catalogue.areas import AreaLevel
from lifecircle.catalogue.bookings.eligibility import Eligible
from lifecircle.catalogue.bookings.model import BookingStatus
from lifecircle.catalogue.bookings.waiting.model import WaitingStatus
from lifecircle.catalogue.categories import CategoryLevel
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.offerings.model import OfferingKind
from lifecircle.catalogue.people.model import MemberRole
from lifecircle.catalogue.stores.model import AccessibilityFeature
from lifecircle.catalogue.stores.nearby import StoreSort

__all__ = [
    "AccessibilityFeature",
    "AreaLevel",
    "BookingStatus",
    "CategoryLevel",
    "CoordinateSystem",
    "Eligible",
    "MemberRole",
    "MerchantState",
    "OfferingKind",
    "PolicyStatus",
    "ReplyKind",
    "Requirement",
    "StoreSort",
    "WaitingStatus",
]


@strawberry.enum(description="Datum of a pair of coordinates.")
class CoordinateSystem(Enum):
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"


strawberry.enum(AreaLevel, description="区, 街道, 社区.")
strawberry.enum(CategoryLevel, description="Basic, quality or public service.")
strawberry.enum(MerchantState, description="Where a merchant's application stands.")
strawberry.enum(BookingStatus, description="Where a booking stands.")
strawberry.enum(WaitingStatus, description="Where somebody in a waiting list stands.")
strawberry.enum(Eligible, description="Whether a condition is fulfilled: 符合, 不符合, 需核实.")
strawberry.enum(OfferingKind, description="A grid of starts, listed dates with places, or a request only.")
strawberry.enum(MemberRole, description="What a member may do for a merchant.")
strawberry.enum(AccessibilityFeature, description="What makes a place usable for everybody.")
strawberry.enum(StoreSort, description="Order of stores. RELEVANCE is for searchStores.")
strawberry.enum(PolicyStatus, description="Whether a rule is in force, replaced by another version, or abolished.")
strawberry.enum(ReplyKind, description="What the client should show.")
strawberry.enum(Requirement, description="What is missing before the conversation can go on.")
