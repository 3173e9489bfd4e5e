"""What kind of device signs in, for the resident's own list: a few words, nothing that would single anybody out."""

from __future__ import annotations

_KINDS = (
    ("micromessenger", "微信"),
    ("iphone", "苹果手机"),
    ("ipad", "苹果平板"),
    ("harmony", "鸿蒙手机"),
    ("android", "安卓手机"),
    ("windows", "Windows 电脑"),
    ("macintosh", "苹果电脑"),
    ("linux", "Linux 电脑"),
)
OTHER = "其他设备"


def device_of(user_agent: str) -> str:
    """ "微信（苹果手机）" """
    text = user_agent[:300].lower()
    kinds = [name for word, name in _KINDS if word in text]
    if len(kinds) > 1 and kinds[0] == "微信":
        return f"微信（{kinds[1]}）"
    return kinds[0] if kinds else OTHER
