"""Distances, the GCJ-02 datum, outlines, and what counts as a place."""

from __future__ import annotations

import math
import random

import pytest

from lifecircle.catalogue.geo import Point, contains, distance, from_gcj02, is_on_earth, to_gcj02, walk_minutes

BEIJING = Point(116.407387, 39.904179)
HANGZHOU = Point(120.155070, 30.274084)

SQUARE = ((120.0, 30.0), (120.2, 30.0), (120.2, 30.2), (120.0, 30.2), (120.0, 30.0))
U_SHAPE = (
    *((120.0, 30.0), (120.3, 30.0), (120.3, 30.3), (120.2, 30.3)),
    *((120.2, 30.1), (120.1, 30.1), (120.1, 30.3), (120.0, 30.3), (120.0, 30.0)),
)


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        (Point(0, 0), Point(1, 0), 111_195.08),
        (Point(0, 0), Point(0, 1), 111_195.08),
        (Point(0, 60), Point(1, 60), 55_597.0),
        (Point(-0.5, 0), Point(0.5, 0), 111_195.08),
        (Point(179.5, 0), Point(-179.5, 0), 111_195.08),
        (Point(0, 0), Point(180, 0), math.pi * 6_371_008.8),
        (Point(2.3522, 48.8566), Point(-0.1276, 51.5072), 343_556.0),
    ],
)
def test_distance_agrees_with_known_pairs(a: Point, b: Point, metres: float) -> None:
    assert distance(a, b) == pytest.approx(metres, rel=2e-4)


def test_distance_is_nought_at_the_place_itself_and_the_same_both_ways() -> None:
    assert distance(BEIJING, BEIJING) == 0
    assert distance(BEIJING, HANGZHOU) == distance(HANGZHOU, BEIJING)


def test_a_known_gcj02_pair_of_beijing() -> None:
    there = to_gcj02(Point(116.404, 39.915))
    assert (there.longitude, there.latitude) == pytest.approx((116.410244, 39.916404), abs=2e-6)


def test_gcj02_goes_there_and_back_within_two_metres_everywhere_in_china() -> None:
    chance = random.Random(20261125)
    for _ in range(500):
        point = Point(chance.uniform(74, 134), chance.uniform(4, 53))
        assert distance(from_gcj02(to_gcj02(point)), point) < 2


@pytest.mark.parametrize("point", [BEIJING, HANGZHOU, Point(121.4737, 31.2304), Point(87.6168, 43.8256)])
def test_gcj02_moves_a_place_in_china_by_a_few_hundred_metres(point: Point) -> None:
    assert 100 < distance(point, to_gcj02(point)) < 1_000
    assert 100 < distance(point, from_gcj02(point)) < 1_000


@pytest.mark.parametrize(
    "point", [Point(2.3522, 48.8566), Point(139.6917, 35.6895), Point(-74.0, 40.7), Point(151.2, -33.9)]
)
def test_outside_china_gcj02_is_wgs84(point: Point) -> None:
    assert to_gcj02(point) == point
    assert from_gcj02(point) == point


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        (Point(120.1, 30.1), True),
        (Point(120.001, 30.199), True),
        (Point(119.999, 30.1), False),
        (Point(120.201, 30.1), False),
        (Point(120.1, 29.999), False),
        (Point(120.1, 30.201), False),
    ],
)
def test_a_point_is_inside_a_square_or_not(point: Point, inside: bool) -> None:
    assert contains(SQUARE, point) is inside
    assert contains(tuple(reversed(SQUARE)), point) is inside


def test_the_bay_of_a_u_shaped_area_is_outside() -> None:
    assert contains(U_SHAPE, Point(120.05, 30.2))
    assert contains(U_SHAPE, Point(120.25, 30.2))
    assert contains(U_SHAPE, Point(120.15, 30.05))
    assert not contains(U_SHAPE, Point(120.15, 30.2))


def test_a_ray_through_a_corner_counts_it_once() -> None:
    diamond = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
    assert contains(diamond, Point(0.0, 0.0))
    assert not contains(diamond, Point(-2.0, 0.0))
    assert not contains(diamond, Point(-2.0, 1.0))


def test_neighbouring_areas_share_no_point_of_their_border() -> None:
    west = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    east = ((1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 0.0))
    for tenth in range(1, 10):
        border = Point(1.0, tenth / 10)
        assert contains(west, border) + contains(east, border) == 1


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        *((0.0, 90.0), (0.0, -90.0), (120.0, 90.1)),
        *((180.0, 0.0), (-180.0, 30.0), (180.1, 30.0), (540.0, 30.0)),
        *((math.nan, 30.0), (120.0, math.nan), (math.inf, 30.0), (120.0, -math.inf)),
    ],
)
def test_poles_the_antimeridian_and_numbers_that_are_no_place_are_refused(longitude: float, latitude: float) -> None:
    assert not is_on_earth(longitude, latitude)


@pytest.mark.parametrize(("longitude", "latitude"), [(0.0, 0.0), (179.999, 89.999), (-179.999, -89.999), (120.2, 30.3)])
def test_ordinary_places_are_on_earth(longitude: float, latitude: float) -> None:
    assert is_on_earth(longitude, latitude)


@pytest.mark.parametrize(
    ("metres", "minutes"), [(0, 0), (1, 1), (61.5, 1), (61.6, 2), (800, 13), (923, 15), (924, 16), (1000, 17)]
)
def test_walking_minutes_are_rounded_up(metres: float, minutes: int) -> None:
    assert walk_minutes(metres) == minutes
