"""What fields cost and how long lists are: the tables behind `cost_of`.

One point is about one object built and answered (tens of microseconds). A test holds every name to the schema; a new
list of objects or a field that does more than look something up in the snapshot gets a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# A leaf is a tenth of a point: ten plain values take about as long as one object.
LEAVES_PER_POINT = 10

# Introspection follows `ofType` nine levels down where two or three exist, so its estimate is far too high. Divided by
# this, the standard query comes to about 4,100 points and 80 ms: one passes, two in one request do not.
INTROSPECTION_SHARE = 10

DEFAULT_FIRST = 20
MAX_FIRST = 100
DEFAULT_LIST = 10

COSTS: Mapping[str, int] = MappingProxyType(
    {
        # searches of the snapshot
        "Query.nearbyStores": 10,
        "Query.searchStores": 20,
        "Query.suggest": 10,
        "Query.policies": 10,
        "Policy.olderVersions": 20,
        "StoreConnection.totalCount": 10,
        "Query.lifeCircle": 30,
        "Query.areaReport": 500,
        # the database
        "Query.viewer": 10,
        "Query.availability": 50,
        "Resident.bookings": 20,
        "Store.bookings": 50,
        "WaitingListEntry.position": 10,
        "Resident.memberships": 10,
        "Merchant.stores": 20,
        "Merchant.wrongInfoReports": 20,
        "Query.wrongInfoReports": 20,
        "Store.history": 20,
        "Store.reviews": 20,
        "Store.statistics": 100,
        "ReviewConnection.totalCount": 10,
        "Query.deadNotices": 20,
        "Query.noticeTemplates": 10,
        "Subscription.bookingChanged": 50,
        "Query.conversation": 10,
        "Conversation.messages": 20,
        "Conversation.handoff": 10,
        "Query.handoffs": 20,
        "HandoffConnection.totalCount": 10,
        "Query.unansweredQuestions": 100,
        "Subscription.messageAdded": 50,
        "Chain.history": 20,
        "Chain.offerings": 20,
        "BookingConnection.totalCount": 10,
        # writes; a sign-in costs so much that one request cannot carry a run of guesses
        "Mutation.signInWithWeChat": 1_000,
        "Mutation.refreshSession": 1_000,
        "Mutation.requestSmsCode": 1_000,
        "Mutation.signInWithSms": 1_000,
        "Mutation.bindPhone": 1_000,
        "Mutation.createBooking": 250,
        "Mutation.importStores": 2_000,
        "Mutation.exportMyData": 2_000,
        "Mutation.deleteMyAccount": 2_000,
        "Mutation.cancelBooking": 250,
        "Mutation.createBookingSeries": 1_000,
        "Mutation.chat": 500,
    }
)
"""Points of a field by its coordinate; where it is not listed, an object costs 1 and a leaf a tenth."""

MUTATION_COST = 250
"""Of a mutation that is not listed."""


class Counted(NamedTuple):
    """A list as long as an argument says: a number, or one item for each item given."""

    argument: str
    default: int
    most: int


SIZED_BY: Mapping[str, Counted] = MappingProxyType(
    {
        "Query.nodes": Counted("ids", MAX_FIRST, 1_000_000),
        "Query.suggest": Counted("first", 10, MAX_FIRST),
        "Query.availability": Counted("days", 7, 62),
        "Query.unansweredQuestions": Counted("first", DEFAULT_FIRST, MAX_FIRST),
        "Store.openRanges": Counted("days", 7, 62),
    }
)

LIST_SIZES: Mapping[str, int] = MappingProxyType(
    {
        "Query.categories": 60,
        "Category.children": 10,
        "Area.children": 15,
        "Area.stations": 5,
        "AvailabilityDay.timeSlots": 16,
        "Store.openingHours": 7,
        "Store.exceptions": 5,
        "Offering.eligibility": 3,
        "Booking.history": 5,
        "Booking.dates": 2,
        "BookingRules.resources": 3,
        "BookingRules.blackouts": 2,
        "BookingRules.sessions": 12,
        "EligibilityCheck.rules": 3,
        "CreateBookingSeriesPayload.dates": 52,
        "Resident.memberships": 3,
        "Resident.staffAreas": 3,
        "Resident.sessions": 10,
        "Query.myConsents": 10,
        "Query.noticeTemplates": 4,
        "StoreStatistics.days": 31,
        "ConsentPayload.consents": 10,
        "Membership.stores": 5,
        "LifeCircle.groups": 90,
        "LifeCircle.missing": 3,
        "LifeCircleGroup.rings": 3,
        "AreaReport.missing": 5,
        "AreaReport.gaps": 5,
        "AreaReport.smallStations": 2,
        "AreaGap.communities": 5,
        "Chain.openingHours": 7,
        "HistoryEntry.changes": 3,
        "StoreImport.rowErrors": 50,
        "ImportTemplate.columns": 12,
        "PensionCertification.channels": 7,
        "Query.certificationRules": 6,
        "Policy.olderVersions": 3,
        "Reply.citations": 3,
        "Reply.cards": 5,
        "__Schema.types": 150,
        "__Schema.directives": 8,
        "__Type.fields": 8,
        "__Type.inputFields": 2,
        "__Type.interfaces": 1,
        "__Type.possibleTypes": 1,
        "__Type.enumValues": 3,
        "__Field.args": 1,
        "__Directive.args": 2,
    }
)
"""Objects in a list that is not a connection, as found in a large district; DEFAULT_LIST where it is not listed."""
