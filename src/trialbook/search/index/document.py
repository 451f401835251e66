"""How does a record become a document of the index?"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import chain, islice
from typing import Any

import msgspec
import tantivy

from trialbook.model import Age, PartialDate
from trialbook.record.pieces import Piece, find_enum_label, get_indexed_pieces, get_pieces
from trialbook.record.walk import derive_from, find_present_country
from trialbook.search.index.findings import find_own_values
from trialbook.search.index.packed import ODD, pack_columns
from trialbook.search.index.schema import (
    EDGE,
    FOREVER,
    compute_level,
    get_basic_weights,
    get_exact_names,
    get_ordered_pieces,
    name_term,
    order_field,
    written_term,
)
from trialbook.search.index.sites import add_sites
from trialbook.terms.known_names import NO_NAMES, KnownNames
from trialbook.terms.text import cut_all, drop_possessives, join_compounds

EPOCH = date(1970, 1, 1).toordinal()
MINUTES_A_DAY = 1440
ID_DIGITS = 8
FIRST_OTHER_ORDER = 1 << 63
# What stands in a record and says nothing.
EMPTY: tuple[Any, ...] = (None, "", {}, [])
_JOINT = f" {EDGE} "
# What of a giant record is searched, where the registry's longest stay far below: of each field the first
# 20,000 different values and 2 million characters, of all fields together 8 million.
MOST_VALUES, MOST_FIELD_CHARACTERS, MOST_CHARACTERS = 20_000, 2_000_000, 8_000_000
# A longer value than this is no term of the index.
LONGEST_TERM = 60_000
# Of a list no more are looked at: millions of names or sites in one would cost hundreds of megabytes.
MOST_LISTED = 100_000


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
    _descend((record,), get_tree(), values, lengths)
    return values, lengths


def _descend(holders: Iterable[Any], node: Node, values: Values, lengths: dict[str, int]) -> None:
    """Walk structures that stand at the same place: a call for each list, not for each of its items."""
    below, derived = node.below, node.derived
    for holder in holders:
        if type(holder) is not dict:
            if type(holder) is not list:
                values[node.piece][holder] = None
            continue
        for key, value in holder.items():
            child = below.get(key)
            if child is None or value is None:
                continue
            kind = type(value)
            if kind is str:
                if value and not child.below:
                    values[child.piece][value] = None
            elif kind is list:
                filled = value if all(value) else [item for item in value if item not in EMPTY]
                lengths[child.piece] = lengths.get(child.piece, 0) + len(filled)
                if len(filled) > MOST_LISTED:
                    filled = filled[:MOST_LISTED]
                _descend(filled, child, values, lengths)
            elif kind is dict:
                if value:
                    lengths[child.piece] = lengths.get(child.piece, 0) + 1
                    _descend((value,), child, values, lengths)
            elif not child.below:
                values[child.piece][value] = None
        for name, derive in derived:
            found = derive(holder)
            if found is not None:
                values[name][found] = None


def build_document(
    nct_id: str,
    record: dict[str, Any],
    *,
    names: KnownNames = NO_NAMES,
    from_day: int = 0,
    to_day: int = FOREVER,
    findings: Iterable[tuple[str, str]] = (),
) -> tantivy.Document:
    """Build the index's document of one version of a record.

    Parameters
    ----------
    record
        API v2 JSON values; whatever does not have the expected shape is left out, never an error.
    names
        The names of several words that become terms of their own; all documents of an index have the same.
    from_day, to_day
        The first day on which the version was in force and the first on which it no longer was, in
        days since 1970-01-01; `to_day` is `FOREVER` for the version now in force.
    findings
        Values of our own pieces that other versions of the record tell, by name.
    """
    values, lengths = collect_values(record)
    for name, value in (*find_own_values(record), *findings):
        values[name][value] = None
    if "PrimaryOutcomeChanged" not in values:
        values["PrimaryOutcomeChanged"]["false"] = None
    pieces, exact_names = get_indexed_pieces(), get_exact_names()
    document = tantivy.Document()
    document.add_text("nct_id", nct_id)
    document.add_unsigned("order", compute_order(nct_id))
    document.add_unsigned("from_day", max(from_day, 0))
    document.add_unsigned("to_day", to_day)
    texts: dict[str, list[str]] = {}
    exact: dict[str, list[str]] = {"State": ["current" if to_day == FOREVER else "past"]}
    left = MOST_CHARACTERS
    for name, all_found in values.items():
        piece = pieces[name]
        found = all_found if len(all_found) <= MOST_VALUES else dict.fromkeys(islice(all_found, MOST_VALUES))
        if piece.kind in ("text", "enum"):
            if written := _write_texts(piece, found, min(left, MOST_FIELD_CHARACTERS)):
                texts[name] = written
                left -= len(written[0])
        elif piece.is_ordered:
            _add_numbers(document, piece, found)
        if name in exact_names:
            exact[name] = [text for text in map(_as_text, found) if len(text) <= LONGEST_TERM]
    _add_counted(document, exact)
    counted = [f"{name} {name}#{length}" for name, length in lengths.items() if length]
    document.add_text("present", " ".join([*values, *counted]))
    add_sites(document, record)
    texts = _cut_texts(texts)
    _add_basic(document, texts, names)
    for field, content in (("piece", texts), ("exact", exact)):
        document.add_json(field, msgspec.json.encode(content).decode())
    return document


def _add_counted(document: tantivy.Document, exact: dict[str, list[str]]) -> None:
    """What most answers are counted by: see `packed`."""
    for country in dict.fromkeys(map(find_present_country, exact.get("LocationCountry", ()))):
        document.add_text("country", country)
    columns = pack_columns(exact)
    if columns is None:
        exact["State"].append(ODD)
        return
    for column, number in columns.items():
        document.add_unsigned(column, number)


def _write_texts(piece: Piece, found: Iterable[Any], most: int) -> list[str]:
    """All values of a piece as one text with edges between them, then the compounds in it, each alone.

    What stands behind the first `most` characters is left out. `_cut_texts` cuts it into words.
    """
    if piece.kind == "enum":
        found = [_write_enum(piece.enum, value) for value in found if isinstance(value, str)]
        if not found:
            return []
    try:
        joined = _JOINT.join(found)
    except TypeError:
        joined = _JOINT.join(map(_as_text, found))
    text = drop_possessives(f"{EDGE} {joined if len(joined) <= most else joined[: max(0, most)]} {EDGE}")
    return [text, *dict.fromkeys(join_compounds(text))] if "-" in text else [text]


def _cut_texts(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The texts of all pieces as the index takes them: all at once costs less than each alone."""
    cut = iter(cut_all(list(chain.from_iterable(texts.values()))))
    return {name: list(islice(cut, len(written))) for name, written in texts.items()}


