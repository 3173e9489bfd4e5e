"""What a query asks for: its words, what each may mean, and what is left that means nothing known. Pure.

书院社区附近哪里可以通下水 → 书院社区 (an area), 通下水 (a service); 附近, 哪里 and 可以 say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.search.lexicon import PLACES, Kind, Lexicon, Meaning, runs
from lifecircle.catalogue.search.pinyin import is_letters, read_aloud, splits, tables
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.search.weights import WEIGHTS
from lifecircle.catalogue.text import bare

MAX_LENGTH = 100
"""Characters of a query, as they were typed."""

MAX_PARTS = 8
_SHORT_WORD = 1
_LEAST_SOUNDED = 3
_LOOKED_AT = 8
_LITTLE = 0.4
"""A single character that is known carries no more of a sentence than this share."""


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    """As spelt."""
    shown: str
    meanings: tuple[Meaning, ...] = ()
    """None: looked for in names, addresses and offerings."""
    likeness: float = 1.0
    """Below 1: a guess."""
    length: int = 0
    """Of the word that is the best guess."""

    @property
    def is_guess(self) -> bool:
        return self.likeness < 1.0

    @property
    def is_place(self) -> bool:
        return bool(self.meanings) and all(meaning.kind in PLACES for meaning in self.meanings)

    @property
    def is_loose(self) -> bool:
        return not self.meanings

    @property
    def is_broad(self) -> bool:
        """Means a category that has others below it, or only helps."""
        return not self.is_loose and all(meaning.strength <= WEIGHTS.parent for meaning in self.meanings)


@dataclass(frozen=True, slots=True)
class Understanding:
    whole: str
    """The query as spelt."""
    parts: tuple[Part, ...]
    guess: Part | None = None
    """What the query as a whole is like: for when its parts lead nowhere."""


def check_text(text: str, field: str) -> str:
    """The words of it. Raises InvalidInput for what is too long, or holds no word."""
    if len(text) > MAX_LENGTH:
        raise InvalidInput(f"搜索内容请不要超过 {MAX_LENGTH} 个字，试试只写店名或者要办的事。", field)
    words = bare(text)
    if not spelling(words):
        raise InvalidInput("请输入要找的店铺、服务或地点，例如“理发”“社区食堂”“修水管”。", field)
    return words


def understand(words: str, lexicon: Lexicon) -> Understanding:
    """`words`: what `check_text` gives."""
    whole = spelling(words)
    if whole in lexicon:
        return Understanding(whole, (_known(whole, lexicon),))
    letters = _letters(whole, lexicon) or _sounded(whole, lexicon)
    if letters:
        return Understanding(whole, letters)
    compact = _compact(whole, lexicon)
    if compact in lexicon:
        return Understanding(whole, (_known(compact, lexicon),))
    parts = [part for chunk in words.split() for part in _parts_of(spelling(chunk), lexicon)]
    kept = tuple(_distinct(parts))[:MAX_PARTS] or (Part(whole, whole),)
    return Understanding(whole, kept, _guess(whole, kept, lexicon))


def _guess(whole: str, parts: tuple[Part, ...], lexicon: Lexicon) -> Part | None:
    """Where the known words carry the query, only what the whole is very like is better than they are."""
    matters = [part for part in parts if not part.is_place]
    if not matters or (len(matters) == 1 and matters[0].meanings):
        return None
    for place in (part for part in parts if part.is_place):
        whole = whole.replace(place.text, "", 1)
    found = max(
        filter(None, (guessed(text, lexicon) for text in {_compact(whole, lexicon), whole})),
        key=lambda part: (part.likeness, part.text),
        default=None,
    )
    if found is None or not _is_carried(parts):
        return found
    longest = max((len(part.text) for part in matters if part.meanings), default=0)
    return found if found.likeness >= WEIGHTS.sure_likeness and found.length > longest else None


def _parts_of(chunk: str, lexicon: Lexicon) -> Iterable[Part]:
    loose = ""
    for token in _with_numbers(lexicon.cut(chunk), lexicon):
        is_known, is_filler = token in lexicon, token in lexicon.fillers
        if not is_known and not is_filler and not token.isascii():
            loose += token
            continue
        yield from _loose(loose, lexicon)
        loose = ""
        if is_known:
            yield _known(token, lexicon)
        elif not is_filler:
            yield from (part for run in runs(token) for part in _letters(run, lexicon) or (Part(run, run),))
    yield from _loose(loose, lexicon)


def _with_numbers(tokens: list[str], lexicon: Lexicon) -> Iterator[str]:
    """文澜路, 12, 号 → 文澜路12: a house, not a road and a number."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        is_road = any(meaning.kind is Kind.ROAD for meaning in lexicon.meanings(token))
        if is_road and at + 1 < len(tokens) and tokens[at + 1].isdigit():
            token += tokens[at + 1]
            at += 2 if tokens[at + 2 : at + 3] == ["号"] else 1
        at += 1
        yield token


