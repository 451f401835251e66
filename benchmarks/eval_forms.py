"""What would a patient's topic look like as a short form? Disorder first, then a field a line.

Some collections ask so: "glaucoma; definitive diagnosis: …; prior surgery: no". Each topic is turned into one by
rules: its disorder is, of the conditions that it affirms, the one that most of its relevant trials have (a form is
made for its disorder); what else it says stands in fields, and some fields say nothing. A topic that affirms no
condition of a relevant trial has no form.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from eval_pools import Pool
from trialbook.patient.note import PatientNote, read_note
from trialbook.terms import Thesaurus
from trialbook.terms.text import cut_words

# Of each kind so many, as short forms have few fields.
MOST_LISTED, MOST_DENIED = 2, 3
# Fields that each form has, and that say nothing of the patient.
IDLE = ("smoker: no", "comorbidities: none", "blood pressure: normal", "prior surgery: none")


def make_forms(pool: Pool, thesaurus: Thesaurus) -> dict[str, str]:
    """The forms of a collection's topics, by topic."""
    conditions = {nct_id: _list_conditions(record) for nct_id, record in pool.records.items()}
    forms = {}
    for number, (topic, text) in enumerate(pool.topics.items()):
        note = read_note(text, thesaurus)
        relevant = [conditions[nct_id] for nct_id, grade in pool.judgements[topic].items() if grade]
        disorder = _find_disorder(note, relevant)
        if disorder:
            forms[topic] = _write_form(note, disorder, IDLE[number % len(IDLE)], thesaurus)
    return forms


def _list_conditions(record: dict[str, Any]) -> list[str]:
    module = record["protocolSection"].get("conditionsModule", {})
    return [f" {' '.join(cut_words(each))} " for each in module.get("conditions", [])]


def _find_disorder(note: PatientNote, relevant: list[list[str]]) -> str:
    counts: Counter[str] = Counter()
    for concept in note.concepts:
        names = [f" {' '.join(name)} " for name in concept.names]
        if concept.affirmed:
            counts[concept.text] = sum(
                any(name in each for name in names for each in conditions) for conditions in relevant
            )
    best = counts.most_common(1)
    return best[0][0] if best and best[0][1] else ""


def _write_form(note: PatientNote, disorder: str, idle: str, thesaurus: Thesaurus) -> str:
    drugs, others = [], []
    for concept in note.concepts:
        known = thesaurus.find_concepts(concept.text)
        if concept.affirmed and concept.text != disorder and known:
            (drugs if known[0].kind == "drug" else others).append(concept.text)
    denied = [concept.text for concept in note.concepts if concept.standing == "denied"]
    lines = [disorder, f"definitive diagnosis: {disorder}"]
    lines += [f"associated conditions: {', '.join(others[:MOST_LISTED])}"] if others else []
    lines += [f"prior treatment: {', '.join(drugs[:MOST_LISTED])}"] if drugs else []
    lines += [f"{each}: no" for each in denied[:MOST_DENIED]]
    return "\n".join([*lines, idle])
