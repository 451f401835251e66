"""Where do the words of a text begin and end?"""

from __future__ import annotations

import re
from typing import NamedTuple

# A number, a word (which may hold digits, "HbA1c"), or one sign.
TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]\w*|[^\w\s]|_")


class Token(NamedTuple):
    """One word, number or sign, `text[start:end]`."""

    text: str
    start: int
    end: int


def cut_tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a stretch of text; what lies between them is white space.

    Examples
    --------
    >>> [token.text for token in cut_tokens("HbA1c >8.5%, 30ml")]
    ['HbA1c', '>', '8.5', '%', ',', '30', 'ml']
    """
    stop = len(text) if end is None else end
    return [Token(found[0], found.start(), found.end()) for found in TOKEN.finditer(text, start, stop)]
