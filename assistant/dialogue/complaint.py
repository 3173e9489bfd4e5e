"""A complaint or a fault is taken down by talking: what → where → sure? → told to the community's staff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lifecircle.assistant.answers import CITY_HOTLINE
from lifecircle.assistant.dialogue.heard import address_in, without_markup
from lifecircle.assistant.dialogue.model import RequestForm, Step
from lifecircle.assistant.dialogue.turn import Moved, Turn
from lifecircle.assistant.replies import Reply, ReplyKind, Requirement
from lifecircle.catalogue.areas import Area, AreaLevel
from lifecircle.catalogue.bookings.texts import date_text
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import IdempotencyConflict, InvalidInput, RateLimited
from lifecircle.catalogue.requests.model import Draft, RequestCategory, ServiceRequest
from lifecircle.catalogue.requests.rules import LONGEST_PLACE, LONGEST_TEXT
from lifecircle.catalogue.requests.service import RequestDesk
from lifecircle.catalogue.text import fold

INTENT = "request.make"
LISTED, _SHORT = 3, 40
NAMES: Mapping[RequestCategory, str] = {
    RequestCategory.NOISE: "噪音扰民",
    RequestCategory.LAMP: "路灯或路面损坏",
    RequestCategory.SEWAGE: "污水、窨井或积水",
    RequestCategory.WASTE: "垃圾和环境卫生",
    RequestCategory.PARKING: "乱停车、占道",
    RequestCategory.FACILITY: "公共设施损坏",
    RequestCategory.PROPERTY: "物业管理",
    RequestCategory.SERVICE: "商家或服务",
    RequestCategory.OTHER: "其他",
}
_ENDS = "号|弄|幢|栋|楼下|楼道|楼|单元|门口|旁边|边上|对面|附近|路口|小区|公园|广场|桥下|停车场|菜市场|里面|里"
_WHERE = re.compile(rf"(?:就|是)?在(?P<at>[^,。;!?]{{2,40}}?(?:{_ENDS}))(?=$|[,。;!? ])")
_PLACE_WORDS = re.compile(
    r"[路街巷弄里坊苑园村桥站楼幢栋号店院家]|小区|公寓|单元|门口|旁边|对面|附近|广场|学校|市场|社区|这里|这儿"
)
_HERE = re.compile(
    r"(?:就|在|是|我)*(?:这里|这儿|这边|我家|家里|家|我们小区|小区里?|楼下|附近)(?:附近|门口|旁边|楼下)?(?:[吧啊呀。!])*"
)
_MORE = re.compile(r"^(?:补充|还有|另外|再说)[:,一下]*(?P<more>.{2,200})")
_PLACE_CORRECTED = re.compile(
    r"(?:地点|地址|位置|地方)(?:不对|错了|改成|改为|是|应该是|:|,|应该)+(?P<place>[^,。;]{2,60})"
)
_SUBMITS = re.compile(r"(?:对|是的?|好的?|嗯|可以)?[,。 ]*就?(?:提交|上报|报上去|发吧|报吧)(?:吧|了)?[。!]*")


async def told_before(desk: RequestDesk, turn: Turn) -> Reply:
    """What became of what the resident told."""
    if turn.resident is None:
        text = "请先登录，登录后就能看到您反映过的事。"
        again = turn.said or turn.signals.text
        return Reply(text, ReplyKind.FORM, "request.list", suggestions=(again,), requires=Requirement.SIGN_IN)
    found = (await desk.of_resident(turn.resident, LISTED, None)).items
    if not found:
        text = "这里没有您反映过的事。打 12345 反映的，请打 12345 查进展。"
        return Reply(text, ReplyKind.ANSWER, "request.list", cards=(CITY_HOTLINE,))
    lines = ["您反映过的事：", *(f"{k}. {_told_line(each)}" for k, each in enumerate(found, 1))]
    return Reply("\n".join(lines), ReplyKind.ANSWER, "request.list", cards=(CITY_HOTLINE,))


def _told_line(request: ServiceRequest) -> str:
    short = request.text if len(request.text) <= _SHORT else f"{request.text[:_SHORT]}…"
    state = f"已办结：{request.note}" if request.closed_at else "社区工作人员在处理"
    return f"{date_text(local_day(request.made_at))}，{short}（{state}）"


@dataclass(frozen=True)
class ComplaintTalk:
    desk: RequestDesk

    def begin(self, category: RequestCategory, turn: Turn) -> Moved:
        """Its text is what was said, as it was said."""
        text = without_markup(turn.said or turn.signals.text)[:LONGEST_TEXT]
        form = RequestForm(Step.WHERE, category.value, text, place=_place_in(turn.signals.text))
        return _confirm(form, turn) if form.place else _ask_where(form)

    async def go_on(self, form: RequestForm, turn: Turn) -> Moved | None:
        """None where the sentence does not move the form: a digression."""
        signals = turn.signals
        if signals.stops:
            return Moved(Reply("好的，没有上报。需要时再找我。", ReplyKind.ANSWER, "request.abandon"), None)
        if form.step is Step.CONFIRM and (signals.agrees or _SUBMITS.fullmatch(signals.text)):
            return await self._take_down(form, turn)
        more, corrected = _MORE.match(signals.text), _PLACE_CORRECTED.search(signals.text)
        if corrected:
            return _confirm(replace(form, place=without_markup(corrected["place"]).strip(" ,是:")), turn)
        if more and form.step is Step.CONFIRM:
            return _confirm(replace(form, text=f"{form.text}；{without_markup(more['more'])}"[:LONGEST_TEXT]), turn)
        place = _place_in(signals.text) or _as_answer(form, turn)
        if place:
            return _confirm(replace(form, place=place), turn)
        if signals.only_answers:
            return _confirm(form, turn) if form.place else _ask_where(form)
        return None

    async def _take_down(self, form: RequestForm, turn: Turn) -> Moved:
        if turn.resident is None:
            text = "上报前请先登录，登录后说“确认”就可以。着急的事可以直接打 12345。"
            reply = Reply(text, ReplyKind.FORM, INTENT, suggestions=("确认",), requires=Requirement.SIGN_IN)
            return Moved(reply, form)
        area = _area_of(form, turn)
        draft = Draft(RequestCategory(form.category), form.text, form.place, area.id if area else "", turn.booking_key)
        try:
            await self.desk.take_down(turn.resident, draft)
        except (InvalidInput, IdempotencyConflict, RateLimited) as refusal:
            text = f"没有上报成功：{refusal.message}\n\n也可以直接打 12345。"
            return Moved(Reply(text, ReplyKind.ANSWER, INTENT, cards=(CITY_HOTLINE,)), None)
        who = f"{area.name}的" if area else "社区"
        text = f"已记下，转给{who}工作人员处理。\n\n着急，或者一直没有回音，可以打 12345 反映。"
        return Moved(Reply(text, ReplyKind.ANSWER, "request.made", cards=(CITY_HOTLINE,)), None)


# --- where ---


def _place_in(text: str) -> str | None:
    """A place that is plainly named as one."""
    found = _WHERE.search(text)
    if found:
        return without_markup(found["at"])[:LONGEST_PLACE]
    address = address_in(text)
    return address[:LONGEST_PLACE] if address else None


def _as_answer(form: RequestForm, turn: Turn) -> str | None:
    """Asked where, people say a place and nothing else."""
    text = turn.signals.text
    if form.step is not Step.WHERE or len(text) > LONGEST_PLACE:
        return None
    if text.startswith(("附近", "最近")) and turn.names.category_in(text):
        return None
    if turn.signals.asks or turn.signals.complains or turn.signals.is_noise:
        return None
    if _HERE.fullmatch(text) and turn.near is None:
        return None
    known = any(fold(area.name) in text for area in turn.snapshot.areas)
    said = re.sub(r"^(?:就|是|在)+", "", without_markup(text)).strip(" ,。")
    return said if len(said) > 1 and (known or _PLACE_WORDS.search(text) or any(map(str.isdigit, text))) else None


def _area_of(form: RequestForm, turn: Turn) -> Area | None:
    """The community that is named; else the one where the resident is; else the district, whose staff pass it on."""
    areas, said = turn.snapshot.areas, fold(f"{form.place or ''} {form.text}")
    named = [area for area in areas if area.level is not AreaLevel.DISTRICT and fold(area.name) in said]
    here = areas.locate(turn.near) if turn.near else None
    whole = next((area for area in areas if area.level is AreaLevel.DISTRICT), None)
    return max(named, key=lambda area: (area.level is AreaLevel.COMMUNITY, len(area.name)), default=here or whole)


# --- what is said ---


def _ask_where(form: RequestForm) -> Moved:
    text = f"{NAMES[RequestCategory(form.category)]}，我来记下转给社区工作人员。具体在哪里？请说路名、门牌或小区。"
    return Moved(Reply(text, ReplyKind.FORM, INTENT, suggestions=("就在我家楼下", "算了")), form)


def _confirm(form: RequestForm, turn: Turn) -> Moved:
    area = _area_of(form, turn)
    lines = [
        "请确认要上报的情况：",
        f"类别：{NAMES[RequestCategory(form.category)]}",
        f"情况：{form.text}",
        f"地点：{form.place or '没有说'}{f'（{area.name}）' if area else ''}",
    ]
    text = "\n".join(lines) + "\n\n说“确认”就转给社区工作人员；着急的事也可以直接打 12345。"
    reply = Reply(text, ReplyKind.CONFIRM, INTENT, cards=(CITY_HOTLINE,), suggestions=("确认", "算了"))
    return Moved(reply, replace(form, step=Step.CONFIRM))
