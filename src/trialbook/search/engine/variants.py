"""Which other forms of a word mean the same to a searcher? Plurals and the two English spellings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

import tantivy

from trialbook.terms.folding import AMERICAN_SPELLINGS, IRREGULAR_PLURALS, fold_words

LEAST_LETTERS = 3
MOST_FORMS = 8
MOST_STEMS = 64

# The word itself and its other forms that occur in a field.
Variants = Callable[[str, str], tuple[str, ...]]


@lru_cache(maxsize=20_000)
def find_forms(word: str) -> tuple[str, ...]:
    """The other forms that a word may have; two words are forms of each other when `fold_words` says so.

    >>> find_forms("tumours")
    ('tumor', 'tumors', 'tumour')
    """
    if len(word) < LEAST_LETTERS or not word.isalpha():
        return ()
    folded = fold_words(word)
    candidates = set()
    for stem in _spell(word) | _spell(folded[0]):
        candidates |= {stem, stem + "s", stem + "es", *_PLURALS.get(stem, ())}
        if stem.endswith("y"):
            candidates.add(stem[:-1] + "ies")
        if stem.endswith("is"):
            candidates.add(stem[:-2] + "es")
        if stem.endswith("a"):
            candidates.add(stem + "e")
    return tuple(sorted(form for form in candidates if form != word and fold_words(form) == folded))


def _spell(word: str) -> set[str]:
    """The British and American spellings of a word."""
    spelt = {word}
    for british, american in AMERICAN_SPELLINGS.items():
        for one, other in ((british, american), (american, british)):
            if one in word and len(spelt) < MOST_STEMS:
                spelt |= {each.replace(one, other) for each in spelt}
    return spelt


def find_variants(searcher: tantivy.Searcher, field: str, word: str) -> tuple[str, ...]:
    """The word and up to eight of its other forms that occur in a field; the word itself comes first."""
    return (word, *[form for form in find_forms(word) if searcher.doc_freq(field, form)][:MOST_FORMS])


def _list_plurals() -> dict[str, list[str]]:
    plurals = defaultdict(list)
    for plural, singular in IRREGULAR_PLURALS.items():
        plurals[singular].append(plural)
    return dict(plurals)


_PLURALS = _list_plurals()
