"""What did a searcher mean who typed a word that no study has?"""

from __future__ import annotations

import re
from itertools import product

import tantivy
from rapidfuzz.distance import OSA

from trialbook.terms.text import cut_words

LEAST_LETTERS = 4
MOST_WORDS = 12
MOST_SUGGESTIONS = 3
# A word of so few studies may be a slip in these, where so many times as many have another that is close.
MOST_SLIPS, SLIPS_AGAINST = 3, 20
FIELD = "basic"
_WORD = re.compile(r"[^\W\d_]+")


def suggest(searcher: tantivy.Searcher, text: str) -> tuple[str, ...]:
    """The text with words that no or hardly any study has put right, the likeliest first; () where there are none.

    Looks for words of the index that begin with the same letter and differ by one letter inserted,
    dropped, replaced or swapped with its neighbour (by two from eight letters on), the most frequent first.
    """
    found = [match for match in _WORD.finditer(text[:500]) if len(match[0]) >= LEAST_LETTERS][:MOST_WORDS]
    choices: list[tuple[int, int, list[str]]] = []
    for match in found:
        words = cut_words(match[0])
        if len(words) == 1 and not match[0].isupper():
            better = _find_close(searcher, words[0])
            if better:
                choices.append((match.start(), match.end(), better))
    if not choices:
        return ()
    rows = sorted(product(*[range(len(better)) for *_, better in choices][:4]), key=sum)[:MOST_SUGGESTIONS]
    return tuple(_replace(text, choices, row) for row in rows)


def _replace(text: str, choices: list[tuple[int, int, list[str]]], row: tuple[int, ...]) -> str:
    for (start, end, better), number in reversed(list(zip(choices, row, strict=False))):
        text = text[:start] + better[number] + text[end:]
    return text


def _find_close(searcher: tantivy.Searcher, word: str) -> list[str]:
    """Up to three words of the index close to one that it lacks, or has so rarely that it is a slip there too."""
    most = 2 if len(word) >= 8 else 1
    own = searcher.doc_freq(FIELD, word) + searcher.doc_freq("basic_plain", word)
    if own > MOST_SLIPS:
        return []
    least = max(1, own * SLIPS_AGAINST)
    near: list[tuple[int, int, str]] = []
    for other, count in searcher.terms_with_prefix(FIELD, word[0]):
        if abs(len(other) - len(word)) <= most and count > least and other.isalpha():
            distance = OSA.distance(word, other, score_cutoff=most)
            if distance <= most:
                near.append((distance, -count, other))
    return [other for *_, other in sorted(near)[:MOST_SUGGESTIONS]]
