"""Nothing that the policy answers learn from stands near a question that is held out."""

from __future__ import annotations

from bench.held_out import held_out_policy_questions, near
from lifecircle.assistant.policies.wordings.reading import shipped_wordings
from lifecircle.seeds.policy_files import read_policies


def test_no_question_that_is_learned_from_stands_near_a_held_out_one() -> None:
    held = held_out_policy_questions()
    learned = {text for guide in read_policies(district="330199") for text in guide["questions"]}
    for one in shipped_wordings():
        learned.update(one.unknown, *one.guides.values(), *one.articles.values())
    assert near([held[0]], held) == [True]
    assert sum(near(sorted(learned), held)) == 0
