"""The policy guides of a worker: in memory, searchable, kept fresh beside the catalogue's snapshot."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lifecircle.assistant.policies.model import Policy, policy_from_document
from lifecircle.assistant.retrieval import PassageIndex
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.text import fold


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    policy: Policy
    score: float
    """0 … 1: how much of the question the guide speaks of."""


_ASKING = re.compile(
    "怎么办理|怎么办|怎么弄|怎么样|怎么|怎样|如何|什么|啥|多久|几时|哪里|哪儿|哪些|多少钱|多少|能不能|可不可以|可以|为什么"
    "|为啥|需要|办法|请问|我想|想要|一下|[吗呢吧啊呀的了我你他她要给]"
)
"""Words of asking: they say which side of a matter is meant, not which matter."""

_SAID_WEIGHT, _MATTER_WEIGHT, _WHOLE_WEIGHT = 0.4, 0.4, 0.2


class Policies:
    """One immutable set of guides, searched three ways: as it was said, by its matter alone, and in the whole guide."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._by_id = {policy.id: policy for policy in sorted(policies, key=lambda policy: policy.id)}
        self._said, self._matter, self._whole = PassageIndex(), PassageIndex(), PassageIndex()
        for policy in self._by_id.values():
            passages = (policy.title, policy.summary, *policy.questions)
            for passage in passages:
                self._said.add(policy.id, passage)
                self._matter.add(policy.id, _matter_of(passage))
            self._whole.add(policy.id, " ".join((*passages, policy.body, *policy.steps)))

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> list[Policy]:
        return list(self._by_id.values())

    def get(self, policy_id: str) -> Policy | None:
        return self._by_id.get(policy_id)

    def search(self, text: str, k: int = 3) -> list[PolicyMatch]:
        scores: defaultdict[str, float] = defaultdict(float)
        everything = len(self)
        for index, query, weight in (
            (self._said, text, _SAID_WEIGHT),
            (self._matter, _matter_of(text), _MATTER_WEIGHT),
            (self._whole, _matter_of(text), _WHOLE_WEIGHT),
        ):
            for key, score in index.search(query, everything):
                scores[key] += weight * score
        fitting = {key: score for key, score in scores.items() if _speaks_of(self._by_id[key], text)}
        best = sorted(fitting.items(), key=lambda found: (-found[1], found[0]))[:k]
        return [PolicyMatch(self._by_id[key], score) for key, score in best]

    def select(self, query: str | None, topic: str | None, region: str | None) -> list[Policy]:
        """What a list shows: by relevance where there is a query, else by id."""
        found = [m.policy for m in self.search(query, len(self))] if query and fold(query) else self.all()
        return [policy for policy in found if topic in (None, policy.topic) and _is_for(policy, region)]


def _matter_of(text: str) -> str:
    folded = fold(text)
    return _ASKING.sub("", folded) or folded


class PolicyShelf:
    """Follows the `policies` collection."""

    collection = "policies"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.current = Policies(())

    async def reload(self) -> None:
        rows = await self._database[self.collection].find({}).to_list(None)
        self.current = Policies(policy_from_document(row) for row in rows)

    def apply(self, key: str, document: Document | None) -> None:
        """Guides are few and change seldom: the index is built anew."""
        kept = [policy for policy in self.current.all() if policy.id != key]
        self.current = Policies([*kept, policy_from_document(document)] if document else kept)


def _speaks_of(policy: Policy, text: str) -> bool:
    """A guide for one place answers only those who name the place."""
    return policy.region is None or any(name in fold(text) for name in _names_of(policy.region))


def _names_of(region: str) -> tuple[str, str]:
    folded = fold(region)
    return folded, folded.removesuffix("市").removesuffix("省")


def _is_for(policy: Policy, region: str | None) -> bool:
    """A guide for the whole country is for every region."""
    return region is None or policy.region is None or policy.region == region
