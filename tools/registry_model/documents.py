"""What do the registry's own documents say? The OpenAPI document and the three lists of its API, as records.

The folder holds `openapi*.yaml` and, as the API answers them, `studies_metadata.json`
(`/studies/metadata?includeIndexedOnly=true`), `search_areas.json` (`/studies/search-areas`) and `enums.json`
(`/studies/enums`). Forms that were taken from the registry's pages are read too: `pieces.tsv` where the
metadata lack what can only be searched, areas and enumerations by name.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trialbook.errors import TrialbookError

Schema = dict[str, Any]


class DocumentError(TrialbookError):
    """A document of the registry lacks something, or says what the generator cannot express.

    Attributes
    ----------
    document
        The file's name.
    reason
        What is wrong and what to do, in a sentence.
    """

    def __init__(self, document: str, reason: str) -> None:
        self.document, self.reason = document, reason
        super().__init__(document, reason)

    def __str__(self) -> str:
        return f"{self.document}: {self.reason}"


@dataclass(frozen=True)
class Node:
    """One piece of the record; `type` ends in `[]` for a list, `link` is a label and an address."""

    piece: str
    path: str
    type: str
    is_enum: bool = False
    has_synonyms: bool = False
    search_only: bool = False
    nested: bool = False
    alternatives: tuple[str, ...] = ()
    title: str = ""
    source: str = ""
    rules: str = ""
    link: tuple[str, str] | None = None


@dataclass(frozen=True)
class Area:
    """One search area; each part is a piece with its weight, its type and whether synonyms are searched."""

    name: str
    param: str
    parts: tuple[tuple[str, float, str, bool], ...]


@dataclass(frozen=True)
class Documents:
    """All that the registry says of its record.

    `schemas` are those of the OpenAPI document, by name. `enums` holds the registry's older wording of each
    value, None where the document gives none.
    """

    version: str
    schemas: dict[str, Schema]
    nodes: tuple[Node, ...]
    areas: tuple[Area, ...]
    enums: dict[str, dict[str, str | None]]


def read_documents(folder: Path) -> Documents:
    """Read the folder's documents; raises DocumentError where one is missing or contradicts another."""
    found = sorted(folder.glob("openapi*.yaml"))
    if len(found) != 1:
        raise DocumentError(
            "openapi*.yaml", f"{folder} has {len(found)} files of this name; exactly one is needed"
        )
    openapi = yaml.safe_load(found[0].read_text(encoding="utf-8"))
    nodes = tuple(_walk_nodes(_read_json(folder, "studies_metadata.json"), ""))
    if not any(node.search_only for node in nodes):
        nodes = tuple(_add_search_only(folder / "pieces.tsv", nodes))
    return Documents(
        version=str(openapi["info"]["version"]),
        schemas=openapi["components"]["schemas"],
        nodes=nodes,
        areas=tuple(_read_areas(_read_json(folder, "search_areas.json"))),
        enums=_read_enums(_read_json(folder, "enums.json")),
    )


def _read_json(folder: Path, name: str) -> Any:
    path = folder / name
    if not path.is_file():
        raise DocumentError(
            name, f"is not in {folder}; docs/how-to/take-a-new-registry-version.md fetches it"
        )
    return json.loads(path.read_bytes())


def _walk_nodes(items: list[dict[str, Any]], parent: str) -> Iterator[Node]:
    """Give the pieces in the order of the record, each structure before what it holds."""
    for item in items:
        path = f"{parent}.{item['name']}" if parent else item["name"]
        link = item.get("dedLink")
        yield Node(
            piece=item["piece"],
            path=path,
            type=item["type"],
            is_enum=item.get("isEnum", False),
            has_synonyms=item.get("synonyms", False),
            search_only=item.get("indexedOnly", False),
            nested=item.get("nested", False),
            alternatives=tuple(item.get("altPieceNames", ())),
            title=item.get("title", ""),
            source=item["sourceType"],
            rules=item.get("rules", ""),
            link=(link["label"], link["url"]) if link else None,
        )
        yield from _walk_nodes(item.get("children", []), path)


def _add_search_only(path: Path, nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Give the pieces in the order of the table, with those that the metadata leave out."""
    if not path.is_file():
        raise DocumentError(
            "studies_metadata.json",
            "names no piece that can only be searched; ask for it with includeIndexedOnly=true",
        )
    rest = {node.piece: node for node in nodes}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["search_only_not_retrievable"]:
                kind = row["data_type"]
                yield Node(
                    piece=row["piece"],
                    path=row["index_field"],
                    type=kind.removeprefix("enum "),
                    is_enum=kind.startswith("enum "),
                    has_synonyms=bool(row["synonyms"]),
                    search_only=True,
                    nested=bool(row["nested_document"]),
                )
            elif row["piece"] in rest:
                yield rest.pop(row["piece"])
            else:
                raise DocumentError(
                    path.name, f"has {row['piece']}, which studies_metadata.json lacks; take both of one day"
                )
    if rest:
        raise DocumentError(
            path.name, f"lacks {', '.join(rest)} of studies_metadata.json; take both of one day"
        )


def _read_areas(value: Any) -> Iterator[Area]:
    if isinstance(value, list):
        for area in value[0]["areas"]:
            parts = tuple(
                (piece, part["weight"], part["type"], part["isSynonyms"])
                for part in area["parts"]
                for piece in part["pieces"]
            )
            yield Area(area["name"], area.get("param", ""), parts)
        return
    for name, area in value["areas"].items():
        parts = tuple(
            (part["piece"], part["weight"], part["type"].removeprefix("enum "), part["synonyms"])
            for part in area["fields"]
        )
        yield Area(name, area["param"] or "", parts)


def _read_enums(value: Any) -> dict[str, dict[str, str | None]]:
    if isinstance(value, list):
        return {
            each["type"]: {item["value"]: item["legacyValue"] for item in each["values"]} for each in value
        }
    return {name: dict.fromkeys(values) for name, values in value.items()}
