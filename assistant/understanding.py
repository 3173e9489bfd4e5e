"""What a sentence is about: cheap, explainable signals. The trained matcher will take this place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOOKING_WORDS = re.compile(r"预约|预订|预定|订|约|请人|叫个|叫人|找个|找人|上门来|报名|挂号|想做|要做|安排|来一?个")
_QUESTION_WORDS = re.compile(
    r"怎么|怎样|如何|什么|啥|多久|几时|哪里|哪儿|哪些|吗|呢|多少|能不能|可不可以|可以.*吗|为什么|为啥|谁|[?]|需要|几个月|到期|办法"
)
_NEARBY_WORDS = re.compile(r"附近|哪里有|哪儿有|最近的|周围|边上|旁边|有没有|在哪")
_GREETINGS = re.compile(r"(你好|您好|hi|hello|在吗|早上好|下午好|晚上好|嗨)[呀啊吗!。,~ ]*")
_THANKS = re.compile(r".{0,4}(谢谢|多谢|感谢|辛苦了).{0,4}")
_STOP = re.compile(r"(那)?(就)?(算了|不约了|不要了|取消|不用了|不订了|别约了|退出|停)(吧|啦|了)?[。!,]?.{0,2}")
_YES = re.compile(
    r"(嗯|恩|好|好的|好呀|可以|行|是|是的|对|对的|没问题|确认|确定|就这样|ok|约吧|订吧|同意|要)+(吧|啊|呀|的|了|预约)*[。!~]*"
)
_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
_ORDINAL = re.compile(
    r"第?([一二两三四五1-5])(个|家|项|种|号)?(吧|的)?[。!]?|.{0,4}第([一二两三四五1-5])(个|家|项|种).{0,4}"
)
_ADDRESS = re.compile(
    r"(?:地址|住址)(?:是|在|为|[::])?\s*(.{4,100})|(?:我家|家里|家)(?:住)?在(.{4,100})|上门到(.{4,100})"
)
_DATE_WORDS = re.compile(r"今|明|后天|大后|周|星期|礼拜|月|号|日|天|节")


@dataclass(frozen=True, slots=True)
class Signals:
    """`text` is folded."""

    text: str

    @property
    def wants_booking(self) -> bool:
        return bool(_BOOKING_WORDS.search(self.text))

    @property
    def asks(self) -> bool:
        return bool(_QUESTION_WORDS.search(self.text))

    @property
    def looks_nearby(self) -> bool:
        return bool(_NEARBY_WORDS.search(self.text))

    @property
    def greets(self) -> bool:
        return bool(_GREETINGS.fullmatch(self.text))

    @property
    def thanks(self) -> bool:
        return bool(_THANKS.fullmatch(self.text))

    @property
    def stops(self) -> bool:
        return bool(_STOP.fullmatch(self.text))

    @property
    def agrees(self) -> bool:
        return bool(_YES.fullmatch(self.text))

    @property
    def names_a_date(self) -> bool:
        return bool(_DATE_WORDS.search(self.text))

    @property
    def ordinal(self) -> int | None:
        """1-based: "第二家", "2", "二"."""
        found = _ORDINAL.fullmatch(self.text)
        return _NUMERALS[found.group(1) or found.group(4)] if found else None

    @property
    def address(self) -> str | None:
        found = _ADDRESS.search(self.text)
        return next((group.strip(" 。,!") for group in found.groups() if group), None) if found else None
