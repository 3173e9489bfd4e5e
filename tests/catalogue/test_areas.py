"""The tree of areas."""

from __future__ import annotations

from factories import an_area

from lifecircle.catalogue.areas import Areas, area_from_document


def test_the_path_of_an_area_leads_up_to_the_district_and_of_an_unknown_one_nowhere() -> None:
    rows = [an_area(), an_area("330199001", parent="330199"), an_area("330199001001", parent="330199001")]
    areas = Areas(area_from_document(row) for row in rows)
    assert areas.path("330199001001") == ("330199001001", "330199001", "330199")
    assert areas.path("330199") == ("330199",)
    assert areas.path("999999") == ()


def test_a_path_ends_where_the_area_above_is_not_known() -> None:
    areas = Areas([area_from_document(an_area("330199001", parent="330199"))])
    assert areas.path("330199001") == ("330199001",)
