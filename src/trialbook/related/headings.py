"""What do a record's conditions and interventions mean? Headings, their broader ones, and how near they are.

What no vocabulary knows is a heading by its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from trialbook.record.texts import find_texts
from trialbook.terms import Concept, Thesaurus

# A heading as the vocabulary or the record writes it, and how near it is: 1 is what the record names.
Headings = dict[str, float]

BROADER = 0.6
LEAST_NEAR = 0.2
MOST_NAMES = 60
LONGEST_NAME = 300
DAYS_A_YEAR = 365
# For adults with "ARDS" the registry has the heading of newborns beside the right one.
_OF_NEWBORNS = re.compile(r"\b(?:newborns?|infants?|neonat\w*|preterm|premature,)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^()]*\)")
# So broad that sharing them tells nothing.
_TOO_BROAD = frozenset({
    "disease", "diseases", "pathologic processes", "pathological conditions, signs and symptoms", "signs and symptoms",
    "disease attributes", "chronic disease", "disease progression", "recurrence", "syndrome",
    "physiological effects of drugs", "pharmacologic actions", "molecular mechanisms of pharmacological action",
    "therapeutic uses", "chemicals and drugs", "chemical actions and uses", "mental disorders", "neoplasms by site",
    "neoplasms by histologic type", "peripheral nervous system agents", "pharmaceutical preparations",
})  # fmt: skip


def find_condition_headings(
    record: dict[str, Any], thesaurus: Thesaurus, *, least_days: float = 0.0
) -> Headings:
    """The headings of what is studied: those that the registry found, and those that the names mean.

    A study that takes nobody younger than a year (`least_days`) has none of newborns, whatever the registry found.
    """
    names = find_texts(record, "protocolSection.conditionsModule.conditions")[:MOST_NAMES]
    found = _gather(record, "conditionBrowseModule", find_headings(names, "condition", thesaurus))
    if least_days < DAYS_A_YEAR or any(_OF_NEWBORNS.search(name) for name in names):
        return found
    return {name: near for name, near in found.items() if not _OF_NEWBORNS.search(name)}


def find_intervention_headings(
    record: dict[str, Any], names: Iterable[str], thesaurus: Thesaurus
) -> Headings:
    """The headings of what is done; for drugs also by other names and brands."""
    return _gather(record, "interventionBrowseModule", find_headings(names, "drug", thesaurus))


def _gather(record: dict[str, Any], module: str, found: Headings) -> Headings:
    own = find_texts(record, f"derivedSection.{module}.meshes.term")
    broader = find_texts(record, f"derivedSection.{module}.ancestors.term")
    near: dict[str, tuple[str, float]] = {}
    for name, nearness in (
        *((each, 1.0) for each in own),
        *found.items(),
        *((each, BROADER**2) for each in broader),
    ):
        key = name.casefold()
        if key not in _TOO_BROAD:
            spelling, held = near.get(key, (name, 0.0))
            near[key] = (spelling, max(held, nearness))
    return dict(near.values())


def find_headings(names: Iterable[str], kind: str, thesaurus: Thesaurus) -> Headings:
    """What names mean, and what is broader."""
    near: Headings = {}
    for name in (each[:LONGEST_NAME] for each in names):
        for heading, nearness in _look_up(thesaurus, name, kind):
            near[heading] = max(nearness, near.get(heading, 0.0))
    return near


# The same names stand in many records.
@lru_cache(maxsize=100_000)
def _look_up(thesaurus: Thesaurus, name: str, kind: str) -> tuple[tuple[str, float], ...]:
    concepts = thesaurus.find_concepts(name)[:1]
    if not concepts:
        concepts = tuple(mention.concepts[0] for mention in thesaurus.find_concepts_in(name, limit=6))
    near: Headings = {}
    for concept in concepts:
        if kind == "condition" or _is_intervention(concept, name):
            for heading, nearness in _climb(thesaurus, concept):
                near[heading] = max(nearness, near.get(heading, 0.0))
    own = " ".join(_IN_BRACKETS.sub(" ", name).split())
    # Devices, procedures, cells and codes of new drugs are in no vocabulary: they are the same by the same name.
    return tuple(near.items()) or (((own, 1.0),) if own else ())


def _is_intervention(concept: Concept, name: str) -> bool:
    if concept.kind == "drug" and "cell" in name.casefold() and not concept.tree_numbers:
        # A drug list takes any cells for one product of them.
        return False
    return concept.kind in ("drug", "other") or concept.tree_numbers[:1] > ("D",)


def _climb(thesaurus: Thesaurus, concept: Concept) -> Iterable[tuple[str, float]]:
    yield concept.name, 1.0
    for heading, steps in thesaurus.find_broader(concept.concept_id):
        if BROADER**steps >= LEAST_NEAR:
            yield heading, BROADER**steps
