"""Who may follow what. Pure."""

from __future__ import annotations

from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.stores.model import Store


def looks_after(roles: Roles, store: Store) -> bool:
    """Members of the merchant who reach the store; of a public facility, the staff of where it stands."""
    if store.merchant is not None:
        member = roles.membership(store.merchant)
        return member is not None and (not member.stores or store.id in member.stores)
    return bool({store.community, store.station_of} & roles.areas)


def may_follow(roles: Roles, booking: Booking, store: Store | None) -> bool:
    return booking.resident == roles.resident or (store is not None and looks_after(roles, store))
