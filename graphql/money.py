"""Money for display. There is no online payment: what a booking costs is paid on the spot, and its text says so."""

from __future__ import annotations

from typing import Self

import strawberry


@strawberry.type(description="An amount of money, paid on the spot.")
class Money:
    amount: int = strawberry.field(description="Fen.")
    text: str = strawberry.field(description="For display: ¥45.00（到场支付）.")

    @classmethod
    def on_the_spot(cls, amount: int) -> Self:
        return cls(amount=amount, text=booking_price_text(amount))


def yuan(amount: int) -> str:
    return f"¥{amount // 100}.{amount % 100:02d}"


def price_text(amount: int, unit: str) -> str:
    return "免费" if amount == 0 else f"{yuan(amount)}/{unit}"


def booking_price_text(amount: int) -> str:
    return "免费" if amount == 0 else f"{yuan(amount)}（到场支付）"
