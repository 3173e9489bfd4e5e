from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled

from lifecircle.gateway.limits.rates import TokenBuckets, bucket_key, client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


# Buckets


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    buckets = TokenBuckets(rate_per_second=2, burst=3, max_keys=10)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [None, None, None]
    assert buckets.take("a", 0.0) == pytest.approx(0.5)
    assert buckets.take("a", 0.4) == pytest.approx(0.1)
    assert buckets.take("a", 0.5) is None
    assert buckets.take("a", 0.5) is not None


def test_keys_do_not_share_a_bucket() -> None:
    buckets = TokenBuckets(1, 1, 10)
    assert buckets.take("a", 0.0) is None
    assert buckets.take("b", 0.0) is None


def test_a_bucket_never_holds_more_than_the_burst() -> None:
    buckets = TokenBuckets(1, 2, 10)
    buckets.take("a", 0.0)
    assert [buckets.take("a", 1e6) for _ in range(3)][:2] == [None, None]
    assert buckets.take("a", 1e6) is not None


def test_dear_requests_take_more_and_refusals_take_nothing() -> None:
    buckets = TokenBuckets(1, 10, 10)
    assert buckets.take("a", 0.0, cost=8) is None
    assert buckets.take("a", 0.0, cost=8) == pytest.approx(6)
    assert buckets.take("a", 0.0, cost=2) is None


def test_a_cost_above_the_burst_is_a_full_bucket() -> None:
    buckets = TokenBuckets(1, 10, 10)
    assert buckets.take("a", 0.0, cost=1_000) is None
    assert buckets.take("a", 0.0, cost=1_000) == pytest.approx(10)
    assert buckets.take("a", 10.0, cost=1_000) is None


def test_a_clock_that_steps_back_neither_gives_nor_takes() -> None:
    buckets = TokenBuckets(1, 1, 10)
    assert buckets.take("a", 100.0) is None
    assert buckets.take("a", 0.0) == pytest.approx(1)
    assert buckets.take("a", 101.0) is None


def test_memory_is_bounded_and_the_bucket_not_used_for_longest_goes_first() -> None:
    buckets = TokenBuckets(1, 1, max_keys=100)
    for number in range(10_000):
        buckets.take("busy", 0.0)
        buckets.take(str(number), 0.0)
    assert len(buckets) == 100
    assert buckets.take("busy", 0.0) is not None


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_settings_that_make_no_sense_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        TokenBuckets(*wrong)


@pytest.mark.fuzz
@settings(max_examples=scaled(30, 100), deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.integers(1, 5)), max_size=60))
def test_never_more_than_the_burst_and_the_rate(asked: list[tuple[float, int]]) -> None:
    buckets, granted = TokenBuckets(2, 5, 4), 0
    for now, cost in sorted(asked):
        granted += cost if buckets.take("a", now, cost) is None else 0
        assert granted <= 5 + 2 * now + 1e-6


# Addresses


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not our proxy: the header is its own invention
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the left entry is spoofed
        ("10.0.0.1", "nonsense, 198.51.100.1,10.2.2.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense, 10.2.2.2", "10.0.0.1"),
        ("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "fe80::1%" + "x" * 1_000, "10.0.0.1"),
        ("10.0.0.1", "10.1.1.1," * 10_000 + "10.1.1.1", "10.0.0.1"),
        ("testclient", "198.51.100.1", "testclient"),
        ("", None, ""),
    ],
)
def test_the_client_is_the_nearest_address_that_is_not_a_proxy(peer: str, header: str | None, client: str) -> None:
    assert client_address(peer, header, PROXIES) == client


def test_without_trusted_proxies_the_header_means_nothing() -> None:
    assert client_address("127.0.0.1", "198.51.100.1", []) == "127.0.0.1"


@pytest.mark.fuzz
@settings(max_examples=scaled(33, 200), deadline=None)
@given(st.text(alphabet="0123456789.:,abf[]% ") | st.text())
def test_any_header_gives_an_address(header: str) -> None:
    assert len(client_address("10.0.0.1", header, PROXIES)) <= 45
    assert client_address("10.0.0.1", header + ", 198.51.100.1", PROXIES) == "198.51.100.1"


def test_an_ipv6_subscriber_is_counted_as_one() -> None:
    assert bucket_key("2001:db8:1:2:aaaa::1") == bucket_key("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert bucket_key("2001:db8:1:3::1") != bucket_key("2001:db8:1:2::1")
    assert bucket_key("198.51.100.1") == bucket_key("::ffff:198.51.100.1") == "198.51.100.1"
    assert bucket_key("testclient") == "testclient"
