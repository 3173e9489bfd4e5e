"""Where everything is put together: settings in, services out."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle.assistant.dialogue.store import ConversationStore
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.service import Assistant
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import (
    Client,
    Database,
    connect,
    ensure_schema_version,
    open_database,
    wait_until_reachable,
)
from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.hours.holidays import state_calendar
from lifecircle.catalogue.people.service import PeopleDesk
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.ports import WeChatIdentity
from lifecircle.catalogue.sealing import KeyRing, make_keys_file, read_key_ring
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.stores.store import create_catalogue_indexes
from lifecircle.gateway.demo import DemoIdentity, NoIdentity
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.tokens import JwtTokens
from lifecircle.graphql.context import Services

REACHABLE_SECONDS = 10.0


@dataclass(frozen=True)
class Wiring:
    """A worker's services, and what has to be closed at its end."""

    client: Client
    services: Services
    tokens: JwtTokens

    async def close(self) -> None:
        await self.services.keeper.stop()
        self.client.close()


async def wire(settings: Settings, clock: Clock) -> Wiring:
    """Connect, load the snapshot, return. Raises CannotStart."""
    keys = key_ring_of(settings)
    client = connect(uri_of(settings))
    database = open_database(client, settings.mongodb_database)
    await wait_until_reachable(client, REACHABLE_SECONDS)
    calendar, tokens = state_calendar(), JwtTokens(keys.tokens, clock)
    desk, shelf = BookingDesk(database, keys, calendar, clock), PolicyShelf(database)
    services = Services(
        database=database,
        keeper=SnapshotKeeper(database, settings.districts, clock, [shelf]),
        bookings=desk,
        people=PeopleDesk(database, keys, _identity(settings), tokens, clock),
        assistant=Assistant(database, keys, desk, shelf, clock),
        keys=keys,
        calendar=calendar,
    )
    await services.keeper.start()
    return Wiring(client, services, tokens)


async def prepare_database(database: Database, keys: KeyRing) -> None:
    """Schema version and indexes; idempotent, and safe from several processes at once. Raises SchemaTooNew."""
    await ensure_schema_version(database)
    await create_catalogue_indexes(database)
    await BookingStore(database).create_indexes()
    await PeopleStore(database).create_indexes()
    await ConversationStore(database, keys).create_indexes()


def key_ring_of(settings: Settings) -> KeyRing:
    """Raises SettingInvalid where there are no keys and no leave to make some."""
    if settings.keys_file:
        return read_key_ring(settings.keys_file)
    if not settings.demo:
        raise SettingInvalid("LIFECIRCLE_KEYS_FILE: not set; `lifecircle keys FILE` makes one, --demo makes its own")
    path = settings.state / "keys.json"
    settings.state.mkdir(parents=True, exist_ok=True)
    make_keys_file(path)
    return read_key_ring(path)


def uri_of(settings: Settings) -> str:
    if settings.mongodb_uri is None:
        raise SettingInvalid("LIFECIRCLE_MONGODB_URI: not set")
    return settings.mongodb_uri.get_secret_value()


def _identity(settings: Settings) -> WeChatIdentity:
    return DemoIdentity() if settings.demo else NoIdentity()
