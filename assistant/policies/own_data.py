"""Questions about what only an office may tell somebody: their own amounts, dates and accounts.

Nothing here knows them, and nothing may guess them; the official channels are named instead.
"""

from __future__ import annotations

import re

from lifecircle.assistant.replies import Hotline, Reply, ReplyKind
from lifecircle.catalogue.text import fold

SOCIAL_SECURITY = Hotline("人社咨询", "12333")
MEDICAL_INSURANCE = Hotline("医保咨询", "12393")
INTENT = "policy.own_data"

_WHOSE = (
    "(?:我|咱|俺|老公|老婆|老伴|丈夫|妻子|爸|妈|爷爷|奶奶|外公|外婆|姥姥|姥爷|儿子|女儿|父亲|母亲|本人|自己)"
    "(?:们|家|的|名下|上个月|这个月|每个月|每月|今年|去年){0,3}"
)
_WHAT = "(?:养老金|退休金|退休工资|养老钱|社保|医保|公积金|失业金|低保金|个人账户|账户|存折|银行卡)"
_HOW_MUCH = (
    "(?:多少钱|多少块|几块钱|多少元|多少余额|余额|剩多少|有多少|交了多少|发了多少|领了多少|到账没|到账了吗|到账了没)"
)
_OWN = re.compile(f"{_WHOSE}{_WHAT}[^，。？]{{0,8}}{_HOW_MUCH}|{_WHOSE}[^，。？]{{0,3}}(?:发了|领了|交了)多少{_WHAT}")
_LOOK_UP = re.compile(
    f"(?:帮我|替我|给我)(?:查|看|算)[^，。？]{{0,8}}{_WHAT}"
    "|(?:身份证号|银行卡号|社保号|电话号码|手机号|银行卡密码)码?(?:是多少|是什么|是啥|是几)"
)
_MEDICAL = re.compile("医保")
_FUND = re.compile("公积金")


def asks_for_own_data(text: str) -> bool:
    said = fold(text)
    return bool(_OWN.search(said) or _LOOK_UP.search(said))


def official_channels(text: str) -> Reply:
    """No number, no date: where they are told to who proves who they are."""
    said = fold(text)
    if _FUND.search(said):
        where, hotlines = "当地住房公积金管理中心的窗口或手机应用", (Hotline("政务服务便民热线", "12345"),)
    elif _MEDICAL.search(said):
        where, hotlines = "国家医保服务平台应用或医保窗口", (MEDICAL_INSURANCE,)
    else:
        where, hotlines = "电子社保卡、掌上12333应用或社保窗口", (SOCIAL_SECURITY,)
    number = hotlines[0].number
    text = (
        "个人的金额、缴费和账户只有您本人在官方渠道能查，我看不到，也不会替您猜。\n\n"
        f"请带身份证，或本人登录{where}查询，免费；也可以打 {number} 问。\n\n"
        "不要把身份证号、银行卡号和验证码发给别人，也不用发给我。"
    )
    return Reply(text, ReplyKind.FALLBACK, INTENT, 0.9, cards=hotlines)
