"""How is a text cut into words? In one way, for what is searched and for what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import tantivy

# A run between blanks above this length is not remembered.
LONGEST_KEPT = 60

_COMPOUND = re.compile(r"(?<![\w-])[^\W_]{1,30}(?:-[^\W_]{1,30}){1,3}(?![\w-])")
# What is no letter or digit becomes a blank, capitals become small.
_PLAIN_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
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


def cut_distinct(text: str) -> set[str]:
    """The distinct words of a text from which possessives were dropped, as `cut_words` gives them.

    What is plain takes a quick way, which also keeps words above 100 letters: no query asks for these.

    >>> sorted(cut_distinct("Phase 2/3: phase"))
    ['2', '3', 'phase']
    """
    if text.isascii():
        return _cut_plain(text)
    runs = text.split()
    others = " ".join([run for run in runs if not run.isascii()])
    return _cut_plain(" ".join([run for run in runs if run.isascii()])).union(get_analyzer().analyze(others))


def _cut_plain(text: str) -> set[str]:
    return set(text.encode().translate(_PLAIN_WORDS).decode().split())
