"""Sealed fields, look-up hashes, and the file of keys."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.sealing import PURPOSES, CannotUnseal, KeyRing, Keys, make_keys_file, read_key_ring

PHONE = "13800138000"
OLD, NEW = b"o" * 32, b"n" * 32


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def a_keys_file(path: Path, **changes: Any) -> Path:
    plain = {"active": "k1", "keys": {"k1": encoded(OLD)}}
    path.write_text(json.dumps({**dict.fromkeys(PURPOSES, plain), **changes}), "utf-8")
    return path


def a_ring(active: str = "k1", **by_id: bytes) -> KeyRing:
    keys = Keys(active, by_id or {"k1": OLD})
    return KeyRing(keys, keys, keys)


@pytest.mark.parametrize("text", [PHONE, "", "张三，文澜路1号 🏠", "x" * 10_000])
def test_what_is_sealed_can_be_unsealed(keys: KeyRing, text: str) -> None:
    assert keys.unseal(keys.seal(text, field="phone"), field="phone") == text


def test_sealed_text_shows_nothing_and_is_different_each_time(keys: KeyRing) -> None:
    first, second = keys.seal(PHONE, field="phone"), keys.seal(PHONE, field="phone")
    assert first != second
    raw = base64.urlsafe_b64decode(first.partition(".")[2])
    assert PHONE.encode() not in raw
    assert PHONE not in first


def test_another_field_cannot_read_it(keys: KeyRing) -> None:
    with pytest.raises(CannotUnseal):
        keys.unseal(keys.seal(PHONE, field="phone"), field="address")


def test_any_changed_byte_is_refused(keys: KeyRing) -> None:
    key_id, _, body = keys.seal(PHONE, field="phone").partition(".")
    raw = base64.urlsafe_b64decode(body)
    for position in range(len(raw)):
        changed = bytes([*raw[:position], raw[position] ^ 1, *raw[position + 1 :]])
        with pytest.raises(CannotUnseal):
            keys.unseal(f"{key_id}.{base64.urlsafe_b64encode(changed).decode()}", field="phone")


@pytest.mark.parametrize("text", ["", ".", "k1", "k1.", "k1.AAAA", "k1.%%%", "k1.电话", "k9.AAAA", PHONE, "k1.A"])
def test_text_that_was_never_sealed_is_refused(keys: KeyRing, text: str) -> None:
    with pytest.raises(CannotUnseal):
        keys.unseal(text, field="phone")


def test_a_cut_text_is_refused(keys: KeyRing) -> None:
    sealed = keys.seal(PHONE, field="phone")
    with pytest.raises(CannotUnseal):
        keys.unseal(sealed[:-4], field="phone")


def test_the_key_id_is_bound_in() -> None:
    """The same key under another name is not the same."""
    sealed = a_ring("k1", k1=OLD).seal(PHONE, field="phone")
    with pytest.raises(CannotUnseal):
        a_ring("k2", k1=NEW, k2=OLD).unseal("k2" + sealed[2:], field="phone")


def test_after_a_rotation_old_text_is_readable_and_new_text_gets_the_new_key() -> None:
    before, after = a_ring("k1", k1=OLD), a_ring("k2", k1=OLD, k2=NEW)
    old, new = before.seal(PHONE, field="phone"), after.seal(PHONE, field="phone")
    assert after.unseal(old, field="phone") == PHONE
    assert new.startswith("k2.")
    with pytest.raises(CannotUnseal, match="k2"):
        before.unseal(new, field="phone")


def test_a_lookup_hash_is_stable_and_differs_by_field_text_and_key() -> None:
    ring, other = a_ring("k1", k1=OLD), a_ring("k1", k1=NEW)
    assert ring.lookup_hash(PHONE, field="phone") == ring.lookup_hash(PHONE, field="phone")
    different = {
        ring.lookup_hash(PHONE, field="phone"),
        ring.lookup_hash(PHONE, field="openid"),
        ring.lookup_hash("13800138001", field="phone"),
        other.lookup_hash(PHONE, field="phone"),
    }
    assert len(different) == 4
    assert not any(PHONE in found for found in different)


def test_after_a_rotation_both_hashes_are_looked_for_the_active_first() -> None:
    before, after = a_ring("k1", k1=OLD), a_ring("k2", k1=OLD, k2=NEW)
    assert after.lookup_hashes(PHONE, field="phone") == [
        after.lookup_hash(PHONE, field="phone"),
        before.lookup_hash(PHONE, field="phone"),
    ]


# --- the file ---


def test_a_fresh_keys_file_is_private_and_usable(tmp_path: Path) -> None:
    make_keys_file(tmp_path / "keys.json")
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    ring = read_key_ring(tmp_path / "keys.json")
    assert {len(keys.current) for keys in (ring.sealing, ring.lookup, ring.tokens)} == {32}
    assert len({ring.sealing.current, ring.lookup.current, ring.tokens.current}) == 3


def test_an_existing_keys_file_stays_as_it_is(tmp_path: Path) -> None:
    path = a_keys_file(tmp_path / "keys.json")
    before = path.read_text("utf-8")
    make_keys_file(path)
    assert path.read_text("utf-8") == before


MALFORMED = {
    "missing": None,
    "text": "k1",
    "a number": 7,
    "a list": [],
    "no keys": {"active": "k1"},
    "no active": {"keys": {"k1": encoded(OLD)}},
    "keys as a list": {"active": "k1", "keys": [encoded(OLD)]},
    "active unknown": {"active": "k2", "keys": {"k1": encoded(OLD)}},
    "active null": {"active": None, "keys": {"k1": encoded(OLD)}},
    "active a list": {"active": ["k1"], "keys": {"k1": encoded(OLD)}},
    "too short": {"active": "k1", "keys": {"k1": encoded(OLD[:31])}},
    "too long": {"active": "k1", "keys": {"k1": encoded(OLD + b"o")}},
    "one of two too short": {"active": "k1", "keys": {"k1": encoded(OLD), "k0": encoded(OLD[:16])}},
    "not base64": {"active": "k1", "keys": {"k1": "oo oo" + encoded(OLD)}},
    "not ascii": {"active": "k1", "keys": {"k1": "钥匙" + encoded(OLD)}},
    "a key that is a number": {"active": "k1", "keys": {"k1": 1234567890}},
    "a dot in the id": {"active": "k.1", "keys": {"k.1": encoded(OLD)}},
}


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("section", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_section_is_named_and_no_key_is_shown(tmp_path: Path, purpose: str, section: object) -> None:
    path = a_keys_file(tmp_path / "keys.json", **{purpose: section})
    with pytest.raises(SettingInvalid) as refusal:
        read_key_ring(path)
    shown = str(refusal.value) + repr(refusal.value.__cause__)
    assert f"'{purpose}'" in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert encoded(OLD)[:8] not in shown
    assert "1234567890" not in shown


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2", b"\xff\xfe\x00", encoded(OLD).encode()])
def test_a_file_that_is_no_json_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(SettingInvalid, match=r"keys\.json") as refusal:
        read_key_ring(path)
    assert encoded(OLD)[:8] not in str(refusal.value)


@pytest.mark.parametrize("content", ["[]", "null", '"text"', "7"])
def test_json_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(SettingInvalid, match="sealing"):
        read_key_ring(tmp_path / "keys.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="nowhere"):
        read_key_ring(tmp_path / "nowhere.json")


def test_neither_repr_nor_str_shows_a_key() -> None:
    ring = a_ring("k2", k1=OLD, k2=NEW)
    for shown in (repr(ring), str(ring), f"{ring.sealing}", repr([ring.sealing])):
        assert "k2" in shown
        assert "ooo" not in shown
        assert "nnn" not in shown
        assert encoded(NEW)[:8] not in shown
