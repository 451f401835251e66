"""Where in a record do the words of a query stand?"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from trialbook.record.pieces import Piece, get_parts, get_values
from trialbook.terms.folding import fold_words
from trialbook.terms.text import get_analyzer

AROUND = 90
MAX_SNIPPETS = 2
MAX_LOOKED_AT = 5
WORD = re.compile(r"\w+")
# What a list of results shows anyway.
SHOWN = frozenset(
    {"NCTId", "BriefTitle", "Condition", "Phase", "OverallStatus", "StudyType", "LeadSponsorName"}
)


class Passage(msgspec.Struct, frozen=True):
    """A passage of a record: the piece it stands in, its text, and the spans of the found words in it."""

    piece: str
    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def label(self) -> str:
        """The piece in words.

        >>> Passage("ConditionMeshTerm", "", ()).label
        'Condition MeSH term'
        """
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in self.piece).strip()
        return words.capitalize().replace(" mesh ", " MeSH ")


def find_passages(
    record: dict[str, Any],
    words: Sequence[str],
    *,
    areas: Sequence[str] = ("BasicSearch",),
    shown: Collection[str] = SHOWN,
    most: int = MAX_SNIPPETS,
) -> list[Passage]:
    """Passages (two unless told) that hold words of the query, those with the most of them first.

    Parameters
    ----------
    record
        API v2 JSON values.
    words
        Folded words, as `SearchResult.words`.
    areas
        The search areas and pieces in which they were looked for.
    shown
        Pieces that need no passage.
    most
        How many passages, up to 5.
    """
    wanted = set(words) | {form for word in words for form in fold_words(word)}
    if not wanted:
        return []
    stems = tuple(word[: max(3, len(word) - 3)] for word in wanted)
    found: list[tuple[int, int, Passage]] = []
    for rank, piece in enumerate(_list_texts(areas, shown)):
        if len(found) == MAX_LOOKED_AT:
            break
        for value in get_values(record, piece):
            # Most texts hold none of the words: that is seen by a look for their beginnings.
            if not isinstance(value, str) or not any(stem in value.casefold() for stem in stems):
                continue
            passage = _cut(piece.name, value, wanted)
            if passage is not None:
                distinct = {passage.text[start:end].casefold() for start, end in passage.spans}
                found.append((-len(distinct), rank, passage))
                break
    found.sort(key=lambda entry: entry[:2])
    return [passage for _, _, passage in found[:most]]


def _list_texts(areas: Sequence[str], shown: Collection[str]) -> list[Piece]:
    pieces = {part.piece.name: part.piece for area in areas for part in get_parts(area)}
    return [piece for name, piece in pieces.items() if piece.kind == "text" and name not in shown]


def _cut(piece: str, text: str, wanted: set[str]) -> Passage | None:
    text = text[:20_000]
    spans = [match.span() for match in WORD.finditer(text) if _is_wanted(match[0], wanted)]
    if not spans:
        return None
    best = max(spans, key=lambda span: sum(span[0] <= start < span[0] + 2 * AROUND for start, _ in spans))
    start = max(0, best[0] - AROUND // 2)
    end = min(len(text), start + 2 * AROUND)
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    inside = tuple((a - start, b - start) for a, b in spans if start <= a and b <= end)
    return Passage(piece, text[start:end], inside)


def _is_wanted(word: str, wanted: set[str]) -> bool:
    return not wanted.isdisjoint(_find_forms(word))


@lru_cache(maxsize=100_000)
def _find_forms(word: str) -> frozenset[str]:
    """A word as the index has it and as plurals and spellings are folded."""
    return frozenset([*get_analyzer().analyze(word), *fold_words(word)])
