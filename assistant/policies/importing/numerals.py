"""Chinese numerals as laws count: 第一百零三条."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERALS = DIGITS + "〇两" + "".join(_UNITS)


def value_of(numeral: str) -> int:
    """一百零三 → 103; 103 → 103."""
    if numeral.isdecimal():
        return int(numeral)
    total = digit = 0
    for char in numeral.replace("〇", "零").replace("两", "二"):
        if char in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[char], 0
        else:
            digit = DIGITS.index(char)
    return total + digit


def numeral_of(number: int) -> str:
    """103 → 一百零三, for 1 to 9999."""
    text, is_gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if is_gap else "") + DIGITS[digit] + name
        is_gap = bool(text) and not digit
    return text.removeprefix("一") if text.startswith("一十") else text
