import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from lifecircle.seeds.errors import SeedError
from lifecircle.seeds.policy_files import read_policies

LAWS = Path(__file__).parents[2].parent / "shared/data/laws"
COPIED_RUN = 25
KNOWN_PHONES = {"110", "119", "120", "122", "12333", "12338", "12345", "12348", "12355", "12356"}
PHONE = re.compile(r"(?<![\d.〔-])(?:1\d{2}|[19]\d{4}|1\d{10}|\d{7,8}|0\d{2,3}-?\d{7,8}|[48]00-?\d{7})(?![\d%])")
# Rules that are not among the laws beside the project: how many articles the text had that was read.
READ_ELSEWHERE = {
    "人民调解法": 35,
    "住房公积金管理条例（2026年修订）": 50,
    "劳动争议调解仲裁法": 54,
    "国务院关于渐进式延迟法定退休年龄的办法": 9,
    "工伤保险条例": 67,
    "志愿服务条例": 44,
    "法律援助法": 71,
    "社会救助法": 78,
}
DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100}
KEYS = {
    *("_id", "district", "title", "issuer", "document_number", "topic", "region", "summary", "body", "steps"),
    *(
        "questions",
        "only_if",
        "local_rules_differ",
        "phone",
        "effective_on",
        "checked_on",
        "source",
        "articles",
        "status",
    ),
    "version",
}

needs_laws = pytest.mark.skipif(not LAWS.is_dir(), reason="the laws are not beside the project")


@pytest.fixture(scope="module")
def guides() -> list[dict[str, Any]]:
    return read_policies(district="330199")


@pytest.fixture(scope="module")
def laws() -> dict[str, str]:
    return {path.name.split("(")[0]: path.read_text(encoding="utf-8") for path in LAWS.glob("*.md")}


def a_guide(**changes: Any) -> dict[str, Any]:
    guide = {
        "_id": "a-guide",
        "title": "怎么办",
        "issuer": "国务院",
        "document_number": None,
        "topic": "relief",
        "region": None,
        "summary": "去街道办。",
        "body": "先去街道。\n\n再等答复。",
        "steps": ["去街道"],
        "questions": [f"问题{number}" for number in range(8)],
        "local_rules_differ": True,
        "phone": "12345",
        "effective_on": None,
        "checked_on": "2026-11-22",
        "source": [{"title": "社会救助法", "url": None, "section": None}],
        "articles": [],
        "status": "IN_FORCE",
    }
    return guide | changes


def written(folder: Path, *rows: Any, name: str = "relief.yaml") -> Path:
    text = yaml.safe_dump(list(rows), allow_unicode=True, sort_keys=False)
    (folder / name).write_text(re.sub(r"(_on): '([^']*)'", r"\1: \2", text), encoding="utf-8")
    return folder


def texts(value: Any) -> list[str]:
    """Every string in a document, except addresses."""
    if isinstance(value, dict):
        return [text for key, entry in value.items() if key != "url" for text in texts(entry)]
    if isinstance(value, list):
        return [text for entry in value for text in texts(entry)]
    return [value] if isinstance(value, str) else []


def advice(guide: dict[str, Any]) -> list[str]:
    return [guide["title"], guide["summary"], guide["body"], *guide["steps"], *guide["questions"]]


def article_number(article: str) -> int:
    """第一百零三条 → 103."""
    value = digit = 0
    for char in article[1:-1]:
        if char in UNITS:
            value, digit = value + (digit or 1) * UNITS[char], 0
        else:
            digit = DIGITS.index(char)
    return value + digit


def test_every_guide_has_the_shape_of_the_collection(guides: list[dict[str, Any]]) -> None:
    assert len(guides) >= 28
    for guide in guides:
        assert set(guide) == KEYS
        assert guide["district"] == "330199"
        assert guide["version"] == 1
        assert guide["status"] == "IN_FORCE"
        assert date.fromisoformat(guide["checked_on"]) >= date(2026, 11, 22)


def test_pension_certification_is_answered_from_at_least_twelve_guides(guides: list[dict[str, Any]]) -> None:
    assert sum(guide["topic"] == "pension-certification" for guide in guides) >= 12


def test_ids_and_questions_belong_to_one_guide_only(guides: list[dict[str, Any]]) -> None:
    ids = [guide["_id"] for guide in guides]
    questions = [question for guide in guides for question in guide["questions"]]
    assert len(ids) == len(set(ids))
    assert len(questions) == len(set(questions))


def test_a_guide_about_an_exception_answers_every_question_of_its_own(guides: list[dict[str, Any]]) -> None:
    for guide in guides:
        for question in guide["questions"]:
            assert not guide["only_if"] or any(word in question for word in guide["only_if"]), (guide["_id"], question)


def test_every_part_is_short_enough_to_be_read_aloud(guides: list[dict[str, Any]]) -> None:
    for guide in guides:
        paragraphs = guide["body"].split("\n\n")
        assert len(guide["summary"]) <= 80
        assert 2 <= len(paragraphs) <= 4
        assert max(map(len, paragraphs)) <= 120
        assert 8 <= len(guide["questions"]) <= 30


def test_every_guide_says_where_its_facts_were_read(guides: list[dict[str, Any]]) -> None:
    for guide in guides:
        assert guide["source"], guide["_id"]
        cited = {article["document"] for article in guide["articles"]}
        named = "".join(source["title"] for source in guide["source"])
        for document in cited:
            assert document.split("（")[0] in named, (guide["_id"], document)


