"""How is a text cut into words? In one way, for what is searched and for what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import tantivy

# A run between blanks above this length is not remembered.
LONGEST_KEPT = 60

_COMPOUND = re.compile(r"(?<![\w-])[^\W_]{1,30}(?:-[^\W_]{1,30}){1,3}(?![\w-])")
# What is no letter or digit becomes a blank, capitals become small; bytes beyond ASCII stay.
_PLAIN_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(
    range(128, 256)
)
# The apostrophe first: what begins with a set of characters is found fastest.
_POSSESSIVE = re.compile(r"['’](?<=\w.)[sS]\b")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LONGEST_WORD = 100
# Stands between texts that are cut together; in those it would be a blank.
_NUL = "\0"
_PLAIN_WORDS_AND_NUL = b"\0" + _PLAIN_WORDS[1:]


@cache
def get_analyzer() -> tantivy.TextAnalyzer:
    """Cuts text into words: runs of letters and digits, in lower case, without accents."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(_LONGEST_WORD),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
    ):
        builder = builder.filter(step)
    return builder.build()


@cache
def get_splitter() -> tantivy.TextAnalyzer:
    """Parts what `cut_all` has cut, into the words that `get_analyzer` gives of the texts as they were."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.remove_long(_LONGEST_WORD)).build()


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
    return _cut(text, _PLAIN_WORDS).split()


def cut_all(texts: Sequence[str]) -> list[str]:
    """Each of some texts as its words with blanks between; the words are those of `cut_quickly`.

    >>> [cut.split() for cut in cut_all(["Phase 2/3", "Ménière"])]
    [['phase', '2', '3'], ['meniere']]
    """
    if not texts:
        return []
    whole = f" {_NUL} ".join(texts)
    if whole.count(_NUL) >= len(texts):
        return [_cut(text, _PLAIN_WORDS) for text in texts]
    return _cut(whole, _PLAIN_WORDS_AND_NUL).split(_NUL)


def _cut(text: str, plain: bytes) -> str:
    cut = text.encode().translate(plain).decode()
    if cut.isascii():
        return cut
    parts, end = [], 0
    for found in _BEYOND_ASCII.finditer(cut):
        if found.start() >= end:
            start = cut.rfind(" ", end, found.start()) + 1 or end
            parts.append(cut[end:start])
            end = cut.find(" ", start)
            end = len(cut) if end < 0 else end
            parts.append(_cut_run(cut[start:end]))
    return "".join([*parts, cut[end:]])


def _cut_run(run: str) -> str:
    return _cut_kept(run) if len(run) <= LONGEST_KEPT else " ".join(get_analyzer().analyze(run))


@lru_cache(maxsize=50_000)
def _cut_kept(run: str) -> str:
    return " ".join(get_analyzer().analyze(run))
