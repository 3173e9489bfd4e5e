"""One notice, one person: which channel, and what came of it.

WeChat where the resident has agreed to a message; else SMS for what cannot wait; else only the app.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.notices.model import Channel, Notice, Purpose, Subject
from lifecircle.catalogue.notices.rules import Send
from lifecircle.catalogue.notices.store import AddressStore, CreditStore
from lifecircle.catalogue.notices.wording import words_for
from lifecircle.catalogue.ports import DeliveryResult, NoticeDeliverer, OutboundNotice
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

log = logging.getLogger("lifecircle.notices")


@dataclass(frozen=True, slots=True)
class Told:
    channel: Channel


@dataclass(frozen=True, slots=True)
class Failed:
    """Try again later, if there is any sense in it."""

    reason: str
    is_final: bool


@dataclass(frozen=True)
class Delivery:
    database: Database
    keys: KeyRing
    templates: Mapping[Purpose, str]
    wechat: NoticeDeliverer | None
    sms: NoticeDeliverer | None

    async def tell(self, subject: Subject, notice: Notice, step: Send) -> Told | Failed:
        address = await AddressStore(self.database).of(subject.resident)
        openid = self._opened(address.get("openid"), "openid")
        done = await self._by_wechat(subject, notice, step, openid) if openid else None
        if done:
            return done
        phone = self._opened(address.get("phone"), "phone")
        if self.sms and phone and step.is_urgent:
            return _outcome(Channel.SMS, await self._hand_over(self.sms, subject, notice, step.purpose, phone))
        return Told(Channel.IN_APP)

    async def _by_wechat(self, subject: Subject, notice: Notice, step: Send, openid: str) -> Told | Failed | None:
        """None: not this way."""
        template, held = self.templates.get(step.purpose), CreditStore(self.database)
        if self.wechat is None or template is None:
            return None
        if not await held.take(subject.resident, template, notice.id):
            return None
        result = await self._hand_over(self.wechat, subject, notice, step.purpose, openid)
        match result:
            case DeliveryResult.REFUSED:  # none left over there, whatever we believed
                await held.drop(subject.resident, template)
                return None
            case DeliveryResult.NO_ADDRESS:
                await held.give_back(subject.resident, template, notice.id)
                return None
            case DeliveryResult.INVALID:
                await held.give_back(subject.resident, template, notice.id)
        return _outcome(Channel.WECHAT, result)  # a credit stays with a notice that is tried again

    async def _hand_over(
        self, deliverer: NoticeDeliverer, subject: Subject, notice: Notice, purpose: Purpose, to: str
    ) -> DeliveryResult:
        outbound = OutboundNotice(notice.id, purpose.value, subject.id, to, words_for(subject, notice))
        try:
            return await deliverer.deliver(outbound)
        except Exception:  # one notice that breaks a deliverer must not hold up all the others
            log.exception("notice %s could not be handed over", notice.id)
            return DeliveryResult.TRY_AGAIN

    def _opened(self, sealed: str | None, field: str) -> str | None:
        try:
            return self.keys.unseal(sealed, field=field) if sealed else None
        except CannotUnseal:
            log.error("a sealed %s cannot be read, its resident is told only in the app", field)
            return None


def _outcome(channel: Channel, result: DeliveryResult) -> Told | Failed:
    if result is DeliveryResult.SENT:
        return Told(channel)
    return Failed(f"{channel.value}: {result.value}", is_final=result is not DeliveryResult.TRY_AGAIN)
