"""Which names can a query put between brackets, what do they stand for, and what are their values?

Two kinds of name exist. A *piece* is one element of the record (`Phase`, `LocationCity`; also a
whole structure such as `Location`). A *search area* is a weighted list of pieces (`ConditionSearch`).
The tables beside this module restate the registry's lists of both, and of its enumerations.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

from trialbook.record.walk import derive_values, walk_values

# A longer name than any is not looked for among those that are close.
LONGEST_MISSPELT = 100

Kind = Literal["text", "enum", "boolean", "date", "number", "age", "geo", "struct", "person"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("text", "markup", "keyword"), "text"),
    **dict.fromkeys(("PartialDate", "NormalizedDate", "DateTimeMinutes"), "date"),
    **dict.fromkeys(("short", "integer", "long", "number"), "number"),
    "boolean": "boolean",
    "NormalizedTime": "age",
    "GeoPoint": "geo",
}


class Piece(msgspec.Struct, frozen=True):
    """One element of the record, under the registry's name for it.

    Attributes
    ----------
    name, path
        The piece name (`Phase`) and where it stands (`protocolSection.designModule.phases`).
    type
        The registry's type, with `[]` when this element itself is a list.
    kind
        How its values behave in a query; "struct" holds other pieces.
    enum
        The enumeration's name, or "".
    synonyms
        Whether the registry expands search terms by synonyms here.
    search_only
        Searchable, but not part of the record: `derive` says how it comes from what is.
    nested
        A query can ask for several pieces within one of these (`SEARCH[Location]`).
    alternatives
        Older names that queries may also use.
    """

    name: str
    path: str
    type: str
    kind: Kind
    enum: str = ""
    synonyms: bool = False
    search_only: bool = False
    nested: bool = False
    alternatives: tuple[str, ...] = ()
    derive: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The path, split."""
        return tuple(self.path.split("."))

    @property
    def is_ordered(self) -> bool:
        """Whether RANGE and TILT make sense here."""
        return self.kind in ("date", "number", "age")


class Part(msgspec.Struct, frozen=True):
    """A piece within a search area. `weight` in (0, 1]; `synonyms` may differ from the piece's own."""

    piece: Piece
    weight: float
    type: str
    synonyms: bool


class SearchArea(msgspec.Struct, frozen=True):
    """A weighted list of pieces; `param` is the request parameter that searches it, or ""."""

    name: str
    param: str
    parts: tuple[Part, ...]


class EnumValue(msgspec.Struct, frozen=True):
    """One allowed value with the older wordings of it; the first of these is the one to show."""

    value: str
    legacy: tuple[str, ...]


class _PieceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    piece: str
    path: str
    type: str
    enum: bool = False
    synonyms: bool = False
    search_only: bool = False
    nested: bool = False
    alt: tuple[str, ...] = ()
    derive: tuple[str, ...] = ()


class _AreaRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    area: str
    parts: tuple[tuple[str, float, str, bool], ...]
    param: str = ""


class _EnumRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enum: str
    values: tuple[tuple[str, ...], ...]


# Made here, not where they are used: that several threads work out a type at once can end the process.
_PIECE_ROWS = msgspec.json.Decoder(list[_PieceRow])
_AREA_ROWS = msgspec.json.Decoder(list[_AreaRow])
_ENUM_ROWS = msgspec.json.Decoder(list[_EnumRow])


def _read_table(name: str) -> bytes:
    return (resources.files("trialbook.record") / "data" / name).read_bytes()


@cache
def get_pieces() -> dict[str, Piece]:
    """Get every piece by name, in the order of the record."""
    return read_pieces(_read_table("pieces.json"))


def read_pieces(table: bytes) -> dict[str, Piece]:
    """Read a table of pieces as it lies in `data`; raises msgspec.DecodeError for one of another shape."""
    pieces: dict[str, Piece] = {}
    for row in _PIECE_ROWS.decode(table):
        base = row.type.removesuffix("[]")
        pieces[row.piece] = Piece(
            name=row.piece,
            path=row.path,
            type=row.type,
            kind="enum" if row.enum else _KINDS.get(base, "struct"),
            enum=base if row.enum else "",
            synonyms=row.synonyms,
            search_only=row.search_only,
            nested=row.nested,
            alternatives=row.alt,
            derive=row.derive,
        )
    return pieces


@cache
def get_own_pieces() -> dict[str, Piece]:
    """Get what is found out of a record beside the registry's pieces; none of it stands in the record.

    A finding that time alone can make true has two pieces: the day from which it is, which is indexed, and
    whether it is on the day of asking (`DATED`). `PrimaryOutcomeChanged` comes from the versions of a record.
    """
    kinds: tuple[tuple[str, Kind], ...] = (
        ("ResultsOverdue", "boolean"),
        ("ResultsOverdueFrom", "date"),
        ("StatusOutdated", "boolean"),
        ("StatusOutdatedFrom", "date"),
        ("PrimaryOutcomeChanged", "boolean"),
    )
    return {
        name: Piece(
            name=name,
            path=f"trialbook.{name[0].lower()}{name[1:]}",
            type="boolean" if kind == "boolean" else "NormalizedDate",
            kind=kind,
            search_only=True,
        )
        for name, kind in kinds
    }


# Whether something is so on a day, by the piece that has the day from which it is.
DATED = {"ResultsOverdue": "ResultsOverdueFrom", "StatusOutdated": "StatusOutdatedFrom"}


