"""What did a searcher mean who typed a word, or a place, that no study has?"""

from __future__ import annotations

import re
from itertools import product

import tantivy
from rapidfuzz.distance import OSA

from trialbook.terms.countries import find_country, find_states, suggest_countries
from trialbook.terms.text import cut_words

LEAST_LETTERS = 4
MOST_WORDS = 12
MOST_SUGGESTIONS = 3
# A word of so few studies may be a slip in these, where so many times as many have another that is close.
MOST_SLIPS, SLIPS_AGAINST = 3, 20
MOST_PLACE_LETTERS = 100
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


def suggest_places(searcher: tantivy.Searcher, text: str) -> tuple[str, ...]:
    """Places that may be meant by a text that names none, the likeliest first; () where it names a known one.

    Countries by all their names, states, and the cities in which studies have sites; of "Bostn, MA" the first
    part may be put right.
    """
    if find_country(text) or find_states(text):
        return ()
    first, comma, rest = text[:MOST_PLACE_LETTERS].partition(",")
    cities = _find_close_cities(searcher, first)
    return tuple(dict.fromkeys([*suggest_countries(text), *(f"{city}{comma}{rest}" for city in cities)]))[
        :MOST_SUGGESTIONS
    ]


def _find_close_cities(searcher: tantivy.Searcher, text: str) -> list[str]:
    wanted = " ".join(cut_words(text))
    if len(wanted) < LEAST_LETTERS or searcher.doc_freq("site", f"ci=={wanted}"):
        return []
    most = 2 if len(wanted) >= 8 else 1
    near: list[tuple[int, int, str]] = []
    for prefix in ("ci==", "sa=="):
        for term, count in searcher.terms_with_prefix("site", prefix + wanted[0]):
            other = term.removeprefix(prefix)
            if abs(len(other) - len(wanted)) <= most:
                distance = OSA.distance(wanted, other, score_cutoff=most)
                if distance <= most:
                    near.append((distance, -count, other.title()))
    return [other for *_, other in sorted(near)[:MOST_SUGGESTIONS]]


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
