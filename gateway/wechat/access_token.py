"""The access token of the mini-program, one for all workers.

It lives sealed in the database with a copy in each process. One worker at a time renews it, under a lease with a
fencing number; the others go on with the old one, which WeChat honours for five minutes after a change. WeChat's stable
token is the safety net: asked again, it gives the same token again, so an answer that got lost is no token lost.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Unavailable
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing
from lifecircle.gateway.wechat.errors import BUSY, AnswerLost, NotReached, WeChatFailure, WeChatRefused
from lifecircle.gateway.wechat.store import TokenRecord, TokenStore
from lifecircle.gateway.wechat.transport import Answer, WeChatApp, WeChatHttp

log = logging.getLogger("lifecircle.wechat")

PATH = "/cgi-bin/stable_token"
SEALED_AS = "wechat-token"
LONGEST_TOKEN = 512
LONGEST_LIFE = timedelta(seconds=7_200)

RENEW_BEFORE = timedelta(minutes=5)
"""In its last five minutes a token is replaced by WeChat when asked; earlier, the same one comes back."""
SPARE = timedelta(seconds=10)
"""A token this near its end is not used any more: the request has to get there."""
TRY_AGAIN_AFTER = timedelta(seconds=15)
FORCE_SPACING = timedelta(seconds=60)
"""WeChat ignores a forced change within 30 s of the last, and allows 20 a day."""
LEASE_SLACK = timedelta(seconds=5)
_POLL_SECONDS = 0.1

_UNAVAILABLE = "微信服务暂时连接不上，请稍后再试。"


@dataclass(frozen=True)
class AccessToken:
    value: str = field(repr=False)
    expires_at: datetime
    refresh_at: datetime


class TokenCache:
    def __init__(self, app: WeChatApp, http: WeChatHttp, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._app = app
        self._http = http
        self._store = TokenStore(database, app.id)
        self._keys = keys
        self._clock = clock
        self._copy: AccessToken | None = None
        self._renewals: dict[str | None, asyncio.Task[AccessToken]] = {}
        self._budget = 2 * http.timeout_seconds

    async def current(self) -> AccessToken:
        """A token that is good now; no database and no WeChat while the copy is young. Raises Unavailable."""
        copy = self._copy
        if copy is None or not self._usable(copy):
            return await asyncio.shield(self._renewal(None))
        if self._clock() >= copy.refresh_at:
            self._renewal(None)  # beside the caller, who need not wait: the old one is still good
        return copy

    async def instead_of(self, refused: AccessToken) -> AccessToken:
        """Another token for one that WeChat refused; WeChat is asked only if nobody has since. Raises Unavailable."""
        copy = self._copy
        if copy is not None and copy.value != refused.value and self._usable(copy):
            return copy
        return await asyncio.shield(self._renewal(refused))

    async def aclose(self) -> None:
        """Let a renewal under way finish, so that its lease is given back."""
        running = list(self._renewals.values())
        if running:
            _, late = await asyncio.wait(running, timeout=self._budget)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _renewal(self, refused: AccessToken | None) -> asyncio.Task[AccessToken]:
        """The one task of this process that does it. A caller who goes away does not stop it halfway."""
        key = refused.value if refused else None
        task = self._renewals.get(key)
        if task is None:
            task = asyncio.create_task(self._renew(refused), name="wechat-token")
            self._renewals[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return task

    def _finished(self, key: str | None, task: asyncio.Task[AccessToken]) -> None:
        self._renewals.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("no new WeChat access token: %s", type(error).__name__)

    async def _renew(self, refused: AccessToken | None) -> AccessToken:
        async with database_errors_as_refusals():
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self._budget
            while True:
                token = await self._stored_or_fetched(refused)
                if token is not None:
                    self._copy = token
                    return token
                if loop.time() >= deadline:
                    raise Unavailable(_UNAVAILABLE)
                await asyncio.sleep(_POLL_SECONDS)

    async def _stored_or_fetched(self, refused: AccessToken | None) -> AccessToken | None:
        """None: another worker is at it, look again."""
        record = await self._store.record()
        stored = self._opened(record)
        if stored is not None and self._settles(stored, refused):
            return stored
        fallback = stored if stored is not None and refused is None and self._usable(stored) else None
        now = self._clock()
        lease = now + timedelta(seconds=self._budget) + LEASE_SLACK
        fence = await self._store.take_lease(record, now, lease)
        if fence is None:
            return fallback
        return await self._fetched(fence, record, refused, fallback)

    async def _fetched(
        self, fence: int, record: TokenRecord, refused: AccessToken | None, fallback: AccessToken | None
    ) -> AccessToken | None:
        """Ask WeChat, as the holder of the lease. None: the lease was lost meanwhile."""
        try:
            async with asyncio.timeout(self._budget):  # ends before the lease does
                token = await self._asked(fence, record, refused)
        except (WeChatFailure, TimeoutError) as failure:
            log.warning("WeChat gave no access token: %s", str(failure) or type(failure).__name__)
            await self._store.give_up(fence, self._clock() + TRY_AGAIN_AFTER)
            if fallback is None:
                raise Unavailable(_UNAVAILABLE) from failure
            return fallback
        sealed = self._keys.seal(token.value, field=SEALED_AS)
        if not await self._store.save(fence, sealed, token.expires_at, token.refresh_at):
            return None
        log.info("WeChat access token renewed, number %d", record.number + 1)
        return token

    async def _asked(self, fence: int, record: TokenRecord, refused: AccessToken | None) -> AccessToken:
        token = await self._ask(force=False)
        if refused is None or token.value != refused.value:
            return token
        now = self._clock()
        if record.forced_at is not None and now - record.forced_at < FORCE_SPACING:
            raise AnswerLost(f"{PATH}: the token that was just replaced is refused again")
        if not await self._store.note_forced(fence, now):
            raise AnswerLost(f"{PATH}: the lease was lost")
        forced = await self._ask(force=True)
        if forced.value == refused.value:
            raise AnswerLost(f"{PATH}: the refused token was not replaced")
        return forced

    async def _ask(self, *, force: bool) -> AccessToken:
        """Twice at most. Only the first may force: if its answer got lost, the plain one brings the forced token."""
        try:
            return await self._stable_token(force=force)
        except (NotReached, AnswerLost):
            pass
        except WeChatRefused as refusal:
            if refusal.errcode != BUSY:
                raise
        return await self._stable_token(force=False)

    async def _stable_token(self, *, force: bool) -> AccessToken:
        asked_at = self._clock()  # before the question, so that the token never seems younger than it is
        body = {"grant_type": "client_credential", "appid": self._app.id, "secret": self._app.secret}
        return _token(await self._http.post(PATH, {**body, "force_refresh": force}), asked_at)

    def _settles(self, stored: AccessToken, refused: AccessToken | None) -> bool:
        if refused is not None:
            return stored.value != refused.value and self._usable(stored)
        return self._usable(stored) and self._clock() < stored.refresh_at

    def _usable(self, token: AccessToken) -> bool:
        return self._clock() < token.expires_at - SPARE

    def _opened(self, record: TokenRecord) -> AccessToken | None:
        if record.sealed is None or record.expires_at is None or record.refresh_at is None:
            return None
        try:
            value = self._keys.unseal(record.sealed, field=SEALED_AS)
        except CannotUnseal:
            log.warning("the stored WeChat access token cannot be unsealed; a new one is fetched")
            return None
        return AccessToken(value, record.expires_at, record.refresh_at)


def _token(answer: Answer, asked_at: datetime) -> AccessToken:
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOKEN:
        raise AnswerLost(f"{PATH}: no token in the answer")
    if type(seconds) is not int or seconds <= 0:
        raise AnswerLost(f"{PATH}: no lifetime in the answer")
    expires_at = asked_at + min(timedelta(seconds=seconds), LONGEST_LIFE)
    # Asked a moment too early, WeChat gives the old token with five minutes left: not again in the same second then.
    return AccessToken(value, expires_at, max(expires_at - RENEW_BEFORE, asked_at + SPARE))
