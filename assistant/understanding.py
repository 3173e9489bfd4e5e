"""What a sentence says about itself: cheap, explainable signals, beside which the trained matcher stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from lifecircle.assistant.when.numerals import number

_BOOKING_WORDS = re.compile(r"(?<![大节合签公违婚条契解])约(?!束)|预订|预定|(?<![签修装])订(?!阅)|报名|挂号")
_WISHING_WORDS = re.compile(r"请人|叫个|叫人|找个|找人|上门来|想做|要做|安排|来一?个")
"""They ask for a booking only where nothing is asked."""
_QUESTION_WORDS = re.compile(
    r"怎么|怎样|如何|什么|啥|多久|几[时岁点个天年月]|哪|吗|呢|多少|能不能|可不可以|可以.*吗|为什么|为啥|谁|[?]|(?<!不)需要|到期|办法|有没有|要不要|是不是"
)
_NEARBY_WORDS = re.compile(r"附近|哪里有|哪儿有|最近的|周围|边上|旁边|在哪")
_PLACE_QUESTION = re.compile(r"有没有|有.{0,8}吗|哪里|哪儿|哪有|有哪些")
_OBJECTION = re.compile(r"(不对|错了|弄错|搞错|不是(这个|的)?)(了|啊|吧|[!。])*")
_GREETINGS = re.compile(r"(你好|您好|hi|hello|在吗|早上好|下午好|晚上好|嗨)[呀啊吗!。,~ ]*")
_THANKS = re.compile(r".{0,4}(谢谢|多谢|感谢|辛苦了).{0,4}")
_PERSON = re.compile(r".{0,6}(转|找|要|接|换)(个|一个)?(人工|真人|客服).{0,4}|人工(客服|服务)?")

_ENDS = re.compile(r"[,。!?;~ ]+")
_STOP = re.compile(
    r"(那|就|我|还是|先|都|这次|唉)*"
    r"(算了|退出|停|取消|(不想?|别|不要|不打算)再?(约|订|要|预约|预订|用|弄|麻烦)|不(要|用|行|需要)"
    r"|(改天|下次|以后|回头)再(说|约|看))(预约|预订)?(了|吧|啦)*(谢谢)?"
)
_YES = re.compile(r"嗯|恩|好|可以|行|是|对|没问题|确认|确定|就这样|就这个|ok|yes|约吧|订吧|同意|要|下单|提交")
_NOT_YES = re.compile(r"不|没(?!问题)|别|[?]|吗|呢|换|改|怎|什么|哪|谁|几")
_BESIDE_YES = re.compile(r"吧|啊|呀|哦|了|的|预约|时间|这个|这家|就|那|麻烦|你|您|谢谢|多谢|我|约|订|[,。!~. ]")

_NUMERAL = r"([一二两三四五六七八九十]{1,2}|\d{1,2})"
_ORDINAL = re.compile(
    rf"(?:我|就|选|要|约|那|来)*第?{_NUMERAL}(?:个|家|项|种|号)?(?:吧|的|谢谢)*[。!.]?|.{{0,8}}(?<!不是)(?<!不要)第{_NUMERAL}(?:个|家|项|种).{{0,4}}"
)
_LAST = re.compile(r".{0,3}最后(一)?(个|家|项).{0,3}")
_DATE_WORDS = re.compile(r"今|明|后天|大后|周|星期|礼拜|月|号|日|天|节")
_OTHER_STORE = re.compile(
    r".{0,4}(换|别的?|其他的?|另)(一|外一?)?(家|个店|店)(店|吧|呢|看看|吗|[?!。])*"
    r"|.{0,2}(不是|不要|不想要|不去|不喜欢)(这|那)(一?家|个店|个)(店)?[,。!]?(换一?家|别的)?(吧|[!。])*"
    r"|(这|那)(一?家|个店)(店)?(不行|不好|不要|太远|太贵|不想去)(了|吧|[!。,])*(换一?家)?(吧|[!。])*"
)
_CORRECTION = re.compile(
    r"(?:不是|不要|不约|不用)(?P<wrong>[^,。;]{1,14}?)"
    r"(?:[,。; ]+(?:我?要的?是|而是|应该是|改成|换成|就?是|要|约)|(?:而是|应该是|是))"
    r"(?P<meant>.{1,80})"
    r"|(?:不对|错了|说错了|弄错了|搞错了)[,。! ]+(?:应该)?是?(?P<instead>.{2,80})"
)
_ANOTHER_BOOKING = re.compile(
    r"^(?:等?(?:这个)?约[好完]了?(?:之?后)?[,]?)?(?:另外|还要|还想|顺便|然后|接着|同时|再)[,]?.{0,6}(?:约|订|预约|预订|报名|来一?个|要个)"
)
_PROGRESS = re.compile(
    r"我.{0,8}(?:投诉|反映|上报|报修|诉求|举报)(?!一下).{0,8}(?:怎么样|进展|结果|办结|处理|解决|有人管|回复|答复).{0,6}(?:了|吗|没|$)"
)
_URGES = re.compile(r"投诉|举报|反映|反应一下|管一管|没人管|报修")
_OTHER_TIME = re.compile(r".{0,4}(换|改)(个|一下|一个)?(时间|日子|一天|天|日期)(吧|看看|[!。])*")
_SHIFT = re.compile(
    r"(?:还|再|有|没有|能|不能|可以|想|要|稍微|时间|约)*(早|晚|迟|往后|提前)一?点?(?:儿|的|吗|吧|行吗|可以吗|[?!。])*"
)
_OWN_BOOKINGS = re.compile(
    r"我的预约|我(预|都)?约(的|了|过)?(什么|啥|哪)|(查|看)(一下|看|下)?.{0,3}(我|已).{0,3}(预约|约的)|有(哪些|什么)预约"
)
_UNBOOK = re.compile(
    r"(?:帮我|替我|给我|我要|我想|请|麻烦|怎么|能不能|可以)*(?:取消|退掉|退订|撤销|改期)(?!了)(?P<what>.*)"
    r"|.{0,12}(?:预约|约的|订的).{0,6}(?:取消|退掉|退了|改期|改到|改成)(?P<to>.*)"
)


_FEWEST_LETTERS = 2


class Shift(Enum):
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Signals:
    """`text` is folded."""

    text: str

    @property
    def wants_booking(self) -> bool:
        return bool(_BOOKING_WORDS.search(self.text)) or (bool(_WISHING_WORDS.search(self.text)) and not self.asks)

    @property
    def asks(self) -> bool:
        return bool(_QUESTION_WORDS.search(self.text))

    @property
    def looks_nearby(self) -> bool:
        return bool(_NEARBY_WORDS.search(self.text))

    @property
    def asks_for_a_place(self) -> bool:
        return self.looks_nearby or bool(_PLACE_QUESTION.search(self.text))

    @property
    def objects(self) -> bool:
        return bool(_OBJECTION.fullmatch(self.text))

    @property
    def greets(self) -> bool:
        return bool(_GREETINGS.fullmatch(self.text))

    @property
    def thanks(self) -> bool:
        return bool(_THANKS.fullmatch(self.text))

    @property
    def wants_a_person(self) -> bool:
        return bool(_PERSON.fullmatch(self.text))

    @property
    def stops(self) -> bool:
        """ "太贵了，算了吧": one clause that refuses is enough, unless a question follows."""
        clauses = [clause for clause in _ENDS.split(self.text) if clause]
        return not self.asks and any(_STOP.fullmatch(clause) for clause in clauses)

    @property
    def agrees(self) -> bool:
        """Words of assent and nothing else beside small words."""
        if self.greets or _NOT_YES.search(self.text) or not _YES.search(self.text):
            return False
        return not _BESIDE_YES.sub("", _YES.sub("", self.text))

    @property
    def names_a_date(self) -> bool:
        return bool(_DATE_WORDS.search(self.text))

    @property
    def ordinal(self) -> int | None:
        """1-based: "第二家", "2", "二"; -1 for the last."""
        if _LAST.fullmatch(self.text):
            return -1
        found = _ORDINAL.fullmatch(self.text)
        return number(found.group(1) or found.group(2)) if found else None

    @property
    def wants_another_store(self) -> bool:
        return bool(_OTHER_STORE.fullmatch(self.text))

    @property
    def wants_another_time(self) -> bool:
        return bool(_OTHER_TIME.fullmatch(self.text))

    @property
    def shift(self) -> Shift | None:
        found = _SHIFT.fullmatch(self.text)
        return None if found is None else Shift.EARLIER if found.group(1) in ("早", "提前") else Shift.LATER

    @property
    def speaks_of_own_bookings(self) -> bool:
        return bool(_OWN_BOOKINGS.search(self.text))

    @property
    def unbooks(self) -> bool:
        """Wants a booking that was made before cancelled or moved."""
        return bool(_UNBOOK.fullmatch(self.text))

    @property
    def meant(self) -> str:
        """ "不是今天，是明天" means 明天; a sentence that corrects nothing means itself."""
        found = _CORRECTION.search(self.text)
        return (found["meant"] or found["instead"]) if found else self.text

    @property
    def wants_another_booking(self) -> bool:
        """One more, beside the one that is being made."""
        return bool(_ANOTHER_BOOKING.search(self.text))

    @property
    def asks_after_a_request(self) -> bool:
        """What became of a complaint."""
        return bool(_PROGRESS.search(self.text))

    @property
    def complains(self) -> bool:
        return bool(_URGES.search(self.text))

    @property
    def is_noise(self) -> bool:
        """Hardly a Chinese character in it, or always the same."""
        letters = [char for char in self.text if "\u4e00" <= char <= "\u9fff"]
        return len(letters) * 2 < len(self.text.replace(" ", "")) or len(set(letters)) < _FEWEST_LETTERS

    @property
    def only_answers(self) -> bool:
        """A yes, a no or a choice: means nothing without the question before it."""
        return self.agrees or self.stops or self.ordinal is not None
