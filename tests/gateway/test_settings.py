"""The settings: from the environment, the command line above it, refused by name."""

from __future__ import annotations

import logging

import pytest

from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.gateway.logs import set_up_logging
from lifecircle.gateway.settings import read_settings


def test_the_command_line_stands_above_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFECIRCLE_PORT", "8123")
    monkeypatch.setenv("LIFECIRCLE_WORKERS", "3")
    settings = read_settings(workers=2, port=None)
    assert (settings.port, settings.workers) == (8123, 2)


@pytest.mark.parametrize(("name", "value"), [("workers", "many"), ("port", -1)])
def test_a_setting_that_cannot_be_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(SettingInvalid, match=f"LIFECIRCLE_{name.upper()}"):
        read_settings(**{name: value})


def test_what_somebody_sent_writes_no_line_of_its_own_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers[:] = []
    set_up_logging("INFO")
    try:
        logging.getLogger("lifecircle.http").info("GET %s", "/a\n2026-12-02 ERROR lifecircle 假的\x1b[31m\x00\u2028b")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"GET /a\n2026-12-02 ERROR lifecircle 假的\x1b[31m\x00\u2028b")


def test_logging_is_set_up_once_however_often_it_is_asked_for() -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    set_up_logging("INFO")
    once = list(root.handlers)
    set_up_logging("INFO")
    try:
        assert root.handlers == once
        assert len(set(once) - set(before)) <= 1
    finally:
        root.handlers[:] = before
        root.setLevel(level)
