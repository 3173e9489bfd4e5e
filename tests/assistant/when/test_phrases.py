"""What residents say when they book, each phrase with its own now: `phrases.txt`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from lifecircle.assistant.when import parse
from lifecircle.assistant.when.spans import SHANGHAI
from lifecircle.catalogue.text import traditional

PHRASES = Path(__file__).with_name("phrases.txt")
Phrase = tuple[str, datetime, str]


def phrases() -> list[Phrase]:
    found, now = [], datetime.min.replace(tzinfo=SHANGHAI)
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            now = datetime.fromisoformat(line[2:]).replace(tzinfo=SHANGHAI)
        elif not line.startswith("#"):
            text, _, bounds = line.partition(" | ")
            found.append((text, now, bounds))
    return found


def bounds_of(text: str, now: datetime) -> str:
    """As the file writes them: the year only where it is not this one."""
    span = parse(text, now)
    said = [bound for bound in (span.start, span.end) if bound] if span else []
    return " / ".join(f"{bound:%m-%d %H:%M}" if bound.year == now.year else f"{bound:%Y-%m-%d %H:%M}" for bound in said)


@pytest.mark.parametrize(("text", "now", "bounds"), phrases())
def test_a_phrase_means_what_a_resident_means_by_it(text: str, now: datetime, bounds: str) -> None:
    assert bounds_of(text, now) == bounds


def test_every_phrase_means_the_same_in_traditional_script() -> None:
    other = [text for text, now, bounds in phrases() if bounds_of(traditional(text), now) != bounds]
    assert other == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2个人",
            "3单元",
            "我住3单元502",
            "12号楼2单元",
            "15栋1802",
            "8号线地铁站",
            "305路公交",
            "第三个号",
            "一点不疼",
        ),
        *(
            "50块一次",
            "打8折",
            "九成新",
            "三室一厅多少钱",
            "身高一米八",
            "体重120斤",
            "5公斤大米",
            "两只猫",
            "三岁小孩",
        ),
        *(
            "80平米",
            "电话010-88886666",
            "身份证110101199003071234",
            "一年级",
            "十一个人",
            "四个座位",
            "两间房",
            "3.5折",
        ),
        *(
            "三天两头",
            "十全大补",
            "七上八下",
            "三八线",
            "双人份",
            "大年夜饭",
            "早餐店",
            "晚礼服",
            "午托班",
            "夜宵",
            "月嫂",
        ),
        *(
            "八宝粥",
            "百年老店",
            "明天系",
            "今日头条",
            "时光照相馆",
            "秒杀活动",
            "点评",
            "钟点工多少钱",
            "年卡",
            "半年卡",
        ),
        *(
            "三个月的宝宝",
            "满月酒",
            "两小时多少钱",
            "一次几小时",
            "多久能好",
            "几点关门",
            "星期几休息",
            "哪天有空",
            "最早几点",
        ),
        *("3、4号楼", "推后一小时", "往后推一天", "我下班晚"),
    ],
)
def test_numbers_that_are_no_times_stay_numbers(text: str) -> None:
    assert parse(text, datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)) is None
