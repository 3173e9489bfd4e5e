"""What nobody is told and nothing is done about: other people's data, and orders to the program itself."""

from __future__ import annotations

import re

from lifecircle.assistant.answers import CITY_HOTLINE
from lifecircle.assistant.replies import Reply, ReplyKind

_SURNAME = (
    "[赵钱孙李吴郑王冯陈蒋沈韩杨朱秦许吕张孔曹严金魏陶姜谢邹苏潘葛范彭马苗袁柳"
    "唐罗薛雷贺倪汤郝傅康余顾孟黄穆萧尹姚邵汪毛戴宋梁杜]"
)
"""Only with a title behind or something before it: alone too many of them begin other words (周三, 何时, 高龄)."""
_SOMEBODY = (
    "别人|他人|人家|其他人|其他用户|其他居民|所有人|所有用户|所有居民|全部用户|全部居民|每个人|任何人|大家|隔壁|邻居|张三|李四|王五|赵六"
    rf"|{_SURNAME}(?:某某?|先生|女士|阿姨|叔叔|大爷|大妈|奶奶|爷爷|老师|师傅)|(?<!养)[小老]{_SURNAME}"
)
_DATA = (
    "预约|订单|电话|手机|住址|地址|身份证|证件|银行卡|密码|验证码|养老金|认证|资料|信息|数据|对话|聊天记录|账号|账户"
)
_OTHERS = re.compile(
    rf"(?:查|看|告诉我?|给我|列出|显示|导出|念|取消|改|退|知道)[^,。;]{{0,6}}?(?:{_SOMEBODY})(?:的|家的?)?[^,。;]{{0,6}}(?:{_DATA})"
    rf"|把[^,。;]{{0,8}}(?:{_SOMEBODY})(?:的|家的?)?[^,。;]{{0,6}}(?:{_DATA})[^,。;]{{0,6}}(?:告诉|给|发|列|取消|改)"
)
_IN_HIS_NAME = re.compile(
    rf"(?:用|以|登录|冒充|假装|换成)[^,。;]{{0,4}}(?:{_SOMEBODY}|1[3-9]\d{{9}})的?(?:账号|账户|名义|身份|手机号?)"
)
_ORDERS = re.compile(
    r"(?:忽略|无视|忘掉|忘记|不要管|跳过|绕过)[^,。;]{0,10}(?:指令|规则|提示|设定|限制|要求|权限)"
    r"|(?:系统|内部|初始)(?:提示词?|指令|prompt)|system\s*prompt|ignore\s+(?:all|previous)|你现在是(?:管理员|root|超级)"
    r"|(?:管理员|开发者|调试)(?:模式|权限)"
)


def refused(folded: str) -> Reply | None:
    """None for nearly everything."""
    if _OTHERS.search(folded) or _IN_HIS_NAME.search(folded):
        text = "我只能查看和办理您自己的事，看不到也改不了别人的。家里人的事请他本人登录来办，或打 12345 询问。"
        return Reply(text, ReplyKind.FALLBACK, "refused.others", cards=(CITY_HOTLINE,))
    if _ORDERS.search(folded):
        text = "这个我做不到。我可以答政策、找附近的店和服务、帮您预约；别的事请打 12345。"
        return Reply(text, ReplyKind.FALLBACK, "refused.order", cards=(CITY_HOTLINE,))
    return None
