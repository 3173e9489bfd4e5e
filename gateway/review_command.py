"""`lifecircle assistant review`: what went badly, and turning it into an example or the draft of a guide."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from lifecircle.assistant.learning.drafts import CannotLearn, example_of, example_snippet, guide_draft, with_example
from lifecircle.assistant.learning.model import QuestionGroup
from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.database import connect, open_database, wait_until_reachable
from lifecircle.gateway.preparing import REACHABLE_SECONDS, uri_of
from lifecircle.gateway.serve import database_of
from lifecircle.gateway.settings import Settings


async def review(settings: Settings, options: argparse.Namespace) -> list[str]:
    """Raises CannotLearn, CannotStart."""
    with database_of(settings) as ready:
        client = connect(uri_of(ready))
        try:
            await wait_until_reachable(client, REACHABLE_SECONDS)
            store = QuestionStore(open_database(client, ready.mongodb_database))
            if options.group is None:
                return list(_listed(await store.groups(None, options.first, system_clock())))
            group = await store.group(options.group)
            if group is None:
                raise CannotLearn(f"there is no group {options.group}: see `lifecircle assistant review`")
            told = _learned(group, options)
            if options.done:
                await store.drop(group.key)
                told.append(f"{group.key} is dealt with")
            return told
        finally:
            client.close()


def _listed(groups: list[QuestionGroup]) -> Iterator[str]:
    if not groups:
        yield "nothing went badly"
    for group in groups:
        counts = f"unanswered {group.unanswered}, unsure {group.unsure}, unhelpful {group.unhelpful}"
        understood = f" [{', '.join(group.intents)}]" if group.intents else ""
        yield f"{group.key}  {group.count:4}  {counts}{understood}"
        yield from (f"    {number}. {sample}" for number, sample in enumerate(group.samples, 1))
        yield from (f"    > {comment}" for comment in group.comments)


def _learned(group: QuestionGroup, options: argparse.Namespace) -> list[str]:
    if options.guide:
        return guide_draft(group, local_day(system_clock())).splitlines()
    if options.intent is None:
        return list(_listed([group]))
    text = options.text or example_of(group, options.sample)
    if options.to is None:
        return example_snippet(options.intent, text).splitlines()
    return [_appended(options.to, options.intent, text)]


def _appended(path: Path, intent: str, text: str) -> str:
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotLearn(f"{path} cannot be read: {error}") from error
    found = with_example(content, intent, text)
    if found == content:
        return f"{path} has this example already"
    path.write_text(found, "utf-8")
    return f"added to {intent} in {path}: {text}; now run `lifecircle assistant train`"
