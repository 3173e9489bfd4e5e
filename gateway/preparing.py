"""What happens before workers start: keys, schema version, indexes.

Kept apart from `wiring`, so that the supervisor does not load what only workers need.
"""

from __future__ import annotations

from pathlib import Path

from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.handoffs.store import HandoffStore
from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.assistant.policies.store import RegulationStore
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.bookings.waiting.store import WaitingStore
from lifecircle.catalogue.certification.store import create_certification_indexes
from lifecircle.catalogue.database import Database, ensure_schema_version
from lifecircle.catalogue.editing.store import EditingStore
from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.freshness.store import FreshnessStore
from lifecircle.catalogue.imports.store import UploadStore
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.privacy.store import create_privacy_indexes
from lifecircle.catalogue.requests.store import RequestStore
from lifecircle.catalogue.reviews.store import ReviewStore
from lifecircle.catalogue.sealing import KeyRing, make_keys_file, read_key_ring
from lifecircle.catalogue.stores.store import create_catalogue_indexes
from lifecircle.gateway.settings import Settings

REACHABLE_SECONDS = 10.0


async def prepare_database(database: Database, keys: KeyRing) -> None:
    """Schema version and indexes; idempotent, and safe from several processes at once. Raises SchemaTooNew."""
    await ensure_schema_version(database)
    await prepare_catalogue(database)
    await BookingStore(database).create_indexes()
    await WaitingStore(database).create_indexes()
    await PeopleStore(database).create_indexes()
    await MembershipStore(database).create_indexes()
    await FreshnessStore(database).create_indexes()
    await UploadStore(database).create_indexes()
    await create_notice_indexes(database)
    await create_certification_indexes(database)
    await ReviewStore(database).create_indexes()
    await RequestStore(database, keys).create_indexes()
    await create_privacy_indexes(database)
    await RegulationStore(database).create_indexes()
    await ConversationStore(database, keys).create_indexes()
    await HandoffStore(database, keys).create_indexes()
    await QuestionStore(database).create_indexes()


async def prepare_catalogue(database: Database) -> None:
    """The indexes of what seeds and exports fill: made before the rows are there, since later it takes seconds."""
    await create_catalogue_indexes(database)
    await EditingStore(database).create_indexes()


def key_ring_of(settings: Settings) -> KeyRing:
    """Raises SettingInvalid where there are no keys and no leave to make some."""
    path = keys_path(settings)
    if settings.keys_file is None:
        settings.state.mkdir(parents=True, exist_ok=True)
        make_keys_file(path)
    return read_key_ring(path)


def keys_path(settings: Settings) -> Path:
    """Raises SettingInvalid where there are no keys and no leave to make some."""
    if settings.keys_file:
        return settings.keys_file
    if not settings.demo:
        raise SettingInvalid("LIFECIRCLE_KEYS_FILE: not set; `lifecircle keys FILE` makes one, --demo makes its own")
    return settings.state / "keys.json"


def uri_of(settings: Settings) -> str:
    if settings.mongodb_uri is None:
        raise SettingInvalid("LIFECIRCLE_MONGODB_URI: not set")
    return settings.mongodb_uri.get_secret_value()
