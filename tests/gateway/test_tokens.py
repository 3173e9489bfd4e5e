"""Forged access tokens: all refused, in the library's module and over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import plain_http
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from factories import SetClock
from servers import Server

from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.sealing import KeyRing, Keys
from lifecircle.gateway.tokens import AUDIENCE, ISSUER, JwtTokens, TokenRefused

SECRET = b"k" * 32


@pytest.fixture
def ring(keys: KeyRing) -> KeyRing:
    keys.tokens = Keys("k1", {"k1": SECRET, "old": b"o" * 32})
    return keys


@pytest.fixture
def tokens(ring: KeyRing, clock: SetClock) -> JwtTokens:
    return JwtTokens(ring, clock)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: dict[str, Any], claims: dict[str, Any] | str, secret: bytes = SECRET) -> str:
    body = claims if isinstance(claims, str) else json.dumps(claims)
    head = f"{b64(json.dumps(header).encode())}.{b64(body.encode())}"
    return f"{head}.{b64(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


HEADER = {"alg": "HS256", "typ": "JWT", "kid": "k1"}


def claims(clock: SetClock, **changes: Any) -> dict[str, Any]:
    now = int(clock().timestamp())
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "r", "sid": "s", "iat": now, "nbf": now, "exp": now + 900}
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def test_a_token_of_ours_speaks_for_its_resident(tokens: JwtTokens, clock: SetClock) -> None:
    token, expires = tokens.issue("resident", "session", clock())
    assert tokens.viewer(token) == Viewer("resident", "session")
    assert expires == clock() + timedelta(minutes=15)


def test_the_hand_made_token_that_the_forgeries_start_from_is_good(tokens: JwtTokens, clock: SetClock) -> None:
    assert tokens.viewer(signed(HEADER, claims(clock))) == Viewer("r", "s")


Forge = Callable[[SetClock], object]
PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
DER = serialization.load_pem_public_key(PEM).public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)


def unsigned(alg: str) -> Forge:
    return lambda clock: (
        f"{b64(json.dumps({**HEADER, 'alg': alg}).encode())}.{b64(json.dumps(claims(clock)).encode())}."
    )


def changed(**changes: Any) -> Forge:
    return lambda clock: signed(HEADER, claims(clock, **changes))


def headed(**changes: Any) -> Forge:
    header = {name: value for name, value in {**HEADER, **changes}.items() if value is not ...}
    return lambda clock: signed(header, claims(clock))


FORGERIES: dict[str, Forge] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "HS256 header without signature": unsigned("HS256"),
    "RS256": headed(alg="RS256"),
    "HS512": headed(alg="HS512"),
    "alg missing": headed(alg=...),
    "alg is a list": headed(alg=["HS256"]),
    "PEM as secret": lambda clock: signed(HEADER, claims(clock), PEM),
    "DER as secret": lambda clock: signed(HEADER, claims(clock), DER),
    "empty secret": lambda clock: signed(HEADER, claims(clock), b""),
    "kid of another key": headed(kid="old"),
    "kid is a path": headed(kid="../../dev/null"),
    "kid injects": headed(kid="k1' OR '1'='1"),
    "kid is a number": headed(kid=1),
    "kid is a list": headed(kid=["k1"]),
    "kid missing": headed(kid=...),
    "unknown crit": headed(crit=["exp"]),
    "empty crit": headed(crit=[]),
    "jku": headed(kid="k2", jku="http://127.0.0.1/keys"),
    "expired": lambda clock: signed(HEADER, claims(clock, exp=int(clock().timestamp()))),
    "future nbf": lambda clock: signed(HEADER, claims(clock, nbf=int(clock().timestamp()) + 600)),
    "future iat": lambda clock: signed(HEADER, claims(clock, iat=int(clock().timestamp()) + 600)),
    "exp is text": changed(exp="9999999999"),
    "exp is true": changed(exp=True),
    "exp is infinite": lambda clock: signed(
        HEADER, json.dumps(claims(clock)).replace('"exp": ', '"exp": 1e999, "x": ')
    ),
    "wrong aud": changed(aud="somebody"),
    "aud missing": changed(aud=...),
    "wrong iss": changed(iss="somebody"),
    "iss missing": changed(iss=...),
    "exp missing": changed(exp=...),
    "iat missing": changed(iat=...),
    "nbf missing": changed(nbf=...),
    "sub missing": changed(sub=...),
    "sub is a number": changed(sub=5),
    "sub is empty": changed(sub=""),
    "sid missing": changed(sid=...),
    "claims are a list": lambda clock: signed(HEADER, "[1]"),
    "claims are no JSON": lambda clock: signed(HEADER, "{"),
    "claims are nested deep": lambda clock: signed(HEADER, "[" * 1_000 + "]" * 1_000),
    "huge": lambda clock: signed(HEADER, claims(clock, pad="x" * 5_000)),
    "one part": lambda clock: "abc",
    "five parts": lambda clock: "a.b.c.d.e",
    "dots": lambda clock: "..",
    "empty": lambda clock: "",
    "not ASCII": lambda clock: "养老.金.认证",
    "a number": lambda clock: 5,
    "bytes": lambda clock: signed(HEADER, claims(clock)).encode(),
    "None": lambda clock: None,
    "a list": lambda clock: ["a.b.c"],
    "tampered": lambda clock: signed(HEADER, claims(clock))[:-2] + "AA",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(tokens: JwtTokens, clock: SetClock, name: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.viewer(FORGERIES[name](clock))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_over_http_is_401_without_a_stack(server: Server, clock: SetClock, name: str) -> None:
    token = FORGERIES[name](clock)
    if not isinstance(token, str) or not token.isascii() or not token:
        pytest.skip("cannot stand in a header")
    before = server.log.stat().st_size
    headers = {"authorization": f"Bearer {token}"}
    answer = plain_http.post(f"{server.url}/graphql", json={"query": "{ categories { code } }"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Traceback" not in server.log.read_text()[before:]


def test_keys_are_rotated_by_their_id(tokens: JwtTokens, ring: KeyRing, clock: SetClock) -> None:
    before, _ = tokens.issue("r", "s", clock())
    ring.tokens = Keys("k2", {"k1": SECRET, "k2": b"2" * 32})
    after, _ = tokens.issue("r", "s", clock())
    assert tokens.viewer(before) == tokens.viewer(after) == Viewer("r", "s")
    ring.tokens = Keys("k2", {"k2": b"2" * 32})
    assert tokens.viewer(after) == Viewer("r", "s")
    with pytest.raises(TokenRefused):
        tokens.viewer(before)


def test_a_refused_token_says_nothing(tokens: JwtTokens, tmp_path: Path) -> None:
    with pytest.raises(TokenRefused) as refused:
        tokens.viewer("a.b.c")
    assert str(refused.value) == ""


def test_a_token_that_was_good_before_is_refused_when_its_time_is_over(tokens: JwtTokens, clock: SetClock) -> None:
    token, expires = tokens.issue("r", "s", clock())
    assert tokens.viewer(token) == Viewer("r", "s")
    clock.now = expires - timedelta(seconds=1)
    assert tokens.viewer(token) == Viewer("r", "s")
    clock.now = expires
    with pytest.raises(TokenRefused):
        tokens.viewer(token)


def test_a_good_token_makes_none_of_its_neighbours_good(tokens: JwtTokens, clock: SetClock) -> None:
    token, _ = tokens.issue("r", "s", clock())
    assert tokens.viewer(token) == Viewer("r", "s")
    head, _, mark = token.rpartition(".")
    for forged in (f"{head}.{mark[:-4]}AAAA", f"{head}.", f"{token}.", token.swapcase()):
        with pytest.raises(TokenRefused):
            tokens.viewer(forged)
