"""What fields, search areas and enumerations exist? The registry's own answers, from the tables of `search`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import msgspec

from trialbook.ask.address import LABELS
from trialbook.record.pieces import Piece, get_areas, get_enums, get_pieces

DEFINITIONS = "https://clinicaltrials.gov/policy/{}-definitions#{}"
_SOURCES = {"text": "TEXT", "markup": "MARKUP", "keyword": "TEXT", "NormalizedTime": "TIME"}
_KIND_SOURCES = {
    "struct": "STRUCT",
    "date": "DATE",
    "number": "NUMERIC",
    "boolean": "BOOLEAN",
    "enum": "TEXT",
}


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the registry says of a piece beyond its name and type; `link` is label, page and anchor."""

    piece: str
    title: str = ""
    source: str = ""
    rules: str = ""
    link: tuple[str, str, str] | None = None


# Made here, since that several threads work out a type at once can end the process.
_FACTS = msgspec.json.Decoder(list[_Facts])


@cache
def _get_facts() -> dict[str, _Facts]:
    table = resources.files("trialbook.web.api_v2") / "data" / "metadata.json"
    return {row.piece: row for row in _FACTS.decode(table.read_bytes())}


@cache
def write_metadata(*, is_indexed_only_due: bool) -> bytes:
    """The tree of the record's fields, as JSON; with the pieces that can only be searched where that is due."""
    return msgspec.json.encode(make_nodes(is_indexed_only_due=is_indexed_only_due))


def make_nodes(*, is_indexed_only_due: bool) -> list[dict[str, Any]]:
    """The tree of the record's fields, in the order of the record."""
    roots: list[dict[str, Any]] = []
    nodes: dict[str, dict[str, Any]] = {}
    for piece in get_pieces().values():
        if piece.search_only and not is_indexed_only_due:
            continue
        node = _make_node(piece)
        nodes[piece.path] = node
        parent = nodes.get(piece.path.rpartition(".")[0])
        (roots if parent is None else parent.setdefault("children", [])).append(node)
    return roots


def _make_node(piece: Piece) -> dict[str, Any]:
    facts = _get_facts().get(piece.name) or _Facts(piece.name)
    node: dict[str, Any] = {"name": piece.keys[-1], "piece": piece.name}
    if facts.title:
        node["title"] = facts.title
    if piece.nested:
        node["nested"] = True
    node["sourceType"] = facts.source or find_source(piece)
    node["type"] = piece.type
    if facts.rules:
        node["rules"] = facts.rules
    if piece.enum:
        node["isEnum"] = True
    if piece.synonyms:
        node["synonyms"] = True
    if piece.search_only:
        node["indexedOnly"] = True
    if piece.alternatives:
        node["altPieceNames"] = list(piece.alternatives)
    if facts.link is not None:
        label, page, anchor = facts.link
        node["dedLink"] = {"label": label, "url": DEFINITIONS.format(page, anchor).removesuffix("#")}
    return node


def find_source(piece: Piece) -> str:
    """What the registry calls the kind of source of such a piece, where it does not say otherwise."""
    base = piece.type.removesuffix("[]")
    return _SOURCES.get(base) or _KIND_SOURCES.get(piece.kind, "STRUCT")


@cache
def write_areas() -> bytes:
    """The search areas with the weight of each piece, as JSON."""
    areas = []
    for area in get_areas().values():
        shown: dict[str, Any] = {"name": area.name}
        if area.param:
            shown["param"] = area.param
        if area.param and area.param != "query.patient":
            shown["uiLabel"] = LABELS[area.param]
        shown["parts"] = [
            {
                "pieces": [part.piece.name],
                "isEnum": bool(part.piece.enum),
                "isSynonyms": part.synonyms,
                "type": part.type,
                "weight": part.weight,
            }
            for part in area.parts
        ]
        areas.append(shown)
    return msgspec.json.encode([{"name": "Study", "areas": areas}])


@cache
def write_enums() -> bytes:
    """The enumerations with their values and the older wordings of these, as JSON."""
    pieces: dict[str, list[str]] = {}
    for piece in get_pieces().values():
        if piece.enum:
            pieces.setdefault(piece.enum, []).append(piece.name)
    return msgspec.json.encode(
        [
            {
                "type": name,
                "values": [
                    {"value": each.value, "legacyValue": next(iter(each.legacy), each.value)}
                    for each in values
                ],
                "pieces": pieces.get(name, []),
            }
            for name, values in get_enums().items()
        ]
    )
