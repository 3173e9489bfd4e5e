"""Whom to call and where to come.

Sealed with the booking; opened for its resident, and for the store while it needs it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.ledger import Ledger
from lifecircle.catalogue.bookings.model import HOLDING, Booking, Contact
from lifecircle.catalogue.bookings.mover import no_such_booking
from lifecircle.catalogue.bookings.store_side import StoreSide
from lifecircle.catalogue.database import database_errors_as_refusals
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

STORE_SEES_UNTIL = timedelta(days=1)
"""After the end: time to look up what went wrong, then the store has no more use for it."""


@dataclass(frozen=True)
class Contacts:
    ledger: Ledger
    of_store: StoreSide

    async def of(self, roles: Roles, booking_id: str) -> Contact | None:
        """None where nothing was given, or where the store no longer needs it.

        Raises NotFound for whom the booking does not concern.
        """
        async with database_errors_as_refusals():
            document = await self.ledger.store.document(booking_id)
        if document is None or "resident" not in document:  # a kept place is nobody's booking
            raise no_such_booking()
        if document["resident"] != roles.resident:
            booking = await self.of_store.find(roles, booking_id)
            if not store_needs_it(booking, self.ledger.clock()):
                return None
        return opened(document.get("contact"), self.ledger.keys)


def store_needs_it(booking: Booking, now: datetime) -> bool:
    return booking.status in HOLDING and now < booking.interval.end + STORE_SEES_UNTIL


def opened(sealed: str | None, keys: KeyRing) -> Contact | None:
    if sealed is None:
        return None
    try:
        given = json.loads(keys.unseal(sealed, field="contact"))
    except CannotUnseal:  # its key has been retired
        return None
    place = given.pop("location", None)
    return Contact(**given, location=(place[0], place[1]) if place else None)
