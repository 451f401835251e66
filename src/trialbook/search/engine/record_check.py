"""Does a record match what the index cannot decide? The few queries that need it read the record itself.

These are EXPANSION[None] (of most texts the index keeps neither case nor accents), what SEARCH[Location] asks
beyond the words, status and place of a site, and how many values a field within a list has. Other names
for the same play no part in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from trialbook.record.pieces import Piece, find_enum_label, find_piece, get_values
from trialbook.search.engine.places import compute_distance_km
from trialbook.search.index.document import compute_number
from trialbook.search.index.sites import find_point
from trialbook.search.language.bounds import get_age_days, get_first_day, get_last_day
from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
    MAX,
    MIN,
    All,
    And,
    Area,
    AreaSize,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Range,
    Search,
    Term,
    Tilt,
)
from trialbook.terms.folding import fold_words, split_words

EPOCH_ORDINAL = 719_163
MINUTES_A_DAY = 1440


def is_match(
    node: Expression, scope: Scope, record: dict[str, Any], *, study: dict[str, Any] | None = None
) -> bool:
    """Whether a record matches a checked tree.

    Inside SEARCH[Location] it is a record of one site, and `study` the one that SEARCH[Study] leads back to.
    """
    match node:
        case All():
            return True
        case Or(children):
            return any(is_match(child, scope, record, study=study) for child in children)
        case And(children):
            return all(is_match(child, scope, record, study=study) for child in children)
        case Not(child):
            return not is_match(child, scope, record, study=study)
        case Tilt(_, child):
            return is_match(child, scope, record, study=study)
        case Search("Location", child) if not scope.in_location:
            inside = scope.enter(node)
            return any(is_match(child, inside, site, study=record) for site in split_sites(record))
        case Search("Study", child) if study is not None:
            return is_match(child, scope.enter(node), study)
        case Area() | AreaSize() | Coverage() | Expansion() | Search():
            return is_match(node.child, scope.enter(node), record, study=study)
        case Missing():
            pieces = [scope.named_piece] if scope.named_piece else scope.pieces
            return not any(_has_value(record, piece) for piece in pieces)
        case Range():
            return _is_in_range(node, scope, record)
        case Distance():
            return _is_near(node, record)
        case Term(text):
            return _has_words(text, scope, record, is_phrase=False)
        case Phrase(text):
            return _has_words(text, scope, record, is_phrase=True)


def split_sites(record: dict[str, Any]) -> list[dict[str, Any]]:
    """A record for each site of a record, with nothing in it but that site."""
    piece = find_piece("Location")
    sites = get_values(record, piece) if piece else []
    return [
        {"protocolSection": {"contactsLocationsModule": {"locations": [site]}}}
        for site in sites
        if isinstance(site, dict)
    ]


def _has_value(record: dict[str, Any], piece: Piece) -> bool:
    return any(value not in ("", {}, []) for value in get_values(record, piece))


def bound_number(text: str, kind: str, *, is_high: bool) -> float:
    """A bound in the unit in which the index orders: days since 1970-01-01, minutes, or the number."""
    if kind == "date":
        day = get_last_day(text) if is_high else get_first_day(text)
        return day.toordinal() - EPOCH_ORDINAL
    if kind == "age":
        return round(get_age_days(text) * MINUTES_A_DAY)
    return float(text)


def read_bounds(node: Range) -> tuple[float | None, float | None]:
    """Both bounds as numbers; None where an end is open."""
    low = None if node.low == MIN else bound_number(node.low, node.kind, is_high=False)
    high = None if node.high == MAX else bound_number(node.high, node.kind, is_high=True)
    return low, high


def _is_in_range(node: Range, scope: Scope, record: dict[str, Any]) -> bool:
    low, high = read_bounds(node)

    def is_inside(number: float | None) -> bool:
        return number is not None and (low is None or number >= low) and (high is None or number <= high)

    if scope.is_size:
        return scope.named_piece is not None and is_inside(count_values(record, scope.named_piece))
    for piece in scope.pieces:
        if node.kind == "any":
            if _has_value(record, piece) and (scope.is_chosen or piece.is_ordered):
                return True
        elif piece.kind == node.kind and any(
            is_inside(compute_number(piece, value)) for value in get_values(record, piece)
        ):
            return True
    return False


def count_values(record: dict[str, Any], piece: Piece) -> int:
    """How many values a field has in a record."""
    return sum(value not in ("", {}) for value in get_values(record, piece))


def _is_near(node: Distance, record: dict[str, Any]) -> bool:
    piece = find_piece("Location")
    for site in get_values(record, piece) if piece else []:
        point = find_point(site) if isinstance(site, dict) else None
        if point and compute_distance_km(node.latitude, node.longitude, *point) <= node.radius_km:
            return True
    return False


def _has_words(text: str, scope: Scope, record: dict[str, Any], *, is_phrase: bool) -> bool:
    piece, pieces = scope.named_piece, scope.pieces
    if piece is not None and piece.kind in ("enum", "boolean"):
        return any(str(value).lower() == text.lower() for value in get_values(record, piece))
    if pieces and all(each.kind == "enum" for each in pieces):
        return any(value == text for each in pieces for value in get_values(record, each))
    coverage, expansion = scope.coverage or "Contains", scope.effective_expansion
    if is_phrase and expansion in ("Relaxation", "Lossy"):
        expansion = "Concept"
    if expansion == "None":
        return stands_written(record, pieces, split_words(text), coverage)
    if expansion in ("Term", "Concept"):
        return _stands_in(fold_words(text), pieces, record, coverage)
    words = [folded for word in text.split() if (folded := fold_words(word))]
    found = [_stands_in(word, pieces, record, "Contains") for word in words]
    return bool(found) and (all(found) if expansion == "Relaxation" else any(found))


def stands_written(
    record: dict[str, Any], pieces: Sequence[Piece], words: Sequence[str], coverage: str
) -> bool:
    """Whether one of some pieces of a record has words exactly as they are written."""
    for piece in pieces:
        if piece.kind in ("text", "enum"):
            for value in get_values(record, piece):
                if isinstance(value, str) and has_written(piece, value, words, coverage):
                    return True
    return False


def has_written(piece: Piece, value: str, words: Sequence[str], coverage: str) -> bool:
    """Whether a value of a piece has words exactly as they are written.

    >>> title = find_piece("BriefTitle")
    >>> [has_written(title, "Anti-PD1 in lung cancer", each, "Contains") for each in (["lung"], ["Lung"], ["PD1"])]
    [True, False, False]
    """
    if not words:
        return False
    label = find_enum_label(piece.enum, value) if piece.kind == "enum" else None
    return _has_written(value, words, coverage) or (bool(label) and _has_written(str(label), words, coverage))


def _has_written(text: str, words: Sequence[str], coverage: str) -> bool:
    # A word stands in a text letter for letter: most texts are passed over for lack of one.
    if not all(word in text for word in words):
        return False
    if coverage != "Contains":
        return _covers(list(words), split_words(text), coverage)
    pattern, first, at = _compile_run(tuple(words)), words[0], -1
    while (at := text.find(first, at + 1)) >= 0:
        if pattern.match(text, at):
            return True
    return False


@lru_cache(maxsize=1_000)
def _compile_run(words: tuple[str, ...]) -> re.Pattern[str]:
    """Words side by side as `split_words` cuts them: a sign that joins two letters makes one word of them."""
    run = r"(?![-'’.]\w)\W+".join(map(re.escape, words))
    return re.compile(rf"(?<!\w)(?<!\w[-'’.]){run}(?!\w)(?![-'’.]\w)")


def _stands_in(wanted: Sequence[str], pieces: list[Piece], record: dict[str, Any], coverage: str) -> bool:
    if not wanted:
        return False
    for piece in pieces:
        if piece.kind not in ("text", "enum"):
            continue
        for value in get_values(record, piece):
            if not isinstance(value, str):
                continue
            label = find_enum_label(piece.enum, value) if piece.kind == "enum" else None
            if any(_covers(list(wanted), fold_words(each), coverage) for each in (value, label) if each):
                return True
    return False


def _covers(wanted: list[str], found: list[str], coverage: str) -> bool:
    if coverage == "FullMatch":
        return found == wanted
    if coverage == "StartsWith":
        return found[: len(wanted)] == wanted
    if coverage == "EndsWith":
        return found[-len(wanted) :] == wanted
    return any(found[at : at + len(wanted)] == wanted for at in range(len(found) - len(wanted) + 1))
