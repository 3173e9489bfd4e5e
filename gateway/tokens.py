"""Access tokens: the one module that knows python-jose.

HS256 with a key id. python-jose accepts too much by default, so everything is pinned here: one algorithm, audience,
issuer and every required claim; no `crit` header; a bounded string; and any exception at all means "not valid".
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from jose import jwt

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.sealing import KeyRing, Keys

ALGORITHM = "HS256"
ISSUER = "lifecircle"
AUDIENCE = "lifecircle-api"
LIFETIME = timedelta(minutes=15)
MAX_LENGTH = 2_048
_MOST_REMEMBERED = 5_000
_REQUIRED = ("aud", "iss", "sub")
"""By the library; the times are required and checked here, since it would ask the system's clock for them."""
_NO_CLOCK = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


class TokenRefused(LifecircleError):
    """Not a token of ours that is valid now. Says nothing more, on purpose."""


class _Known(NamedTuple):
    keys: Keys
    viewer: Viewer
    times: tuple[int, int, int]


@dataclass(frozen=True)
class JwtTokens:
    ring: KeyRing
    clock: Clock
    _remembered: OrderedDict[bytes, _Known] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)
    """Good tokens by their digest; the oldest goes first."""

    @property
    def keys(self) -> Keys:
        return self.ring.tokens

    def issue(self, resident: str, session: str, now: datetime) -> tuple[str, datetime]:
        expires = now + LIFETIME
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": resident,
            "sid": session,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }
        secret = self.keys.current
        return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": self.keys.active}), expires

    def viewer(self, token: object) -> Viewer:
        """Who the token speaks for. Raises TokenRefused."""
        if not isinstance(token, str) or not 0 < len(token) <= MAX_LENGTH:
            raise TokenRefused
        try:
            known = self._known_of(token)
        except Exception as error:  # the library raises more than its own errors on hostile input
            raise TokenRefused from error
        self._check_times(known.times)
        return known.viewer

    def _known_of(self, token: str) -> _Known:
        """Verified once: the same letters under the same keys cannot come to anything else later, but for the time."""
        mark = hashlib.sha256(token.encode()).digest()
        known = self._remembered.get(mark)
        if known is None or known.keys is not self.keys:
            claims = self._verified(token)
            known = self._remembered[mark] = _Known(self.keys, _viewer_of(claims), _times_of(claims))
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    def _verified(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        if "crit" in header or header.get("alg") != ALGORITHM or header.get("kid") not in self.keys.by_id:
            raise TokenRefused
        claims: dict[str, Any] = jwt.decode(
            token,
            self.keys.by_id[header["kid"]],
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={**_NO_CLOCK, **{f"require_{claim}": True for claim in _REQUIRED}},
        )
        return claims

    def _check_times(self, times: tuple[int, int, int]) -> None:
        """By the clock that was passed in: the library would ask the system's."""
        now, (expires, issued, not_before) = self.clock().timestamp(), times
        if not (now < expires and issued <= now + 5 and not_before <= now + 5):
            raise TokenRefused


def _viewer_of(claims: dict[str, Any]) -> Viewer:
    resident, session = claims.get("sub"), claims.get("sid")
    if not (isinstance(resident, str) and resident and isinstance(session, str) and session):
        raise TokenRefused
    return Viewer(resident, session)


def _times_of(claims: dict[str, Any]) -> tuple[int, int, int]:
    """When it expires, when it was issued, and from when it is good."""
    expires, issued, not_before = (claims[name] for name in ("exp", "iat", "nbf"))
    for value in (expires, issued, not_before):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TokenRefused
    return expires, issued, not_before
