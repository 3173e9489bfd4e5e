"""The number on a business licence: 统一社会信用代码."""

from __future__ import annotations

import re
import unicodedata

from lifecircle.catalogue.errors import InvalidInput

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters in the order of their values; I, O, S, V and Z are left out, as they are easily misread."""

_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_SEPARATORS = re.compile(r"[\s\-]")


def licence_number(text: str, *field: str) -> str:
    """The number in its one spelling. Raises InvalidInput that says which part is wrong."""
    number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:80])).upper()
    if len(number) != 18:
        raise InvalidInput(f"统一社会信用代码应为 18 位，您填了 {len(number)} 位，请对照营业执照核对。", *field)
    if not _SHAPE.fullmatch(number):
        raise InvalidInput("统一社会信用代码由数字和大写字母组成，不含 I、O、S、V、Z，请对照营业执照核对。", *field)
    if number[17] != check_character(number[:17]):
        raise InvalidInput("统一社会信用代码的校验位不对，可能有一位填错了，请对照营业执照核对。", *field)
    return number


def check_character(first17: str) -> str:
    """The 18th character, by GB 32100-2015《法人和其他组织统一社会信用代码编码规则》.

    C18 = 31 - MOD(sum of Ci × Wi for i = 1 … 17, 31), where Ci is the value of the i-th character in the alphabet and
    Wi = MOD(3^(i-1), 31); a result of 31 is written 0. The standard's own example: 91350100M000100Y4 gives 3.
    """
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first17))
    return ALPHABET[-total % 31]
