"""The root mutation: what each domain module lets a client change."""

from __future__ import annotations

import strawberry

from lifecircle.graphql.bookings import BookingMutations
from lifecircle.graphql.chat import ChatMutations
from lifecircle.graphql.membership import MembershipMutations
from lifecircle.graphql.people import SignInMutations
from lifecircle.graphql.privacy import PrivacyMutations


@strawberry.type(description="Everything that can be changed.")
class Mutation(SignInMutations, BookingMutations, ChatMutations, MembershipMutations, PrivacyMutations):
    """Only a sum: fields and their permissions are declared where their types are."""