def _add_basic(document: tantivy.Document, texts: dict[str, list[str]], names: KnownNames) -> None:
    """The texts of BasicSearch, the level of each of their words, and the names in them."""
    cut: list[tuple[bool, float, list[str]]] = []
    for name, (is_widened, weight) in get_basic_weights().items():
        if name in texts:
            field = "basic" if is_widened else "basic_plain"
            for text in texts[name]:
                document.add_text(field, text)
            cut.append((is_widened, weight, _JOINT.join(texts[name]).split()))
    document.add_text("strength", " ".join(_mark_words(cut)))
    document.add_text("name", " ".join(_mark_names(cut, names)))


def _mark_words(cut: list[tuple[bool, float, list[str]]]) -> Iterator[str]:
    """Each word with its level."""
    totals: dict[str, float] = {}
    for _, weight, words in cut:
        for word in set(words):
            totals[word] = totals.get(word, 0.0) + weight
    by_total: dict[float, list[str]] = {}
    for word, total in totals.items():
        by_total.setdefault(total, []).append(word)
    for total, found in by_total.items():
        mark = f"#{compute_level(total)}"
        yield f"{mark} ".join(found) + mark


def _mark_names(cut: list[tuple[bool, float, list[str]]], names: KnownNames) -> list[str]:
    """The terms of the names that are found: see `name_term`."""
    totals: dict[str, float] = {}
    widened: set[str] = set()
    written: set[str] = set()
    # One text of all pieces costs less than each alone; an edge parts them.
    words: list[str] = []
    ends: list[int] = []
    for _, _, own in cut:
        words += own
        words.append(EDGE)
        ends.append(len(words))
    found: set[tuple[int, str]] = set()
    for at, key, as_written in names.find_in(words):
        written.add(as_written)
        found.add((bisect_right(ends, at), key))
    for number, key in found:
        is_widened, weight, _ = cut[number]
        totals[key] = totals.get(key, 0.0) + weight
        if is_widened:
            widened.add(key)
    terms = list(map(written_term, written))
    for key, total in totals.items():
        terms.append(name_term(key, is_widened=key in widened))
        terms.append(name_term(key, is_widened=key in widened, level=compute_level(total)))
    return terms


@lru_cache(maxsize=10_000)
def _write_enum(enum: str, value: str) -> str:
    label = find_enum_label(enum, value)
    return f"{value} {label}" if label and label != value else value


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
        return _first_day(value) if isinstance(value, str) else None
    if piece.kind == "age":
        days = Age(value).days if isinstance(value, str) else None
        return None if days is None else round(days * MINUTES_A_DAY)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= 2**62:
        return None
    return value


@lru_cache(maxsize=50_000)
def _first_day(text: str) -> int | None:
    first = PartialDate(text).earliest
    return None if first is None else first.toordinal() - EPOCH


def compute_order(nct_id: str) -> int:
    """A number (64 bits, unsigned) that sorts studies: the digits of a registry id, 63 bits of a digest for others.

    A registry id is NCT and 8 digits. In a library of a million others, the chance that any two of them share
    a number is below one in ten million.

    >>> compute_order("NCT00000012"), compute_order("EUCTR-1") >= 2**63
    (12, True)
    """
    digits = nct_id[3:]
    if len(digits) == ID_DIGITS and nct_id.startswith("NCT") and digits.isascii() and digits.isdigit():
        return int(digits)
    digest = blake2b(nct_id.encode(), digest_size=8).digest()
    return FIRST_OTHER_ORDER | int.from_bytes(digest)


def find_id(order: int) -> str | None:
    """The id that has a number of `compute_order`; None where only the stored document can tell.

    >>> find_id(compute_order("NCT00000012")), find_id(compute_order("EUCTR-1"))
    ('NCT00000012', None)
    """
    return f"NCT{order:0{ID_DIGITS}d}" if order < FIRST_OTHER_ORDER else None


__all__ = [
    "build_document",
    "collect_values",
    "compute_number",
    "compute_order",
    "find_id",
    "get_ordered_pieces",
]
