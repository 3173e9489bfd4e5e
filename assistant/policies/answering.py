"""From a sentence to what the shelf knows about it, and from that to a reply with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lifecircle.assistant.policies.model import ArticleMatch, Policy, PolicyMatch
from lifecircle.assistant.replies import Citation, Hotline, Reply, ReplyKind
from lifecircle.catalogue.clock import local_day

GOOD = 0.5
"""Score from which a guide is an answer."""
EMERGENCY_GUIDE = "hotline-emergency"
CITY_HOTLINE = Hotline("政务服务便民热线", "12345")
_LOOKED_AT = 5
_OFFERED = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What the shelf found for one sentence."""

    matches: tuple[PolicyMatch, ...]
    """Guides, best first."""
    articles: tuple[ArticleMatch, ...]
    """Articles of imported documents, best first; may be empty."""
    is_good: bool
    """Good enough to answer."""
    confidence: float
    """0 … 1, calibrated."""


class PolicyAnswers:
    """Made once for each version of what the shelf holds."""

    def __init__(self, search: Callable[[str, int], list[PolicyMatch]]) -> None:
        self._search = search

    def find(self, text: str) -> Found:
        matches = self._search(text, _LOOKED_AT)
        best = matches[0] if matches else None
        return Found(tuple(matches), (), best is not None and best.score >= GOOD, best.confidence if best else 0.0)

    def reply(self, found: Found, now: datetime) -> Reply:
        """Only what the guide says, with the guide as its citation."""
        policy = found.matches[0].policy
        paragraphs = (policy.summary, _details(policy), _advice(policy, now))
        return Reply(
            "\n\n".join(paragraph for paragraph in paragraphs if paragraph),
            ReplyKind.ANSWER,
            intent=f"policy.{policy.id}",
            confidence=found.confidence,
            citations=tuple(Citation(policy, source.section) for source in policy.sources[:1]) or (Citation(policy),),
            cards=(policy,),
        )

    def not_known(self, found: Found) -> Reply:
        """Says so, and offers the two nearest topics and a person to ask."""
        near = [match.policy for match in found.matches if match.policy.id != EMERGENCY_GUIDE]
        text = "这个问题我没有可靠的资料，不能乱说。您可以换个说法，或拨打 12345 找人工。"
        suggestions = tuple(policy.questions[0] for policy in near[:_OFFERED] if policy.questions)
        return Reply(text, ReplyKind.FALLBACK, None, 0.0, cards=(CITY_HOTLINE,), suggestions=suggestions)


def _details(policy: Policy) -> str:
    if policy.steps:
        return "\n".join(f"{number}. {step}" for number, step in enumerate(policy.steps, 1))
    return policy.body.split("\n\n")[0]


def _advice(policy: Policy, now: datetime) -> str:
    said = "；".join(_parts_of_advice(policy, now))
    return f"{said}。" if said else ""


def _parts_of_advice(policy: Policy, now: datetime) -> Iterator[str]:
    if policy.is_stale(local_day(now)):
        yield "这份资料已超过半年没有核对，请先打电话确认"
    if policy.local_rules_differ:
        yield "各地规定可能不同，以当地为准"
    if policy.phone:
        yield f"咨询电话 {policy.phone}"
