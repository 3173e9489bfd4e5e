"""The rules of the pension certification: one YAML file, read into the shape of the `certification_rules` collection.

Every scheme has a row for the whole country; a region's row differs from it. A bad row stops the loading and is named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lifecircle.catalogue.certification.model import NATIONWIDE
from lifecircle.catalogue.certification.regions import known_regions
from lifecircle.catalogue.text import fold
from lifecircle.seeds.checks import unique
from lifecircle.seeds.files import data_folder
from lifecircle.seeds.policy_files import CalendarDate, Line, Slug, Step, StrictRow, Url
from lifecircle.seeds.reading import Record, read_yaml

FILE = "certification_rules.yaml"

Months = Annotated[int, Field(ge=1, le=60)]


class ChannelRow(StrictRow):
    name: Annotated[Line, Field(max_length=30)]
    phone: Annotated[str, Field(pattern=r"^\d{5}$")] | None
    steps: Annotated[list[Step], Field(min_length=1, max_length=6)]


class RuleRow(StrictRow):
    region: Line
    scheme: Annotated[Line, Field(max_length=10)]
    also: tuple[Line, ...] = Field((), strict=False)
    """Other names of the scheme; only in the row for the whole country."""
    cycle_months: Months
    warning_months: Annotated[int, Field(ge=0, le=12)]
    local_rules_differ: bool
    source: Line
    source_url: Url | None
    checked_on: CalendarDate
    guide: Slug
    channels: Annotated[list[ChannelRow], Field(min_length=1)]


def read_certification_rules(
    folder: Path | None = None, *, guides: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Every rule as a document. `guides`: ids of the guides that a rule may name; None: any. Raises SeedError."""
    rules = read_yaml(data_folder(folder), FILE, RuleRow)
    _check(rules, guides)
    return [_document(rule.row, place) for place, rule in enumerate(rules)]


def _check(rules: Sequence[Record[RuleRow]], guides: Collection[str] | None) -> None:
    unique(rules, lambda row: f"{row.region} {row.scheme}", "scheme")
    nationwide = [rule for rule in rules if rule.row.region == NATIONWIDE]
    schemes = {rule.row.scheme for rule in nationwide}
    for rule in rules:
        if rule.row.region not in known_regions():
            raise rule.error("region", f"'{rule.row.region}' is neither {NATIONWIDE} nor a province or a city")
        if rule.row.scheme not in schemes:
            raise rule.error("scheme", f"'{rule.row.scheme}' has no rule for the whole country")
        if rule.row.also and rule not in nationwide:
            raise rule.error("also", f"other names of a scheme stand in its row for {NATIONWIDE}")
        if guides is not None and rule.row.guide not in guides:
            raise rule.error("guide", f"'{rule.row.guide}' is no guide")
        names = [channel.name for channel in rule.row.channels]
        if len(set(names)) < len(names):
            raise rule.error("channels", "a channel is given twice")
    _refuse_shared_names(nationwide)


def _refuse_shared_names(nationwide: Sequence[Record[RuleRow]]) -> None:
    first: dict[str, Record[RuleRow]] = {}
    for rule in nationwide:
        for name in (rule.row.scheme, *rule.row.also):
            earlier = first.setdefault(fold(name), rule)
            if earlier is not rule:
                raise rule.error("also", f"'{name}' already means {earlier.row.scheme}")


def _document(rule: RuleRow, place: int) -> dict[str, Any]:
    row = rule.model_dump(mode="json")
    return {"_id": f"{rule.region}:{rule.scheme}", **row, "order": place, "version": 1}
