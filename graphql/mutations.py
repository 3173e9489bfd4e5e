"""The root mutation: what each domain module lets a client change."""

from __future__ import annotations

import strawberry

from lifecircle.graphql.bookings_making import BookingMutations
from lifecircle.graphql.bookings_series import SeriesMutations
from lifecircle.graphql.bookings_store import StoreSideMutations
from lifecircle.graphql.bookings_waiting import WaitingMutations
from lifecircle.graphql.chat import ChatMutations
from lifecircle.graphql.conversations import ConversationMutations
from lifecircle.graphql.editing import EditingMutations
from lifecircle.graphql.freshness import FreshnessMutations
from lifecircle.graphql.handoffs import HandoffMutations
from lifecircle.graphql.imports import ImportMutations
from lifecircle.graphql.membership import MembershipMutations
from lifecircle.graphql.notices import NoticeMutations
from lifecircle.graphql.pension import PensionMutations
from lifecircle.graphql.people import SignInMutations
from lifecircle.graphql.privacy import PrivacyMutations
from lifecircle.graphql.requests import RequestMutations
from lifecircle.graphql.reviews import ReviewMutations


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    SignInMutations,
    BookingMutations,
    SeriesMutations,
    StoreSideMutations,
    WaitingMutations,
    ChatMutations,
    MembershipMutations,
    PrivacyMutations,
    FreshnessMutations,
    EditingMutations,
    ImportMutations,
    NoticeMutations,
    ReviewMutations,
    ConversationMutations,
    HandoffMutations,
    RequestMutations,
    PensionMutations,
):
    """Only a sum: fields and their permissions are declared where their types are."""
