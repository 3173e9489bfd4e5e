"""Chinese and Arabic numerals: the patterns that bound them and the numbers they mean."""

from __future__ import annotations

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
PLACES = {"十": 10, "百": 100, "千": 1000}
TENS = {"廿": 20, "卅": 30}

ONES = "一二三四五六七八九"
BEFORE = r"(?<![零〇一二两三四五六七八九十百千万亿第几\d.])"
HOUR = rf"(?:[01]?\d|2[0-4]|二十[一二三四]?|十[{ONES}]?|[零〇两{ONES}])"
MINUTE = rf"(?:[0-5]?\d|[二三四五]十[{ONES}]?|十[{ONES}]?|[零〇][{ONES}]|[两{ONES}])"
DAY = rf"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[{ONES}]?|廿[{ONES}]?|卅一?|十[{ONES}]?|[{ONES}])"
MONTH = rf"(?:1[0-2]|0?[1-9]|十[一二]?|[{ONES}])"
YEAR = r"(?:(?:19|20|21)\d\d|[一二][零〇一九][零〇一二三四五六七八九]{2})"
COUNT = rf"(?:\d{{1,4}}|[十{ONES}两百]{{1,5}})"


def number(text: str) -> int:
    """The value of a numeral that one of the patterns above let through."""
    if text.isdecimal():
        return int(text)
    if any(char in PLACES or char in TENS for char in text):
        return _with_places(text)
    return int("".join(str(DIGITS[char]) for char in text))


def _with_places(text: str) -> int:
    total, digit = 0, 0
    for char in text:
        if char in PLACES:
            total, digit = total + (digit or 1) * PLACES[char], 0
        elif char in TENS:
            total += TENS[char]
        else:
            digit = DIGITS[char]
    return total + digit
