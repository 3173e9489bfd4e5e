"""What an application must hold, and who may give or take which role. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from lifecircle.catalogue.errors import Forbidden, InvalidInput
from lifecircle.catalogue.membership.model import Invitation, Member
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.people.sms import normal_mobile

MOST_MEMBERS = 200
"""Of one merchant, open invitations included."""

MOST_OPEN_APPLICATIONS = 5
"""Of one resident."""

_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})-?([0-9]{7,8})(?:[-转]([0-9]{1,6}))?")
_HIDDEN = ("Cc", "Cf", "Cs")
_STRENGTH = {MemberRole.CLERK: 0, MemberRole.MANAGER: 1, MemberRole.OWNER: 2}


# --- applications ---


def plain_text(text: str, what: str, least: int, most: int, *field: str) -> str:
    """One line of visible text. Raises InvalidInput."""
    clean = " ".join(text.split()) if len(text) <= most * 4 else text
    if not least <= len(clean) <= most:
        raise InvalidInput(f"{what}应为 {least} 到 {most} 个字。", *field)
    if any(unicodedata.category(char) in _HIDDEN for char in clean):
        raise InvalidInput(f"{what}里有看不见的特殊字符，请重新输入。", *field)
    return clean


def mobile_number(text: str, *field: str) -> str:
    """A mainland mobile number in its one spelling, full-width digits understood. Raises InvalidInput."""
    return normal_mobile(unicodedata.normalize("NFKC", text[:40]), *field)


def contact_number(text: str, *field: str) -> str:
    """A mainland mobile or landline number in its one spelling. Raises InvalidInput."""
    narrow = re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", text[:40]))
    found = _LANDLINE.fullmatch(narrow)
    if found:
        return "-".join(part for part in found.groups() if part)
    try:
        return mobile_number(text, *field)
    except InvalidInput:
        raise InvalidInput("请填写 11 位手机号，或带区号的固定电话（如 0571-88886666）。", *field) from None


def check_licence_date(expires_on: date | None, today: date, *field: str) -> None:
    """Raises InvalidInput; no date means that the licence has no end (长期)."""
    if expires_on is not None and expires_on < today:
        raise InvalidInput("营业执照已经过期，请换用有效的证照再申请。", *field)


# --- members ---


def check_may_invite(actor: Membership, invitation: Invitation) -> None:
    """An owner gives any role, a manager makes clerks of their own stores. Raises Forbidden, InvalidInput."""
    if actor.role is MemberRole.CLERK:
        raise Forbidden("只有负责人和店长可以邀请成员。", "merchant")
    if actor.role is MemberRole.MANAGER and invitation.role is not MemberRole.CLERK:
        raise Forbidden("店长只能邀请店员，其他角色请让负责人来邀请。", "role")
    if invitation.role is MemberRole.OWNER and invitation.stores:
        raise InvalidInput("负责人管理全部门店，不用选择门店。", "stores")
    if actor.stores and not invitation.stores:
        raise InvalidInput("请选择这位店员所在的门店。", "stores")
    if not reaches(actor, invitation.stores):
        raise Forbidden("您只能为自己管理的门店邀请店员。", "stores")


def check_may_change(actor: Membership, member: Member) -> None:
    """Whether the actor may give a new role to somebody who has one. Raises Forbidden."""
    if actor.role is not MemberRole.OWNER and member.role is not MemberRole.CLERK:
        raise Forbidden("这个手机号已经是店长或负责人，请让负责人来修改。", "phone")


def may_remove(actor: Membership | None, member: Member) -> bool:
    """An owner removes anybody, a manager the clerks of their own stores and nobody else's."""
    if actor is None or actor.merchant != member.merchant:
        return False
    if actor.role is MemberRole.MANAGER:
        return member.role is MemberRole.CLERK and reaches(actor, member.stores)
    return actor.role is MemberRole.OWNER


def reaches(actor: Membership, stores: Iterable[str]) -> bool:
    """Whether all of the stores are the actor's; no stores means all of the merchant's, on either side."""
    wanted = set(stores)
    return not actor.stores or (bool(wanted) and wanted <= set(actor.stores))


def stores_after(actor: Membership, member: Member, invitation: Invitation) -> tuple[str, ...]:
    """A manager decides about their own stores only: what a clerk has elsewhere stays."""
    if not actor.stores:
        return invitation.stores
    if not member.stores:
        return ()
    elsewhere = (store for store in member.stores if store not in actor.stores)
    return tuple(dict.fromkeys([*elsewhere, *invitation.stores]))


def merged(member: Member, invited: Member) -> tuple[MemberRole, tuple[str, ...]]:
    """One person twice in a merchant keeps the stronger role, and of two equal ones the stores of both."""
    if member.role is not invited.role:
        stronger = max(member, invited, key=lambda one: _STRENGTH[one.role])
        return stronger.role, stronger.stores
    if not member.stores or not invited.stores:
        return member.role, ()
    return member.role, tuple(dict.fromkeys([*member.stores, *invited.stores]))
