"""What a sentence names: services, shops and places of the catalogue; people, prices, numbers and phones."""

from lifecircle.assistant.entities.finder import EntityFinder, EntityKeeper
from lifecircle.assistant.entities.model import Entity, Kind

__all__ = ["Entity", "EntityFinder", "EntityKeeper", "Kind"]
