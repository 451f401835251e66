"""How does a record become a document of the index?"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any

import msgspec
import tantivy

from trialbook.model import Age, PartialDate
from trialbook.search.areas import Piece, find_enum_label, get_pieces
from trialbook.search.fields import (
    BEGIN,
    END,
    FOREVER,
    SITE_PIECES,
    get_basic_tiers,
    get_ordered_pieces,
    is_exact,
    order_field,
)
from trialbook.search.geo import find_cells
from trialbook.search.values import derive_from

EPOCH = date(1970, 1, 1).toordinal()
MINUTES_A_DAY = 1440


class Node(msgspec.Struct):
    """A place in the record: the piece that stands there, what is computed there, what lies below."""

    piece: str = ""
    below: dict[str, Node] = {}
    derived: list[tuple[str, Callable[[dict[str, Any]], Any]]] = []


@cache
def get_tree() -> Node:
    """All pieces, by where they stand in the record."""
    root = Node(below={})
    for piece in get_pieces().values():
        node = root
        steps = piece.keys[:-1] if piece.derive else piece.keys
        for key in steps:
            node = node.below.setdefault(key, Node(below={}))
        if piece.derive:
            node.derived.append((piece.name, _compile_rule(piece)))
        else:
            node.piece = piece.name
    return root


def _compile_rule(piece: Piece) -> Callable[[dict[str, Any]], Any]:
    """A rule of `derive_from` as a function of the structure that the piece belongs to."""
    verb, *names = piece.derive
    if verb == "count" and len(names) == 1 and "." not in names[0]:
        name = names[0]

        def count(holder: dict[str, Any]) -> int:
            items = holder.get(name)
            return len(items) if type(items) is list else 0 if items is None else 1

        return count
    last = piece.keys[-1]
    return lambda holder: derive_from(holder, piece.derive, stored=holder.get(last))


Values = defaultdict[str, dict[Any, None]]


def collect_values(record: dict[str, Any]) -> tuple[Values, dict[str, int]]:
    """The distinct values of a record by piece, and the lengths of its lists by piece.

    One walk over the record; what no piece names is passed over. Structures have no values but are
    among the lengths (1 for a structure that is there).
    """
    values: Values = defaultdict(dict)
    lengths: dict[str, int] = {}
    _descend(record, get_tree(), values, lengths)
    return values, lengths


def _descend(holder: dict[str, Any], node: Node, values: Values, lengths: dict[str, int]) -> None:
    below = node.below
    for key, value in holder.items():
        child = below.get(key)
        if child is None or value is None:
            continue
        kind = type(value)
        if kind is dict:
            if value:
                lengths[child.piece] = lengths.get(child.piece, 0) + 1
                _descend(value, child, values, lengths)
        elif kind is list:
            lengths[child.piece] = lengths.get(child.piece, 0) + len(value)
            for item in value:
                if type(item) is dict:
                    _descend(item, child, values, lengths)
                elif type(item) is not list and item is not None:
                    values[child.piece][item] = None
        elif not child.below:
            values[child.piece][value] = None
    for name, derive in node.derived:
        derived = derive(holder)
        if derived is not None:
            values[name][derived] = None


def build_document(
    nct_id: str, record: dict[str, Any], *, from_day: int = 0, to_day: int = FOREVER
) -> tantivy.Document:
    """Build the index's document of one version of a record.

    Parameters
    ----------
    record
        API v2 JSON values; whatever does not have the expected shape is left out, never an error.
    from_day, to_day
        The first day on which the version was in force and the first on which it no longer was, in
        days since 1970-01-01; `to_day` is `FOREVER` for the version now in force.
    """
    values, lengths = collect_values(record)
    pieces = get_pieces()
    document = tantivy.Document()
    document.add_text("nct_id", nct_id)
    document.add_unsigned("order", compute_order(nct_id))
    document.add_unsigned("from_day", max(from_day, 0))
    document.add_unsigned("to_day", to_day)
    texts: dict[str, list[str]] = {}
    tiers: dict[str, list[str]] = {}
    exact: dict[str, list[str]] = {"State": ["current" if to_day == FOREVER else "past"]}
    tier_of_piece = get_basic_tiers()
    for name, found in values.items():
        piece = pieces[name]
        document.add_text("present", name)
        if piece.is_ordered:
            _add_numbers(document, piece, found)
        words = _texts_of(piece, found)
        if words:
            texts[name] = [f"{BEGIN} {word} {END}" for word in words]
            if name in tier_of_piece:
                tiers.setdefault(tier_of_piece[name][5:], []).extend(words)
        if is_exact(piece):
            exact[name] = list(map(_as_text, found))
    for name, length in lengths.items():
        if length:
            document.add_text("present", name)
            document.add_text("present", f"{name}#{length}")
    for field, content in (("piece", texts), ("tier", tiers), ("exact", exact)):
        document.add_json(field, msgspec.json.encode(content).decode())
    _add_sites(document, record)
    return document


def _texts_of(piece: Piece, found: Iterable[Any]) -> list[str]:
    if piece.kind == "enum":
        labels = ((value, find_enum_label(piece.enum, value)) for value in found if isinstance(value, str))
        return [f"{value} {label}" if label and label != value else value for value, label in labels]
    if piece.kind == "text":
        return [value if isinstance(value, str) else _as_text(value) for value in found]
    return []


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _add_numbers(document: tantivy.Document, piece: Piece, found: Iterable[Any]) -> None:
    field = order_field(piece.name)
    is_float = piece.type.startswith("number")
    for value in found:
        number = compute_number(piece, value)
        if number is None:
            continue
        if is_float:
            document.add_float(field, float(number))
        else:
            document.add_integer(field, int(number))


def compute_number(piece: Piece, value: Any) -> float | None:
    """The number by which a value is ordered; None for one that has no place in the order.

    Dates count days since 1970-01-01 (a partial date stands at its first day), ages minutes.
    """
    if piece.kind == "date":
        first = PartialDate(value).earliest if isinstance(value, str) else None
        return None if first is None else first.toordinal() - EPOCH
    if piece.kind == "age":
        days = Age(value).days if isinstance(value, str) else None
        return None if days is None else round(days * MINUTES_A_DAY)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= 2**62:
        return None
    return value


def compute_order(nct_id: str) -> int:
    """A number that sorts studies: the digits of an NCT id, a checksum beyond them for other ids."""
    digits = nct_id[3:]
    if nct_id.startswith("NCT") and digits.isascii() and digits.isdigit() and len(digits) <= 12:
        return int(digits)
    return 10**12 + zlib.crc32(nct_id.encode())


def _add_sites(document: tantivy.Document, record: dict[str, Any]) -> None:
    sites = list(iter_sites(record))
    combined: set[str] = set()
    for parts in {read_site(site) for site in sites}:
        combined.update(site_keys(parts))
    for key in combined:
        document.add_text("site", key)
    cells: set[str] = set()
    for point in {read_point(site) for site in sites}:
        if point is not None:
            cells.update(find_cells(*point))
    for cell in cells:
        document.add_text("cell", cell)


def iter_sites(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sites of a record."""
    module: Any = record
    for key in ("protocolSection", "contactsLocationsModule", "locations"):
        module = module.get(key) if isinstance(module, dict) else None
    for site in module if isinstance(module, list) else ():
        if isinstance(site, dict):
            yield site


