"""How is a text cut into words? In one way, for what is searched and for what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import tantivy

# A run between blanks above this length is not remembered.
LONGEST_KEPT = 60

_COMPOUND = re.compile(r"(?<![\w-])[^\W_]{1,30}(?:-[^\W_]{1,30}){1,3}(?![\w-])")
# What is no letter or digit becomes a blank, capitals become small; bytes beyond ASCII stay.
_PLAIN_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(
    range(128, 256)
)
_POSSESSIVE = re.compile(r"(?<=\w)['’][sS]\b")


@cache
def get_analyzer() -> tantivy.TextAnalyzer:
    """Cuts text into words: runs of letters and digits, in lower case, without accents."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(100), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        builder = builder.filter(step)
    return builder.build()


def drop_possessives(text: str) -> str:
    """A text without the endings that say whose something is; index and queries both drop them.

    >>> drop_possessives("Crohn's disease, O'Brien’s 5'S")
    "Crohn disease, O'Brien 5"
    """
    return _POSSESSIVE.sub("", text) if "'" in text or "’" in text else text


def join_compounds(text: str) -> list[str]:
    """The compounds of a text written as one word, as searchers also do.

    >>> join_compounds("UC-MSCs in COVID-19")
    ['UCMSCs', 'COVID19']
    """
    return [
        joined
        for run in _find_hyphenated(text)
        for joined in (_join_kept(run) if len(run) <= LONGEST_KEPT else _join_run(run))
    ]


def _join_run(run: str) -> tuple[str, ...]:
    return tuple([found.replace("-", "") for found in _COMPOUND.findall(run)])


# The same few compounds stand in most records.
_join_kept = lru_cache(maxsize=50_000)(_join_run)


def _find_hyphenated(text: str) -> Iterator[str]:
    """What stands between blanks and has a hyphen: a pattern would be slow on all of a long text."""
    end = 0
    while (at := text.find("-", end)) >= 0:
        start = max(end, text.rfind(" ", end, at) + 1)
        end = text.find(" ", at)
        if end < 0:
            end = len(text)
        yield text[start:end]


def cut_words(text: str) -> list[str]:
    """Cut a text into words as the index does.

    >>> cut_words("Crohn's (Ménière) CT-1")
    ['crohn', 'meniere', 'ct', '1']
    """
    return list(get_analyzer().analyze(drop_possessives(text)))


def cut_quickly(text: str) -> list[str]:
    """The words of a text from which possessives were dropped, in order, as `cut_words` gives them.

    What is plain takes a quick way, which also keeps words above 100 letters: no query asks for these.

    >>> cut_quickly("Phase 2/3: Ménière")
    ['phase', '2', '3', 'meniere']
    """
    if not text.isascii():
        text = " ".join([run if run.isascii() else _cut_run(run) for run in text.split()])
    return text.encode().translate(_PLAIN_WORDS).decode().split()


def _cut_run(run: str) -> str:
    return _cut_kept(run) if len(run) <= LONGEST_KEPT else " ".join(get_analyzer().analyze(run))


@lru_cache(maxsize=50_000)
def _cut_kept(run: str) -> str:
    return " ".join(get_analyzer().analyze(run))
