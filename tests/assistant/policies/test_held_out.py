"""Nothing that the policy answers learn from stands near a question that is held out."""

from __future__ import annotations

from pathlib import Path

import yaml

from bench.held_out import near
from lifecircle.assistant.policies.unknown import unknown_matters
from lifecircle.seeds.policy_files import read_policies

ROOT = Path(__file__).parents[3]


def test_no_question_that_is_learned_from_stands_near_a_held_out_one() -> None:
    judged = yaml.safe_load((ROOT / "bench" / "judged" / "policy_questions.yaml").read_text("utf-8"))
    held = [row["text"] for rows in judged.values() for row in rows]
    learned = [text for guide in read_policies(district="330199") for text in guide["questions"]]
    assert near([held[0]], held) == [True]
    assert not any(near([*learned, *unknown_matters()], held))
