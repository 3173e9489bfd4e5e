"""How asking WeChat fails.

WeChatFailure                the text is a path and a number or the name of a fault, never anything that was sent
├── NotReached               nothing of the request was sent: asking again is safe
├── AnswerLost               it was sent, and no usable answer came: WeChat may have done what was asked, or not
└── WeChatRefused            WeChat's clear "no"; knows the error code

These stay inside the gateway. What residents are told is a `Refused` of the domain.
"""

from __future__ import annotations

from lifecircle.catalogue.errors import LifecircleError

BUSY = -1
CODE_BAD = 40029
CODE_USED = 40163
USER_BLOCKED = 40226
TOO_OFTEN = 45011
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
"""Not ours or replaced; malformed; expired."""


class WeChatFailure(LifecircleError):
    """The root of the tree."""


class NotReached(WeChatFailure):
    pass


class AnswerLost(WeChatFailure):
    pass


class WeChatRefused(WeChatFailure):
    """`errmsg` is left out on purpose: WeChat quotes what it was sent in it."""

    def __init__(self, path: str, errcode: int) -> None:
        super().__init__(f"{path}: errcode {errcode}")
        self.errcode = errcode
