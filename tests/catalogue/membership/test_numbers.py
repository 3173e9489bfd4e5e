"""Licence numbers, telephone numbers and names: how they are read, and what is wrong with them."""

from __future__ import annotations

import pytest

from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.membership import rules
from lifecircle.catalogue.membership.licence import ALPHABET, licence_number


@pytest.mark.parametrize(
    "number",
    # the standard's own example, and the printed numbers of well-known companies
    ["91350100M000100Y43", "9144030071526726XG", "914403001922038216", "91110000802100433B", "91330100716105852F"],
)
def test_real_licence_numbers_hold(number: str) -> None:
    assert licence_number(number) == number


@pytest.mark.parametrize("text", [" 91350100m000100y43 ", "9135 0100 M000 100Y 43", "９１３５０１００M000100Y43"])
def test_a_licence_number_is_read_however_it_is_typed(text: str) -> None:
    assert licence_number(text) == "91350100M000100Y43"


@pytest.mark.parametrize("place", range(18))
def test_any_one_wrong_character_is_found(place: int) -> None:
    number = "91350100M000100Y43"
    for char in ALPHABET:
        if char != number[place]:
            with pytest.raises(InvalidInput):
                licence_number(number[:place] + char + number[place + 1 :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 位"),
        ("91350100M000100Y4", "17 位"),
        ("91350100M000100Y4Z", "不含 I、O"),
        ("91350100M000100Y44", "校验位"),
        ("9135O100M000100Y43", "不含 I、O"),
    ],
)
def test_a_bad_licence_number_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        licence_number(text, "licenceNumber")
    assert why in refusal.value.message
    assert refusal.value.field == ("licenceNumber",)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0571 88886666", "0571-88886666"),
        ("（010）88886666", "010-88886666"),
        ("057188886666-801", "0571-88886666-801"),
    ],
)
def test_contact_numbers_have_one_spelling(text: str, number: str) -> None:
    assert rules.contact_number(text) == number


@pytest.mark.parametrize("text", ["", "12812345678", "1381234567", "88886666", "+1 212 555 0100", "9" * 99])
def test_other_contact_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="手机号"):
        rules.contact_number(text)


@pytest.mark.parametrize("text", ["", " ", "面", "面" * 41, "面馆\x00", "面馆\u202e", "面\ud800馆", "面" * 100_000])
def test_names_are_short_and_visible(text: str) -> None:
    with pytest.raises(InvalidInput):
        rules.plain_text(text, "商户名称", 2, 40, "name")
