"""Whether somebody comes so far: the service area of home visits."""

from __future__ import annotations

from lifecircle.catalogue.areas import Areas, area_from_document
from lifecircle.catalogue.bookings.model import Contact
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import HomeTooFar, InvalidInput
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.offerings.store import Listing


async def check_service_area(database: Database, listing: Listing, contact: Contact) -> None:
    """Inside the radius or inside any of the areas. Raises InvalidInput without a place on the map, HomeTooFar."""
    offering = listing.offering
    radius, areas = offering.rules.service_radius, offering.rules.service_areas
    if not offering.at_home or (radius is None and not areas):
        return
    if contact.location is None:
        raise InvalidInput("上门服务请在地图上选好地址，以便确认是否在服务范围内。", "address", "location")
    home = Point(*contact.location)
    if radius is not None and distance(listing.store.location, home) <= radius:
        return
    known = await _read_areas(database, areas)
    if known.locate(home):
        return
    reach = [f"门店周围 {radius / 1000:g} 公里"] if radius is not None else []
    reach += [area.name for area in known]
    raise HomeTooFar(f"这个地址不在上门范围内，可上门的范围：{'、'.join(reach)}。请换一个地址或另选一家。", "address")


async def _read_areas(database: Database, codes: tuple[str, ...]) -> Areas:
    rows = [await database["areas"].find_one({"_id": code}) for code in codes]
    return Areas(area_from_document(row) for row in rows if row)