def read_site(site: dict[str, Any]) -> tuple[str, ...]:
    """A site's `SITE_PIECES` as `Piece=value`, folded; an absent one is left out."""
    return tuple(
        f"{piece}={value.casefold()}"
        for piece, key in SITE_PIECES.items()
        if isinstance(value := site.get(key), str)
    )


def site_keys(parts: tuple[str, ...]) -> Iterator[str]:
    """One key for each combination of two or more parts (in the order of `SITE_PIECES`)."""
    for size in range(2, len(parts) + 1):
        for chosen in combinations(parts, size):
            yield "\n".join(chosen)


def read_point(site: dict[str, Any]) -> tuple[float, float] | None:
    """A site's latitude and longitude in degrees, or None where it has none that is on the earth."""
    point = site.get("geoPoint")
    if not isinstance(point, dict):
        return None
    lat, lon = point.get("lat"), point.get("lon")
    if not isinstance(lat, (int, float)) or not isinstance(lon, (int, float)):
        return None
    return (float(lat), float(lon)) if abs(lat) <= 90 and abs(lon) <= 180 else None


__all__ = [
    "build_document",
    "collect_values",
    "compute_number",
    "compute_order",
    "get_ordered_pieces",
    "iter_sites",
    "read_point",
    "read_site",
    "site_keys",
]
