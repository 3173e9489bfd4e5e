"""The rules of a worker: in memory, kept fresh beside the catalogue's snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lifecircle.catalogue.certification.model import NATIONWIDE, Rule, rule_from_document
from lifecircle.catalogue.certification.regions import Region, known_regions
from lifecircle.catalogue.certification.store import RULES, RuleStore
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.text import fold


class RuleBook:
    """One immutable set of rules."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = {str(row["_id"]): row for row in sorted(rows, key=lambda row: (row["order"], row["_id"]))}
        rules = [rule_from_document(row) for row in self.rows.values()]
        self._rules = {(rule.region, rule.scheme): rule for rule in rules}
        self._schemes = {
            fold(name): row["scheme"] for row in self.rows.values() for name in (row["scheme"], *row["also"])
        }

    @property
    def schemes(self) -> list[str]:
        """In the order of their rows."""
        return [scheme for region, scheme in self._rules if region == NATIONWIDE]

    def all(self) -> list[Rule]:
        return list(self._rules.values())

    def scheme_named(self, text: str) -> str | None:
        return self._schemes.get(fold(text).replace(" ", ""))

    def rule(self, region: str, scheme: str) -> Rule:
        """The nearest one: of the city, of its province, of the whole country. Raises NotFound."""
        place = known_regions().get(region, Region(NATIONWIDE))
        for name in place.from_near_to_far:
            if found := self._rules.get((name, scheme)):
                return found
        raise NotFound("暂时没有可用的认证规定，请拨打 12333 询问。")

    def usual(self) -> Rule:
        """For somebody of whom nothing is known. Raises NotFound."""
        schemes = self.schemes
        return self.rule(NATIONWIDE, schemes[0] if schemes else "")


class RuleShelf:
    """Follows the `certification_rules` collection."""

    collection = RULES

    def __init__(self, database: Database) -> None:
        self._store = RuleStore(database)
        self.current = RuleBook(())

    async def reload(self) -> None:
        self.current = RuleBook(await self._store.all())

    def apply(self, key: str, document: Document | None) -> None:
        kept = [row for name, row in self.current.rows.items() if name != key]
        self.current = RuleBook([*kept, document] if document else kept)
