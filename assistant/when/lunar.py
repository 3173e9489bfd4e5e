"""The Chinese lunar calendar of 1901 to 2100.

Month lengths as the Hong Kong Observatory publishes them in its Gregorian-lunar conversion tables. Two MIT-licensed
implementations, borax 4.1.3 (its table) and lunar-python 1.4.8 (astronomical), agree with each other on every year but
2089 and 2097, where a new moon falls within minutes of midnight; there the published table stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

FIRST_YEAR = 1901
LAST_YEAR = 2100
NEW_YEAR_OF_FIRST = date(1901, 2, 19)

# One year each: bit n is set when its nth month has 30 days; the bits from 13 up name the month that is repeated.
YEARS = (
    "00752 00ea5 0b64a 0064b 00a9b 09556 0056a 00b59 05752 00752 "
    "0db25 00b25 00a4b 0b4ab 002ad 0056b 04b69 00da9 0fd92 00e92 "
    "00d25 0ba4d 00a56 002b6 095b5 006d4 00ea9 05e92 00e92 0cd26 "
    "0052b 00a57 0b2b6 00b5a 006d4 06ec9 00749 0f693 00a93 0052b "
    "0ca5b 00aad 0056a 09b55 00ba4 00b49 05a93 00a95 0f52d 00536 "
    "00aad 0b5aa 005b2 00da5 07d4a 00d4a 10a95 00a97 00556 0cab5 "
    "00ad5 006d2 08ea5 00ea5 0064a 06c97 00a9b 0f55a 0056a 00b69 "
    "0b752 00b52 00b25 0964b 00a4b 114ab 002ad 0056d 0cb69 00da9 "
    "00d92 09d25 00d25 15a4d 00a56 002b6 0c5b5 006d5 00ea9 0be92 "
    "00e92 00d26 06a56 00a57 114d6 0035a 006d5 0b6c9 00749 00693 "
    "0952b 0052b 00a5b 0555a 0056a 0fb55 00ba4 00b49 0ba93 00a95 "
    "0052d 08aad 00ab5 135aa 005d2 00da5 0dd4a 00d4a 00c95 0952e "
    "00556 00ab5 055b2 006d2 0cea5 00725 0064b 0ac97 00cab 0055a "
    "06ad6 00b69 17752 00b52 00b25 0da4b 00a4b 004ab 0a55b 005ad "
    "00b6a 05b52 00d92 0fd25 00d25 00a55 0b4ad 004b6 005b5 06daa "
    "00ec9 11e92 00e92 00d26 0ca56 00a57 004d6 086d5 00755 00749 "
    "06e93 00693 0f52b 0052b 00a5b 0b55a 0056a 00b65 0974a 00b4a "
    "11a95 00a95 0052d 0caad 00ab5 005aa 08ba5 00da5 00d4a 07c95 "
    "00c96 0f94e 00556 00ab5 0b5b2 006d2 00ea5 08e4a 0064b 10c97 "
    "004ab 0055b 0cad6 00b6a 00752 09725 00b25 00a8b 0549b 004ab"
)


@lru_cache(maxsize=1)
def _years() -> tuple[int, ...]:
    return tuple(int(code, 16) for code in YEARS.split())


@lru_cache(maxsize=64)
def _months(year: int) -> tuple[tuple[int, bool, int], ...]:
    """Every month of a lunar year: its number, whether it is the repeated one, its days."""
    code = _years()[year - FIRST_YEAR]
    repeated = code >> 13
    names = [(month, again) for month in range(1, 13) for again in (False, True) if not again or month == repeated]
    return tuple((month, again, 29 + (code >> index & 1)) for index, (month, again) in enumerate(names))


@lru_cache(maxsize=1)
def _new_years() -> tuple[date, ...]:
    days, result = NEW_YEAR_OF_FIRST, []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        result.append(days)
        days += timedelta(days=sum(length for _, _, length in _months(year)))
    return tuple(result)


def solar(year: int, month: int, day: int, *, leap: bool = False) -> date | None:
    """The Gregorian date of a lunar one, or None when there is no such day."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    start = _new_years()[year - FIRST_YEAR]
    for number, again, length in _months(year):
        if (number, again) == (month, leap):
            return start + timedelta(days=day - 1) if 1 <= day <= length else None
        start += timedelta(days=length)
    return None


def month_end(year: int, month: int, *, leap: bool = False) -> date | None:
    """The last day of a lunar month (New Year's Eve is the twelfth month's)."""
    return solar(year, month, 30, leap=leap) or solar(year, month, 29, leap=leap)


def lunar_year_of(day: date) -> int:
    """The lunar year that a Gregorian day falls in."""
    first = solar(day.year, 1, 1)
    return day.year if first is None or day >= first else day.year - 1


def month_starts(since: date) -> Iterator[tuple[date, int]]:
    """Every lunar month that ends after a day: its first day and its length."""
    for year in range(lunar_year_of(since), LAST_YEAR + 1):
        start = solar(year, 1, 1)
        for _, _, length in _months(year) if start else ():
            if start and start + timedelta(days=length) > since:
                yield start, length
            start = start and start + timedelta(days=length)
