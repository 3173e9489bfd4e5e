"""The words of an article that answer a question: exact, and short enough to be read aloud."""

from __future__ import annotations

from lifecircle.assistant.policies.model import Article, ArticleMatch
from lifecircle.assistant.retrieval import grams_of

LONGEST = 130
"""Characters of a quotation."""
_LEFT_OUT = "……"
_ENDS = "。；"


def citation_of(match: ArticleMatch) -> str:
    """《社会保险法》第四十五条."""
    return f"《{match.regulation.short_title}》{section_of(match.article)}"


def section_of(article: Article) -> str:
    return article.number if article.number.startswith("第") else f"“{article.number}”部分"


def quoted(match: ArticleMatch, asked: str) -> str:
    return f"{citation_of(match)}：“{passage_for(match.article, asked)}”"


def passage_for(article: Article, asked: str) -> str:
    """The paragraph that shares most with the question, with the items that it announces as far as there is room.

    What is left out is marked; nothing is changed.
    """
    if len(article.text.replace("\n", "")) <= LONGEST:
        return article.text.replace("\n", "")
    paragraphs = article.paragraphs
    wanted = set(grams_of(asked))
    best = max(range(len(paragraphs)), key=lambda at: (len(wanted & set(grams_of(paragraphs[at]))), -at))
    if paragraphs[best].startswith(("（", "(")):
        return _item(paragraphs, best)
    passage = paragraphs[best]
    for following in paragraphs[best + 1 :]:
        if not passage.endswith(("：", ":", "；")) or len(passage) + len(following) > LONGEST:
            break
        passage += following
    cut = _shortened(passage)
    return cut + _LEFT_OUT if cut.endswith(("：", ":", "；")) else cut


def _item(paragraphs: tuple[str, ...], at: int) -> str:
    """An item says nothing without the sentence that it belongs to."""
    heads = [place for place in range(at) if not paragraphs[place].startswith(("（", "("))]
    if not heads:
        return _shortened(paragraphs[at])
    head, between = paragraphs[heads[-1]], heads[-1] + 1 < at
    return f"{head}{_LEFT_OUT if between else ''}{paragraphs[at]}" if len(head) <= LONGEST else _shortened(head)


def _shortened(passage: str) -> str:
    """Whole sentences as long as they fit; at least the beginning of the first."""
    if len(passage) <= LONGEST:
        return passage
    end = max(passage.rfind(mark, 0, LONGEST) for mark in _ENDS)
    return passage[: end + 1] if end > 0 else passage[:LONGEST] + _LEFT_OUT
