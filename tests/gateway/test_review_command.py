"""`lifecircle assistant review`, from a question that went badly to one more example."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from factories import NOON
from pymongo import MongoClient
from servers import Server

from lifecircle.assistant.learning.drafts import CannotLearn, example_of, guide_draft, with_example
from lifecircle.assistant.learning.model import QuestionGroup
from lifecircle.catalogue.clock import system_clock
from lifecircle.gateway.cli import main

INTENTS = Path(__file__).parent.parent.parent / "assistant" / "intents"
FILE = """# 开头的说明
- intent: pension.how
  title: 养老金认证怎么做
  utterances:
  - 养老金认证怎么弄
  - '在家能认证吗: 能'
- intent: pension.stopped
  title: 停发了
  utterances:
  - 停了
"""


def a_group(*samples: str, **changes: str) -> QuestionGroup:
    return QuestionGroup("k1", samples, (), 3, 2, 1, 0, (), NOON)


def test_an_example_goes_to_the_end_of_its_intent_and_nothing_else_changes() -> None:
    found = with_example(FILE, "pension.how", "认证: 咋整")
    assert found == FILE.replace("能'\n", "能'\n  - '认证: 咋整'\n")
    assert with_example(found, "pension.how", "认证：咋整？") == found
    assert yaml.safe_load(with_example(FILE, "pension.how", "12"))[0]["utterances"][-1] == "12"


@pytest.mark.parametrize(
    ("content", "intent"),
    [(FILE, "pension.nothing"), (FILE, "relief.amount"), ("a: [", "pension.how"), ("x", "pension.how")],
)
def test_an_intent_that_is_not_there_is_refused(content: str, intent: str) -> None:
    with pytest.raises(CannotLearn):
        with_example(content, intent, "认证")


@pytest.mark.parametrize("name", ["book", "pension", "reject"])
def test_the_projects_own_files_take_an_example(name: str) -> None:
    content = (INTENTS / f"{name}.yaml").read_text("utf-8")
    intent = re.findall(r"^- intent: (\S+)", content, re.MULTILINE)[-1]
    found = with_example(content, intent, "一句从来没有人说过的话")
    assert found == f"{content}  - 一句从来没有人说过的话\n"


def test_an_example_holds_nothing_in_brackets() -> None:
    assert example_of(a_group("我叫[姓名],低保怎么办?"), 1) == "我叫,低保怎么办"
    for group, number in ((a_group("[号码]"), 1), (a_group("低保"), 2), (a_group("低保"), 0)):
        with pytest.raises(CannotLearn):
            example_of(group, number)


def test_a_guide_begins_with_the_questions_and_today() -> None:
    (row,) = yaml.safe_load(guide_draft(a_group("低保怎么办", "[号码]", "怎么办低保"), date(2026, 11, 25)))
    assert row["questions"] == ["低保怎么办", "怎么办低保"]
    assert (row["checked_on"], row["summary"], row["source"]) == ("2026-11-25", "", [])


def test_from_the_list_to_the_file_and_off_the_list(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFECIRCLE_MONGODB_URI", server.database_uri())
    monkeypatch.setenv("LIFECIRCLE_KEYS_FILE", str(server.state / "keys.json"))
    monkeypatch.setenv("LIFECIRCLE_MONGODB_DATABASE", "review")
    later = system_clock().replace(year=system_clock().year + 1, day=1)
    with MongoClient(server.database_uri()) as client:
        row = {"_id": "-:abc", "key": "abc", "areas": [], "samples": ["认证去哪弄"], "count": 2, "UNANSWERED": 2}
        client["review"]["questions"].insert_one({**row, "last_at": later, "expires_at": later})
    path = tmp_path / "pension.yaml"
    path.write_text(FILE, "utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["assistant", "review", *arguments])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    assert "abc     2  unanswered 2" in run()[1]
    assert yaml.safe_load(run("abc", "--intent", "pension.how")[1])[0]["utterances"] == ["认证去哪弄"]
    assert "认证去哪弄" in run("abc", "--guide")[1]
    assert "now run `lifecircle assistant train`" in run("abc", "--intent", "pension.how", "--to", str(path))[1]
    assert path.read_text("utf-8") == FILE.replace("能'\n", "能'\n  - 认证去哪弄\n")
    assert "already" in run("abc", "--intent", "pension.how", "--to", str(path))[1]
    assert run("abc", "--intent", "no.such")[0] == 1
    assert run("abc", "--intent", "pension.how", "--to", str(tmp_path / "none.yaml"))[0] == 1
    assert "dealt with" in run("abc", "--done")[1]
    assert run("abc")[0] == 1
    assert run()[1] == "nothing went badly\n"
