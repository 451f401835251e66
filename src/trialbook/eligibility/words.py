"""Where do the words of a text begin and end?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# A number, a word (which may hold digits, "HbA1c"), or one sign.
TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]\w*|[^\w\s]|_")


# In a pattern what is no letter of its own: escapes, and the "P" that begins a name.
_NOT_A_LETTER = re.compile(r"\\.|\(\?P|[A-Z]")


class Token(NamedTuple):
    """One word, number or sign, `text[start:end]`."""

    text: str
    start: int
    end: int


def make_small(text: str) -> str:
    """A text in small letters, each at its place: a letter that would become two stays.

    Examples
    --------
    >>> make_small("HbA1c in İzmir")
    'hba1c in İzmir'
    """
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def compile_small(pattern: str) -> re.Pattern[str]:
    """A pattern that reads what `make_small` gives as it would read the text itself minding no case."""
    return re.compile(
        _NOT_A_LETTER.sub(lambda found: found[0] if len(found[0]) > 1 else found[0].lower(), pattern)
    )


@lru_cache(maxsize=512)
def cut_tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text; what lies between them is white space. Remembered, since recogniser and grammar both ask.

    Examples
    --------
    >>> [token.text for token in cut_tokens("HbA1c >8.5%, 30ml")]
    ['HbA1c', '>', '8.5', '%', ',', '30', 'ml']
    """
    return tuple([Token(found[0], found.start(), found.end()) for found in TOKEN.finditer(text)])
