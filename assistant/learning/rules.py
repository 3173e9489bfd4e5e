"""What is worth looking at, and which questions are about the same. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from lifecircle.assistant.learning.model import Question, Trouble
from lifecircle.assistant.learning.redaction import without_personal_data
from lifecircle.assistant.replies import ReplyKind
from lifecircle.catalogue.text import bare, fold

if TYPE_CHECKING:  # whoever starts the server makes indexes only, and needs no dialogue for it
    from lifecircle.assistant.dialogue.turn import Outcome

KEPT = timedelta(days=180)
"""A group goes this long after it was last asked about."""

UNSURE = 0.5
MOST_SAMPLES = 5
LONGEST = 200
"""Letters of a sample."""

_FILLERS = re.compile(
    r"请问一?下?|麻烦问?一?下?|我想问一?下?|想问一?下?|问一?下|帮我|帮忙|您好|你好|谢谢|那个|这个|一下|是不是|"
    r"[吗呢啊吧呀哦嘛么的了着过我你您他她它咱们就都也还在要想请呗哈]"
)
_SAME = (
    (re.compile("啥时候|什么时候|几时|何时"), "时"),
    (re.compile("怎么办理?|咋办|如何办理?|怎样办理?|怎么弄|咋弄|咋整"), "办"),
    (re.compile("怎么|怎样|如何|咋"), "何"),
    (re.compile("哪里|哪儿|什么地方|啥地方|去哪"), "哪"),
    (re.compile("多少钱|几块钱|几多钱|什么价"), "价"),
    (re.compile("什么|啥"), "啥"),
    (re.compile("退休工资|退休金|养老钱"), "养老金"),
)


def trouble_of(outcome: Outcome) -> Trouble | None:
    """None where the turn went well, or where help comes first."""
    reply = outcome.reply
    is_low = reply.confidence < UNSURE
    match reply.kind:
        case ReplyKind.ANSWER | ReplyKind.CLARIFY:
            return Trouble.UNSURE if outcome.unanswered or is_low else None
        case ReplyKind.FALLBACK:
            return Trouble.UNANSWERED if outcome.unanswered or is_low else None
        case ReplyKind.HANDOFF:
            return Trouble.UNANSWERED if outcome.unanswered else None
        case _:
            return None


def question(
    text: str, trouble: Trouble, intent: str | None, areas: tuple[str, ...], comment: str | None = None
) -> Question | None:
    """Nothing but what holds no personal data; None where no word is left."""
    said = without_personal_data(text)[:LONGEST]
    key = group_key(said)
    told = without_personal_data(comment)[:LONGEST] if comment else None
    return Question(said, key, trouble, intent, areas, told) if key else None


def group_key(said: str) -> str | None:
    """The same for sentences of the same characters, whatever their order, numbers and polite words."""
    plain = re.sub(r"\[[^\]]*\]|\d+", "", fold(said))
    for pattern, instead in _SAME:
        plain = pattern.sub(instead, plain)
    kept = "".join(sorted(set(_FILLERS.sub("", bare(plain)).replace(" ", ""))))
    return hashlib.sha256(kept.encode()).hexdigest()[:16] if kept else None
