"""How is a text cut for comparing? Into stems: words without endings, common words and bare numbers."""

from __future__ import annotations

from functools import cache, lru_cache
from zlib import crc32

import tantivy

from trialbook.record.ids import NCT_ID
from trialbook.terms.text import cut_quickly, drop_possessives

LONGEST_WORD = 40
# Words that stand in most records and tell nothing of any.
_COMMON = frozenset({
    "study", "studies", "trial", "trials", "patient", "patients", "subject", "subjects", "participant",
    "participants", "clinical", "group", "groups", "treatment", "evaluate", "evaluation", "assess", "assessment",
    "investigate", "determine", "compare", "comparison", "purpose", "aim", "effect", "effects", "efficacy",
    "safety", "use", "using", "used", "may", "also", "within", "among", "per", "include", "including", "included",
    "inclusion", "exclusion", "criteria", "day", "days", "week", "weeks", "month", "months", "year", "years",
    "age", "aged", "old",
})  # fmt: skip
NO_STEM = 0


@cache
def _get_stemmer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.stopword("english"), tantivy.Filter.stemmer("english")):
        builder = builder.filter(step)
    return builder.build()


def cut_text(text: str) -> list[str]:
    """The words of a text in small letters; ids of studies are no words, they are links.

    >>> cut_text("Macitentan's 10 mg tablets (NCT03153111)")
    ['macitentan', '10', 'mg', 'tablets']
    """
    plain = NCT_ID.sub(" ", text) if "NCT" in text or "nct" in text else text
    return cut_quickly(drop_possessives(plain))


def find_stem(word: str) -> str:
    """The stem of a word as `cut_text` gives it; "" for what tells nothing: common words, numbers, letters.

    >>> [find_stem(word) for word in ("tablets", "studies", "with", "10", "2b")]
    ['tablet', '', '', '', '2b']
    """
    if len(word) < 2 or len(word) > LONGEST_WORD or word.isdigit() or word in _COMMON:
        return ""
    return "".join(_get_stemmer().analyze(word))


# The same words stand in all records.
@lru_cache(maxsize=500_000)
def number_word(word: str) -> int:
    """The number of a word's stem; `NO_STEM` where it has none."""
    stem = find_stem(word)
    return number_term(stem) if stem else NO_STEM


def number_term(term: str) -> int:
    """The number by which a stem, a heading or a key is kept: 32 bits of its letters."""
    return crc32(term.encode(errors="replace"))
