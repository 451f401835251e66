"""Which tables restate the registry's lists? Pieces, search areas, enumerations and what is said of pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tools.registry_model.additions import FILE, load_additions
from tools.registry_model.documents import DocumentError, Documents, Node
from tools.registry_model.model import OPENAPI, find_paths, find_record_enums
from trialbook.record.pieces import read_pieces
from trialbook.web.api_v2.metadata import DEFINITIONS, find_source

METADATA = "studies_metadata.json"
Row = dict[str, Any]


def write_pieces(documents: Documents) -> str:
    """Write the table of pieces, in the order of the record.

    Raises
    ------
    DocumentError
        A piece can only be searched, and nothing says how it is computed from the record.
    """
    rows = []
    names = {node.path for node in documents.nodes}
    last_lists: dict[str, str] = {}
    for node in documents.nodes:
        row: Row = {"piece": node.piece, "path": node.path, "type": node.type}
        flags = {
            "enum": node.is_enum,
            "synonyms": node.has_synonyms,
            "search_only": node.search_only,
            "nested": node.nested,
        }
        row |= {name: True for name, holds in flags.items() if holds}
        if node.alternatives:
            row["alt"] = node.alternatives
        parent, _, key = node.path.rpartition(".")
        if node.search_only:
            row["derive"] = _find_rule(node, names, last_lists.get(parent))
        elif node.type.endswith("[]"):
            last_lists[parent] = key
        rows.append(row)
    return _write_rows(rows)


def _find_rule(node: Node, names: set[str], last_list: str | None) -> tuple[str, ...]:
    if node.piece in load_additions().derive:
        return load_additions().derive[node.piece]
    parent, _, key = node.path.rpartition(".")
    if key.endswith("Year"):
        for date in (key.removesuffix("Year") + "Date", "date"):
            if f"{parent}.{date}" in names:
                return "year", date
    if key.startswith("num") and last_list:
        return "count", last_list
    raise DocumentError(
        METADATA,
        f"{node.piece} ({node.path}) can only be searched, and nothing says how it comes from the record; "
        f"say it under [derive] in {FILE.name}",
    )


def write_areas(documents: Documents) -> str:
    """Write the table of search areas; raises DocumentError where one names no piece."""
    pieces = {node.piece for node in documents.nodes}
    rows = []
    for area in documents.areas:
        unknown = [part[0] for part in area.parts if part[0] not in pieces]
        if unknown:
            raise DocumentError(
                "search_areas.json",
                f"{area.name} searches {', '.join(unknown)}, which {METADATA} lacks; take both of one day",
            )
        row: Row = {"area": area.name}
        if area.param:
            row["param"] = area.param
        rows.append(row | {"parts": area.parts})
    return _write_rows(rows)


def write_enums(documents: Documents) -> str:
    """Write the table of enumerations with the older wordings of each value.

    Raises
    ------
    DocumentError
        The list of enumerations has other values than the OpenAPI document.
    """
    rows = []
    for name in find_record_enums(documents):
        values = documents.schemas[name]["enum"]
        listed = documents.enums.get(name, {})
        if set(listed) != set(values):
            differing = ", ".join(sorted(set(listed) ^ set(values)))
            raise DocumentError(
                "enums.json", f"{name} differs from {OPENAPI} in {differing}; take both of one day"
            )
        rows.append({"enum": name, "values": [_word(name, value, listed[value]) for value in values]})
    return _write_rows(rows)


def _word(enum: str, value: str, registrys: str | None) -> list[str]:
    ours = load_additions().wordings.get(enum, {}).get(value, ())
    first = registrys or next(iter(ours), value.replace("_", " ").title())
    return [value, first, *(wording for wording in ours if wording != first)]


def write_metadata(documents: Documents) -> str:
    """Write what the registry says of a piece beyond its name and type, where it says more.

    Raises
    ------
    DocumentError
        A piece is defined on a page whose address is of a new form.
    """
    pieces = read_pieces(write_pieces(documents).encode())
    form = re.escape(DEFINITIONS).replace(r"\{\}", "(.*)").replace(r"\#(.*)", r"(?:\#(.*))?")
    rows = []
    for node in documents.nodes:
        row: Row = {"piece": node.piece}
        if node.title:
            row["title"] = node.title
        if node.source and node.source != find_source(pieces[node.piece]):
            row["source"] = node.source
        if node.rules:
            row["rules"] = node.rules
        if node.link:
            label, address = node.link
            match = re.fullmatch(form, address)
            if match is None:
                raise DocumentError(
                    METADATA,
                    f"{node.piece} is defined at {address}, an address that DEFINITIONS of "
                    "trialbook.web.api_v2.metadata cannot make; teach it this form",
                )
            row["link"] = [label, match[1], match[2] or ""]
        if len(row) > 1:
            rows.append(row)
    return _write_rows(rows)


def write_leaf_paths(documents: Documents) -> str:
    """Write the path of every element that holds a value, one a line, sorted."""
    return "".join(f"{path}\n" for path in sorted(find_paths(documents, leaves_only=True)))


def find_disagreements(documents: Documents) -> list[str]:
    """Find where the OpenAPI document and the pieces name different elements, each as a sentence."""
    known = load_additions().no_piece
    elements = dict.fromkeys(find_paths(documents, leaves_only=False))
    pieces = {node.path: node.piece for node in documents.nodes if not node.search_only}
    points = {node.path for node in documents.nodes if node.type == "GeoPoint"}
    return [
        *(
            f"{path} stands in {OPENAPI} and is no piece of {METADATA}: it is kept and cannot be searched."
            for path in elements
            if path not in pieces and path not in known and path.rpartition(".")[0] not in points
        ),
        *(
            f"{piece} ({path}) of {METADATA} does not stand in {OPENAPI}: the model does not have it."
            for path, piece in pieces.items()
            if path not in elements
        ),
    ]


def _write_rows(rows: Iterable[Row]) -> str:
    """Write JSON with one row a line, so that a new piece is a new line."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"
