"""The scores that are committed, and whether a model is still as good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lifecircle.assistant.evaluation.measures import Measures

SCORES = Path(__file__).parent / "scores.json"
MAY_FALL = 0.01
HIGHER_IS_BETTER = ("accuracy", "macro_f1", "top3")
LOWER_IS_BETTER = ("calibration_error", "false_accepts")
KEPT = ("count", *HIGHER_IS_BETTER, *LOWER_IS_BETTER, "threshold", "accepted", "accepted_right")

Scores = Mapping[str, float]


def scores_of(measures: Measures) -> dict[str, float]:
    return {name: round(float(getattr(measures, name)), 4) for name in KEPT}


def read_scores(encoder: str, path: Path = SCORES) -> Scores | None:
    """None where nothing was committed for this encoder; "" stands for none."""
    known: dict[str, Scores] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return known.get(encoder or "none")


def write_scores(encoder: str, scores: Scores, path: Path = SCORES) -> None:
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[encoder or "none"] = scores
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def fallen(now: Scores, committed: Scores) -> list[str]:
    """What is worse by more than a point, in words."""
    worse = [name for name in HIGHER_IS_BETTER if now[name] < committed[name] - MAY_FALL]
    worse += [name for name in LOWER_IS_BETTER if now[name] > committed[name] + MAY_FALL]
    return [f"{name} {now[name]:.4f}, committed {committed[name]:.4f}" for name in worse]
