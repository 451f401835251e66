"""Which words may somebody who is still typing mean? Those of the index that begin so, the most frequent first."""

from __future__ import annotations

from heapq import nlargest

import tantivy

FIELD = "basic"
MOST_WORDS = 50


def find_words(searcher: tantivy.Searcher, beginning: str) -> list[str]:
    """Up to 50 words that begin so (small letters), those of the most studies first."""
    found = nlargest(MOST_WORDS, searcher.terms_with_prefix(FIELD, beginning), key=lambda each: each[1])
    return [word for word, _ in found]
