"""Taking personal data out of a sentence, so that it can be kept to learn from. Pure.

Rather too much than too little: a question is still a question without a word that only might have been a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lifecircle.catalogue.text import fold

NUMBER, NAME, ADDRESS, PLATE, ACCOUNT, DAY = "[号码]", "[姓名]", "[地址]", "[车牌]", "[账号]", "[日期]"

_HAN = "[\u3400-\u9fff]"
_NOT_IN_NAME = r"[^\s,。.!?;:、\[\]()]"

_SURNAME = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|司徒|"
    "[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬常乐于傅皮卞齐康伍余顾孟黄穆萧尹姚邵汪祁毛狄米贝臧计成戴宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾江童颜郭梅盛林"
    "刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房缪解应宗丁宣邓洪包左石崔吉龚程邢裴陆荣翁荀曲封段侯焦牧谷车宁仇祖武符刘景詹"
    "束龙叶幸司韶黎薄白蒲卓蔺池乔翟闻莘党谭冉桑桂牛边扈燕冀尚农温庄晏柴瞿阎慕连习艾鱼容向古易廖庾耿匡文寇广"
    "沃关隆师巩聂晁勾敖冷辛简饶曾沙鞠丰巢游权覃肖涂]"
)
_TITLES = "大爷|大妈|大叔|大姐|大哥|阿姨|叔叔|伯伯|爷爷|奶奶|婆婆|女士|先生|小姐|师傅|老师|医生|同志|主任|经理"
_KIN = (
    "爸爸?|妈妈?|父亲|母亲|老公|老婆|丈夫|妻子|爱人|儿子|女儿|孙子|孙女|爷爷|奶奶|外公|外婆|公公|婆婆|"
    "哥哥?|姐姐?|弟弟?|妹妹?|邻居|房东"
)
_NO_NAMES = (
    "高龄|高中|高血压|万一|成年|党员|应届|常住|农民|农村|文盲|文化|边防|武警|师范|"
    "连续|任何|应该|应当|关于|方便|解决|解除|解约|高考"
)

_DIGIT = "[0-9零〇一二三四五六七八九十百千幺两]"
_CLAUSE_END = r"(?=[\s,。.!?;:、]|我|想|要|今|住|身|电|手|的|是|$)"

_HOTLINES = frozenset(("12333", "12338", "12345", "12348", "12349", "12355", "12356", "12393"))
"""Numbers that everybody may ask about."""

Instead = str | Callable[[re.Match[str]], str]


def _number(found: re.Match[str]) -> str:
    return found[0] if found[0] in _HOTLINES else NUMBER


def _rule(pattern: str, instead: Instead) -> tuple[re.Pattern[str], Instead]:
    return re.compile(pattern), instead


_RULES: Sequence[tuple[re.Pattern[str], Instead]] = (
    _rule(r"https?://\S+|www\.\S+", ACCOUNT),
    _rule(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", ACCOUNT),
    _rule(
        r"((?:微信|weixin|wechat|vx|qq|抖音|支付宝)(?:号码?|账号)?\s*(?:是|:|为|加)?\s*)[a-z0-9][\w-]{4,}",
        rf"\1{ACCOUNT}",
    ),
    _rule(
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s*[a-z]\s*[·.\- ]?\s*"
        r"[a-z0-9]{4,6}[挂学警港澳]?",
        PLATE,
    ),
    _rule(rf"{_DIGIT}{{2,4}}\s*[年./-]\s*{_DIGIT}{{1,3}}\s*[月./-]\s*{_DIGIT}{{1,3}}\s*[日号]?(?!\d)", DAY),
    _rule(r"(?<![0-9a-z])(?:[a-z]{1,2})?\d(?:[\s\-()+.·,、_*]{0,3}\d){4,}x?", _number),
    _rule(r"\d{5,}", _number),
    _rule(r"[零〇一二三四五六七八九幺两](?:[\s\-,、]{0,2}[零〇一二三四五六七八九幺两]){6,}", NUMBER),
    _rule(rf"(?:住在?|家在|住址是?|地址[是:]?|位于|搬到|门牌[是:]?)\s*{_NOT_IN_NAME}{{2,40}}", ADDRESS),
    _rule(
        rf"{_HAN}{{1,8}}(?:路|街|巷|弄|大道|胡同|里|村|小区|花园|公寓|苑|新村|家园|社区)\s*{_DIGIT}+\s*"
        r"(?:号楼?|弄|幢|栋|座|单元|室|楼|组|队|门|-)[0-9a-z零〇一二三四五六七八九十百\-号楼幢栋座单元层室弄门]*",
        ADDRESS,
    ),
    _rule(rf"{_DIGIT}+\s*(?:号楼|幢|栋|单元|弄)\s*(?:{_DIGIT}+\s*(?:号楼|幢|栋|座|单元|层|楼|室|号)?\s*)*", ADDRESS),
    _rule(r"\d{3,4}\s*(?:室|房)", ADDRESS),
    _rule(
        rf"((?:名字[叫是:]?|姓名[是:]?|本人叫|联系人[是:]?|收件人[是:]?|户主[是:]?)\s*)"
        rf"(?!什么|啥|不|谁|的|改|怎|写|错){_HAN}{{2,4}}?{_CLAUSE_END}",
        rf"\1{NAME}",
    ),
    _rule(rf"((?:我叫|我名叫|名叫|叫做)\s*)(?!什么|啥|谁){_HAN}{{2,4}}?{_CLAUSE_END}", rf"\1{NAME}"),
    _rule(rf"((?:我叫|我名叫|名叫|叫做)\s*)(?!什么|啥|谁){_HAN}{{2,3}}", rf"\1{NAME}"),
    _rule(rf"((?:我是|我姓|本人|我(?:{_KIN})(?:叫|是)?)\s*)(?!{_NO_NAMES})(?:{_SURNAME}){_HAN}{{0,2}}", rf"\1{NAME}"),
    _rule(rf"(?:{_SURNAME}){_HAN}{{0,2}}?(?={_TITLES})", NAME),
)
"""In this order: what is longer and surer comes first."""


def without_personal_data(text: str) -> str:
    """The folded text with numbers, names, addresses, plates and accounts replaced by what they were."""
    found = fold(text)
    for pattern, instead in _RULES:
        found = pattern.sub(instead, found)
    return found
