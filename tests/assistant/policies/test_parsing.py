"""Files of five formats into regulations, and files that are none."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from papers import PARAGRAPHS, as_docx, as_html, as_pdf, as_text, write

from lifecircle.assistant.policies.errors import CannotImport
from lifecircle.assistant.policies.importing.numerals import numeral_of, value_of
from lifecircle.assistant.policies.importing.parsing import Given, parse, parse_file
from lifecircle.assistant.policies.model import PolicyStatus

GIVEN = Given(date(2026, 11, 22))
FORMATS = {
    "办法.txt": as_text(),
    "办法.md": f"# {as_text()}",
    "办法.html": as_html(),
    "办法.docx": as_docx(),
    "办法.pdf": as_pdf(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_regulation(tmp_path: Path, name: str) -> None:
    regulation = parse_file(write(tmp_path, name, FORMATS[name]), GIVEN)
    assert regulation.title == "测试市便民办法"
    assert (regulation.issuer, regulation.document_number) == ("测试市人民政府", "测试市人民政府令第7号")
    assert (regulation.dated_on, regulation.effective_on) == (date(2024, 3, 1), date(2024, 5, 1))
    assert regulation.status is PolicyStatus.IN_FORCE
    assert [article.number for article in regulation.articles] == ["第一条", "第二条", "第三条", "第四条"]
    second = regulation.article("第二条")
    assert second is not None
    assert second.path == ("第二章 办理", "第一节 申请")
    assert second.paragraphs == (
        "居民可以在社区申请。有下列情形之一的，应当当场办理：",
        "（一）年满七十周岁的；",
        "（二）行动不便的。",
        "依照前款规定办理的，不收费用。",
    )
    assert regulation.articles[0].path == ("第一章 总则",)
    assert regulation.articles[3].path == ("第三章 附则",)


def test_the_format_does_not_change_what_a_regulation_is(tmp_path: Path) -> None:
    assert len({parse_file(write(tmp_path, name, content), GIVEN).id for name, content in FORMATS.items()}) == 1


def test_older_encodings_are_read(tmp_path: Path) -> None:
    assert parse_file(write(tmp_path, "旧.txt", as_text().encode("gb18030")), GIVEN).title == "测试市便民办法"


def test_a_sentence_that_refers_to_an_article_begins_none(tmp_path: Path) -> None:
    text = "办法\n第一条 总则。\n第二条 依照本办法\n第三条、第四条的规定办理。\n第五条的规定不适用。\n第三条 附则。\n"
    regulation = parse_file(write(tmp_path, "a.txt", text), GIVEN)
    assert [article.number for article in regulation.articles] == ["第一条", "第二条", "第三条"]
    assert "第三条、第四条的规定办理。" in regulation.articles[1].text


def test_wrapped_lines_of_a_pdf_become_paragraphs(tmp_path: Path) -> None:
    lines = (
        "办法",
        "第一条 居民可以在社区",
        "申请，社区应当答复。",
        "— 1 —",
        "（一）当场；",
        "第二条 本办法自公布之日起施行。",
    )
    regulation = parse_file(write(tmp_path, "a.pdf", as_pdf(lines)), GIVEN)
    assert regulation.articles[0].paragraphs == ("居民可以在社区申请，社区应当答复。", "（一）当场；")


def test_a_table_of_contents_is_no_place_of_an_article(tmp_path: Path) -> None:
    lines = (PARAGRAPHS[0], "目录", "第一章 总则", "第二章 办理", "第一节 申请", "第三章 附则", *PARAGRAPHS[4:])
    regulation = parse_file(write(tmp_path, "a.txt", as_text(lines)), GIVEN)
    assert [article.path[0] for article in regulation.articles] == [
        "第一章 总则",
        "第二章 办理",
        "第二章 办理",
        "第三章 附则",
    ]
    assert regulation.articles[0].path == ("第一章 总则",)


def test_a_notice_without_articles_is_cited_by_its_sections(tmp_path: Path) -> None:
    text = "关于送餐的通知\n一、对象\n七十岁以上老人。\n二、办法\n打电话预订。\n"
    regulation = parse_file(write(tmp_path, "a.txt", text), GIVEN)
    assert [(one.number, one.text) for one in regulation.articles] == [
        ("一", "对象\n七十岁以上老人。"),
        ("二", "办法\n打电话预订。"),
    ]
    plain = parse_file(write(tmp_path, "b.txt", "关于停水的通知\n明天停水。\n"), GIVEN)
    assert [(one.number, one.text) for one in plain.articles] == [("全文", "明天停水。")]


@pytest.mark.parametrize(
    ("head", "status"),
    [("状态：已废止", PolicyStatus.ABOLISHED), ("时效性：现行有效", PolicyStatus.IN_FORCE)],
)
def test_a_head_says_whether_it_is_still_in_force(tmp_path: Path, head: str, status: PolicyStatus) -> None:
    path = write(tmp_path, "a.txt", as_text((PARAGRAPHS[0], head, *PARAGRAPHS[1:])))
    assert parse_file(path, GIVEN).status is status


def test_what_a_file_does_not_say_is_taken_from_whoever_imports_it(tmp_path: Path) -> None:
    path = write(tmp_path, "通知(2025-02-03).txt", "第一条 明天停水。\n")
    regulation = parse_file(path, Given(date(2026, 1, 2), issuer="水务局", region="测试市"))
    assert (regulation.title, regulation.issuer, regulation.region) == ("通知", "水务局", "测试市")
    assert (regulation.dated_on, regulation.checked_on) == (date(2025, 2, 3), date(2026, 1, 2))


BAD = {
    "空.txt": (b"\n \n", "holds no text"),
    "乱.txt": (b"\xff\xff\xff\x81", "neither UTF-8 nor GB18030"),
    "图.pdf": (as_pdf((" ",)), "without text"),
    "坏.pdf": (b"%PDF-1.7 nothing", "damaged PDF"),
    "坏.docx": (b"PK\x03\x04 nothing", "no Word file"),
    "倒.txt": ("办法\n第一条 一。\n第三条 三。\n第二条 二。\n".encode(), "第二条 behind 第三条"),
    "号.docx": (as_docx(body="<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>明天停水。</w:t></w:r></w:p>"), "automatically"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_reason(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    with pytest.raises(CannotImport) as caught:
        parse(write(tmp_path, name, content), GIVEN)
    assert caught.value.problems[0].startswith(f"{name}: ")
    assert reason in caught.value.problems[0]


def test_entities_in_a_word_file_are_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("word/document.xml", bomb)
    with pytest.raises(CannotImport, match="damaged document"):
        parse(write(tmp_path, "a.docx", held.getvalue()), GIVEN)


def test_all_bad_files_of_a_folder_are_named_and_others_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, "好.txt", as_text())
    write(tmp_path, "图.png", b"")
    write(tmp_path, "空.txt", b"")
    write(tmp_path, "坏.pdf", b"")
    with pytest.raises(CannotImport) as caught:
        parse(tmp_path, GIVEN)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["坏.pdf", "空.txt"]
    (tmp_path / "空.txt").unlink()
    (tmp_path / "坏.pdf").unlink()
    assert parse(tmp_path, GIVEN).skipped == (("图.png", "of another kind"),)


@pytest.mark.parametrize("name", ["nothing.txt", "folder"])
def test_nothing_to_import_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotImport, match=name):
        parse(tmp_path / name, GIVEN)


@pytest.mark.parametrize("number", [1, 10, 11, 19, 20, 99, 100, 101, 110, 111, 120, 999, 1000, 1001, 1260])
def test_numerals_go_both_ways(number: int) -> None:
    assert value_of(numeral_of(number)) == value_of(str(number)) == number


def test_numerals_are_written_as_laws_write_them() -> None:
    assert [numeral_of(number) for number in (10, 12, 20, 103, 110, 1003)] == [
        "十",
        "十二",
        "二十",
        "一百零三",
        "一百一十",
        "一千零三",
    ]


def test_the_ten_laws_are_read_whole(shared: Path) -> None:
    parsed = parse(shared / "data" / "laws", GIVEN)
    counted = {one.short_title: len(one.articles) for one in parsed.regulations}
    assert counted["劳动合同法"] == 98
    assert counted["劳动法"] == 107
    assert sum(counted.values()) == 652
    for regulation in parsed.regulations:
        numbers = [value_of(article.number[1:-1]) for article in regulation.articles]
        assert numbers == list(range(1, len(numbers) + 1)), regulation.title
        assert regulation.effective_on
        assert regulation.dated_on
