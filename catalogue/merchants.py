"""Merchants and their chains. A chain holds what its stores inherit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.hours.model import Schedule, schedule_from_document


class MerchantState(StrEnum):
    APPLIED = "APPLIED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Merchant:
    id: str
    name: str
    state: MerchantState
    area: str
    version: int


@dataclass(frozen=True, slots=True)
class Chain:
    id: str
    merchant: str
    name: str
    hours: Schedule
    version: int


def merchant_from_document(document: Mapping[str, Any]) -> Merchant:
    return Merchant(
        id=document["_id"],
        name=document["name"],
        state=MerchantState(document["state"]),
        area=document["area"],
        version=document["version"],
    )


def chain_from_document(document: Mapping[str, Any]) -> Chain:
    return Chain(
        id=document["_id"],
        merchant=document["merchant"],
        name=document["name"],
        hours=schedule_from_document(document["hours"]),
        version=document["version"],
    )
