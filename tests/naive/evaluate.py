"""The query language once more, in the plainest code, straight over raw records.

Slow on purpose: no index, no caches, nothing taken from `trialbook.search` but the parsed tree and the
tables of pieces and search areas. It says what the answer is; anything faster must agree.

What the registry leaves open is decided here as in docs/query-language.md:

- a date in a record that names only a month or a year counts as its first day; a bound that does so
  covers all of it;
- a month is a twelfth of a year, a year 365.25 days;
- synonyms widen only the pieces that the registry marks for it;
- EXPANSION[Relaxation] wants every word of the term somewhere in the searched area, each by itself or
  as a part of a run of words of which a synonym stands there; EXPANSION[Lossy] wants one of them;
- a compound written with hyphens also stands there as one word, except inside SEARCH[Location];
- a term without letters and digits matches nothing;
- enumerations in an area of several pieces are searched as text, by value and by older wording;
- inside SEARCH[Location], the record is one location and ALL wants that there is one.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tests.naive.words import exact_words, folded_words, joined_compounds

from trialbook.record.pieces import Piece, find_area, find_enum_label, find_piece, get_parts, get_values
from trialbook.search.language.syntax import (
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
    Query,
    Range,
    Search,
    Term,
    Tilt,
)

Record = dict[str, Any]
Synonyms = Callable[[str], Iterable[str]]

LOCATIONS = "protocolSection.contactsLocationsModule.locations"
EARTH_RADIUS_KM = 6371.0088
AGE_DAYS = {"year": 365.25, "month": 365.25 / 12, "week": 7, "day": 1, "hour": 1 / 24, "minute": 1 / 1440}


def evaluate(query: Query, records: Iterable[Record], *, synonyms: Synonyms = lambda phrase: ()) -> list[str]:
    """The ids of the records that a query matches, in the order of the records."""
    return [
        record["protocolSection"]["identificationModule"]["nctId"]
        for record in records
        if matches(query.expression, Scope(record, query.default_area, synonyms))
    ]


@dataclass(frozen=True)
class Scope:
    """Where and how the words of a query are looked for."""

    record: Record
    area: str
    synonyms: Synonyms
    location: Record | None = None
    in_location: bool = False
    coverage: str | None = None
    expansion: str | None = None
    is_size: bool = False
    is_chosen: bool = False

    def pieces(self) -> list[tuple[Piece, bool]]:
        """The pieces searched here, each with whether synonyms widen it."""
        parts = [(part.piece, part.synonyms) for part in get_parts(self.area)]
        if self.in_location:
            parts = [
                (piece, wide)
                for piece, wide in parts
                if piece.path == LOCATIONS or piece.path.startswith(LOCATIONS + ".")
            ]
        return parts

    def values(self, piece: Piece) -> list[Any]:
        if self.location is None:
            return find_values(self.record, piece)
        inner = {"protocolSection": {"contactsLocationsModule": {"locations": [self.location]}}}
        return find_values(inner, piece)


def find_values(record: Record, piece: Piece) -> list[Any]:
    """All values of a piece; empty texts, lists and structures are none."""
    if piece.search_only:
        return get_values(record, piece)

    def descend(holder: Any, keys: list[str]) -> list[Any]:
        if isinstance(holder, list):
            return [value for item in holder for value in descend(item, keys)]
        if not keys:
            return [] if holder is None or holder in ("", {}) else [holder]
        return descend(holder.get(keys[0]), keys[1:]) if isinstance(holder, dict) else []

    return descend(record, piece.path.split("."))


def matches(node: Expression, scope: Scope) -> bool:
    match node:
        case All():
            return True
        case Or(children):
            return any(matches(child, scope) for child in children)
        case And(children):
            return all(matches(child, scope) for child in children)
        case Not(child):
            return not matches(child, scope)
        case Tilt(_, child):
            return matches(child, scope)
        case Area(name, child):
            return matches(child, replace(scope, area=name, is_chosen=True, is_size=False))
        case AreaSize(name, child):
            return matches(child, replace(scope, area=name, is_chosen=True, is_size=True))
        case Coverage(kind, child):
            return matches(child, replace(scope, coverage=kind))
        case Expansion(kind, child):
            return matches(child, replace(scope, expansion=kind))
        case Search("Study", child):
            return matches(child, replace(scope, location=None, in_location=False))
        case Search("Location", child):
            return matches_a_location(child, scope)
        case Missing():
            return all(not scope.values(piece) for piece in searched_for_missing(scope))
        case Range():
            return matches_range(node, scope)
        case Distance():
            return matches_distance(node, scope)
        case Term(text):
            return matches_words(text, scope, is_phrase=False)
        case Phrase(text):
            return matches_words(text, scope, is_phrase=True)
    raise AssertionError(f"no such node: {node!r}")


def matches_a_location(child: Expression, scope: Scope) -> bool:
    inside = replace(scope, in_location=True)
    if not scope.is_chosen or not inside.pieces():
        inside = replace(inside, area="LocationSearch", is_chosen=False)
    piece = find_piece("Location")
    assert piece is not None
    return any(matches(child, replace(inside, location=one)) for one in find_values(scope.record, piece))


def searched_for_missing(scope: Scope) -> list[Piece]:
    """A structure is asked after itself, a search area after all of its pieces."""
    piece = find_piece(scope.area)
    return [piece] if find_area(scope.area) is None and piece else [piece for piece, _ in scope.pieces()]


# Ranges and distances


def matches_range(node: Range, scope: Scope) -> bool:
    if scope.is_size:
        piece = find_piece(scope.area)
        assert piece is not None
        return is_within(len(scope.values(piece)), node)
    for piece, _ in scope.pieces():
        if node.kind == "any":
            if scope.values(piece) and (scope.is_chosen or piece.kind in ("date", "number", "age")):
                return True
        elif piece.kind == node.kind and any(is_within(value, node) for value in scope.values(piece)):
            return True
    return False


def is_within(value: Any, node: Range) -> bool:
    measure = {"date": first_day, "age": age_in_days, "number": as_number, "any": as_number}[node.kind]
    found = measure(value)
    if found is None:
        return False
    last = last_day if node.kind == "date" else measure
    return (node.low == "MIN" or found >= measure(node.low)) and (
        node.high == "MAX" or found <= last(node.high)
    )


def as_number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def first_day(value: Any) -> date | None:
    return day_of(value, is_last=False)


def last_day(value: Any) -> date | None:
    return day_of(value, is_last=True)


def day_of(value: Any, *, is_last: bool) -> date | None:
    if not isinstance(value, str):
        return None
    numbers = value.split("T")[0].split("-")
    try:
        year = int(numbers[0])
        month = int(numbers[1]) if len(numbers) > 1 else (12 if is_last else 1)
        last = calendar.monthrange(year, month)[1]
        return date(year, month, int(numbers[2]) if len(numbers) > 2 else (last if is_last else 1))
    except (ValueError, calendar.IllegalMonthError):
        return None


def age_in_days(value: Any) -> float | None:
    if not isinstance(value, str) or len(value.split()) != 2:
        return None
    number, unit = value.split()
    days = AGE_DAYS.get(unit.lower().removesuffix("s"))
    return None if days is None or as_number(number) is None else float(number) * days


def matches_distance(node: Distance, scope: Scope) -> bool:
    for piece, _ in scope.pieces():
        for point in scope.values(piece):
            latitude, longitude = as_number(point.get("lat")), as_number(point.get("lon"))
            if latitude is None or longitude is None:
                continue
            if great_circle_km(node.latitude, node.longitude, latitude, longitude) <= node.radius_km:
                return True
    return False


def great_circle_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The haversine distance on a sphere of the earth's mean radius."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


# Words


def matches_words(text: str, scope: Scope, *, is_phrase: bool) -> bool:
    piece = find_piece(scope.area)
    if find_area(scope.area) is None and piece is not None and piece.kind in ("enum", "boolean"):
        return any(str(value).lower() == text.lower() for value in scope.values(piece))
    parts = scope.pieces()
    if parts and all(piece.kind == "enum" for piece, _ in parts):
        return any(value == text for piece, _ in parts for value in scope.values(piece))
    coverage = scope.coverage or "Contains"
    expansion = scope.expansion or ("Relaxation" if coverage == "Contains" else "Concept")
    if is_phrase and expansion in ("Relaxation", "Lossy"):
        expansion = "Concept"
    if expansion == "None":
        return stands_in(exact_words(text), scope, coverage, exact_words)
    if expansion == "Term":
        return stands_in(folded_words(text), scope, coverage, folded_words)
    if expansion == "Concept":
        return is_meant(text, scope, coverage)
    words = [word for word in text.split() if folded_words(word)]
    covered = find_covered(words, scope)
    return bool(words) and (all(covered) if expansion == "Relaxation" else any(covered))


def find_covered(words: list[str], scope: Scope) -> list[bool]:
    """For each word, whether it or a run of words around it (by a synonym) stands in the area."""
    covered = [stands_in(folded_words(word), scope, "Contains", folded_words) for word in words]
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if any_synonym_stands(" ".join(words[start:end]), scope, "Contains"):
                covered[start:end] = [True] * (end - start)
    return covered


def is_meant(text: str, scope: Scope, coverage: str) -> bool:
    return stands_in(folded_words(text), scope, coverage, folded_words) or any_synonym_stands(
        text, scope, coverage
    )


def any_synonym_stands(text: str, scope: Scope, coverage: str) -> bool:
    return any(
        stands_in(folded_words(other), scope, coverage, folded_words, widened_only=True)
        for other in (*scope.synonyms(text), *([] if " " in text else joined_compounds(text)))
    )


def stands_in(
    wanted: list[str],
    scope: Scope,
    coverage: str,
    split: Callable[[str], list[str]],
    *,
    widened_only: bool = False,
) -> bool:
    """Whether the wanted words stand together, in order, in one value of the area."""
    if not wanted:
        return False
    for piece, is_widened in scope.pieces():
        if piece.kind not in ("text", "enum") or (widened_only and not is_widened):
            continue
        for value in scope.values(piece):
            for text in texts_of(value, piece):
                if covers(wanted, split(text), coverage):
                    return True
                is_joined = split is folded_words and coverage == "Contains" and scope.location is None
                if is_joined and any(wanted == split(word) for word in joined_compounds(text)):
                    return True
    return False


def texts_of(value: Any, piece: Piece) -> list[str]:
    if not isinstance(value, str):
        return []
    label = find_enum_label(piece.enum, value) if piece.kind == "enum" else None
    return [value, label] if label else [value]


def covers(wanted: list[str], found: list[str], coverage: str) -> bool:
    if coverage == "FullMatch":
        return found == wanted
    if coverage == "StartsWith":
        return found[: len(wanted)] == wanted
    if coverage == "EndsWith":
        return found[-len(wanted) :] == wanted
    return any(found[at : at + len(wanted)] == wanted for at in range(len(found) - len(wanted) + 1))
