"""What a turn leaves for the next survives the database, and what cannot be read is forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecircle.assistant.dialogue.codec import form_from_json, form_to_json
from lifecircle.assistant.dialogue.model import (
    BookingForm,
    Doubt,
    Errand,
    Form,
    Option,
    OwnForm,
    RequestForm,
    Step,
    Wish,
)

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
OPTION = Option("o1", "s1", "安洁家政 11月26日 10:00", NOW, NOW + timedelta(hours=2), 9000, 120.5)
WISH = Wish(NOW, NOW + timedelta(days=1), is_point=False)


@pytest.mark.parametrize(
    "form",
    [
        Form(),
        Form(misses=1),
        Form(doubt=Doubt("水管", ("预约水电管道维修", "反映污水窨井积水")), misses=1),
        Form(BookingForm(Step.WHAT, names=("擦窗服务", "日常保洁"))),
        Form(BookingForm(Step.CONFIRM, "保洁", (), WISH, (OPTION,), OPTION, 2, "青石路12号", "13800138000", True)),
        Form(BookingForm(Step.WHEN, "保洁", refused=("s1", "s2"), store="s3", most_fen=10000, later="约理发")),
        Form(OwnForm(Errand.CHANGE, Step.CHOICE, ("b1", "b2"), "b1", WISH, (OPTION,), OPTION)),
        Form(RequestForm(Step.WHERE, "NOISE", "吵"), aside=BookingForm(Step.WHEN, "保洁")),
        Form(RequestForm(Step.CONFIRM, "lamp", "路灯不亮", "青石路12号", "330199001002")),
    ],
)
def test_a_form_comes_back_as_it_was(form: Form) -> None:
    assert form_from_json(json.loads(json.dumps(form_to_json(form)))) == form


def test_no_form_is_none_both_ways() -> None:
    assert form_to_json(None) is None
    assert form_from_json(None) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"step": "WHEN", "name": "保洁"},
        {"task": {"kind": "dance", "step": "WHEN"}, "aside": None, "doubt": None, "misses": 0},
        {"aside": None, "task": {"kind": "booking", "step": "SINGING"}, "doubt": None, "misses": 0},
        {"aside": None, "task": {"kind": "booking", "step": "WHEN", "colour": "red"}, "doubt": None, "misses": 0},
        {
            "aside": None,
            "task": {"kind": "booking", "step": "WHEN", "wish": {"start": "tomorrow"}},
            "doubt": None,
            "misses": 0,
        },
        {"aside": None, "task": None, "doubt": {"said": "x"}, "misses": 0},
        {
            "aside": None,
            "task": {"kind": "booking", "step": "WHEN", "wish": {"start": "2026-11-25T10:00", "end": None}},
            "doubt": None,
            "misses": 0,
        },
    ],
)
def test_what_an_older_version_left_is_forgotten(data: dict[str, Any]) -> None:
    assert form_from_json(data) is None
