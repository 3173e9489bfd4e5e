"""Fits the weights of the policy answers on the wordings: `python -m bench.policies_fit`.

Every question is ranked with itself and a fifth of the others left out of the guides, of the matters that no guide
speaks of, of the guide matcher and of the table of intents. What is printed are shares: for each writer, when all of
theirs is left out and the others are fitted on. `python -m bench.policies_fit WRITER …` prints that and writes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import numpy as np

from bench.policies_fit import articles, guides
from bench.policies_fit.articles import ArticleBench, FittedArticles
from bench.policies_fit.guides import Bench, Fitted, Remembered
from bench.policies_fit.questions import ROOT, Question, about_articles, about_guides, bare_guides, regulations
from lifecircle.assistant.matcher.shipped import project_matcher

WRITTEN = ROOT / "assistant" / "policies" / "weights.json"


def main() -> None:
    bench = Bench(bare_guides(), Remembered(project_matcher(ROOT / ".state")))
    ruled = ArticleBench(bench.guides, regulations())
    asked, law = about_guides(), about_articles()
    for writer in sys.argv[1:] or sorted({one.writer for one in asked}):
        _without(writer, bench, ruled, asked, law)
    if not sys.argv[1:]:
        known, fitted, table = _fit(bench, ruled, asked, law)
        stored = known.stored() | fitted.stored() | {"intents": table}
        WRITTEN.write_text(json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def _without(
    writer: str, bench: Bench, ruled: ArticleBench, asked: Sequence[Question], law: Sequence[Question]
) -> None:
    """Fit on the others, and look at what the writer asks."""
    kept, kept_law = ([one for one in all_of if one.writer != writer] for all_of in (asked, law))
    out, out_law = ([one for one in all_of if one.writer == writer] for all_of in (asked, law))
    known, fitted, _ = _fit(bench, ruled, kept, kept_law)
    print(f"{writer}: {guides.report(bench, out, bench.signs(out, kept), known)}")
    chances = known.chances(bench.signs(out_law, kept))
    signs = ruled.signs(out_law, chances, kept_law)
    print(f"  {articles.report(signs, ruled.truth(out_law), fitted, chances[:, -1])}")
    unknown = [one for one in out if not one.guides]
    unknown_signs = bench.signs(unknown, kept)
    unknown_chances = known.chances(unknown_signs)
    by_article = fitted.goodness(ruled.signs(unknown, unknown_chances, kept_law), unknown_chances[:, -1])
    is_answered = (known.goodness(unknown_signs) >= known.guide_from) | (by_article >= fitted.article_from)
    print(f"  of what nothing answers, by guide or article {is_answered.mean():.3f}", flush=True)


def _fit(
    bench: Bench, ruled: ArticleBench, asked: Sequence[Question], law: Sequence[Question]
) -> tuple[Fitted, FittedArticles, dict[str, dict[str, float]]]:
    signs = bench.signs_left_out(asked)
    known = guides.fitted(signs, bench.truth(asked))
    is_unknown = np.array([not one.guides for one in asked])
    fitted = ruled.fit(
        law,
        known.chances(bench.signs(law, asked)),
        [one for one in asked if not one.guides],
        known.chances(signs[is_unknown]),
    )
    print(f"fitted: {guides.report(bench, asked, signs, known)}")
    return known, fitted, bench.table(asked)


if __name__ == "__main__":
    main()
