"""Which other forms of a word mean the same to a searcher? Plurals and the two English spellings."""

from __future__ import annotations

import tantivy

from trialbook.search.fields import TIERS
from trialbook.search.words import fold_words

SPELLINGS = (
    ("aem", "em"),
    ("oed", "ed"),
    ("oes", "es"),
    ("paed", "ped"),
    ("our", "or"),
    ("ise", "ize"),
    ("isa", "iza"),
    ("rrhoea", "rrhea"),
    ("aet", "et"),
    ("fibre", "fiber"),
    ("centre", "center"),
)
LEAST_LETTERS = 4


def find_variants(searcher: tantivy.Searcher, word: str) -> list[str]:
    """The word and its other forms that occur in the index; the word itself always comes first.

    Two words are forms of each other when `fold_words` makes them one.
    """
    if len(word) < LEAST_LETTERS or not word.isalpha():
        return [word]
    folded = fold_words(word)
    stems = {word, *folded}
    for british, american in SPELLINGS:
        stems |= {stem.replace(british, american) for stem in stems}
        stems |= {stem.replace(american, british) for stem in stems}
    candidates = set()
    for stem in stems:
        candidates |= {stem, stem + "s", stem + "es"}
        if stem.endswith("y"):
            candidates.add(stem[:-1] + "ies")
        if stem.endswith("is"):
            candidates.add(stem[:-2] + "es")
    forms = sorted(form for form in candidates if form != word and fold_words(form) == folded)
    return [word] + [form for form in forms if _occurs(searcher, form)]


def _occurs(searcher: tantivy.Searcher, form: str) -> bool:
    return any(searcher.doc_freq(f"tier.{number}", form) for number in range(len(TIERS)))
