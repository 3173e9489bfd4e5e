"""Demo sign-in: codes that need no WeChat. Only ever wired with --demo."""

from __future__ import annotations

import re

from lifecircle.catalogue.errors import CodeInvalid, SettingInvalid
from lifecircle.catalogue.ports import WeChatUser
from lifecircle.gateway.settings import Settings

_CODE = re.compile(r"demo(?P<role>-merchant|-staff)?:(?P<name>[\w\u4e00-\u9fff-]{1,40})")
_PHONE = re.compile(r"demo:(1[3-9]\d{9})")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class DemoIdentity:
    """`demo:<name>`, `demo-merchant:<name>`, `demo-staff:<area code>`; each name is always the same person."""

    async def identify(self, code: str) -> WeChatUser:
        found = _CODE.fullmatch(code)
        if not found:
            raise CodeInvalid(
                "登录码无效。演示登录请用 demo:<名字>、demo-merchant:<名字> 或 demo-staff:<区域代码>。", "code"
            )
        role, name = found["role"], found["name"]
        return WeChatUser(
            openid=code,
            nickname=name,
            demo_merchant=name if role == "-merchant" else None,
            demo_area=name if role == "-staff" else None,
        )

    async def phone_number(self, code: str) -> str:
        """`demo:<mobile number>`."""
        found = _PHONE.fullmatch(code)
        if not found:
            raise CodeInvalid("手机号授权码无效。演示请用 demo:<手机号>。", "weChatPhoneCode")
        return found[1]


class NoIdentity:
    """Neither WeChat nor demo sign-in is set up."""

    async def identify(self, code: str) -> WeChatUser:
        raise CodeInvalid("这个服务还没有开通微信登录。", "code")

    async def phone_number(self, code: str) -> str:
        raise CodeInvalid("这个服务还没有开通微信登录。", "weChatPhoneCode")


def check_demo_is_safe(settings: Settings) -> None:
    """Raises SettingInvalid where demo sign-in would let strangers in."""
    if not settings.demo:
        return
    if settings.wechat_app_id:
        raise SettingInvalid("LIFECIRCLE_WECHAT_APP_ID: demo sign-in and a real WeChat app exclude each other")
    if settings.host not in _LOOPBACK and not settings.demo_public:
        raise SettingInvalid(
            f"LIFECIRCLE_HOST: with --demo anybody who reaches {settings.host} can sign in as anybody; "
            "listen on 127.0.0.1, or say --demo-public"
        )
