"""A turn does not fail for what is to be learned from it."""

from __future__ import annotations

import pytest
from talking import NOT_KNOWN, Room

from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.catalogue.database import ConnectionFailure


async def test_a_reply_is_given_although_the_question_cannot_be_kept(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionFailure

    monkeypatch.setattr(QuestionStore, "add", away)
    assert (await room.say("天气")).reply == NOT_KNOWN
    assert "could not be kept" in caplog.text
    assert "天气" not in caplog.text
