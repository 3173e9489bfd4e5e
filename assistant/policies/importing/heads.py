"""What the head of a text says about it: who issued it, its number, its dates, its status.

A head may say so itself in lines like `发布机关：国务院`; else it is read from what laws print below their title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lifecircle.assistant.policies.importing.structure import Structure, unspaced
from lifecircle.assistant.policies.model import PolicyStatus

_FIELD = re.compile(r"^([一-鿿]{2,6})\s*[：:]\s*(\S.*)$")
_NAMES = {
    **dict.fromkeys(("标题", "名称", "文件名称"), "title"),
    **dict.fromkeys(("发布机关", "制定机关", "发文机关", "发布单位", "印发机关"), "issuer"),
    **dict.fromkeys(("文号", "发文字号", "文件编号"), "document_number"),
    **dict.fromkeys(("适用地区", "地区", "适用范围"), "region"),
    **dict.fromkeys(("公布日期", "发布日期", "成文日期", "修订日期"), "dated_on"),
    **dict.fromkeys(("施行日期", "生效日期", "实施日期"), "effective_on"),
    **dict.fromkeys(("状态", "时效性", "效力", "有效性"), "status"),
}
_DAY = re.compile(r"(\d{4})\s*[年\-./]\s*(\d{1,2})\s*[月\-./]\s*(\d{1,2})\s*日?")
_EFFECTIVE = re.compile(
    r"自(\d{4}年\d{1,2}月\d{1,2}日)起(?:施行|实施|执行|生效)|(\d{4}年\d{1,2}月\d{1,2}日)\s*(?:起)?施行"
)
_FROM_THE_DAY = re.compile(r"自(?:发布|公布|印发)之日起(?:施行|实施|执行)")
_NUMBER = re.compile(
    r"(?:[一-鿿]{2,12}令)?第?[一-鿿]{0,8}[〔\[（(]\d{4}[〕\]）)]\s*第?\d+号|[一-鿿]{4,20}令\s*第\s*\d+\s*号"
)
_ISSUERS = (
    (re.compile(r"全国人民代表大会常务委员会"), "全国人民代表大会常务委员会"),
    (re.compile(r"全国人民代表大会第"), "全国人民代表大会"),
    (re.compile(r"国务院令|国务院第\S+常务会议|国务院关于|国务院的决定"), "国务院"),
)
_ABOLISHED = re.compile(r"已?(?:废止|失效)")
_ABOLISHED_TITLE = re.compile(r"[（(](?:已?废止|已?失效)[）)]")
_VERSION_IN_NAME = re.compile(r"\s*[（(](\d{4}-\d{2}-\d{2})[）)]$")
_NATIONAL = ("全国", "中华人民共和国")


@dataclass(frozen=True, slots=True)
class Head:
    title: str
    issuer: str | None
    document_number: str | None
    region: str | None
    dated_on: date | None
    effective_on: date | None
    status: PolicyStatus


def head_of(structure: Structure, file: Path) -> Head:
    """The name of the file helps where it ends with a date, as in 劳动法(2018-12-29).md."""
    said = _fields(structure.head)
    lines = [line for line in structure.head if not _FIELD.match(line)]
    dated_by_name = _VERSION_IN_NAME.search(file.stem)
    title = said.get("title") or structure.title or _VERSION_IN_NAME.sub("", file.stem)
    region = said.get("region")
    return Head(
        title=_ABOLISHED_TITLE.sub("", unspaced(title)),
        issuer=said.get("issuer") or _issuer(lines),
        document_number=said.get("document_number") or _first(_NUMBER, lines),
        region=None if region in (None, *_NATIONAL) else region,
        dated_on=_day(dated_by_name[1]) if dated_by_name else _day(said.get("dated_on", "")) or _latest(lines),
        effective_on=_day(said.get("effective_on", "")) or _effective(structure, lines),
        status=_status(said.get("status", ""), title),
    )


def _fields(lines: Iterable[str]) -> dict[str, str]:
    found = (_FIELD.match(line) for line in lines)
    return {_NAMES[one[1]]: one[2].strip() for one in found if one and one[1] in _NAMES}


def _issuer(lines: list[str]) -> str | None:
    return next((name for pattern, name in _ISSUERS for line in lines if pattern.search(line)), None)


def _effective(structure: Structure, lines: list[str]) -> date | None:
    """As the last article says; of a text that holds from its publication on, the first day in its head."""
    last = structure.articles[-1].text
    for text in (last, *lines):
        found = _EFFECTIVE.search(text)
        if found:
            return _day(found[1] or found[2])
    return min(_days(lines), default=None) if _FROM_THE_DAY.search(last) else None


def _status(said: str, title: str) -> PolicyStatus:
    is_abolished = _ABOLISHED.search(said) or _ABOLISHED_TITLE.search(title)
    return PolicyStatus.ABOLISHED if is_abolished else PolicyStatus.IN_FORCE


def _latest(lines: Iterable[str]) -> date | None:
    return max(_days(lines), default=None)


def _days(lines: Iterable[str]) -> Iterator[date]:
    for line in lines:
        for found in _DAY.finditer(line):
            day = _day(found[0])
            if day:
                yield day


def _day(text: str) -> date | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:  # the 31st of June: a slip of the text, not a date
        return None


def _first(pattern: re.Pattern[str], lines: Iterable[str]) -> str | None:
    return next((unspaced(found[0]) for line in lines if (found := pattern.search(line))), None)
