"""Figures over judged sentences, the committed scores, and the command that prints them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from lifecircle.assistant.evaluation import command
from lifecircle.assistant.evaluation.held_out import NoHeldOut, read_held_out
from lifecircle.assistant.evaluation.measures import Judged, Measures, judge, measured
from lifecircle.assistant.evaluation.page import page
from lifecircle.assistant.evaluation.scores import fallen, read_scores, scores_of, write_scores
from lifecircle.assistant.evaluation.summary import summary
from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import Match
from lifecircle.gateway.cli import main


def a_judged(text: str, intent: str, found: str | None, confidence: float, *others: str) -> Judged:
    rest = tuple(Match(other, 0.01) for other in others)
    return Judged(text, intent, (Match(found, confidence), *rest))


JUDGED = [
    a_judged("保洁", "a.x", "a.x", 0.9),
    a_judged("打扫", "a.x", "b.y", 0.8, "a.x"),
    a_judged("认证", "b.y", "b.y", 0.7),
    a_judged("年审", "b.y", "b.y", 0.3),
    a_judged("<b>你好</b>", "reject", None, 0.9),
    a_judged("唱歌", "reject", "a.x", 0.6),
]


def the_measures() -> Measures:
    return measured(JUDGED, threshold=0.5)


def test_precision_and_recall_are_counted_per_intent() -> None:
    by_name = {one.intent: one for one in the_measures().intents}
    assert (by_name["a.x"].precision, by_name["a.x"].recall) == (0.5, 0.5)
    assert by_name["b.y"].precision == pytest.approx(2 / 3)
    assert by_name["b.y"].recall == 1.0
    assert by_name["reject"].f1 == pytest.approx(2 / 3)


def test_totals() -> None:
    measures = the_measures()
    assert measures.accuracy == pytest.approx(4 / 6)
    assert measures.top3 == pytest.approx(5 / 6)
    assert measures.macro_f1 == pytest.approx((0.5 + 0.8 + 2 / 3) / 3)


def test_what_is_acted_on_is_judged_by_the_threshold() -> None:
    measures = the_measures()
    assert measures.accepted == pytest.approx(3 / 4)
    assert measures.accepted_right == pytest.approx(2 / 3)
    assert measures.false_accepts == pytest.approx(1 / 2)


def test_calibration_is_the_distance_of_confidence_from_what_is_right() -> None:
    sure = [a_judged("a", "a.x", "a.x", 1.0), a_judged("b", "a.x", "b.y", 1.0)]
    assert measured(sure, 0.5).calibration_error == pytest.approx(0.5)
    honest = [a_judged("a", "a.x", "a.x", 0.5), a_judged("b", "a.x", "b.y", 0.5)]
    assert measured(honest, 0.5).calibration_error == pytest.approx(0.0)


def test_confusions_come_with_their_texts_the_most_frequent_first() -> None:
    twice = [*JUDGED, a_judged("扫地", "a.x", "b.y", 0.6)]
    assert measured(twice, 0.5).confusions[0] == ("a.x", "b.y", ("打扫", "扫地"))


def test_judging_asks_the_matcher_every_text() -> None:
    judged = judge({"b.y": ["认证"], "a.x": ["保洁", "打扫"]}, lambda text: [Match("a.x", 0.9)])
    assert [(one.text, one.is_right) for one in judged] == [("保洁", True), ("打扫", True), ("认证", False)]


def test_the_summary_names_intents_bins_and_confusions() -> None:
    lines = "\n".join(summary(the_measures()))
    for part in ("macro-F1", "a.x", "top 3", "expected calibration error", "a.x → b.y  1: 打扫"):
        assert part in lines


def test_the_page_stands_alone_and_escapes_what_was_said() -> None:
    html = page(the_measures(), JUDGED)
    assert html.count("<svg") == 2
    assert "唱歌" in html
    assert "<script" not in html
    assert "http" not in html
    wrong = [*JUDGED, a_judged("<script>x</script>", "a.x", "b.y", 0.9)]
    assert "&lt;script&gt;" in page(measured(wrong, 0.5), wrong)


def test_scores_are_kept_for_each_encoder(tmp_path: Path) -> None:
    scores = scores_of(the_measures())
    write_scores("", scores, tmp_path / "scores.json")
    write_scores("e", scores | {"top3": 1.0}, tmp_path / "scores.json")
    assert read_scores("", tmp_path / "scores.json") == scores
    assert (read_scores("e", tmp_path / "scores.json") or {})["top3"] == 1.0
    assert read_scores("other", tmp_path / "scores.json") is None


def test_more_than_a_point_worse_is_told() -> None:
    committed = scores_of(the_measures())
    assert fallen(committed | {"macro_f1": committed["macro_f1"] - 0.009}, committed) == []
    (worse,) = fallen(committed | {"macro_f1": committed["macro_f1"] - 0.02}, committed)
    assert worse.startswith("macro_f1")
    assert fallen(committed | {"calibration_error": committed["calibration_error"] + 0.02}, committed)


@pytest.mark.parametrize("content", [None, "- a", "a.x: text", "a.x: []", "{"])
def test_a_file_of_another_form_is_refused(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "held.yaml"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(NoHeldOut):
        read_held_out(path)


# --- the command


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three intents; each is asked three of its own utterances. Shipped matcher and scores lie in the folder."""
    training = dataclasses.replace(load_training(), intents=load_training().intents[:3])
    for module in ("evaluation.command", "matcher.shipped"):
        monkeypatch.setattr(f"lifecircle.assistant.{module}.load_training", lambda: training)
    monkeypatch.setattr("lifecircle.assistant.evaluation.command.SHIPPED", tmp_path / "shipped.npz")
    scores = tmp_path / "scores.json"
    monkeypatch.setattr(command, "read_scores", lambda encoder: read_scores(encoder, scores))
    monkeypatch.setattr(command, "write_scores", lambda encoder, now: write_scores(encoder, now, scores))
    held = {intent.name: list(intent.utterances[:3]) for intent in training.intents}
    (tmp_path / "held.yaml").write_text(json.dumps(held, ensure_ascii=False), "utf-8")
    return tmp_path


def evaluate(folder: Path, *options: str) -> int:
    return main(["assistant", "evaluate", "--held-out", str(folder / "held.yaml"), *options])


def test_the_command_prints_figures_and_writes_a_report(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(small, "--html", str(small / "report.html")) == 0
    assert "macro-F1 1.0000" in capsys.readouterr().out
    assert "<svg" in (small / "report.html").read_text("utf-8")


def test_a_check_needs_committed_scores_and_fails_below_them(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(small, "--check") == 1
    assert "--write" in capsys.readouterr().err
    assert evaluate(small, "--write") == 0
    assert evaluate(small, "--check") == 0
    other = {
        intent: ["股票代码怎么查", "火车几点开", "来首歌"] for intent in json.loads((small / "held.yaml").read_text())
    }
    (small / "held.yaml").write_text(json.dumps(other, ensure_ascii=False), "utf-8")
    assert evaluate(small, "--check") == 1
    assert "worse than committed: accuracy" in capsys.readouterr().err


def test_the_command_says_where_held_out_utterances_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(tmp_path) == 1
    assert "--held-out" in capsys.readouterr().err


def test_the_committed_scores_reach_what_was_promised() -> None:
    scores = read_scores("")
    assert scores is not None
    assert scores["count"] >= 800
    assert scores["macro_f1"] >= 0.93
    assert scores["top3"] >= 0.98
    assert scores["calibration_error"] <= 0.05
