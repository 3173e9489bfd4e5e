"""From a group of questions to what mends it: one more example of an intent, or the draft of a guide. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import yaml

from lifecircle.assistant.intents.loader import REJECT, load_training
from lifecircle.assistant.learning.model import QuestionGroup
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.text import bare
from lifecircle.catalogue.yaml_text import read_yaml


class CannotLearn(LifecircleError):
    """There is no such group, intent or sample, or the file does not hold the intent."""


def example_of(group: QuestionGroup, number: int) -> str:
    """A sample without the places where something personal was. Raises CannotLearn."""
    if not 1 <= number <= len(group.samples):
        raise CannotLearn(f"the group has samples 1 to {len(group.samples)}")
    text = re.sub(r"\[[^\]]*\]", "", group.samples[number - 1]).strip(" ,。.!?;:、")
    if not bare(text):
        raise CannotLearn("nothing is left of this sample without personal data: take another, or write one by hand")
    return text


def example_snippet(intent: str, text: str) -> str:
    """As it stands in an intent file. Raises CannotLearn."""
    _check_intent(intent)
    return _yaml([{"intent": intent, "utterances": [text]}])


def with_example(content: str, intent: str, text: str) -> str:
    """The intent file with one more utterance at the end of the intent's; everything else stays as it was.

    Raises CannotLearn.
    """
    _check_intent(intent)
    before = _utterances(content, intent)
    if before is None:
        raise CannotLearn(f"the file has no intent {intent}")
    if bare(text) in {bare(str(known)) for known in before}:
        return content
    found = _extended(content, intent, text)
    if _utterances(found, intent) != [*before, text]:
        raise CannotLearn("the file is not laid out like the others: add the example by hand")
    return found


def guide_draft(group: QuestionGroup, today: date) -> str:
    """A guide with everything that people have to find out left empty; `policies` refuses it until it is filled in."""
    row = {
        "_id": "",
        "title": "",
        "issuer": "",
        "document_number": None,
        "topic": "",
        "region": None,
        "summary": "",
        "body": "",
        "steps": [],
        "questions": [example_of(group, number) for number in _usable(group)],
        "local_rules_differ": True,
        "phone": None,
        "effective_on": None,
        "checked_on": today.isoformat(),
        "source": [],
        "status": "IN_FORCE",
    }
    comments = "".join(f"# 居民说：{' '.join(comment.split())}\n" for comment in group.comments)
    return comments + _yaml([row])


def _usable(group: QuestionGroup) -> list[int]:
    numbers = range(1, len(group.samples) + 1)
    return [number for number in numbers if bare(re.sub(r"\[[^\]]*\]", "", group.samples[number - 1]))]


def _check_intent(intent: str) -> None:
    if intent != REJECT and intent not in load_training().titles:
        raise CannotLearn(f"there is no intent {intent}")


def _utterances(content: str, intent: str) -> list[Any] | None:
    try:
        rows = read_yaml(content)
    except yaml.YAMLError as error:
        raise CannotLearn(f"the file is no YAML: {error}") from error
    if not isinstance(rows, list):
        return None
    found = next((row for row in rows if isinstance(row, dict) and row.get("intent") == intent), None)
    utterances = found.get("utterances") if found else None
    return list(utterances) if isinstance(utterances, list) else None


def _extended(content: str, intent: str, text: str) -> str:
    lines, here, last = content.splitlines(keepends=True), False, None
    for number, line in enumerate(lines):
        if line.startswith("- intent:"):
            here = line.removeprefix("- intent:").strip() == intent
        elif here and re.match(r"\s+- ", line):
            last = number
    if last is None:
        return content
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
    lines[last] = lines[last].rstrip("\n") + "\n"
    return "".join([*lines[: last + 1], f"{indent}- {_scalar(text)}\n", *lines[last + 1 :]])


def _scalar(text: str) -> str:
    return _yaml([text]).removeprefix("- ").rstrip("\n")


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1_000))
