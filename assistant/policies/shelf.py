"""The policy guides of a worker: in memory, searchable, kept fresh beside the catalogue's snapshot."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from lifecircle.assistant.policies.answering import PolicyAnswers
from lifecircle.assistant.policies.model import Policy, PolicyMatch, policy_from_document
from lifecircle.assistant.policies.unknown import UNKNOWN_MATTERS
from lifecircle.assistant.retrieval import PassageIndex
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.text import fold

__all__ = ["Policies", "PolicyMatch", "PolicyShelf", "confidence_of", "matter_of"]


_ASKING = re.compile(
    "怎么办理|怎么办|怎么弄|怎么样|怎么|怎样|如何|什么|啥|多久|几时|哪里|哪儿|哪些|多少钱|多少|能不能|可不可以|可以|为什么"
    "|为啥|需要|办法|请问|我想|想要|一下|附近|有没有|等一下|确认|不行|好的|[吗呢吧啊呀的了我你他她要给]"
)
"""Words of asking: they say which side of a matter is meant, not which matter."""

_SAID_WEIGHT, _MATTER_WEIGHT, _WHOLE_WEIGHT = 0.4, 0.4, 0.2
_SHORTEST_MATTER = 3
"""Letters; less than that is one pair of characters, which stands in many guides by chance."""
_SLOPE, _OFFSET = 3.75, -1.66
_OWN_WORDS = 2.0
"""The score of a question that is, word by word, one of the guide's own."""
_NONE = "-"
"""The id under which the matters that no guide speaks of are searched."""


def confidence_of(score: float) -> float:
    """How often the best guide is the right one at this score.

    A logistic curve over the scores of every question of the guides and every unknown matter, each left out of the
    index while it was asked (588 and 82 on 2026-11-22; its own guide is right, for an unknown matter none is).
    """
    return 1 / (1 + math.exp(-(_SLOPE * score + _OFFSET)))


class Policies:
    """One immutable set of guides, searched three ways: as it was said, by its matter alone, and in the whole guide."""

    def __init__(self, policies: Iterable[Policy], unknown: Iterable[str] = UNKNOWN_MATTERS) -> None:
        self._by_id = {policy.id: policy for policy in sorted(policies, key=lambda policy: policy.id)}
        self._said, self._matter, self._whole = (PassageIndex(words=0) for _ in range(3))
        self._own = {_letters(question): p.id for p in self._by_id.values() for question in (p.title, *p.questions)}
        for policy in self._by_id.values():
            passages = (policy.title, policy.summary, *policy.questions)
            self._add(policy.id, passages, (*passages, policy.body, *policy.steps))
        for matter in unknown:
            self._add(_NONE, (matter,), (matter,))

    def _add(self, key: str, passages: Iterable[str], whole: Iterable[str]) -> None:
        for passage in passages:
            self._said.add(key, passage)
            self._matter.add(key, matter_of(passage))
        self._whole.add(key, " ".join(whole))

    def __len__(self) -> int:
        return len(self._by_id)

    @cached_property
    def answers(self) -> PolicyAnswers:
        return PolicyAnswers(self.search)

    def all(self) -> list[Policy]:
        return list(self._by_id.values())

    def get(self, policy_id: str) -> Policy | None:
        return self._by_id.get(policy_id)

    def search(self, text: str, k: int = 3) -> list[PolicyMatch]:
        """The guides that fit best, the best first; none where the question is about something that none speaks of."""
        scores, own = self._scores(text), self._own.get(_letters(text))
        if not scores or max(scores, key=scores.__getitem__) == _NONE:
            return []
        return [match for match in self._ranked(scores) if match.policy.id == own or _may_answer(match.policy, text)][
            :k
        ]

    def _ranked(self, scores: Mapping[str, float]) -> list[PolicyMatch]:
        ordered = sorted(scores.items(), key=lambda found: (-found[1], found[0]))
        return [PolicyMatch(self._by_id[key], score, confidence_of(score)) for key, score in ordered if key != _NONE]

    def _scores(self, text: str) -> dict[str, float]:
        scores: defaultdict[str, float] = defaultdict(float)
        matter, everything = matter_of(text), len(self) + 1
        for index, query, weight in (
            (self._said, text, _SAID_WEIGHT),
            (self._matter, matter, _MATTER_WEIGHT),
            (self._whole, matter, _WHOLE_WEIGHT),
        ):
            for key, score in index.search(query, everything):
                scores[key] += weight * score
        own = self._own.get(_letters(text))
        return scores | {own: _OWN_WORDS} if own else scores

    def select(self, query: str | None, topic: str | None, region: str | None) -> list[Policy]:
        """What a list shows: by relevance where there is a query, else by id."""
        is_asked = query is not None and bool(fold(query))
        found = [match.policy for match in self._ranked(self._scores(query or ""))] if is_asked else self.all()
        return [policy for policy in found if topic in (None, policy.topic) and _is_for(policy, region)]


def matter_of(text: str) -> str:
    """What a question is about: its letters without the words of asking; may be empty."""
    return _letters(_ASKING.sub("", fold(text)))


def _letters(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


def _may_answer(policy: Policy, text: str) -> bool:
    return _speaks_of(policy, text) and _is_big_enough(matter_of(text), policy)


def _is_big_enough(matter: str, policy: Policy) -> bool:
    """One pair of characters must at least stand in the title."""
    return len(matter) >= _SHORTEST_MATTER or (len(matter) > 1 and matter in fold(policy.title))


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
    """A guide for one place or for an exception answers only those who name it."""
    said = fold(text)
    here = policy.region is None or any(name in said for name in _names_of(policy.region))
    return here and (not policy.only_if or any(fold(word) in said for word in policy.only_if))


def _names_of(region: str) -> tuple[str, str]:
    folded = fold(region)
    return folded, folded.removesuffix("市").removesuffix("省")


def _is_for(policy: Policy, region: str | None) -> bool:
    """A guide for the whole country is for every region."""
    return region is None or policy.region is None or policy.region == region
