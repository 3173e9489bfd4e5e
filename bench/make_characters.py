"""Writes what search knows of each character: `pinyin.npz` (how it is read) and `spelling.npz` (what it is spelt as).

The server reads 80 KB instead of importing pypinyin with all its phrases (0.3 s and 50 MB in every worker), and spells
hundreds of thousands of names by one look-up in a table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from lifecircle.catalogue.search.pinyin import FIRST, LAST, PAIR_BASE
from lifecircle.catalogue.text import bare, traditional

USUAL = "昵檐痹着睾"
"""These are more usual than what their Traditional forms come home as."""

FOLDER = Path(__file__).parent.parent / "catalogue" / "search"


def main() -> None:
    write_spelling()
    write_readings()


def write_spelling() -> None:
    """0: no part of a word. A character whose way to Traditional script and back ends elsewhere is one with its end."""
    table = np.zeros(0x10000, np.uint16)
    for code in range(0x10000):
        spelt = bare(chr(code)).replace(" ", "")[:1]
        table[code] = ord(spelt) if spelt and ord(spelt) < 0x10000 else 0
    for code in np.flatnonzero(table == np.arange(0x10000)).tolist():
        spelt, home = chr(code), bare(traditional(chr(code)))[:1]
        if home and home != spelt:
            kept, lost = (spelt, home) if spelt in USUAL else (home, spelt)
            table[table == ord(lost)] = ord(kept)
    np.savez_compressed(FOLDER / "spelling.npz", table=table)
    print(f"{int((table != np.arange(0x10000)).sum())} characters are spelt otherwise")


def write_readings() -> None:
    characters = [chr(code) for code in range(FIRST, LAST + 1)]
    spoken = {char: _reading(char) for char in characters}
    syllables = sorted({reading for reading in spoken.values() if reading})
    numbers = {"": 0, **{syllable: number for number, syllable in enumerate(syllables, start=1)}}
    pairs = {}
    for phrase in PHRASES_DICT:
        if len(phrase) == 2 and all(char in spoken for char in phrase):
            read = lazy_pinyin(phrase)
            if read != [spoken[char] for char in phrase] and all(one in numbers for one in read):
                first, second = (ord(char) - FIRST for char in phrase)
                pairs[first * PAIR_BASE + second] = [numbers[one] for one in read]
    keys = sorted(pairs)
    np.savez_compressed(
        FOLDER / "pinyin.npz",
        syllables=np.array(["", *syllables]),
        readings=np.array([numbers[spoken[char]] for char in characters], np.uint16),
        pairs=np.array(keys, np.uint32),
        pair_readings=np.array([pairs[key] for key in keys], np.uint16),
    )
    print(f"{len(syllables)} syllables, {len(characters)} characters, {len(keys)} pairs read otherwise")


def _reading(char: str) -> str:
    reading = lazy_pinyin(char)[0]
    return reading if reading.isascii() and set(reading) & set("aeiouv") else ""


if __name__ == "__main__":
    main()
