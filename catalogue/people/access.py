"""Who may do what: the one place where roles meet objects.

What a viewer may not know exists is `NotFound`; what they may know but not do is `Forbidden`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.errors import Forbidden, NotFound
from lifecircle.catalogue.merchants import Merchant, MerchantState
from lifecircle.catalogue.people.model import MemberRole, Membership


class Needs(StrEnum):
    """What a field of the schema asks of the viewer, before any object is looked at."""

    NOTHING = "NOTHING"
    SIGN_IN = "SIGN_IN"
    MEMBER = "MEMBER"
    """Of some merchant."""
    STAFF = "STAFF"
    """Of some area."""
    MEMBER_OR_STAFF = "MEMBER_OR_STAFF"
    AUDITOR = "AUDITOR"


@dataclass(frozen=True, slots=True)
class Roles:
    """Everything one resident is, read once per request."""

    resident: str
    memberships: tuple[Membership, ...] = ()
    areas: frozenset[str] = frozenset()
    """Area codes that the resident is staff of, everything below them included."""
    is_auditor: bool = False

    def membership(self, merchant: str) -> Membership | None:
        return next((member for member in self.memberships if member.merchant == merchant), None)

    def fulfils(self, needs: Needs) -> bool:
        match needs:
            case Needs.MEMBER:
                return bool(self.memberships)
            case Needs.STAFF:
                return bool(self.areas)
            case Needs.MEMBER_OR_STAFF:
                return bool(self.memberships or self.areas)
            case Needs.AUDITOR:
                return self.is_auditor
            case _:
                return True


def subtree_of(areas: Areas, codes: list[str]) -> frozenset[str]:
    """Staff see their area and everything below it."""
    return frozenset[str]().union(*(areas.subtree(code) for code in codes))


def may_see_merchant(roles: Roles | None, merchant: Merchant) -> bool:
    """Approved merchants are public; the others are their members' and their staff's business."""
    if merchant.state is MerchantState.APPROVED:
        return True
    return roles is not None and (roles.membership(merchant.id) is not None or merchant.area in roles.areas)


def require_merchant(roles: Roles, merchant: Merchant | None, *allowed: MemberRole) -> Merchant:
    """The merchant, if the viewer is a member with one of the roles. Raises NotFound, Forbidden."""
    if merchant is None or not may_see_merchant(roles, merchant):
        raise NotFound("没有找到这个商户。", "merchant")
    member = roles.membership(merchant.id)
    if member is None or member.role not in allowed:
        raise Forbidden("只有这个商户的负责人可以这样做。", "merchant")
    return merchant


def require_store(roles: Roles, merchant: str | None, store: str, *allowed: MemberRole) -> Membership:
    """The membership that reaches the store: an owner's reaches all, others' reach those they are given.

    Raises Forbidden.
    """
    member = roles.membership(merchant) if merchant else None
    if member is None or member.role not in allowed or (member.stores and store not in member.stores):
        raise Forbidden("您没有管理这家店的权限。", "store")
    return member


def require_staff(roles: Roles, area: str, *field: str) -> None:
    """Raises NotFound: what happens in other areas is none of this staff member's business."""
    if area not in roles.areas:
        raise NotFound("没有找到您要的内容。", *field)


def require_staffed_merchant(roles: Roles, merchant: Merchant | None) -> None:
    """Raises NotFound for a merchant of an area that the viewer is not staff of, as for one that does not exist."""
    require_staff(roles, merchant.area if merchant else "", "merchant")
