"""Regions by the names that people give them: 杭州, 杭州市, 浙江省杭州市 and 浙江 杭州 are known, a street is not.

The pension is paid by the place where somebody was insured, which may be any city of the country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from lifecircle.catalogue.certification.model import NATIONWIDE
from lifecircle.catalogue.text import fold
from lifecircle.catalogue.yaml_text import read_yaml

_PEOPLES = "土家|苗|藏|羌|彝|回|哈萨克|蒙古|傣|景颇|傈僳|白|哈尼|壮|布依|侗|朝鲜|柯尔克孜|维吾尔"
_AUTONOMOUS = re.compile(rf"^(.{{2,}}?)((?:{_PEOPLES})族?)*自治(州|区)$")
_KIND = re.compile("(特别行政区|省|市|地区|盟)$")


@dataclass(frozen=True, slots=True)
class Region:
    name: str
    province: str | None = None
    """None: a province itself, or the whole country."""

    @property
    def from_near_to_far(self) -> tuple[str, ...]:
        """Whose rules hold here, the nearest first."""
        return tuple(dict.fromkeys((self.name, self.province or NATIONWIDE, NATIONWIDE)))


def region_named(text: str) -> Region | None:
    return _by_name().get(fold(text).replace(" ", ""))


@cache
def known_regions() -> Mapping[str, Region]:
    """By official name."""
    content = resources.files("lifecircle.catalogue.certification").joinpath("regions.yaml").read_text("utf-8")
    provinces: dict[str, list[str]] = read_yaml(content)
    found = [Region(NATIONWIDE), *(Region(name) for name in provinces)]
    found += [Region(city, name) for name, cities in provinces.items() for city in cities]
    return {region.name: region for region in found}


@cache
def _by_name() -> Mapping[str, Region]:
    """Official names before short ones, provinces before cities: 吉林 is the province, 吉林市 the city."""
    names: dict[str, Region] = {}
    for region in known_regions().values():
        names.setdefault(fold(region.name), region)
    for region in known_regions().values():
        for name in _spellings(region):
            names.setdefault(fold(name), region)
    return names


def _spellings(region: Region) -> list[str]:
    own = [region.name, *_short(region.name)]
    if region.province is None:
        return own
    return [*own, *(above + name for above in (region.province, *_short(region.province)) for name in own)]


def _short(name: str) -> list[str]:
    autonomous = _AUTONOMOUS.match(name)
    if autonomous:
        core = autonomous[1]
        return [core, f"{core}州"] if autonomous[3] == "州" else [core]
    short = _KIND.sub("", name)
    return [short] if short != name else []
