"""What a question is about, without the words of asking."""

from __future__ import annotations

import re

from lifecircle.catalogue.text import fold

_ASKING = re.compile(
    "怎么办理|怎么办|怎么弄|怎么样|怎么|怎样|如何|什么|啥|多久|几时|哪里|哪儿|哪些|多少钱|多少|能不能|可不可以|可以|为什么"
    "|为啥|需要|办法|请问|我想|想要|一下|附近|有没有|等一下|确认|不行|好的|[吗呢吧啊呀的了我你他她要给]"
)
"""Words of asking: they say which side of a matter is meant, not which matter."""


def matter_of(text: str) -> str:
    """What a question is about: its letters without the words of asking; may be empty."""
    return "".join(char for char in fold(_ASKING.sub("", fold(text))) if char.isalnum())
