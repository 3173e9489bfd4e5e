"""The guides and regulations of a worker: in memory, searchable, kept fresh beside the catalogue's snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.policies.answering import REGULATION_TOPIC, PolicyAnswers, as_policy
from lifecircle.assistant.policies.matter import matter_of
from lifecircle.assistant.policies.model import (
    Policy,
    PolicyStatus,
    Regulation,
    policy_from_document,
    regulation_from_document,
)
from lifecircle.assistant.policies.store import REGULATIONS, RegulationStore
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.text import bare, fold

__all__ = ["Policies", "PolicyShelf", "matter_of"]


class Policies:
    """One immutable set of guides and regulations, with everything that is needed to search it."""

    def __init__(
        self,
        policies: Iterable[Policy],
        regulations: Iterable[Regulation] = (),
        matcher: IntentMatcher | None = None,
    ) -> None:
        self._guides = {policy.id: policy for policy in sorted(policies, key=lambda policy: policy.id)}
        self._regulations = {one.id: one for one in _newest(regulations)}
        self.answers = PolicyAnswers(self.all(), self.regulations(), matcher)
        self._own = frozenset(bare(text) for policy in self.all() for text in (policy.title, *policy.questions))

    def __len__(self) -> int:
        return len(self._guides)

    def all(self) -> list[Policy]:
        """The guides."""
        return list(self._guides.values())

    def regulations(self) -> list[Regulation]:
        return list(self._regulations.values())

    def get(self, policy_id: str) -> Policy | None:
        """A guide, or a regulation in the same shape."""
        regulation = self._regulations.get(policy_id)
        return as_policy(regulation) if regulation else self._guides.get(policy_id)

    def is_own_question(self, text: str) -> bool:
        """Whether it is, letter by letter, the title or a question of a guide; much cheaper than to search for it."""
        return bare(text) in self._own

    def select(self, query: str | None, topic: str | None, region: str | None) -> list[Policy]:
        """What a list shows: by relevance where there is a query, else by id; regulations where that topic is meant."""
        if topic == REGULATION_TOPIC:
            return [as_policy(one) for one in self.regulations() if region in (None, one.region) or one.region is None]
        found = self.answers.by_relevance(query) if query is not None and fold(query) else self.all()
        return [policy for policy in found if topic in (None, policy.topic) and _is_for(policy, region)]


class PolicyShelf:
    """Follows the `policies` collection; `regulations` follows the other one."""

    collection = "policies"

    def __init__(self, database: Database, matcher: IntentMatcher | None = None) -> None:
        self._database, self._matcher = database, matcher
        self._guides: dict[str, Policy] = {}
        self._regulations: dict[str, Regulation] = {}
        self._building: asyncio.Task[None] | None = None
        self._is_changed = False
        self.current = Policies(())
        self.regulations = RegulationFollower(self)

    async def reload(self) -> None:
        rows = await self._database[self.collection].find({}).to_list(None)
        self._guides = {row["_id"]: policy_from_document(row) for row in rows}
        kept = await RegulationStore(self._database).not_replaced()
        self._regulations = {row["_id"]: regulation_from_document(row) for row in kept}
        await self._build()

    def apply(self, key: str, document: Document | None) -> None:
        self._guides.pop(key, None)
        if document:
            self._guides[key] = policy_from_document(document)
        self._rebuild()

    def apply_regulation(self, key: str, document: Document | None) -> None:
        self._regulations.pop(key, None)
        if document and document["status"] != PolicyStatus.REPLACED:
            self._regulations[key] = regulation_from_document(document)
        self._rebuild()

    def _rebuild(self) -> None:
        """Beside the event loop, and once for many changes: an import brings a change for each file."""
        self._is_changed = True
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._build_until_settled(), name="policies")

    async def _build_until_settled(self) -> None:
        while self._is_changed:
            self._is_changed = False
            await self._build()

    async def _build(self) -> None:
        guides, regulations = list(self._guides.values()), list(self._regulations.values())
        self.current = await asyncio.to_thread(Policies, guides, regulations, self._matcher)


class RegulationFollower:
    """What the keeper of the snapshot is given for the second collection; it is loaded together with the first."""

    collection = REGULATIONS

    def __init__(self, shelf: PolicyShelf) -> None:
        self._shelf = shelf

    async def reload(self) -> None:
        """Nothing: the shelf has read both."""

    def apply(self, key: str, document: Document | None) -> None:
        self._shelf.apply_regulation(key, document)


def _newest(regulations: Iterable[Regulation]) -> list[Regulation]:
    """One of each: between the two writes of an import, the old version still counts as in force."""
    newest: dict[str, Regulation] = {}
    for one in sorted(regulations, key=lambda one: (one.key, one.version)):
        newest[one.key] = one
    return list(newest.values())


def _is_for(policy: Policy, region: str | None) -> bool:
    """A guide for the whole country is for every region."""
    return region is None or policy.region is None or policy.region == region
