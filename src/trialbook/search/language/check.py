"""Does a query name what exists, and do its values fit? What passes is put into normal form."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, get_args

from trialbook.record.pieces import (
    Piece,
    find_area,
    find_close_names,
    find_enum_value,
    find_piece,
    get_areas,
    get_asked_pieces,
    get_indexed_pieces,
)
from trialbook.search.language.check_leaves import (
    LONGEST_SHOWN,
    check_distance,
    check_range,
    check_words,
    shorten,
)
from trialbook.search.language.scanner import Problem
from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
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
    Search,
    Term,
    Tilt,
    walk,
)

_Choice = TypeVar("_Choice", bound=str)


def check(tree: Expression, *, default_area: str) -> Expression:
    """Check a tree as the parser built it and put it into normal form; raises Problem."""
    if find_area(default_area) is None and find_piece(default_area) is None:
        raise ValueError(f"no search area or piece has the name {default_area!r}")
    return _check(tree, Scope(default_area))


def _check(node: Expression, scope: Scope) -> Expression:
    match node:
        case Or() | And():
            return replace(node, children=tuple(_check(child, scope) for child in node.children))
        case Not():
            return replace(node, child=_check(node.child, scope))
        case Area():
            return _check_area(node, scope)
        case Search():
            return _check_search(node, scope)
        case Coverage():
            kind = _check_choice(node.kind, get_args(CoverageKind), node.span[0] + len("COVERAGE["))
            _check_pair(kind, scope.expansion, node.span[0])
            return replace(node, kind=kind, child=_check(node.child, replace(scope, coverage=kind)))
        case Expansion():
            kind = _check_choice(node.kind, get_args(ExpansionKind), node.span[0] + len("EXPANSION["))
            _check_pair(scope.coverage, kind, node.span[0])
            return replace(node, kind=kind, child=_check(node.child, replace(scope, expansion=kind)))
        case Tilt():
            return _check_tilt(node, scope)
        case Term() | Phrase():
            return check_words(node, scope)
        case Range():
            return check_range(node, scope)
        case Distance():
            return check_distance(node, scope)
        case _:
            return node


def _check_area(node: Area, scope: Scope) -> Expression:
    start = node.span[0] + len("AREA[")
    name, colon, size = (text.strip() for text in node.name.partition(":"))
    if colon and size == "size":
        piece = find_piece(name)
        if piece is None:
            raise _make_unknown_area(name, start, pieces_only=True)
        if piece.kind == "person":
            raise _refuse_person(node, piece)
        inner = replace(scope, area=piece.name, is_chosen=True, is_size=True)
        return AreaSize(piece.name, _check(node.child, inner), span=node.span)
    area, piece = find_area(node.name), find_piece(node.name)
    if area is None and piece is None:
        raise _make_unknown_area(node.name, start)
    inner = replace(scope, area=area.name if area else piece.name, is_chosen=True, is_size=False)  # type: ignore[union-attr]
    if scope.in_location and not inner.parts:
        raise Problem(
            f"Unknown area name: `{node.name}`",
            start,
            "SEARCH[Location] looks only at what belongs to a location: LocationCity, LocationStatus…",
        )
    asked = inner.only_piece
    is_of_words = all(isinstance(each, Term | Phrase | And | Or | Not) for each in walk(node.child))
    if asked is not None and asked.kind == "person" and not is_of_words:
        raise _refuse_person(node, asked)
    if isinstance(node.child, All) and _has_value_all(inner.only_piece):
        child: Expression = Term("ALL", span=node.child.span)
    else:
        child = _check(node.child, inner)
    return replace(node, name=inner.area, child=child)


def _refuse_person(node: Area, piece: Piece) -> Problem:
    return Problem(
        f"`{piece.name}` takes words about a person",
        node.span[0],
        f'Write AREA[{piece.name}]"HbA1c 8.2 %" or AREA[{piece.name}]"prior myocardial infarction".',
    )


def _has_value_all(piece: Piece | None) -> bool:
    """Whether ALL, directly after an AREA, is a value there (AREA[Sex]ALL) rather than the operator."""
    return piece is not None and bool(piece.enum) and find_enum_value(piece.enum, "ALL") == "ALL"


def _make_unknown_area(name: str, position: int, *, pieces_only: bool = False) -> Problem:
    known = [*get_indexed_pieces()]
    if not pieces_only:
        known += [*get_areas(), *get_asked_pieces()]
    hint = "The names of search areas and pieces are case-sensitive."
    if 0 < len(name) <= LONGEST_SHOWN:
        close = find_close_names(name, known)
        if close:
            *others, last = close
            hint += f" Did you mean {', '.join(others)} or {last}?" if others else f" Did you mean {last}?"
    return Problem(f"Unknown area name: `{shorten(name)}`", position, hint)


def _check_choice(found: str, choices: tuple[_Choice, ...], position: int) -> _Choice:
    for choice in choices:
        if choice == found:
            return choice
    listed = ", ".join(f"'{choice}'" for choice in choices)
    raise Problem(
        f"mismatched input '{shorten(found)}' expecting {{{listed}}}", position, f"Write one of {listed}."
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


def _check_search(node: Search, scope: Scope) -> Expression:
    document = _check_choice(node.document, get_args(Document), node.span[0] + len("SEARCH["))
    is_location = document == "Location"
    area = "LocationSearch" if is_location and not scope.is_chosen else scope.area
    inner = replace(scope, area=area, in_location=is_location)
    if is_location and not inner.parts:
        inner = replace(inner, area="LocationSearch", is_chosen=False)
    return replace(node, document=document, child=_check(node.child, inner))


def _check_tilt(node: Tilt, scope: Scope) -> Expression:
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
    return replace(node, name=piece.name, child=_check(node.child, scope))
