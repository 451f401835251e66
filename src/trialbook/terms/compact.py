"""How do the vocabularies become one small table that loads in milliseconds?

The table is derived: its file name carries the tag of everything it was made from and by, so a newer
vocabulary or a newer Trialbook builds a new one and never reads an old one.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from trialbook.terms.fold import fold_words, make_key
from trialbook.terms.sources import (
    CONDITIONS,
    DRUGS,
    Dictionary,
    LayRow,
    compute_tag,
    is_clean,
    iterate_rows,
    load_dictionary,
    load_lay_rows,
)

PLAIN, BRAND, OURS, LAY, INPUT_ONLY = 0, 1, 2, 3, 4
"""What is known of a form: nothing, a brand, ours, ours in lay words, only understood."""

_TREE = re.compile(r"[A-Z]\d{2}(\.\d{3})*")
_MAX_FORM_WORDS = 12
_CONDITION_TREES = ("C", "F03")


class Entry(msgspec.Struct, array_like=True):
    """One concept as stored: what `Concept` shows, and its forms with what is known of each."""

    concept_id: str
    name: str
    vocabulary: str
    kind: str
    tree_numbers: tuple[str, ...]
    forms: list[tuple[str, int]]


class Tables(msgspec.Struct, array_like=True):
    """The whole thesaurus as it lies on disk; entries stay encoded until somebody asks for one.

    `keys` maps a folded phrase to an entry, or to several as an index into `shared` (−1 − index).
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


def load_tables(folder: Path | None) -> Tables:
    """Load the tables from `folder`, building and saving them first where they are missing.

    With None, or a folder that cannot be written, they are built in memory each time.
    """
    version = compute_tag()
    path = folder / f"{version}.msgpack" if folder else None
    if path and path.is_file():
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=Tables)
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
    entries: dict[str, Entry] = {}
    for made in (_read_conditions(conditions), _read_drugs(drugs)):
        for entry in made:
            kept = entries.setdefault(entry.name.casefold(), entry)
            if kept is not entry:
                kept.forms.extend(entry.forms)
    ours = _add_lay_rows(entries, lay_rows)
    _apply_held_back(entries, held_back)
    return _index(list(entries.values()), ours=ours, held_back=held_back, version=version)


def _read_conditions(dictionary: Dictionary | None) -> Iterator[Entry]:
    if dictionary is None:
        return
    for heading, forms in _group_forms(dictionary).items():
        facts = dictionary.headings.get(heading, {})
        name, trees = _name(facts, heading), _list_trees(facts)
        kind = "condition" if any(tree.startswith(_CONDITION_TREES) for tree in trees) else "other"
        yield Entry(f"mesh:{name}", name, "MeSH", kind, trees, [(form, PLAIN) for form in forms])


def _name(facts: Mapping[str, Any], heading: str) -> str:
    return str(facts.get("name", heading)).strip(" ,")


