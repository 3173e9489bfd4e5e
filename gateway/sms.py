"""Sending SMS codes: the port's adapters. A carrier's adapter takes the place of `NoSms`."""

from __future__ import annotations

import logging
from contextvars import ContextVar

from lifecircle.catalogue.errors import Unavailable

log = logging.getLogger("lifecircle.sms")

demo_extensions: ContextVar[dict[str, str] | None] = ContextVar("demo_extensions", default=None)
"""What the demo adds to the `extensions` of the answer under way."""


class DemoSms:
    """Sends nothing: the code goes to the log and to `extensions.demoSmsCode`. Only ever wired with --demo."""

    async def send_code(self, phone: str, code: str) -> None:
        log.warning("DEMO: the SMS code for the number ending in %s is %s", phone[-2:], code)
        extensions = demo_extensions.get()
        if extensions is not None:
            extensions["demoSmsCode"] = code


class NoSms:
    """No carrier is set up."""

    async def send_code(self, phone: str, code: str) -> None:
        raise Unavailable("短信服务还没有开通，请用微信登录。")
