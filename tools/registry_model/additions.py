"""What do the registry's documents not say? The table beside this module, held against the documents."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from tools.registry_model.documents import DocumentError, Documents

FILE = Path(__file__).with_name("additions.toml")


class Additions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table: see the comments in it."""

    titles: dict[str, str]
    types: dict[str, str]
    bases: dict[str, str]
    derive: dict[str, tuple[str, ...]]
    no_piece: dict[str, str]
    wordings: dict[str, dict[str, tuple[str, ...]]]


@cache
def load_additions() -> Additions:
    """Load the table; raises msgspec.ValidationError where it has another shape."""
    return msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Additions)


def check_additions(documents: Documents) -> None:
    """Raise DocumentError where an entry speaks of what is no longer in the documents."""
    table = load_additions()
    search_only = {node.piece for node in documents.nodes if node.search_only}
    paths = {node.path for node in documents.nodes}
    values = {
        f"{enum}.{value}" for enum, schema in documents.schemas.items() for value in schema.get("enum", ())
    }
    subjects = {
        "titles": set(table.titles) - set(documents.schemas),
        "types": set(table.types) - paths,
        "bases": set(table.bases) - set(documents.schemas),
        "derive": set(table.derive) - search_only,
        "wordings": {f"{e}.{v}" for e, items in table.wordings.items() for v in items} - values,
    }
    for section, gone in subjects.items():
        if gone:
            raise DocumentError(
                FILE.name,
                f"[{section}] speaks of {', '.join(sorted(gone))}, which the registry no longer has; remove it",
            )
