"""Decides whether a sentence is a cry for help, and of which kind."""

from __future__ import annotations

import re

from lifecircle.assistant.replies import Hotline, Reply
from lifecircle.assistant.safety.answers import SCAM, beside, help_with, number_of, warning
from lifecircle.assistant.safety.firsts import Pattern
from lifecircle.assistant.safety.model import BESIDE, DOUBT, HEARD, POSSIBLE, SURE, Reading, model
from lifecircle.assistant.safety.patterns import Patterns, patterns
from lifecircle.assistant.safety.second_look import Look, looked_at, second_look
from lifecircle.assistant.safety.spelling import respelled

LONGEST = 600
"""Characters that are read from either end; nobody cries for help in the middle of more."""

_WATERY = 60
"""Characters of a text from which a clause may be drowned by the rest."""
_CLAUSE_ENDS = re.compile(r"[,。!?;:…~]+")
_STRICT = frozenset({"self_harm", "domestic_violence"})


def prepare() -> None:
    """Reads patterns, spellings and weights, which takes about a second; else the first sentence would wait for it."""
    heard("救命")


def listen(folded: str) -> tuple[Reply | None, Hotline | None]:
    """What is said to danger, or else whom to call beside an ordinary answer; the sentence is read once."""
    kinds, doubt = _read(folded)
    if kinds:
        return warning() if kinds == (SCAM,) else help_with(kinds), None
    return None, number_of(doubt) if doubt else None


def reply_to(folded: str) -> Reply | None:
    """To a cry for help the right number, to whoever tells of a swindle a warning, else None."""
    return listen(folded)[0]


def caution(folded: str) -> Hotline | None:
    """Whom to call, where a sentence may tell of danger though it is answered as something else; None for most."""
    return listen(folded)[1]


def numbers_beside(folded: str) -> tuple[Hotline, ...]:
    """Whom somebody could call who asks, calmly, about something that hurts."""
    return beside(folded)


def heard(folded: str) -> tuple[str, ...]:
    """Every kind of danger that is cried of, the first to be answered first; `SCAM` stands last."""
    return _read(folded)[0]


def _read(folded: str) -> tuple[tuple[str, ...], str]:
    """The kinds that are heard, or else the kind that may be meant; an empty one for most sentences."""
    said = respelled(_bounded(folded))
    first, kinds, matcher = model().reading(said), heard_in_words(said), second_look()
    if matcher is None:
        return _by_one_look(said, first, kinds)
    if not kinds and not first.kind:
        return (), ""
    second = looked_at(matcher, said)
    odds = model().together(first.odds, second.odds, in_words=bool(kinds))
    if kinds and odds <= HEARD and len(said) > _WATERY:
        loudest = max((model().reading(part) for part in _CLAUSE_ENDS.split(said) if part), key=_odds_of, default=first)
        odds = max(odds, model().together(loudest.odds, loudest.odds, in_words=True))
    if odds > HEARD:
        return _named(kinds, second), ""
    return (), second.kind if odds > BESIDE else ""


def _named(in_words: tuple[str, ...], second: Look) -> tuple[str, ...]:
    """What the patterns name, and what the second look would: a number too many is better than the wrong one.

    What is likeliest a swindle is answered with a warning, which names the police too, and not as an emergency.
    """
    if SCAM in in_words or (not in_words and second.kind == SCAM):
        return in_words or (SCAM,)
    return tuple(sorted(dict.fromkeys((*in_words, *second.likely)), key=lambda kind: kind == SCAM))


def _by_one_look(said: str, first: Reading, kinds: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    if kinds and _is_believable(said, first.odds):
        return kinds, ""
    if not kinds and first.odds > SURE:
        return (first.kind,), ""
    return (), first.kind if first.odds > DOUBT else ""


def _odds_of(reading: Reading) -> float:
    return reading.odds


def _is_believable(said: str, odds: float) -> bool:
    """Whether the model could think so too: of the whole, or of one clause that the rest only waters down."""
    return odds > POSSIBLE or any(model().reading(part).odds > POSSIBLE for part in _CLAUSE_ENDS.split(said) if part)


def heard_in_words(said: str) -> tuple[str, ...]:
    """What the patterns alone hear in a text that is spelt right."""
    known = patterns()
    kinds = _kinds(said, known)
    return (*kinds, SCAM) if _tells_of_scam(said, known.scam) else kinds


def _bounded(text: str) -> str:
    return text if len(text) <= 2 * LONGEST else f"{text[:LONGEST]},{text[-LONGEST:]}"


def _kinds(text: str, known: Patterns) -> tuple[str, ...]:
    if not known.dangers.names_in(text):
        return ()
    serious = known.harmless.sub("·", text)
    clauses = [(clause, known.dangers.names_in(clause)) for clause in _CLAUSE_ENDS.split(serious) if clause]
    return tuple(
        kind
        for kind in known.kinds
        if any(kind in names and not _is_talk(kind, clause, serious, known) for clause, names in clauses)
    )


def _is_talk(kind: str, clause: str, text: str, known: Patterns) -> bool:
    talk = known.talk
    if talk["now"].search(text):
        return False
    if talk["story"].search(text):
        return True
    if kind in _STRICT:
        return bool(talk["subject_strict"].search(clause) or talk["over"].search(text))
    if talk["past"].search(text) or talk["subject"].search(clause):
        return True
    is_mishap = talk["mishap"].search(clause) and not talk["acute"].search(clause)
    return bool(is_mishap and talk["subject"].search(text))


def _tells_of_scam(text: str, scam: dict[str, Pattern]) -> bool:
    if scam["talk"].search(text):
        return False
    if scam["plain"].search(text):
        return True
    if scam["own_step"].search(text):
        return False
    asked = scam["stranger"].search(text) and scam["bait"].search(text)
    return bool(asked or (scam["face_stranger"].search(text) and scam["face"].search(text)))
