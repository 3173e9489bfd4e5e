"""Which of the options that were shown is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lifecircle.assistant.dialogue.model import Option, Wish
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.text import fold

_SUPERLATIVES: tuple[tuple[re.Pattern[str], Callable[[Option], float]], ...] = (
    (re.compile(r"最近|近一?点|(?<!附)近的"), lambda option: option.metres),
    (re.compile(r"便宜|省钱"), lambda option: float("inf") if option.price is None else option.price),
    (re.compile(r"最早|最快"), lambda option: option.start.timestamp()),
    (re.compile(r"最晚|最迟"), lambda option: -option.start.timestamp()),
)
_ANY = re.compile(r".{0,3}(随便|都行|都可以|你定|您定|听你的|你看着办|无所谓|哪个都行).{0,3}")
_ASKS_FOR_BETTER = re.compile(r"(?:还)?有没有.{0,2}(?:便宜|近|早|晚)(?:一?[点些])?的?(?:店|时间)?[呢吗?。]*")
_NEAREST = re.compile(r"(?:就|要|选|我|那|去)*最近的?(?:那)?(?:个|家|一家|一个)?(?:店)?[的吧。!]*")
_AROUND_A_NAME = re.compile(r"就|要|选|约|那家|这家|那个|这个|家|的|吧|我|[,。! ]")
_SHORTEST_NAME = 2


def chosen(options: Sequence[Option], signals: Signals, wish: Wish | None) -> Option | None:
    """By its label, its ordinal, what is best about it, a name, or its time."""
    return (
        _labelled(options, signals.text)
        or _numbered(options, signals.ordinal)
        or _best(options, signals)
        or _named(options, _AROUND_A_NAME.sub("", signals.text))
        or _at(options, wish)
    )


def is_beyond(options: Sequence[Option], ordinal: int | None) -> bool:
    """ "第五个" of three."""
    return ordinal is not None and not (1 <= ordinal <= len(options) or ordinal == -1)


def _labelled(options: Sequence[Option], text: str) -> Option | None:
    return next((option for option in options if fold(option.label) == text), None)


def _numbered(options: Sequence[Option], ordinal: int | None) -> Option | None:
    if ordinal is None or is_beyond(options, ordinal):
        return None
    return options[-1] if ordinal == -1 else options[ordinal - 1]


def _best(options: Sequence[Option], signals: Signals) -> Option | None:
    if _ANY.fullmatch(signals.text):
        return options[0]
    if signals.looks_nearby and not _NEAREST.fullmatch(signals.text):
        return None
    if signals.asks and not _ASKS_FOR_BETTER.fullmatch(signals.text):
        return None
    return next((min(options, key=worth) for words, worth in _SUPERLATIVES if words.search(signals.text)), None)


def _named(options: Sequence[Option], name: str) -> Option | None:
    """The first option of the only store, or of the only service, that has the name."""
    fitting = [
        option
        for option in options
        if len(name) >= _SHORTEST_NAME and name in _AROUND_A_NAME.sub("", fold(option.label))
    ]
    return fitting[0] if len({option.store for option in fitting}) == 1 else None


def _at(options: Sequence[Option], wish: Wish | None) -> Option | None:
    fitting = [option for option in options if wish and wish.is_point and option.start == wish.start]
    return fitting[0] if len(fitting) == 1 else None
