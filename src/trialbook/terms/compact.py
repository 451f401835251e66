"""How do the vocabularies become one small table that loads in milliseconds?

The table is derived: its file name carries the tag of everything it was made from and by, so a newer
vocabulary or a newer Trialbook builds a new one and never reads an old one.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from trialbook.terms.gather import BRAND, INPUT_ONLY, LAY, OURS, PLAIN, Entry, gather_entries
from trialbook.terms.known_names import MOST_WORDS, make_name_key
from trialbook.terms.phrase_key import fold_words, make_key, turn_round
from trialbook.terms.text import cut_words
from trialbook.terms.vocabularies import (
    CONDITIONS,
    DRUGS,
    Dictionary,
    LayRow,
    compute_tag,
    iterate_rows,
    load_dictionary,
    load_lay_rows,
)

_MAX_FORM_WORDS = 12
_LEAST_JOINED = 5
_COMPOUND = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]{2,}){1,2}")


class Tables(msgspec.Struct, array_like=True):
    """The whole thesaurus as it lies on disk; entries stay encoded until somebody asks for one.

    `keys` maps a folded phrase to an entry, or to several as an index into `shared` (−1 − index); `names`
    are those of several words, by `make_name_key`.
    """

    version: str
    keys: dict[str, int]
    shared: list[tuple[int, ...]]
    capitals: list[str]
    unspotted: list[str]
    offsets: list[int]
    entries: bytes
    trees: bytes
    ids: bytes
    names: list[str]


# Made here: that several threads work out a type at once can end the process.
_TABLES = msgspec.msgpack.Decoder(Tables)
_ENTRY = msgspec.msgpack.Decoder(Entry)


def load_tables(folder: Path | None) -> Tables:
    """Load the tables from `folder`, building and saving them first where they are missing.

    With None, or a folder that cannot be written, they are built in memory each time.
    """
    version = compute_tag()
    path = folder / f"{version}.msgpack" if folder else None
    if path and path.is_file():
        try:
            return _TABLES.decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError):
            path.unlink(missing_ok=True)
    tables = build_tables(
        conditions=load_dictionary(CONDITIONS),
        drugs=load_dictionary(DRUGS),
        lay_rows=load_lay_rows(),
        held_back={row[0]: row[1] for row in iterate_rows("held_back.tsv")},
        version=version,
    )
    if path:
        _save(path, msgspec.msgpack.encode(tables))
    return tables


def _save(path: Path, body: bytes) -> None:
    """Write beside, then rename: a reader sees the whole file or none. A full disk costs only time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".terms-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(beside).replace(path)
        _remove_stale(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove tables of other versions that nobody has built for a month."""
    limit = path.stat().st_mtime - 30 * 86_400
    for other in path.parent.glob("terms+*.msgpack"):
        if other != path and other.stat().st_mtime < limit:
            other.unlink(missing_ok=True)


def build_tables(
    *,
    conditions: Dictionary | None,
    drugs: Dictionary | None,
    lay_rows: Iterable[LayRow],
    held_back: dict[str, str],
    version: str,
) -> Tables:
    """Build the tables from the vocabularies and our own rows; the same input gives the same bytes."""
    entries, ours = gather_entries(conditions, drugs, lay_rows)
    policies = {make_key(fold_words(word)): policy for word, policy in held_back.items()}
    index = _Index(policies)
    for number, entry in enumerate(entries.values()):
        index.add(number, entry)
    index.add_joined(entries.values())
    places = {heading: number for number, heading in enumerate(entries)}
    for key, headings in ours.items():
        index.prefer(key, [places[heading] for heading in headings])
    return index.pack(list(entries.values()), version)


class _Index:
    """Folded phrases with the entries that they name, and how each may be read."""

    def __init__(self, policies: Mapping[str, str]) -> None:
        self.policies = policies
        self.keys: dict[str, list[int]] = {}
        self.capitals = {key for key, policy in policies.items() if policy == "capitals"}
        self.unspotted = {key for key, policy in policies.items() if policy == "spot"}
        self._any_case: set[str] = set()

    def add(self, number: int, entry: Entry) -> None:
        """Add an entry's forms; drop, hide or lift those that `held_back.tsv` names."""
        keyed = [(form, fact, fold_words(form)) for form, fact in entry.forms]
        entry.forms = []
        for form, fact, words in keyed:
            key = make_key(words)
            policy = self.policies.get(key)
            if policy == "drop" and fact in (PLAIN, BRAND):
                continue
            if policy == "keep" and entry.vocabulary == "MeSH" and entry.kind == "other":
                entry.kind = "condition"
            entry.forms.append((form, INPUT_ONLY if policy == "in" else fact))
            if len(words) <= _MAX_FORM_WORDS and any(word.isalpha() for word in words):
                short = _needs_capitals(form, fact, entry)
                for each in (key, *_join_otherwise(form, words, entry)):
                    self._add_key(number, each, short, ours=fact in (OURS, LAY))
        if entry.vocabulary == "MeSH" and entry.kind == "other":
            self.unspotted.update(make_key(words) for _, _, words in keyed if len(words) == 1)

    def _add_key(self, number: int, key: str, needs_capitals: bool, *, ours: bool) -> None:
        found = self.keys.setdefault(key, [])
        if number not in found:
            found.append(number)
        if ours:
            self._any_case.add(key)
        elif needs_capitals and key not in self._any_case:
            self.capitals.add(key)

    def add_joined(self, entries: Iterable[Entry]) -> None:
        """Let compounds be known without their hyphens too ("UCMSC"), where nothing else is called so."""
        joined: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            for form, fact in entry.forms:
                if fact in (PLAIN, OURS) and _COMPOUND.fullmatch(form):
                    numbers = joined.setdefault("".join(fold_words(form)), [])
                    if number not in numbers:
                        numbers.append(number)
        for key, numbers in joined.items():
            if len(key) >= _LEAST_JOINED and key not in self.policies:
                self.keys.setdefault(key, numbers)

    def prefer(self, key: str, numbers: list[int]) -> None:
        """Let our own reading of a phrase be the only one."""
        self.keys[key] = list(dict.fromkeys(numbers))
        if self.policies.get(key) != "spot":
            self.unspotted.discard(key)
        if self.policies.get(key) != "capitals" and key in self._any_case:
            self.capitals.discard(key)

    def pack(self, entries: list[Entry], version: str) -> Tables:
        return _pack(entries, self.keys, version=version, capitals=self.capitals, unspotted=self.unspotted)


def _join_otherwise(form: str, words: tuple[str, ...], entry: Entry) -> list[str]:
    """Give the other way to join the drugs of a combination: "a and b" is a/b, a-b and a + b."""
    if entry.kind != "drug":
        return []
    if "and" in words:
        return [make_key([word for word in words if word != "and"])]
    return [make_key([*words, "and"])] if form.count("/") == 1 else []


def _needs_capitals(form: str, fact: int, entry: Entry) -> bool:
    """Say whether a form is so short that only capitals tell it from an everyday word."""
    if " " in form or fact == BRAND:
        return False
    return len(form) <= 3 or (len(form) <= 4 and entry.kind == "drug" and form != entry.name.casefold())


def _pack(
    entries: list[Entry], keys: dict[str, list[int]], *, version: str, capitals: set[str], unspotted: set[str]
) -> Tables:
    shared: list[tuple[int, ...]] = []
    flat: dict[str, int] = {}
    for key, numbers in keys.items():
        flat[key] = numbers[0] if len(numbers) == 1 else -1 - len(shared)
        if len(numbers) > 1:
            shared.append(tuple(numbers))
    bodies = [msgspec.msgpack.encode(entry) for entry in entries]
    offsets = [0]
    for body in bodies:
        offsets.append(offsets[-1] + len(body))
    trees = sorted((tree, number) for number, entry in enumerate(entries) for tree in entry.tree_numbers)
    return Tables(
        version=version,
        keys=flat,
        shared=shared,
        capitals=sorted(capitals),
        unspotted=sorted(unspotted),
        offsets=offsets,
        entries=b"".join(bodies),
        trees=msgspec.msgpack.encode(trees),
        ids=msgspec.msgpack.encode({entry.concept_id: number for number, entry in enumerate(entries)}),
        names=_list_names(entries),
    )


def _list_names(entries: Iterable[Entry]) -> list[str]:
    """The keys of all names of several words."""
    # Records have headings turned round and as they are: "Diabetes Mellitus, Type 2".
    forms = {each for entry in entries for form, _ in entry.forms for each in (form, turn_round(form))}
    cut = (cut_words(form) for form in forms)
    return sorted({make_name_key(words) for words in cut if 1 < len(words) <= MOST_WORDS})


def decode_entry(tables: Tables, number: int) -> Entry:
    """Decode one stored entry."""
    return _ENTRY.decode(tables.entries[tables.offsets[number] : tables.offsets[number + 1]])
