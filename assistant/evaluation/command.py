"""`lifecircle assistant evaluate` and `lifecircle assistant train`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from lifecircle.assistant.evaluation.held_out import read_held_out
from lifecircle.assistant.evaluation.measures import judge, measured
from lifecircle.assistant.evaluation.page import page
from lifecircle.assistant.evaluation.scores import fallen, read_scores, scores_of, write_scores
from lifecircle.assistant.evaluation.summary import summary, totals
from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import IntentMatcher, SentenceEncoder, installed_encoder
from lifecircle.assistant.matcher.shipped import SHIPPED, digest_of, fit_project, train
from lifecircle.assistant.policies.guide_matcher import train_guide_matcher
from lifecircle.assistant.safety.second_look import train_second_look


def evaluate(options: argparse.Namespace) -> int:
    """Returns the exit code: 1 where `--check` finds the model worse than the committed scores."""
    held_out = read_held_out(options.held_out)
    encoder = installed_encoder() if options.encoder else None
    matcher = _matcher(encoder)
    judged = judge(held_out, matcher.match)
    measures = measured(judged, matcher.threshold)
    for line in totals(measures) if options.check else summary(measures):
        print(line)
    if options.html:
        options.html.write_text(page(measures, judged), "utf-8")
        print(f"report in {options.html}")
    scores, name = scores_of(measures), encoder.name if encoder else ""
    if options.write:
        write_scores(name, scores)
    return _checked(name, scores) if options.check else 0


def _checked(encoder: str, scores: dict[str, float]) -> int:
    committed = read_scores(encoder)
    if committed is None:
        print("no scores are committed for this encoder: evaluate with --write", file=sys.stderr)
        return 1
    worse = fallen(scores, committed)
    for line in worse:
        print(f"worse than committed: {line}", file=sys.stderr)
    return 1 if worse else 0


def _matcher(encoder: SentenceEncoder | None) -> IntentMatcher:
    """The shipped one where it fits the intents as they are now."""
    training = load_training()
    shipped = IntentMatcher.load(SHIPPED, digest=digest_of(training), encoder=encoder)
    return shipped or fit_project(training, encoder)


def train_shipped(options: argparse.Namespace) -> int:
    fits: dict[str, Callable[[], bool]] = {
        "the matcher fits the intents": partial(train, installed_encoder() if options.encoder else None),
        "the guide matcher fits the wordings": train_guide_matcher,
        "the second look of the safety guard fits the voices": train_second_look,
    }
    with ProcessPoolExecutor() as pool:
        runs = {said: pool.submit(fit) for said, fit in fits.items()}
    for said, run in runs.items():
        print(f"{said}{' now' if run.result() else ' already'}")
    return 0


STEPS = {"evaluate": evaluate, "train": train_shipped}
