"""A cry for help comes before everything else: the right number at once, in any state of a conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lifecircle.assistant.replies import Hotline, Reply, ReplyKind

_POLICE, _FIRE, _MEDICAL = Hotline("报警", "110"), Hotline("火警", "119"), Hotline("急救", "120")
_TRAFFIC, _MIND, _WOMEN = Hotline("交通事故报警", "122"), Hotline("心理援助", "12356"), Hotline("妇女维权", "12338")

_SOMEBODY = (
    "(?:爸|妈|爹|娘|爷|奶|公公|婆婆|外公|外婆|姥姥|姥爷|丈夫|老公|老婆|妻子|老伴|儿子|女儿|孙子|孙女|哥|姐|弟|妹"
    "|老人|老人家|老爷子|老头子?|老太太|老头|大爷|大妈|孩子|小孩|宝宝|娃|同事|邻居|有人|病人|他|她)"
)
_GAS = "(?:燃气|煤气|天然气|液化气|瓦斯)"


@dataclass(frozen=True, slots=True)
class _Danger:
    cry: re.Pattern[str]
    hotlines: tuple[Hotline, ...]
    more: str = ""


_DANGERS = (
    _Danger(
        re.compile(
            rf"(?<!不)着火|起火|失火|发生火灾|烧起来|救火|冒(?:了|出)?(?:浓|黑)?烟(?!囱)|爆炸了|{_GAS}.{{0,3}}(?:泄|漏)|{_GAS}味"
            r"|被困|困人|困在.{0,4}(?:里|电梯|屋|车)|(?:叫|打|拨)119|^119$"
        ),
        (_FIRE,),
    ),
    _Danger(
        re.compile(
            r"不想活|活不下去|活着.{0,2}没.{0,2}(?:意思|意义|劲|盼头)|想死(?![你您他她我])|想不开|寻死|自杀|(?<!年)轻生(?!活)"
            r"|跳楼(?!价|甩|大)|要跳下去|割腕|上吊|自残|(?:喝|吃).{0,2}(?:农药|百草枯|安眠药)|结束.{0,3}生命"
        ),
        (_MEDICAL, _MIND),
        "心里难受也可以打 12356（心理援助），有人听您说。",
    ),
    _Danger(
        re.compile(
            r"(?:晕|昏)(?:倒|过去|迷)|不省人事|休克|抽搐|(?:没|没有|失去)(?:了)?(?:呼吸|心跳|意识|脉搏)|叫不醒|叫不应|喊不醒"
            rf"|{_SOMEBODY}.{{0,3}}(?:没气了|没反应|不行了|快死了|要死了)|喘不(?:上|过)|呼吸困难|上不来气"
            r"|(?:胸口|心口|胸)(?:.{0,4})(?:痛|疼|闷)|心脏病(?:发|犯)|(?<!得)说不出话|嘴(?:巴)?歪"
            r"|半边.{0,3}(?:不能动|动不了|麻|没知觉)"
            r"|(?:突发|突然|疑似|好像|像是)(?:中风|心梗|脑梗|脑溢血)|(?:中风|心梗|心肌梗|脑梗|脑溢血|脑出血)(?:了|发作|$)"
            r"|(?<!防)触电|(?<!防)溺水|落水|掉(?:进|到|河|水|湖|江|井).{0,2}(?:河|水|湖|江|井|里)|大出血|血流不止|流血不止|止不住"
            r"|(?:流|吐)(?:了)?.{0,2}多血|吐血|(?:摔|跌).{0,8}(?:起不来|不起来|动不了|不能动)|倒地|坠楼|楼.{0,2}(?:掉|摔)下"
            r"|吃错.{0,2}药|误(?:食|服|吞)|吞(?:了|下|进)|(?:严重|大面积|很重).{0,2}[烫烧]伤|[烫烧]伤.{0,3}(?:严重|很重)|中毒|噎(?:住|着|到)|卡(?:住|了|到|着)?.{0,3}(?:喉咙|嗓子|气管)"
            r"|发.{0,2}烧.{0,4}(?:4[0-2]|四十).{0,3}度|羊水破|要生了|救护车|(?:叫|打|拨)120|^120$"
        ),
        (_MEDICAL,),
    ),
    _Danger(
        re.compile(r"(?:出|发生)(?:了)?(?:车祸|交通事故)|撞车|(?:车|被).{0,4}撞(?:了|倒|伤|到)|(?:叫|打|拨)122|^122$"),
        (_TRAFFIC, _MEDICAL),
        "有人受伤先打 120（急救）。",
    ),
    _Danger(
        re.compile(
            r"抢劫|被抢|有人.{0,3}(?:打|砍|追|杀|跟踪)(?:我|人)|(?:拿|持|动)刀|行凶|杀人|家暴|家庭暴力"
            rf"|打我(?!的?.{{0,2}}(?:电话|手机|微信|座机))|闯进|入室|撬.{{0,2}}门|绑架|小偷|(?:进|有|遭)了?贼"
            rf"|{_SOMEBODY}(?:突然|又|也)?(?:走丢|走失|失踪|不见|丢了(?!工作|[东钱证卡手钥身包]))|救命|救救|(?:叫|打|拨)110|^110$"
        ),
        (_POLICE,),
    ),
)
_TALK_OF_IT = re.compile(
    r"讲座|演练|培训|预防|防范|知识|宣传|科普|办理|补办|赔|报销|医保|工伤|残疾证|补贴|津贴|补助|康复|后遗症|政府"
    r"|法律援助|律师|起诉|保护令|离婚|收费|多少钱|怎么申请|算家暴|算不算|预约.{0,4}科"
)
_NOW = re.compile(r"现在|正在|快来|快点|赶紧|赶快|救命|马上|突然")
_CLAUSE_ENDS = re.compile(r"[,。!?;:…~]+")

_DELICATE = (
    (re.compile(r"家暴|家庭暴力|挨打|打我(?!的?.{0,2}(?:电话|手机|微信))"), (_POLICE, _WOMEN)),
    (re.compile(r"自杀|轻生|抑郁"), (_MIND,)),
)


def emergency(folded: str) -> Reply | None:
    """The reply to a cry for help, else None. What one clause talks about never silences another."""
    said = folded.replace(" ", "")
    is_now = _NOW.search(said)
    for clause in _CLAUSE_ENDS.split(said):
        if is_now or not _TALK_OF_IT.search(clause):
            for danger in _DANGERS:
                if danger.cry.search(clause):
                    return _help(danger)
    return None


def numbers_beside(folded: str) -> tuple[Hotline, ...]:
    """Whom somebody could call who asks, calmly, about something that hurts."""
    return tuple(line for subject, lines in _DELICATE if subject.search(folded) for line in lines)


def _help(danger: _Danger) -> Reply:
    first = danger.hotlines[0]
    paragraphs = (
        f"请马上拨打 {first.number}（{first.name}），说清楚地点和情况。",
        "先确保自己和身边人的安全。",
        danger.more,
    )
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return Reply(text, ReplyKind.EMERGENCY, intent="emergency", cards=danger.hotlines)
