"""Questions that are refused, and the field that is to blame."""

from __future__ import annotations

import pytest
from around import PLAIN, a_query, found
from factories import NOON, a_snapshot, a_store

from lifecircle.catalogue.errors import BadRequest, InvalidInput
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.stores.nearby import MAX_RADIUS, NearbyQuery, StoreSort, check_place, nearby


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(120.0, 90.0), (120.0, -90.0), (180.0, 30.0), (-180.0, 30.0), (float("nan"), 30.0)]
)
def test_poles_and_the_antimeridian_are_refused(longitude: float, latitude: float) -> None:
    assert refusal(NearbyQuery(Point(longitude, latitude), 100)).field == ("near",)


def refusal(query: NearbyQuery) -> InvalidInput | BadRequest:
    with pytest.raises((InvalidInput, BadRequest)) as raised:
        nearby(a_snapshot(), query, PLAIN, NOON, first=1)
    return raised.value


@pytest.mark.parametrize("open_now", [True, False])
def test_open_now_with_open_at_is_a_bad_request(open_now: bool) -> None:
    refused = refusal(a_query(open_now=open_now, open_at=NOON))
    assert (refused.code, refused.field) == ("BAD_REQUEST", ("filter", "openNow"))


def test_stores_nearby_have_no_relevance() -> None:
    refused = refusal(a_query(sort=StoreSort.RELEVANCE))
    assert (refused.code, refused.field) == ("BAD_REQUEST", ("sort",))


@pytest.mark.parametrize("radius", [0, -1, MAX_RADIUS + 1])
def test_a_radius_out_of_bounds_is_refused(radius: int) -> None:
    refused = refusal(a_query(radius))
    assert (refused.code, refused.field) == ("INVALID_INPUT", ("radius",))


@pytest.mark.parametrize("radius", [1, MAX_RADIUS])
def test_a_radius_at_its_bounds_is_taken(radius: int) -> None:
    assert found(a_snapshot(stores=[a_store()]), a_query(radius)) == ["s1"]


def test_a_place_that_is_not_on_the_map_is_refused() -> None:
    assert refusal(NearbyQuery(Point(181.0, 30.0), 100)).field == ("near",)
    with pytest.raises(InvalidInput) as raised:
        check_place(Point(120.0, 90.0), "center")
    assert raised.value.field == ("center",)
