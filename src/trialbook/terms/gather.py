"""Which concepts do the vocabularies hold, and under which names? One entry per heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from trialbook.terms.phrase_key import fold_words, make_key
from trialbook.terms.vocabularies import Dictionary, LayRow, is_clean

PLAIN, BRAND, OURS, LAY, INPUT_ONLY = 0, 1, 2, 3, 4
"""What is known of a form: nothing, a brand, ours, ours in lay words, only understood."""

_TREE = re.compile(r"[A-Z]\d{2}(\.\d{3})*")
_CONDITION_TREES = ("C", "F03")


class Entry(Struct, array_like=True):
    """One concept as stored: what `Concept` shows, and its forms with what is known of each."""

    concept_id: str
    name: str
    vocabulary: str
    kind: str
    tree_numbers: tuple[str, ...]
    forms: list[tuple[str, int]]


def gather_entries(
    conditions: Dictionary | None, drugs: Dictionary | None, lay_rows: Iterable[LayRow]
) -> tuple[dict[str, Entry], dict[str, list[str]]]:
    """Gather entries by heading, and our own forms, folded, with the headings that they stand for."""
    entries: dict[str, Entry] = {}
    for made in (_read_conditions(conditions), _read_drugs(drugs)):
        for entry in made:
            kept = entries.setdefault(entry.name.casefold(), entry)
            if kept is not entry:
                kept.forms.extend(entry.forms)
    return entries, _add_lay_rows(entries, lay_rows)


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
