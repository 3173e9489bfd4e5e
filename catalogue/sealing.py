"""Sealed fields: what identifies a person is encrypted at rest and found again only through a keyed hash.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the key id and the purpose are bound in as associated data.
Sealed text: ``<key id>.<urlsafe base64 of nonce + ciphertext + tag>``. Look-up: HMAC-SHA-256, ``<key id>.<hex>``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lifecircle.catalogue.errors import LifecircleError, SettingInvalid

PURPOSES = ("sealing", "lookup", "tokens")
KEY_BYTES = 32
_NONCE_BYTES = 12


class CannotUnseal(LifecircleError):
    """The sealed text is damaged, belongs to another field, or its key is gone."""


@dataclass(frozen=True)
class Keys:
    """The keys of one purpose: all that may still be met, and the one that new data gets."""

    active: str
    by_id: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keys(active={self.active!r}, {len(self.by_id)} keys)"

    @property
    def current(self) -> bytes:
        return self.by_id[self.active]


@dataclass
class KeyRing:
    """One object per process; `adopt` changes its keys in place when the file has changed."""

    sealing: Keys
    lookup: Keys
    tokens: Keys

    def adopt(self, other: KeyRing) -> None:
        self.sealing, self.lookup, self.tokens = other.sealing, other.lookup, other.tokens

    def seal(self, text: str, *, field: str) -> str:
        """Encrypt; `field` names what it is ("phone") and must be given again to read it."""
        key_id, nonce = self.sealing.active, secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.sealing.current).encrypt(nonce, text.encode(), _bound(key_id, field))
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, *, field: str) -> str:
        """Decrypt what `seal` wrote. Raises CannotUnseal."""
        key_id, _, body = sealed.partition(".")
        key = self.sealing.by_id.get(key_id)
        if key is None:
            raise CannotUnseal(f"no sealing key {key_id!r}")
        try:
            raw = base64.urlsafe_b64decode(body)
            return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(key_id, field)).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal(f"a sealed {field} cannot be read") from error

    def lookup_hash(self, text: str, *, field: str) -> str:
        """The keyed hash under which a value is found; equal values of one field hash alike."""
        return self._hash(self.lookup.active, text, field)

    def lookup_hashes(self, text: str, *, field: str) -> list[str]:
        """The hash under every key that is still known, the active one first."""
        others = [key_id for key_id in self.lookup.by_id if key_id != self.lookup.active]
        return [self._hash(key_id, text, field) for key_id in (self.lookup.active, *others)]

    def _hash(self, key_id: str, text: str, field: str) -> str:
        digest = hmac.new(self.lookup.by_id[key_id], f"{field}:{text}".encode(), hashlib.sha256).hexdigest()
        return f"{key_id}.{digest}"


def read_key_ring(path: Path) -> KeyRing:
    """Read a keys file: ``{"sealing": {"active": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}, "lookup": …, …}``.

    Raises SettingInvalid that names the file and the purpose, never a key.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingInvalid(f"LIFECIRCLE_KEYS_FILE: {path} cannot be read as JSON: {type(error).__name__}") from error
    return KeyRing(**{purpose: _keys(content, purpose, path) for purpose in PURPOSES})


def make_keys_file(path: Path) -> None:
    """Write a file of fresh keys with mode 0600; an existing file stays as it is."""
    fresh = {
        purpose: {"active": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}}
        for purpose in PURPOSES
    }
    try:
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            json.dump(fresh, file, indent=2)
    except FileExistsError:
        return


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _keys(content: Any, purpose: str, path: Path) -> Keys:
    """`content`: whatever the file holds."""
    try:
        section = content[purpose]
        by_id = {key_id: base64.b64decode(text, validate=True) for key_id, text in section["keys"].items()}
        active = str(section["active"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingInvalid(f"LIFECIRCLE_KEYS_FILE: {path}: section {purpose!r} is missing or malformed") from error
    if active not in by_id or any(len(key) != KEY_BYTES for key in by_id.values()) or any("." in i for i in by_id):
        raise SettingInvalid(
            f"LIFECIRCLE_KEYS_FILE: {path}: section {purpose!r} needs an active key and keys of {KEY_BYTES} bytes"
        )
    return Keys(active, by_id)


def _bound(key_id: str, field: str) -> bytes:
    return f"lifecircle:{key_id}:{field}".encode()
