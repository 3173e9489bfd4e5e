"""`lifecircle appoint`: how the first staff and auditors come into being. Everybody else is invited through the API."""

from __future__ import annotations

from lifecircle.catalogue.database import connect, open_database, wait_until_reachable
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.people.sms import normal_mobile
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.stores.store import area_exists
from lifecircle.gateway.preparing import REACHABLE_SECONDS, key_ring_of, uri_of
from lifecircle.gateway.serve import database_of
from lifecircle.gateway.settings import Settings


class CannotAppoint(LifecircleError):
    """Nobody with that number has signed in, or there is no such area."""


async def appoint(settings: Settings, phone_text: str, area: str | None) -> str:
    """Make the resident with the number staff of an area, or an auditor where no area is said.

    Raises CannotAppoint, InvalidInput, CannotStart.
    """
    keys, phone = key_ring_of(settings), normal_mobile(phone_text, "phone")
    with database_of(settings) as ready:
        client = connect(uri_of(ready))
        try:
            await wait_until_reachable(client, REACHABLE_SECONDS)
            database = open_database(client, ready.mongodb_database)
            resident = await PeopleStore(database).resident_with_phone(keys.lookup_hashes(phone, field="phone"))
            if resident is None:
                raise CannotAppoint("nobody with this number has signed in yet: let them sign in first")
            if area is None:
                await PeopleStore(database).add_auditor(resident.id)
                return "appointed as auditor"
            if not await area_exists(database, area):
                raise CannotAppoint(f"there is no area {area}")
            await PeopleStore(database).add_staff(resident.id, area)
            return f"appointed as staff of {area}"
        finally:
            client.close()
