"""Does a query name what exists, and do its values fit? What passes is put into normal form."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from trialbook.search.areas import (
    Part,
    Piece,
    find_area,
    find_enum_value,
    find_piece,
    fold_enum_words,
    get_areas,
    get_enums,
    get_parts,
    get_pieces,
)
from trialbook.search.query.bounds import (
    FORMATS,
    KM_PER_MILE,
    MAX_RADIUS,
    find_bound,
    find_number,
    find_radius,
)
from trialbook.search.query.scanner import Problem
from trialbook.search.query.syntax import (
    MAX,
    MIN,
    All,
    And,
    Area,
    AreaSize,
    Coverage,
    CoverageKind,
    Distance,
    Document,
    Expansion,
    ExpansionKind,
    Expression,
    Not,
    Or,
    Phrase,
    Range,
    RangeKind,
    Search,
    Term,
    Tilt,
)

LOCATIONS = "protocolSection.contactsLocationsModule.locations"
_Choice = TypeVar("_Choice", bound=str)
_LONGEST_SHOWN = 100
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "acceptshealthyvolunteers"), "true"),
    **dict.fromkeys(("false", "no", "n"), "false"),
}


@dataclass(frozen=True, slots=True)
class _Context:
    """What the operators around a node say about it."""

    area: str
    is_chosen: bool = False
    is_size: bool = False
    in_location: bool = False
    coverage: CoverageKind | None = None
    expansion: ExpansionKind | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        parts = get_parts(self.area)
        return tuple(part for part in parts if is_in_location(part.piece)) if self.in_location else parts

    @property
    def piece(self) -> Piece | None:
        """The one piece that is searched, or None for several."""
        parts = get_parts(self.area)
        return parts[0].piece if find_area(self.area) is None and len(parts) == 1 else None


def is_in_location(piece: Piece) -> bool:
    """Whether a piece belongs to a single location, so that SEARCH[Location] can look at it."""
    return piece.path == LOCATIONS or piece.path.startswith(LOCATIONS + ".")


def check(tree: Expression, *, default_area: str) -> Expression:
    """Check a tree as the parser built it and put it into normal form; raises Problem."""
    if find_area(default_area) is None and find_piece(default_area) is None:
        raise ValueError(f"no search area or piece has the name {default_area!r}")
    return _check(tree, _Context(default_area))


def _check(node: Expression, context: _Context) -> Expression:
    match node:
        case Or() | And():
            return replace(node, children=tuple(_check(child, context) for child in node.children))
        case Not():
            return replace(node, child=_check(node.child, context))
        case Area():
            return _check_area(node, context)
        case Search():
            return _check_search(node, context)
        case Coverage():
            kind = _check_choice(node.kind, get_args(CoverageKind), node.span[0] + len("COVERAGE["))
            _check_pair(kind, context.expansion, node.span[0])
            return replace(node, kind=kind, child=_check(node.child, replace(context, coverage=kind)))
        case Expansion():
            kind = _check_choice(node.kind, get_args(ExpansionKind), node.span[0] + len("EXPANSION["))
            _check_pair(context.coverage, kind, node.span[0])
            return replace(node, kind=kind, child=_check(node.child, replace(context, expansion=kind)))
        case Tilt():
            return _check_tilt(node, context)
        case Term() | Phrase():
            return _check_words(node, context)
        case Range():
            return _check_range(node, context)
        case Distance():
            return _check_distance(node, context)
        case _:
            return node


def _check_area(node: Area, context: _Context) -> Expression:
    start = node.span[0] + len("AREA[")
    name, colon, size = (text.strip() for text in node.name.partition(":"))
    if colon and size == "size":
        piece = find_piece(name)
        if piece is None:
            raise _make_unknown_area(name, start, pieces_only=True)
        inner = replace(context, area=piece.name, is_chosen=True, is_size=True)
        return AreaSize(piece.name, _check(node.child, inner), span=node.span)
    area, piece = find_area(node.name), find_piece(node.name)
    if area is None and piece is None:
        raise _make_unknown_area(node.name, start)
    inner = replace(context, area=area.name if area else piece.name, is_chosen=True, is_size=False)  # type: ignore[union-attr]
    if context.in_location and not inner.parts:
        raise Problem(
            f"Unknown area name: `{node.name}`",
            start,
            "SEARCH[Location] looks only at what belongs to a location: LocationCity, LocationStatus…",
        )
    if isinstance(node.child, All) and _has_value_all(inner.piece):
        child: Expression = Term("ALL", span=node.child.span)
    else:
        child = _check(node.child, inner)
    return replace(node, name=inner.area, child=child)


def _has_value_all(piece: Piece | None) -> bool:
    """Whether ALL, directly after an AREA, is a value there (AREA[Sex]ALL) rather than the operator."""
    return piece is not None and bool(piece.enum) and find_enum_value(piece.enum, "ALL") == "ALL"


def _make_unknown_area(name: str, position: int, *, pieces_only: bool = False) -> Problem:
    known = [*get_pieces()] if pieces_only else [*get_areas(), *get_pieces()]
    hint = "The names of search areas and pieces are case-sensitive."
    if 0 < len(name) <= _LONGEST_SHOWN:
        same = [other for other in known if other.casefold() == name.casefold()]
        close = same or difflib.get_close_matches(name, known, n=3, cutoff=0.7)
        if close:
            hint += f" Did you mean {' or '.join(close)}?"
    return Problem(f"Unknown area name: `{_shorten(name)}`", position, hint)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _check_choice(found: str, choices: tuple[_Choice, ...], position: int) -> _Choice:
    for choice in choices:
        if choice == found:
            return choice
    listed = ", ".join(f"'{choice}'" for choice in choices)
    raise Problem(
        f"mismatched input '{_shorten(found)}' expecting {{{listed}}}", position, f"Write one of {listed}."
    )


def _check_pair(coverage: CoverageKind | None, expansion: ExpansionKind | None, position: int) -> None:
    if coverage is None:
        return
    if expansion == "Lossy":
        raise Problem(
            f"EXPANSION[Lossy] cannot be used with COVERAGE[{coverage}]",
            position,
            "Leave COVERAGE out, or use EXPANSION[Relaxation] or narrower.",
        )
    if expansion == "Relaxation" and coverage != "Contains":
        raise Problem(
            f"COVERAGE[{coverage}] cannot be used with EXPANSION[Relaxation]",
            position,
            "Use EXPANSION[Concept], EXPANSION[Term] or EXPANSION[None].",
        )


def _check_search(node: Search, context: _Context) -> Expression:
    document = _check_choice(node.document, get_args(Document), node.span[0] + len("SEARCH["))
    is_location = document == "Location"
    area = "LocationSearch" if is_location and not context.is_chosen else context.area
    inner = replace(context, area=area, in_location=is_location)
    if is_location and not inner.parts:
        inner = replace(inner, area="LocationSearch", is_chosen=False)
    return replace(node, document=document, child=_check(node.child, inner))


def _check_tilt(node: Tilt, context: _Context) -> Expression:
    start = node.span[0] + len("TILT[")
    piece = find_piece(node.name)
    if piece is None and find_area(node.name) is None:
        raise _make_unknown_area(node.name, start)
    if piece is None or not piece.is_ordered:
        raise Problem(
            f"TILT cannot be used with `{node.name}`",
            start,
            "Name a field with an order: dates, numbers, ages; for example StudyFirstPostDate.",
        )
    return replace(node, name=piece.name, child=_check(node.child, context))


def _check_words(node: Term | Phrase, context: _Context) -> Expression:
    if context.is_size:
        return _check_value(node, "number", context)
    piece = context.piece
    if piece is None:
        return _check_words_in_several(node, context)
    match piece.kind:
        case "enum":
            return _check_enum(node, (piece,))
        case "boolean":
            value = _BOOLEANS.get(fold_enum_words(node.text))
            if value is None:
                raise Problem(
                    f"Allowed values for boolean field `{piece.path}` are `true`, `false`", node.span[0]
                )
            return Term(value, span=node.span)
        case "date" | "number" | "age" as kind:
            return _check_value(node, kind, context)
        case "geo":
            raise Problem(
                f"`{piece.name}` cannot be searched for words",
                node.span[0],
                "Write AREA[LocationGeoPoint]DISTANCE[latitude, longitude, 25mi].",
            )
        case _:
            return node


def _check_words_in_several(node: Term | Phrase, context: _Context) -> Expression:
    pieces = tuple(part.piece for part in context.parts)
    if pieces and all(piece.kind == "enum" for piece in pieces):
        return _check_enum(node, pieces)
    if not any(piece.kind in ("text", "enum") for piece in pieces):
        raise Problem(
            f"`{context.area}` cannot be searched for words",
            node.span[0],
            "It holds no text; name one of the pieces in it.",
        )
    return node


def _check_enum(node: Term | Phrase, pieces: tuple[Piece, ...]) -> Expression:
    for piece in pieces:
        value = find_enum_value(piece.enum, node.text)
        if value is not None:
            return Term(value, span=node.span)
    both = _split_combined_phase(node, pieces[0])
    if both is not None:
        return both
    allowed = ", ".join(f"`{value.value}`" for value in get_enums()[pieces[0].enum])
    raise Problem(
        f"Allowed values for enum field `{pieces[0].path}` are {allowed}",
        node.span[0],
        f"`{_shorten(node.text)}` is none of them; older wordings such as Phase 2 are accepted too.",
    )


def _split_combined_phase(node: Term | Phrase, piece: Piece) -> Expression | None:
    """Read the old single value "Phase 2/Phase 3" as what it is today: two values in one list."""
    values = [find_enum_value(piece.enum, text) for text in node.text.split("/")]
    if piece.enum != "Phase" or len(values) != 2 or None in values or values[0] == values[1]:
        return None
    return And(tuple(Term(value, span=node.span) for value in values if value), span=node.span)


def _check_value(node: Term | Phrase, kind: RangeKind, context: _Context) -> Expression:
    bound = find_bound(node.text, kind)
    if bound is None:
        raise Problem(
            f"Invalid value `{_shorten(node.text)}` for {kind} field `{_name_field(context)}`",
            node.span[0],
            f"Write {FORMATS[kind]}.",
        )
    return Range(bound, bound, kind, span=node.span)


def _name_field(context: _Context) -> str:
    piece = context.piece
    return f"{context.area}:size" if context.is_size else piece.path if piece else context.area


def _check_range(node: Range, context: _Context) -> Expression:
    start = node.span[0] + len("RANGE[")
    bounds = [text.strip() for text in node.low.split(",")]
    if len(bounds) != 2 or not all(bounds):
        raise Problem(
            f"mismatched input '{_shorten(node.low)}' expecting two values",
            start,
            "Write RANGE[low, high]; MIN and MAX leave an end open: RANGE[2022-01-01, MAX].",
        )
    low, high = (text.upper() if text.upper() in (MIN, MAX) else text for text in bounds)
    if low == MAX or high == MIN:
        raise Problem(
            f"mismatched input '{MAX if low == MAX else MIN}'", start, "MIN stands first, MAX second."
        )
    given = [text for text in (low, high) if text not in (MIN, MAX)]
    kind = _find_range_kind(given, context, start)
    for text in given:
        if find_bound(text, kind) is None:
            raise Problem(
                f"Invalid value `{_shorten(text)}` for {kind} field `{_name_field(context)}`",
                start,
                f"Write {FORMATS[kind]}, or MIN or MAX.",
            )
    low, high = (text if text in (MIN, MAX) else find_bound(text, kind) or text for text in (low, high))
    return Range(low, high, kind if given else "any", span=node.span)


def _find_range_kind(given: list[str], context: _Context, start: int) -> RangeKind:
    """Find what the bounds are: what the searched piece holds, or else what they look like."""
    if context.is_size:
        return "number"
    kinds: set[RangeKind] = {part.piece.kind for part in context.parts if part.piece.is_ordered}  # type: ignore[misc]
    if not given:
        return "any"
    if context.is_chosen and not kinds:
        raise Problem(
            f"RANGE cannot be used with `{context.area}`",
            start,
            "Name a field with an order: dates, numbers, ages; for example AREA[StartDate].",
        )
    if len(kinds) == 1:
        return kinds.pop()
    order: tuple[RangeKind, ...] = ("age", "date", "number")
    for kind in order:
        if (kind in kinds or not kinds) and all(find_bound(text, kind) for text in given):
            return kind
    raise Problem(
        f"Invalid values `{_shorten(', '.join(given))}` for `{context.area}`",
        start,
        "Write dates (2022-05-13), numbers (100) or ages (16 years), or MIN or MAX.",
    )


def _check_distance(node: Distance, context: _Context) -> Expression:
    start = node.span[0] + len("DISTANCE[")
    if context.is_size or context.piece is None or context.piece.kind != "geo":
        raise Problem(
            f"DISTANCE cannot be used with `{_name_field(context)}`",
            node.span[0],
            "Write AREA[LocationGeoPoint]DISTANCE[latitude, longitude, 25mi].",
        )
    fields = [text.strip() for text in node.radius.split(",")]
    numbers = [find_number(text) for text in fields[:2]]
    radius = find_radius(fields[2]) if len(fields) == 3 else None
    if radius is None or None in numbers:
        raise Problem(
            f"mismatched input '{_shorten(node.radius)}' expecting latitude, longitude, radius",
            start,
            "Write DISTANCE[39.0019, -77.1044, 25mi]; the radius in mi or km.",
        )
    latitude, longitude = (float(text or 0) for text in numbers)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Problem(
            f"no such place: {latitude}, {longitude}",
            start,
            "Latitude lies between -90 and 90, longitude between -180 and 180; latitude stands first.",
        )
    text, value, unit = radius
    if not 1 <= value <= MAX_RADIUS[unit]:
        raise Problem(
            f"radius {text} is out of range", start, "It is at least 1mi or 1km and at most 500mi or 805km."
        )
    kilometres = value * KM_PER_MILE if unit == "mi" else value
    return Distance(latitude, longitude, kilometres, text, span=node.span)
