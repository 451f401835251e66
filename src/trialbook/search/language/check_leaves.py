"""Do the terms, ranges and distances of a query fit the pieces that they are asked of?"""

from __future__ import annotations

from trialbook.record.pieces import (
    Piece,
    find_enum_value,
    fold_enum_words,
    get_enums,
)
from trialbook.search.language.bounds import (
    FORMATS,
    KM_PER_MILE,
    MAX_RADIUS,
    find_bound,
    find_number,
    find_radius,
)
from trialbook.search.language.scanner import Problem
from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
    MAX,
    MIN,
    And,
    Distance,
    Expression,
    Phrase,
    Range,
    RangeKind,
    Term,
)

LONGEST_SHOWN = 100
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "acceptshealthyvolunteers"), "true"),
    **dict.fromkeys(("false", "no", "n"), "false"),
}


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def check_words(node: Term | Phrase, scope: Scope) -> Expression:
    if scope.is_size:
        return _check_value(node, "number", scope)
    piece = scope.only_piece
    if piece is None:
        return _check_words_in_several(node, scope)
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
            return _check_value(node, kind, scope)
        case "geo":
            raise Problem(
                f"`{piece.name}` cannot be searched for words",
                node.span[0],
                "Write AREA[LocationGeoPoint]DISTANCE[latitude, longitude, 25mi].",
            )
        case _:
            return node


def _check_words_in_several(node: Term | Phrase, scope: Scope) -> Expression:
    pieces = tuple(part.piece for part in scope.parts)
    if pieces and all(piece.kind == "enum" for piece in pieces):
        return _check_enum(node, pieces)
    if not any(piece.kind in ("text", "enum") for piece in pieces):
        raise Problem(
            f"`{scope.area}` cannot be searched for words",
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
        f"`{shorten(node.text)}` is none of them; older wordings such as Phase 2 are accepted too.",
    )


def _split_combined_phase(node: Term | Phrase, piece: Piece) -> Expression | None:
    """Read the old single value "Phase 2/Phase 3" as what it is today: two values in one list."""
    values = [find_enum_value(piece.enum, text) for text in node.text.split("/")]
    if piece.enum != "Phase" or len(values) != 2 or None in values or values[0] == values[1]:
        return None
    return And(tuple(Term(value, span=node.span) for value in values if value), span=node.span)


def _check_value(node: Term | Phrase, kind: RangeKind, scope: Scope) -> Expression:
    bound = find_bound(node.text, kind)
    if bound is None:
        raise Problem(
            f"Invalid value `{shorten(node.text)}` for {kind} field `{_name_field(scope)}`",
            node.span[0],
            f"Write {FORMATS[kind]}.",
        )
    return Range(bound, bound, kind, span=node.span)


def _name_field(scope: Scope) -> str:
    piece = scope.only_piece
    return f"{scope.area}:size" if scope.is_size else piece.path if piece else scope.area


def check_range(node: Range, scope: Scope) -> Expression:
    start = node.span[0] + len("RANGE[")
    bounds = [text.strip() for text in node.low.split(",")]
    if len(bounds) != 2 or not all(bounds):
        raise Problem(
            f"mismatched input '{shorten(node.low)}' expecting two values",
            start,
            "Write RANGE[low, high]; MIN and MAX leave an end open: RANGE[2022-01-01, MAX].",
        )
    low, high = (text.upper() if text.upper() in (MIN, MAX) else text for text in bounds)
    if low == MAX or high == MIN:
        raise Problem(
            f"mismatched input '{MAX if low == MAX else MIN}'", start, "MIN stands first, MAX second."
        )
    given = [text for text in (low, high) if text not in (MIN, MAX)]
    kind = _find_range_kind(given, scope, start)
    for text in given:
        if find_bound(text, kind) is None:
            raise Problem(
                f"Invalid value `{shorten(text)}` for {kind} field `{_name_field(scope)}`",
                start,
                f"Write {FORMATS[kind]}, or MIN or MAX.",
            )
    low, high = (text if text in (MIN, MAX) else find_bound(text, kind) or text for text in (low, high))
    return Range(low, high, kind if given else "any", span=node.span)


def _find_range_kind(given: list[str], scope: Scope, start: int) -> RangeKind:
    """Find what the bounds are: what the searched piece holds, or else what they look like."""
    if scope.is_size:
        return "number"
    kinds: set[RangeKind] = {part.piece.kind for part in scope.parts if part.piece.is_ordered}  # type: ignore[misc]
    if not given:
        return "any"
    if scope.is_chosen and not kinds:
        raise Problem(
            f"RANGE cannot be used with `{scope.area}`",
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
        f"Invalid values `{shorten(', '.join(given))}` for `{scope.area}`",
        start,
        "Write dates (2022-05-13), numbers (100) or ages (16 years), or MIN or MAX.",
    )


def check_distance(node: Distance, scope: Scope) -> Expression:
    start = node.span[0] + len("DISTANCE[")
    if scope.is_size or scope.only_piece is None or scope.only_piece.kind != "geo":
        raise Problem(
            f"DISTANCE cannot be used with `{_name_field(scope)}`",
            node.span[0],
            "Write AREA[LocationGeoPoint]DISTANCE[latitude, longitude, 25mi].",
        )
    fields = [text.strip() for text in node.radius.split(",")]
    numbers = [find_number(text) for text in fields[:2]]
    radius = find_radius(fields[2]) if len(fields) == 3 else None
    if radius is None or None in numbers:
        raise Problem(
            f"mismatched input '{shorten(node.radius)}' expecting latitude, longitude, radius",
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
