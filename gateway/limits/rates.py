"""How often one client may ask, counted in the memory of one worker."""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# No real chain of proxies is longer; a header that claims so is made up.
_MAX_HOPS = 10
_WITH_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::[0-9]{1,5})?")
# One subscriber owns a whole /64 and could otherwise use a new address for every request.
_IPV6_PREFIX = 64


class TokenBuckets:
    """A bucket of `burst` tokens for every key, refilled at `rate_per_second`.

    Holds at most `max_keys` buckets: the one not used for longest goes first, and its key begins anew with a full one.
    """

    def __init__(self, rate_per_second: float, burst: int, max_keys: int) -> None:
        if rate_per_second <= 0 or burst < 1 or max_keys < 1:
            raise ValueError("rate_per_second, burst and max_keys must be positive")
        self._rate = rate_per_second
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float, cost: int = 1) -> float | None:
        """None when allowed, else the seconds to wait. Takes nothing when refused.

        A cost above the burst is charged as a full bucket; it could never be paid otherwise.
        """
        price = min(cost, self._burst)
        tokens, latest = self._filled(key, now)
        allowed = tokens >= price
        self._keep(key, tokens - price if allowed else tokens, latest)
        return None if allowed else (price - tokens) / self._rate

    def _filled(self, key: str, now: float) -> tuple[float, float]:
        """Tokens by now, and the moment they hold for: a clock that steps back gives and takes nothing."""
        tokens, since = self._buckets.get(key, (float(self._burst), now))
        latest = max(now, since)
        return min(self._burst, tokens + (latest - since) * self._rate), latest

    def _keep(self, key: str, tokens: float, at: float) -> None:
        self._buckets[key] = (tokens, at)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)


def client_address(peer: str, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """The nearest address that is not a trusted proxy's.

    X-Forwarded-For is read from the right, where our own proxies write; what stands left of the first untrusted
    address is the client's invention. `peer` is the answer whenever the header cannot be believed.
    """
    nearest = _address(peer)
    if forwarded_for is None or nearest is None or not _is_trusted(nearest, trusted):
        return peer if nearest is None else str(nearest)
    entries = forwarded_for.rsplit(",", _MAX_HOPS)
    hops = [_address(entry.strip()) for entry in reversed(entries[-_MAX_HOPS:])]
    return _first_untrusted(hops, trusted) or _outermost(hops, len(entries)) or str(nearest)


def bucket_key(address: str) -> str:
    """What to count an address under: itself, or the /64 of an IPv6 address."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _IPV6_PREFIX), strict=False))
    return address if found is None else str(found)


def _first_untrusted(hops: Sequence[Address | None], trusted: Sequence[Network]) -> str | None:
    for hop in hops:
        if hop is None:
            return None
        if not _is_trusted(hop, trusted):
            return str(hop)
    return None


def _outermost(hops: Sequence[Address | None], entries: int) -> str | None:
    """The leftmost of a chain that is trusted throughout: a request from inside."""
    if entries > _MAX_HOPS or any(hop is None for hop in hops):
        return None
    return str(hops[-1])


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def _address(text: str) -> Address | None:
    """An address, with or without a port; IPv4 inside IPv6 comes out as IPv4. A scope id is nobody's address."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        found = ipaddress.ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return None
    if isinstance(found, IPv4Address):
        return found
    return None if found.scope_id else found.ipv4_mapped or found
