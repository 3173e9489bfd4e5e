"""From a sentence to what the shelf knows about it, and from that to a reply with its source.

A reply says only what a guide or an article says. Where neither is good enough it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.policies.article_ranking import ArticleRanker
from lifecircle.assistant.policies.guide_ranking import GuideRanker
from lifecircle.assistant.policies.learned import Learned, shipped
from lifecircle.assistant.policies.matter import matter_of
from lifecircle.assistant.policies.model import ArticleMatch, Policy, PolicyMatch, PolicyStatus, Regulation
from lifecircle.assistant.policies.own_data import asks_for_own_data, official_channels
from lifecircle.assistant.policies.quoting import citation_of, quoted, section_of
from lifecircle.assistant.replies import Citation, Hotline, Reply, ReplyKind
from lifecircle.assistant.retrieval import read_query
from lifecircle.catalogue.clock import local_day

_DELICATE = frozenset(
    {"hotline-emergency", "domestic-violence-help", "protection-order", "pension-stop-after-death", "funeral-benefit"}
)
"""Guides that are offered only to who may well mean them: nobody who asks for a nanny wants to be asked about blows."""
_MAY_WELL = 0.1
CITY_HOTLINE = Hotline("政务服务便民热线", "12345")
REGULATION_TOPIC = "regulation"
_STALE = "这份资料已超过半年没有核对，请先打电话确认"
_LOOKED_AT = 5
_OFFERED = 2
_SHORTEST_MATTER = 3
"""Letters that a question needs beside the words of asking."""
_LONGEST_NAME = 6
"""Letters; what is longer and made of two of them says nothing."""
_WORTH_SHOWING = 0.01

_STATUS = {
    PolicyStatus.IN_FORCE: "",
    PolicyStatus.REPLACED: "这条规定已经被新的规定代替，下面的内容只供参考",
    PolicyStatus.ABOLISHED: "这条规定已经废止，下面的内容只供参考",
}


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
    """0 … 1, calibrated: that the best guide is right, or the best article where no guide is an answer."""
    text: str = ""
    """What was asked."""
    by_article: bool = False
    """No guide is an answer, an article is."""
    about_own_data: bool = False
    """Asked is what only an office may tell somebody."""


class PolicyAnswers:
    """Made once for each version of what the shelf holds."""

    def __init__(
        self,
        policies: Sequence[Policy],
        regulations: Sequence[Regulation] = (),
        matcher: IntentMatcher | None = None,
        learned: Learned | None = None,
    ) -> None:
        """`learned`: what is shipped where nothing is given."""
        known = learned or shipped()
        self._weights = known.weights
        self._guides = GuideRanker(policies, known, matcher)
        self._articles = ArticleRanker(regulations, policies, known)
        if policies or regulations:
            self.find("养老金")  # the indexes are built at their first question, which should not be a resident's

    def find(self, text: str) -> Found:
        asked = read_query(text)
        ranked = self._guides.rank(asked)
        order = ranked.best_first()[:_LOOKED_AT]
        matches = tuple(PolicyMatch(self._guides.policies[at], float(ranked.confidences[at])) for at in order)
        articles = self._articles.rank(asked, ranked, _LOOKED_AT)
        is_own = asks_for_own_data(text) and not (matches and self._guides.is_own_question(text))
        is_answerable = not is_own and (self._guides.is_own_question(text) or _says_enough(text, matches))
        by_guide = is_answerable and bool(matches) and ranked.good >= self._weights.guide_from
        by_article = is_answerable and not by_guide and articles.confidence >= self._weights.article_from
        best = articles.confidence if by_article else matches[0].confidence if matches else 0.0
        return Found(matches, articles.matches, by_guide or by_article, best, text, by_article, is_own)

    def by_relevance(self, query: str) -> list[Policy]:
        """The guides that may be meant at all, the likeliest first."""
        ranked = self._guides.rank(read_query(query))
        return [self._guides.policies[at] for at in ranked.best_first() if ranked.confidences[at] >= _WORTH_SHOWING]

    def reply(self, found: Found, now: datetime) -> Reply:
        """Only what the guide or the article says, with its source."""
        return _by_article(found, local_day(now)) if found.by_article else _by_guide(found, local_day(now))

    def not_known(self, found: Found) -> Reply:
        """Says so, and offers the two nearest topics and a person to ask."""
        if found.about_own_data:
            return official_channels(found.text)
        near = [one.policy for one in found.matches if one.policy.id not in _DELICATE or one.confidence >= _MAY_WELL]
        text = "这个问题我没有可靠的资料，不能乱说。您可以换个说法，或拨打 12345 找人工。"
        suggestions = tuple(policy.questions[0] for policy in near if policy.questions)[:_OFFERED]
        return Reply(text, ReplyKind.FALLBACK, None, 0.0, cards=(CITY_HOTLINE,), suggestions=suggestions)


def _says_enough(text: str, matches: Sequence[PolicyMatch]) -> bool:
    """One pair of characters stands in many guides by chance; it must at least be what the title speaks of."""
    matter = matter_of(text)
    if len(matter) > _LONGEST_NAME and len(set(matter)) < _SHORTEST_MATTER:
        return False
    return len(matter) >= _SHORTEST_MATTER or (len(matter) > 1 and bool(matches) and matter in matches[0].policy.title)


def as_policy(regulation: Regulation) -> Policy:
    """A regulation in the shape in which guides are cited and shown."""
    dated = f"{regulation.dated_on:%Y-%m-%d} 版，" if regulation.dated_on else ""
    return Policy(
        id=regulation.id,
        title=regulation.title,
        issuer=regulation.issuer or "发布机关未注明",
        document_number=regulation.document_number,
        topic=REGULATION_TOPIC,
        region=regulation.region,
        summary=f"《{regulation.short_title}》原文，{dated}共 {len(regulation.articles)} 条。",
        body="\n\n".join(f"{section_of(article)} {article.text}" for article in regulation.articles),
        steps=(),
        questions=(),
        only_if=(),
        local_rules_differ=False,
        phone=None,
        effective_on=regulation.effective_on,
        checked_on=regulation.checked_on,
        sources=(),
        cited=(),
        status=regulation.status,
        version=regulation.version,
    )


def _by_guide(found: Found, today: date) -> Reply:
    best = found.matches[0]
    policy, quote = best.policy, _article_of(best.policy, found.articles)
    notice = _STATUS[policy.status]
    paragraphs = (
        f"{notice}。{policy.summary}" if notice else policy.summary,
        _details(policy),
        quoted(quote, found.text) if quote else "",
        _advice(policy, today),
    )
    own = tuple(Citation(policy, source.section) for source in policy.sources[:1]) or (Citation(policy),)
    return Reply(
        "\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        ReplyKind.ANSWER,
        intent=f"policy.{policy.id}",
        confidence=best.confidence,
        citations=(*own, _citation(quote)) if quote else own,
        cards=(policy,),
    )


def _article_of(policy: Policy, articles: Sequence[ArticleMatch]) -> ArticleMatch | None:
    """The best article that the guide rests on, so that guide and quotation never speak of different things."""
    cited = {(one.document, one.number) for one in policy.cited}
    fitting = (match for match in articles if (match.regulation.short_title, match.article.number) in cited)
    return next((match for match in fitting if match.regulation.status is PolicyStatus.IN_FORCE), None)


def _by_article(found: Found, today: date) -> Reply:
    best = found.articles[0]
    regulation, others = best.regulation, found.articles[1:3]
    notices = [_STATUS[regulation.status], _STALE if regulation.is_stale(today) else ""]
    paragraphs = (
        "；".join(notice for notice in notices if notice),
        quoted(best, found.text),
        f"相关的还有{'、'.join(citation_of(match) for match in others)}。" if others else "",
        "这是规定的原文，具体怎么办理以当地为准；咨询电话 12345。",
    )
    return Reply(
        "\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        ReplyKind.ANSWER,
        intent="policy.article",
        confidence=found.confidence,
        citations=(_citation(best),),
        cards=(CITY_HOTLINE,),
    )


def _citation(match: ArticleMatch) -> Citation:
    return Citation(as_policy(match.regulation), section_of(match.article))


def _details(policy: Policy) -> str:
    if policy.steps:
        return "\n".join(f"{number}. {step}" for number, step in enumerate(policy.steps, 1))
    return policy.body.split("\n\n")[0]


def _advice(policy: Policy, today: date) -> str:
    said = "；".join(_parts_of_advice(policy, today))
    return f"{said}。" if said else ""


def _parts_of_advice(policy: Policy, today: date) -> Iterator[str]:
    if policy.is_stale(today):
        yield _STALE
    if policy.local_rules_differ:
        yield "各地规定可能不同，以当地为准"
    if policy.phone:
        yield f"咨询电话 {policy.phone}"
