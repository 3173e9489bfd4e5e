"""What we ask of WeChat's server API: who signs in, their phone number, and anything else under the access token."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import CodeInvalid, Forbidden, RateLimited, Refused, Unavailable
from lifecircle.catalogue.ports import WeChatUser
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.gateway.wechat.access_token import TokenCache
from lifecircle.gateway.wechat.errors import (
    BUSY,
    CODE_BAD,
    CODE_USED,
    TOKEN_REFUSED,
    TOO_OFTEN,
    USER_BLOCKED,
    AnswerLost,
    NotReached,
    WeChatFailure,
    WeChatRefused,
)
from lifecircle.gateway.wechat.transport import Answer, WeChatApp, WeChatHttp

log = logging.getLogger("lifecircle.wechat")

BASE_URL = "https://api.weixin.qq.com"
SIGN_IN = "/sns/jscode2session"
PHONE_NUMBER = "/wxa/business/getuserphonenumber"
LONGEST_CODE = 512
WAIT_SECONDS = 60
"""WeChat counts calls by the minute."""

_SIGN_IN_AGAIN = "微信登录凭证已失效或已经用过，请返回小程序重新点一次“微信登录”。"
_BLOCKED = "微信提示该账号存在安全风险，暂时不能登录。请先在微信“安全中心”检查账号，或改用手机号登录。"
_TOO_OFTEN = "操作太频繁，请等一分钟再试。"
_NOT_SIGNED_IN = "微信暂时没有回应，登录没有完成。请稍后重新点一次“微信登录”。"
_PHONE_AGAIN = "手机号授权已失效或已经用过，请重新点一次“获取手机号”。"
_NO_PHONE = "微信暂时没有回应，手机号没有取到。请稍后重新点一次“获取手机号”。"
_NO_ANSWER = "微信服务暂时没有回应，请稍后再试。"


class WeChatClient:
    """Implements `ports.WeChatIdentity`. Nothing that WeChat is told or tells is logged; only paths and error codes."""

    def __init__(self, app: WeChatApp, http: WeChatHttp, tokens: TokenCache) -> None:
        self._app = app
        self._http = http
        self._tokens = tokens

    async def identify(self, code: str) -> WeChatUser:
        """Raises CodeInvalid, Forbidden, RateLimited, Unavailable."""
        if not 0 < len(code) <= LONGEST_CODE:
            raise CodeInvalid(_SIGN_IN_AGAIN, "code")
        try:
            answer = await self._session_of(code)
            return WeChatUser(openid=_openid(answer))  # the session key goes no further than the answer
        except WeChatFailure as failure:
            raise _told(failure, "code", _SIGN_IN_AGAIN, _NOT_SIGNED_IN) from failure

    async def phone_number(self, code: str) -> str:
        """The 11 digits of a mainland number; any other begins with `+` and its country.

        Raises CodeInvalid, RateLimited, Unavailable.
        """
        if not 0 < len(code) <= LONGEST_CODE:
            raise CodeInvalid(_PHONE_AGAIN, "weChatPhoneCode")
        try:
            return _phone(await self._with_token(PHONE_NUMBER, {"code": code}, repeatable=False))
        except WeChatFailure as failure:
            raise _told(failure, "weChatPhoneCode", _PHONE_AGAIN, _NO_PHONE) from failure

    async def call(self, path: str, body: Mapping[str, Any], *, repeatable: bool = False) -> Answer:
        """POST under the access token.

        `repeatable`: asking twice does no harm, so an answer that got lost is asked for once more. Raises WeChatRefused
        with the error code, RateLimited, and Unavailable, whose cause is AnswerLost when WeChat may have acted.
        """
        try:
            return await self._with_token(path, body, repeatable=repeatable)
        except WeChatRefused as refusal:
            if refusal.errcode == TOO_OFTEN:
                raise RateLimited(_TOO_OFTEN, retry_after=WAIT_SECONDS) from refusal
            if refusal.errcode == BUSY or refusal.errcode in TOKEN_REFUSED:
                raise Unavailable(_NO_ANSWER) from refusal
            raise
        except WeChatFailure as failure:
            raise Unavailable(_NO_ANSWER) from failure

    async def _session_of(self, code: str) -> Answer:
        # A code works once. As soon as WeChat may have seen the request the code may be used up, so time-outs, broken
        # connections, 5xx and "busy" end here: the mini-program fetches a new code, which is cheap and always works.
        app = self._app
        query = {"appid": app.id, "secret": app.secret, "js_code": code, "grant_type": "authorization_code"}
        return await _asked(lambda: self._http.get(SIGN_IN, query), repeatable=False)

    async def _with_token(self, path: str, body: Mapping[str, Any], *, repeatable: bool) -> Answer:
        token = await self._tokens.current()
        try:
            return await self._post(path, body, token.value, repeatable)
        except WeChatRefused as refusal:
            if refusal.errcode not in TOKEN_REFUSED:
                raise
        # Refused at the door: WeChat has not looked at the body, so even a one-time code in it is still good.
        token = await self._tokens.instead_of(token)
        return await self._post(path, body, token.value, repeatable)

    async def _post(self, path: str, body: Mapping[str, Any], token: str, repeatable: bool) -> Answer:
        return await _asked(lambda: self._http.post(path, body, {"access_token": token}), repeatable=repeatable)


@contextlib.asynccontextmanager
async def open_wechat(
    app: WeChatApp, database: Database, keys: KeyRing, clock: Clock, *, base_url: str, timeout_seconds: float
) -> AsyncIterator[WeChatClient]:
    """A client for as long as the process serves. Raises SettingInvalid."""
    http = WeChatHttp(base_url, timeout_seconds)
    tokens = TokenCache(app, http, database, keys, clock)
    try:
        yield WeChatClient(app, http, tokens)
    finally:
        await tokens.aclose()
        await http.aclose()


async def _asked(ask: Callable[[], Awaitable[Answer]], *, repeatable: bool) -> Answer:
    """Ask, and once more where that is safe."""
    try:
        return await ask()
    except NotReached:
        pass
    except AnswerLost:
        if not repeatable:
            raise
    except WeChatRefused as refusal:
        if not (repeatable and refusal.errcode == BUSY):
            raise
    return await ask()


def _told(failure: WeChatFailure, field: str, code_invalid: str, unavailable: str) -> Refused:
    """What the resident is told. What only the operator can mend (address not allowed, wrong secret) is in the log."""
    log.warning("WeChat: %s", failure)
    errcode = failure.errcode if isinstance(failure, WeChatRefused) else None
    if errcode in (CODE_BAD, CODE_USED):
        return CodeInvalid(code_invalid, field)
    if errcode == USER_BLOCKED:
        return Forbidden(_BLOCKED)
    if errcode == TOO_OFTEN:
        return RateLimited(_TOO_OFTEN, retry_after=WAIT_SECONDS)
    return Unavailable(unavailable)


def _openid(answer: Answer) -> str:
    openid = answer.get("openid")
    if not isinstance(openid, str) or not 0 < len(openid) <= 128:
        raise AnswerLost(f"{SIGN_IN}: no openid in the answer")
    return openid


def _phone(answer: Answer) -> str:
    info = answer.get("phone_info")
    found = info if isinstance(info, dict) else {}
    # WeChat's own pages show the country as a string and as a number.
    number, country = str(found.get("purePhoneNumber")), str(found.get("countryCode"))
    if not (re.fullmatch(r"[0-9]{4,15}", number) and re.fullmatch(r"[0-9]{1,4}", country)):
        raise AnswerLost(f"{PHONE_NUMBER}: no phone number in the answer")
    return number if country == "86" else f"+{country}{number}"