@cache
def get_asked_pieces() -> dict[str, Piece]:
    """Get what a query can ask of a study that no value of it holds: whether its criteria take a person, or refuse it.

    Words about the person stand where other pieces have words of the record.
    """
    return {
        name: Piece(
            name=name,
            path=f"trialbook.{name.lower()}",
            type="text",
            kind="person",
            search_only=True,
        )
        for name in ("Accepts", "Refuses")
    }


@cache
def get_indexed_pieces() -> dict[str, Piece]:
    """Get every piece that the index has: the registry's and our own."""
    return get_pieces() | get_own_pieces()


@cache
def get_areas() -> dict[str, SearchArea]:
    """Get every search area by name, in the registry's order."""
    pieces = get_pieces()
    return {
        row.area: SearchArea(
            row.area,
            row.param,
            tuple(Part(pieces[name], weight, kind, synonyms) for name, weight, kind, synonyms in row.parts),
        )
        for row in _AREA_ROWS.decode(_read_table("areas.json"))
    }


@cache
def get_enums() -> dict[str, tuple[EnumValue, ...]]:
    """Get the allowed values of every enumeration."""
    rows = _ENUM_ROWS.decode(_read_table("enums.json"))
    return {row.enum: tuple(EnumValue(v[0], v[1:]) for v in row.values) for row in rows}


@cache
def _pieces_by_any_name() -> dict[str, Piece]:
    names: dict[str, Piece] = {}
    for piece in (*get_indexed_pieces().values(), *get_asked_pieces().values()):
        for name in (piece.name, piece.path, *piece.alternatives):
            names.setdefault(name, piece)
    return names


def find_piece(name: str) -> Piece | None:
    """Find a piece by its name, an older name or its path in the record; all are case-sensitive.

    >>> find_piece("protocolSection.designModule.phases").name
    'Phase'
    >>> find_piece("phase") is None
    True
    """
    return _pieces_by_any_name().get(name)


def find_close_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Which of the known names may have been meant: those that differ by case alone, else some that are close.

    >>> find_close_names("nctid", get_pieces()), find_close_names("Phases", ["Phase", "Sex"])
    (['NCTId'], ['Phase'])
    """
    if not 0 < len(name) <= LONGEST_MISSPELT:
        return []
    names = list(known)
    same = [other for other in names if other.casefold() == name.casefold()]
    return same or difflib.get_close_matches(name, names, n=most, cutoff=0.7)


@cache
def list_field_names() -> tuple[str, ...]:
    """Every name that `fields` can have: of search areas and pieces, and the paths of these."""
    named = (name for each in get_indexed_pieces().values() for name in (each.name, each.path))
    return (*get_areas(), *named)


def find_area(name: str) -> SearchArea | None:
    """Find a search area by its name (case-sensitive).

    >>> [part.piece.name for part in find_area("TitleSearch").parts]
    ['Acronym', 'BriefTitle', 'OfficialTitle']
    """
    return get_areas().get(name)


@cache
def get_parts(name: str) -> tuple[Part, ...]:
    """Get what an area name searches: a search area's parts, a piece, or all pieces of a structure.

    Search-only counts are left out of structures. An unknown name raises KeyError: queries are
    checked when they are parsed.
    """
    area = find_area(name)
    if area is not None:
        return area.parts
    piece = find_piece(name)
    if piece is None:
        raise KeyError(name)
    if piece.kind != "struct":
        return (Part(piece, 1.0, piece.type, piece.synonyms),)
    inside = [
        leaf
        for leaf in get_pieces().values()
        if leaf.path.startswith(piece.path + ".") and leaf.kind != "struct" and not leaf.search_only
    ]
    return tuple(Part(leaf, 1.0, leaf.type, leaf.synonyms) for leaf in inside)


_NOT_LETTER_OR_DIGIT = re.compile(r"[\W_]+")


def fold_enum_words(text: str) -> str:
    """Reduce a value to what must agree: "Not yet recruiting" and NOT_YET_RECRUITING become one."""
    return _NOT_LETTER_OR_DIGIT.sub("", text).casefold()


@cache
def _values_by_folded_name(enum: str) -> dict[str, str]:
    names: dict[str, str] = {}
    values = get_enums()[enum]
    for value in values:
        names[fold_enum_words(value.value)] = value.value
    for value in values:
        for legacy in value.legacy:
            names.setdefault(fold_enum_words(legacy), value.value)
    return names


def find_enum_value(enum: str, text: str) -> str | None:
    """Find the value that `text` names: the value itself or an older wording, in any case.

    >>> find_enum_value("Phase", "Phase 2"), find_enum_value("Status", "Active, not recruiting")
    ('PHASE2', 'ACTIVE_NOT_RECRUITING')
    """
    return _values_by_folded_name(enum).get(fold_enum_words(text))


def find_enum_label(enum: str, value: str) -> str | None:
    """Find the registry's older wording of a value, the one that people read and type."""
    return next((v.legacy[0] for v in get_enums()[enum] if v.value == value), None)


def get_values(record: dict[str, Any], piece: Piece) -> list[Any]:
    """Get a piece's values from a raw API v2 record, lists flattened, in the record's order.

    Structures are given as dicts. Search-only pieces are computed from what the record holds.
    Anything that does not have the expected shape is treated as absent, never an error.
    """
    if piece.derive:
        return derive_values(record, piece.keys, piece.derive)
    return walk_values(record, piece.keys)
