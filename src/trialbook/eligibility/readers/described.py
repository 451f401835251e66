"""What does a note say of a patient, as facts? Age, sex, and conditions, drugs and procedures with how they stand."""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

from trialbook.eligibility.days import Days, find_birth, one_day
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.matching import Names
from trialbook.eligibility.tree import Concept, Domain
from trialbook.patient.mentions import NoteNames
from trialbook.patient.note import NoteConcept, read_note
from trialbook.terms import Concept as Known

# These deny that it ever was; others only that it is so now.
_EVER = re.compile(r"\b(?:history|prior|previous|never|ever|past|hx|h/o)\b", re.IGNORECASE)
# So far before a mention its lead is looked for.
_BEFORE = 60
_PLANNED = re.compile(
    r"\b(?:plan(?:ned)?|schedul\w+|to (?:start|begin)|considered|await\w+)\b", re.IGNORECASE
)
_PROCEDURE = re.compile(
    r"(?:ectomy|otomy|ostomy|oscopy|plasty|surgery|transplant\w*|bypass|biopsy|angiography|dialysis|radiotherapy)$",
    re.IGNORECASE,
)


class DescribedNames(NoteNames, Names, Protocol):
    """The thesaurus, as a note and its facts need it."""

    def find_concepts(self, phrase: str) -> tuple[Known, ...]:
        """What a whole phrase means."""


def describe_patient(text: str, names: DescribedNames | None, day: date) -> Person:
    """The person of a note as it was on a day. Raises QueryError for a note that is empty or too long."""
    note = read_note(text, names, day=day)
    facts = []
    sex = None
    if note.sex is not None:
        sex = "female" if note.sex.lower().startswith("f") else "male"
        facts.append(Fact(Concept(sex, "person"), _find_source(text, note.sex_words)))
    for each in note.concepts:
        fact = _make_fact(each, text, names, day)
        if fact is not None:
            facts.append(fact)
    birth = find_birth(*note.ages, day) if note.ages else None
    return Person("", tuple(facts), birth, "female" if sex == "female" else "male" if sex else None)


def _make_fact(told: NoteConcept, text: str, names: Names | None, day: date) -> Fact | None:
    concept = Concept(told.text, _find_domain(told.text, names))
    source = _find_source(text, told.text, told.cue)
    if told.standing == "denied":
        ever = bool(_EVER.search(f"{told.cue} {_find_lead(text, told.text)}"))
        return Fact(concept, source, denied=True, start=None if ever else one_day(day), end=one_day(day))
    if told.standing == "past":
        return Fact(concept, source, start=Days(None, day), end=Days(None, day))
    if told.standing == "possible":
        if _PLANNED.search(told.cue):
            return Fact(concept, source, status="planned")
        return Fact(concept, source, is_certain=False, start=Days(None, day), is_ongoing=True)
    if told.standing == "other":
        return Fact(concept, source, status="family", detail=told.cue)
    if told.standing == "present":
        return Fact(concept, source, start=Days(None, day), is_ongoing=concept.domain != "procedure")
    return None


def _find_domain(words: str, names: Names | None) -> Domain:
    known = names.find_concepts(words) if names else ()
    if known and known[0].kind == "drug":
        return "drug"
    return "procedure" if _PROCEDURE.search(words) else "condition"


def _find_lead(text: str, words: str) -> str:
    """What stands before the first mention, in its sentence."""
    at = _find(text, words)
    return re.split(r"[.;\n]", text[max(0, at.start() - _BEFORE) : at.start()])[-1] if at else ""


def _find(text: str, words: str) -> re.Match[str] | None:
    """Where words stand in a note; those of a concept are told with their blanks drawn together."""
    parts = words.rstrip("…").split()
    return re.search(r"\s+".join(map(re.escape, parts)), text) if parts else None


def _find_source(text: str, words: str, cue: str = "") -> Source:
    at = _find(text, words)
    where = f"characters {at.start()} to {at.end()}" if at else ""
    return Source("note", where, " … ".join(dict.fromkeys(filter(None, (cue, words)))))
