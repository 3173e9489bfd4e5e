import pytest
from factories import SetClock

from lifecircle.gateway.wechat.signature import is_fresh, is_signed

TOKEN, TIMESTAMP, NONCE = "AAAAA", "1714036504", "1514711492"
SIGNATURE = "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_the_vector_of_the_documentation_is_signed():
    assert is_signed(TOKEN, TIMESTAMP, NONCE, SIGNATURE)


@pytest.mark.parametrize(
    ("token", "timestamp", "nonce", "signature"),
    [
        ("AAAAB", TIMESTAMP, NONCE, SIGNATURE),
        (TOKEN, "1714036505", NONCE, SIGNATURE),
        (TOKEN, TIMESTAMP, "1514711493", SIGNATURE),
        (TOKEN, TIMESTAMP, NONCE, SIGNATURE[:-1]),
        (TOKEN, TIMESTAMP, NONCE, SIGNATURE.upper()),
        (TOKEN, TIMESTAMP, NONCE, ""),
        (TOKEN, TIMESTAMP, NONCE, "签名"),
        (TOKEN, "时间", "\ud800", SIGNATURE),
    ],
)
def test_anything_else_is_not(token: str, timestamp: str, nonce: str, signature: str):
    assert not is_signed(token, timestamp, nonce, signature)


def test_an_empty_token_signs_nothing():
    nothing = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert not is_signed("", "", "", nothing)


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_timestamp_is_fresh_for_five_minutes_either_way(clock: SetClock, seconds: int, fresh: bool):
    timestamp = str(int(clock.now.timestamp()))
    clock.advance(seconds=seconds)
    assert is_fresh(timestamp, clock) is fresh


@pytest.mark.parametrize("timestamp", ["", "now", "-171403650", "1714036504.0", "１７１４０３６５０４", "9" * 400])
def test_a_malformed_timestamp_is_never_fresh(clock: SetClock, timestamp: str):
    assert not is_fresh(timestamp, clock)
