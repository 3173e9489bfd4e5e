"""Is a message that claims to come from WeChat's message push signed with our token, and is it recent?"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from lifecircle.catalogue.clock import Clock

FRESH_FOR = timedelta(minutes=5)
_TIMESTAMP_DIGITS = 10


def is_signed(token: str, timestamp: str, nonce: str, signature: str) -> bool:
    """SHA-1 over the three, sorted and joined, in hex: WeChat's scheme, not ours. An empty token signs nothing."""
    text = "".join(sorted((token, timestamp, nonce)))
    expected = hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    matches = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    return matches and bool(token)


def is_fresh(timestamp: str, clock: Clock) -> bool:
    """Within five minutes of the clock, either way.

    Exactly ten digits: the signed text has no separators, so a free length would let digits move between timestamp and
    nonce. Whoever acts on a message still has to remember the nonces of these minutes, else it can be played again.
    """
    if len(timestamp) != _TIMESTAMP_DIGITS or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    return abs(clock() - datetime.fromtimestamp(int(timestamp), UTC)) <= FRESH_FOR
