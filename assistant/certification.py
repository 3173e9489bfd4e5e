"""What the assistant says about somebody's own pension certification, and the words that begin a home visit.

For the dialogue:

    asks_about_own(folded)              "我认证了没有", "我什么时候到期"
    await own_certification(desk, resident, now, policies) -> Reply      the answer; `resident` None: not signed in
    answer_about_own(standing | None, now) -> Reply            the same from a `Standing` in hand
    wishes_home_visit(folded)           "帮我约个人来家里认证": begin the form with `name=HOME_VISIT` at once
    HOME_VISIT                          what `OfferNames.offering_in` finds

How relatives help, what to do abroad, without a smartphone or after a failed face check stands in the seeded guides.
The app certifies nobody: every answer about a state says whose record it rests on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from lifecircle.assistant.policies.shelf import Policies
from lifecircle.assistant.replies import Citation, Hotline, Reply, ReplyKind, Requirement
from lifecircle.catalogue.certification.model import ENQUIRIES, Record, Standing, State
from lifecircle.catalogue.certification.service import CertificationDesk
from lifecircle.catalogue.clock import local_day

INTENT = "pension.status"
HOME_VISIT = "上门认证"
"""An alias of the seeded offering 养老金领取资格认证上门服务."""

HOTLINE = Hotline("人力资源和社会保障服务热线", ENQUIRIES)

_CERTIFYING = re.compile("认证|年审|认正|生存验证")
_VISITING = re.compile("上门|到家|来家|家里来|来我家|到我家|来一趟")
_WISHING = re.compile("约|预定|订|安排|申请|登记|找个?人|派个?人|请个?人|叫个?人|想要|需要|我要|帮我|给我|来个人")
_ASKING = re.compile(
    "怎么|怎样|如何|吗|么$|多少钱|要钱|什么|哪些|能不能|可不可以|收费|谁来|银行卡|验证码|骗|有人上门|[?？]"
)
_UNDOING = re.compile("取消|不约|不用|不要|退掉|改期|改成|改到|约的|约好|几点来|什么时候来|哪天|礼拜几|登记过")

_MINE = re.compile("我|俺|咱|本人|自己")
_OTHERS = re.compile(
    "(我|俺|咱)(们)?(家|的)?(妈|爸|爹|娘|父|母|爷|奶|公|婆|岳|姥|外公|外婆|老伴|爱人|老公|老婆|老头|老太|亲戚|邻居|家里人|家老|村|单位)|别人都"
)
_STATE = re.compile(
    "(过|完|成功|好|妥)了?(没|吗|么|不$)|(认证|年审|认正|做|办|弄|搞)了(没|吗|么|不$)|(做|办|认证)没(做|办|认证)"
    "|到期|过期|逾期|还剩|还有(多少|几)天|状态|下次|下一次|哪天|有效|什么时候|啥时候|几号"
)
_DUE = re.compile("^我?(这个|的)?(养老金)?是?(什么时候|啥时候|哪天|几时|何时|几号)到期")
_HOW = re.compile(
    "怎么|怎样|如何|哪里|哪儿|在哪|多久|凭证|为什么|为啥|不通过|失败|能(做|办|用|弄|认证|行)|可以|必须|需要|要不要|用不用|还要|停发|没发|续发|到账|钱|预约"
)

_OFFICIAL = "这是按您的记录算的，以社保机构查到的为准"
_HOW_TO_CHECK = "请打开电子社保卡的“社保待遇资格认证”查看，或拨打 12333 询问"
_WAYS = "手机刷脸、去社区或社保窗口都可以，出不了门可以约上门认证"
_RESTORING = "办好后一般从次月恢复发放，停发的会补上，以当地为准"


async def own_certification(
    desk: CertificationDesk, resident: str | None, now: datetime, policies: Policies | None = None
) -> Reply:
    """`policies`: where the guide is found that is cited. Raises NotFound, Unavailable."""
    standing = await desk.standing(resident, now) if resident else None
    guide = policies.get(standing.rule.guide) if policies and standing and standing.rule.guide else None
    reply = answer_about_own(standing, now)
    return replace(reply, citations=(Citation(guide),)) if guide else reply


def answer_about_own(standing: Standing | None, now: datetime) -> Reply:
    """`standing` None: nobody is signed in."""
    if standing is None:
        text = "请先登录，登录后就能看到您记下的认证日期和到期日。"
        return Reply(text, ReplyKind.FORM, INTENT, suggestions=("我认证了没有",), requires=Requirement.SIGN_IN)
    if standing.record is None or standing.due_on is None:
        return _nothing_recorded()
    paragraphs = (
        _where_it_stands(standing.state, standing.record, standing.due_on, local_day(now)),
        _next_step(standing.state),
        _caveat(standing),
    )
    return Reply("\n\n".join(paragraphs), ReplyKind.ANSWER, INTENT, cards=(HOTLINE,), suggestions=_next(standing.state))


def asks_about_own(folded: str) -> bool:
    """Of the speaker's own certification: done or not, until when. Not how to do or see it, and nobody else's."""
    if _OTHERS.search(folded) or _HOW.search(folded):
        return False
    is_own = _CERTIFYING.search(folded) and _MINE.search(folded) and _STATE.search(folded)
    return bool(is_own or _DUE.search(folded))


def wishes_home_visit(folded: str) -> bool:
    """Wants somebody to come for the certification, and neither asks about it nor speaks of a visit that is booked."""
    if not (_CERTIFYING.search(folded) and _VISITING.search(folded)):
        return False
    return bool(_WISHING.search(folded)) and not _ASKING.search(folded) and not _UNDOING.search(folded)


def _nothing_recorded() -> Reply:
    text = (
        f"这里还没有您的认证记录，我不能替您判断。{_HOW_TO_CHECK}。\n\n"
        "查到上次认证的日期后，可以在“养老认证”里记下来，我帮您算到期日，提前 60、30、7 天提醒您。"
    )
    return Reply(text, ReplyKind.ANSWER, INTENT, cards=(HOTLINE,), suggestions=("养老金怎么认证", "约上门认证"))


def _where_it_stands(state: State, record: Record, due_on: date, today: date) -> str:
    last, due, left = day_text(record.certified_on), day_text(due_on), (due_on - today).days
    match state:
        case State.DUE_SOON:
            in_time = "今天是最后一天" if left == 0 else f"还有 {left} 天"
            return f"快到期了：您上次认证是{last}，下次最晚{due}，{in_time}。"
        case State.WARNING:
            return f"到期日{due}已经过了，现在是警示期，养老金还在发，请尽快补做。您上次认证是{last}。"
        case State.OVERDUE:
            return f"已经逾期：您上次认证是{last}，最晚应在{due}再做一次。请马上补做，免得停发。"
        case State.SUSPENDED:
            return f"已经逾期：您上次认证是{last}，到期日是{due}，养老金可能已经暂停发放。补做认证后会恢复。"
        case State.RESTORED:
            return f"您在{last}补做了认证，发放应当恢复，停发的会补上。下次最晚{due}。"
        case _:
            return f"还在有效期内：您上次认证是{last}，下次最晚{due}，还有 {left} 天。"


def _next_step(state: State) -> str:
    match state:
        case State.VALID:
            return "现在不用做什么，到期前我会提醒您。要是已经又认证过，请记下新的日期。"
        case State.RESTORED:
            return "下个月看看到账没有；没有到账，带身份证去社保窗口或拨打 12333 查。"
        case State.OVERDUE | State.SUSPENDED:
            return f"下一步：{_WAYS}。{_RESTORING}。"
        case _:
            return f"下一步：{_WAYS}。可能已由数据比对自动认证，可先查一下。"


def _caveat(standing: Standing) -> str:
    rule = standing.rule
    local = "，周期以当地为准" if rule.local_rules_differ else ""
    return f"按{rule.region}{rule.scheme}每 {rule.cycle_months} 个月一次计算{local}。{_OFFICIAL}。"


def _next(state: State) -> tuple[str, ...]:
    return () if state in (State.VALID, State.RESTORED) else ("养老金怎么认证", "约上门认证")


def day_text(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