def _loose(text: str, lexicon: Lexicon) -> Iterable[Part]:
    if text and text not in lexicon.fillers:
        yield Part(text, text)


def _known(word: str, lexicon: Lexicon) -> Part:
    return Part(word, lexicon.shown(word), lexicon.meanings(word))


def _letters(text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """Typed pinyin or initials as the words that they are; nothing where they are none."""
    if not is_letters(text) or len(text) < 2:
        return ()
    for words, factor in (
        (lexicon.read_as(text), WEIGHTS.letters),
        (lexicon.initials_as(text), WEIGHTS.initial_letters),
    ):
        if words:
            return (_as_words(text, words, factor, lexicon),)
    return _several(text, lexicon)


def _several(text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """shequyaodian → 社区, 药店: the longest known words at the borders of syllables."""
    for split in splits(text):
        names = [tables().syllables[number] for number in split.syllables]
        parts: list[Part] = []
        at = 0
        while at < len(names) and not split.begun:
            for end in range(len(names), at, -1):
                letters = "".join(names[at:end])
                if lexicon.read_as(letters) and end - at > _SHORT_WORD:
                    parts.append(_as_words(letters, lexicon.read_as(letters), WEIGHTS.letters, lexicon))
                    at = end
                    break
            else:
                break
        if parts and at == len(names):
            return tuple(parts)
    return ()


def _as_words(text: str, words: Iterable[str], factor: float, lexicon: Lexicon) -> Part:
    best: dict[tuple[Kind, str], Meaning] = {}
    for meaning in (meaning for word in words for meaning in lexicon.meanings(word)):
        known = best.get((meaning.kind, meaning.key))
        if known is None or known.strength < meaning.strength:
            best[meaning.kind, meaning.key] = meaning
    meanings = tuple(replace(meaning, strength=meaning.strength * factor) for meaning in best.values())
    return Part(text, "、".join(lexicon.shown(word) for word in list(words)[:3]), meanings)


def guessed(text: str, lexicon: Lexicon) -> Part | None:
    """The known words that the text is most like, as one part."""
    if len(text) < 2:
        return None
    likes = lexicon.like_letters(text) if is_letters(text) and len(text) > 4 else []
    likes = likes or lexicon.like(text, _LOOKED_AT)
    likes = [like for like in likes if not Part("", "", lexicon.meanings(like.word)).is_broad][: WEIGHTS.most_guesses]
    least = max(WEIGHTS.least_likeness, likes[0].likeness * WEIGHTS.near_best) if likes else 1.0
    likes = [like for like in likes if like.likeness >= least]
    likes = [like for like in likes if not any(like.word in other.word and like is not other for other in likes)]
    best: dict[tuple[Kind, str], Meaning] = {}
    for like in likes:
        for meaning in (meaning for meaning in lexicon.meanings(like.word) if meaning.kind not in PLACES):
            strength = meaning.strength * like.likeness * WEIGHTS.guessed
            known = best.get((meaning.kind, meaning.key))
            if known is None or known.strength < strength:
                best[meaning.kind, meaning.key] = replace(meaning, strength=strength)
    if not best:
        return None
    shown = "、".join(lexicon.shown(like.word) for like in likes)
    return Part(text, shown, tuple(best.values()), min(likes[0].likeness, 0.999), len(likes[0].word))


def _compact(whole: str, lexicon: Lexicon) -> str:
    """给爷爷找个能吃饭的 → 老人吃饭."""
    tokens = (lexicon.read_same(token) for token in lexicon.cut(whole))
    return "".join(token for token in tokens if token not in lexicon.fillers)


def _sounded(whole: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """菜是场 → 菜市场, 修shuiguan → 修水管: the whole sounds like a known word."""
    is_mixed = any(char.isascii() for char in whole)
    if whole.isascii() or (len(whole) < _LEAST_SOUNDED and not is_mixed):
        return ()
    words = [w for w in lexicon.read_as("".join(read_aloud(whole))) if is_mixed or len(w) == len(whole)]
    return (_as_words(whole, words, WEIGHTS.homophone, lexicon),) if words else ()


def _is_carried(parts: tuple[Part, ...]) -> bool:
    """Whether known words that are not places make up enough of what is said."""
    matters = [part for part in parts if part.meanings and not part.is_place and not part.is_broad]
    known = sum(len(part.text) for part in matters if len(part.text) > 1)
    said = sum(len(part.text) for part in parts if not part.is_place)
    return said == 0 or known / said > _LITTLE


def _distinct(parts: Iterable[Part]) -> Iterable[Part]:
    seen: set[str] = set()
    for part in parts:
        if part.text not in seen:
            seen.add(part.text)
            yield part
