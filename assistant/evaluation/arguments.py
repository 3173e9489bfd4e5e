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
    training = steps.add_parser("train", help="fit the shipped matchers, where what they learn from has changed")
    training.set_defaults(step="train")
    reviewing = steps.add_parser("review", help="list what went badly, and turn a group into an example or a guide")
    reviewing.set_defaults(step="review")
    reviewing.add_argument("group", nargs="?", help="key of a group; without it the most frequent are listed")
    reviewing.add_argument("--first", type=int, default=20, help="how many to list")
    reviewing.add_argument("--intent", help="make a sample an example of this intent")
    reviewing.add_argument("--sample", type=int, default=1, help="which sample")
    reviewing.add_argument("--text", help="other words than the sample's")
    reviewing.add_argument("--to", type=Path, help="intent file to add it to; without it the YAML is printed")
    reviewing.add_argument("--guide", action="store_true", help="print the draft of a guide")
    reviewing.add_argument("--done", action="store_true", help="take the group off the list")
    reviewing.add_argument("--state", type=Path, help="folder for the embedded database and demo keys")
    for step in (evaluating, training):
        step.add_argument("--encoder", action="store_true", help="with the sentence encoder, where it is installed")
