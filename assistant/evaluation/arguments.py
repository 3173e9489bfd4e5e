"""The arguments of `lifecircle assistant`, apart from what they start: other commands need not load it."""

from __future__ import annotations

import argparse
from pathlib import Path

USUAL = Path("bench/judged/utterances.yaml")


def add_arguments(command: argparse.ArgumentParser) -> None:
    steps = command.add_subparsers(required=True, metavar="STEP")
    evaluating = steps.add_parser("evaluate", help="measure understanding on held-out utterances")
    evaluating.set_defaults(step="evaluate")
    evaluating.add_argument("--held-out", type=Path, default=USUAL, help="YAML file, `intent: [texts]`")
    evaluating.add_argument("--html", type=Path, help="write a report with a confusion matrix and a reliability plot")
    evaluating.add_argument("--write", action="store_true", help="make these the committed scores")
    evaluating.add_argument("--check", action="store_true", help="fail where a score is a point worse than committed")
    training = steps.add_parser("train", help="fit the matcher that is shipped, where the intents have changed")
    training.set_defaults(step="train")
    for step in (evaluating, training):
        step.add_argument("--encoder", action="store_true", help="with the sentence encoder, where it is installed")