def _list_trees(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """List the tree numbers; a few lost their beginning in the file and would mislead."""
    return tuple(tree for tree in facts.get("mesh_tree", ()) if _TREE.fullmatch(str(tree)))


def _read_drugs(dictionary: Dictionary | None) -> Iterator[Entry]:
    """Yield drug entries. The file's `mesh_id` is wrong for most headings and is not used."""
    if dictionary is None:
        return
    brands = _find_brands(dictionary)
    for heading, forms in _group_forms(dictionary).items():
        facts = dictionary.headings.get(heading, {})
        name, trees = _name(facts, heading), _list_trees(facts)
        accession = str(facts.get("drugbank_id", ""))
        if accession:
            concept_id, vocabulary = f"drugbank:{accession}", "DrugBank"
        elif trees:
            concept_id, vocabulary = f"mesh:{name}", "MeSH"
        else:
            concept_id, vocabulary = f"drug:{name}", "drug names"
        marked = [(form, BRAND if form in brands else PLAIN) for form in forms]
        yield Entry(concept_id, name, vocabulary, "drug", trees, marked)


def _group_forms(dictionary: Dictionary) -> dict[str, list[str]]:
    """Group forms by heading; headings that are everyday words ("pain") lack a form of their own."""
    grouped: dict[str, list[str]] = {heading: [heading] for heading in dictionary.headings}
    for form, headings in dictionary.forms.items():
        for heading in headings:
            group = grouped.setdefault(heading, [heading])
            if form != heading and is_clean(form):
                group.append(form)
    return grouped


def _find_brands(dictionary: Dictionary) -> frozenset[str]:
    """Find brand names: those flagged, and MedlinePlus's.

    The file opens with MedlinePlus's list, each generic name followed by its brands; only some 140
    brands further down are flagged. The run ends with the first heading that MedlinePlus lacks.
    """
    brands = {form for form, facts in dictionary.form_facts.items() if facts.get("is_brand") is True}
    for form, headings in dictionary.forms.items():
        heading = headings[0] if headings else ""
        if "medline_plus_id" not in dictionary.headings.get(heading, {}):
            break
        generic = form == heading or dictionary.form_facts.get(form, {}).get("is_brand") is False
        if not generic and len(form) > 4 and " " not in form:
            brands.add(form)
    return frozenset(brands)


def _add_lay_rows(entries: dict[str, Entry], rows: Iterable[LayRow]) -> dict[str, list[str]]:
    """Add our rows to the entries that they name, or to new ones; return folded form → headings."""
    ours: dict[str, list[str]] = {}
    for row in rows:
        heading = row.heading.casefold()
        entry = entries.get(heading)
        if entry is None:
            concept_id = f"trialbook:{row.heading}"
            forms = [(heading, OURS)]
            entry = Entry(concept_id, row.heading, "Trialbook", row.concept_kind, (), forms)
            entries[heading] = entry
        fact = LAY if row.kind == "lay" else OURS
        entry.forms.append((row.form, fact if row.direction == "both" else INPUT_ONLY))
        ours.setdefault(make_key(fold_words(row.form)), []).append(heading)
    return ours


def _apply_held_back(entries: dict[str, Entry], held_back: Mapping[str, str]) -> None:
    """Drop, hide or lift forms as `held_back.tsv` says; our own rows stay."""
    policies = {make_key(fold_words(word)): policy for word, policy in held_back.items()}
    for entry in entries.values():
        kept = []
        for form, fact in entry.forms:
            if form.count(" ") > 2:
                kept.append((form, fact))
                continue
            policy = policies.get(make_key(fold_words(form)))
            if policy == "drop" and fact in (PLAIN, BRAND):
                continue
            if policy == "keep" and entry.vocabulary == "MeSH" and entry.kind == "other":
                entry.kind = "condition"
            kept.append((form, INPUT_ONLY if policy == "in" else fact))
        entry.forms = kept


def _index(
    entries: list[Entry], *, ours: dict[str, list[str]], held_back: Mapping[str, str], version: str
) -> Tables:
    keys: dict[str, list[int]] = {}
    capitals, unspotted, any_case = set[str](), set[str](), set[str]()
    for number, entry in enumerate(entries):
        for form, fact in entry.forms:
            words = fold_words(form)
            key = make_key(words)
            if not any(word.isalpha() for word in words) or len(words) > _MAX_FORM_WORDS:
                continue
            found = keys.setdefault(key, [])
            if number not in found:
                found.append(number)
            if fact in (OURS, LAY):
                any_case.add(key)
            elif _needs_capitals(form, fact, entry):
                capitals.add(key)
            if entry.vocabulary == "MeSH" and entry.kind == "other" and " " not in key:
                unspotted.add(key)
    places = {entry.name.casefold(): number for number, entry in enumerate(entries)}
    for key, headings in ours.items():
        keys[key] = list(dict.fromkeys(places[heading] for heading in headings))
        unspotted.discard(key)
    capitals -= any_case
    for word, policy in held_back.items():
        if policy in {"capitals", "spot"}:
            (capitals if policy == "capitals" else unspotted).add(make_key(fold_words(word)))
    return _pack(entries, keys, version=version, capitals=capitals, unspotted=unspotted)


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
    )


def decode_entry(tables: Tables, number: int) -> Entry:
    """Decode one stored entry."""
    return msgspec.msgpack.decode(
        tables.entries[tables.offsets[number] : tables.offsets[number + 1]], type=Entry
    )