def test_a_summary_or_body_never_claims_that_the_app_certifies(guides: list[dict[str, Any]]) -> None:
    claim = re.compile(r"(生活圈|本应用|我们)(?:可以|能|会)?(?:直接|替您|帮您|为您)?(?:做|办|完成)?(?:资格)?认证")
    for guide in guides:
        for text in advice(guide):
            assert not claim.search(text.replace("生活圈自己不认证", "")), guide["_id"]


def test_no_phone_number_stands_in_a_guide_that_was_not_checked(guides: list[dict[str, Any]]) -> None:
    for guide in guides:
        found = {match for text in texts(guide) for match in PHONE.findall(text)}
        assert found <= KNOWN_PHONES, (guide["_id"], found - KNOWN_PHONES)
        assert guide["phone"] is None or guide["phone"] in KNOWN_PHONES


def test_articles_are_counted_as_the_laws_count_them() -> None:
    counted = {"第五条": 5, "第十条": 10, "第十四条": 14, "第二十条": 20, "第七十三条": 73, "第一百零七条": 107}
    assert {article: article_number(article) for article in counted} == counted


def test_articles_of_rules_read_elsewhere_exist(guides: list[dict[str, Any]]) -> None:
    for guide in guides:
        for cited in guide["articles"]:
            last = READ_ELSEWHERE.get(cited["document"])
            assert last is None or 1 <= article_number(cited["article"]) <= last, (guide["_id"], cited)


@needs_laws
def test_every_cited_article_exists_in_the_law(guides: list[dict[str, Any]], laws: dict[str, str]) -> None:
    for guide in guides:
        for cited in guide["articles"]:
            if cited["document"] not in READ_ELSEWHERE:
                heading = re.compile(rf"^{cited['article']}\s", re.MULTILINE)
                assert heading.search(laws[cited["document"]]), (guide["_id"], cited)


@needs_laws
def test_no_sentence_of_a_law_is_copied(guides: list[dict[str, Any]], laws: dict[str, str]) -> None:
    letters = re.compile(r"\s")
    runs = {
        text[start : start + COPIED_RUN]
        for text in (letters.sub("", law) for law in laws.values())
        for start in range(len(text) - COPIED_RUN + 1)
    }
    for guide in guides:
        for text in (letters.sub("", text) for text in texts(guide)):
            for start in range(len(text) - COPIED_RUN + 1):
                assert text[start : start + COPIED_RUN] not in runs, (guide["_id"], text[start : start + COPIED_RUN])


def test_a_guide_is_read_from_another_folder(tmp_path: Path) -> None:
    (guide,) = read_policies(written(tmp_path, a_guide(effective_on="2026-07-01")), district="110101")
    assert guide["_id"] == "a-guide"
    assert guide["district"] == "110101"
    assert guide["effective_on"] == "2026-07-01"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"colour": "red"}, "colour"),
        ({"_id": "Not A Slug"}, "_id"),
        ({"topic": "weather"}, "topic"),
        ({"topic": "labour"}, "topic"),
        ({"summary": "一句。两句。"}, "summary"),
        ({"summary": "长" * 80 + "。"}, "summary"),
        ({"body": "只有一段。"}, "body"),
        ({"body": "长" * 121 + "\n\n短。"}, "body"),
        ({"questions": ["怎么办"] * 8}, "questions"),
        ({"questions": ["太少"]}, "questions"),
        ({"only_if": "国外"}, "only_if"),
        ({"only_if": ["国外", "国外"]}, "only_if"),
        ({"checked_on": "2026-13-01"}, "checked_on"),
        ({"checked_on": None}, "checked_on"),
        ({"phone": 12345}, "phone"),
        ({"local_rules_differ": "yes"}, "local_rules_differ"),
        ({"articles": [{"document": "劳动法", "article": "44", "gist": "加班"}]}, "articles.0.article"),
        ({"source": []}, "source"),
        ({"status": "REPEALED"}, "status"),
    ],
)
def test_a_wrong_guide_is_pointed_at(tmp_path: Path, changes: dict[str, Any], column: str) -> None:
    folder = written(tmp_path, a_guide(_id="right", questions=[f"别的{n}" for n in range(8)]), a_guide(**changes))
    with pytest.raises(SeedError) as caught:
        read_policies(folder, district="330199")
    lines = (folder / "relief.yaml").read_text(encoding="utf-8").splitlines()
    assert caught.value.file == "relief.yaml"
    assert caught.value.row == max(number for number, line in enumerate(lines, 1) if line.startswith("- "))
    assert caught.value.column == column


def test_an_id_or_question_that_stands_twice_is_refused(tmp_path: Path) -> None:
    other = [f"别的{number}" for number in range(8)]
    with pytest.raises(SeedError, match="_id"):
        read_policies(written(tmp_path, a_guide(), a_guide(questions=other)), district="330199")
    with pytest.raises(SeedError, match="问题0"):
        read_policies(written(tmp_path, a_guide(), a_guide(_id="other")), district="330199")


def test_a_folder_without_guides_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError):
        read_policies(tmp_path, district="330199")
    with pytest.raises(SeedError):
        read_policies(tmp_path / "nowhere", district="330199")
