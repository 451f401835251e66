"""May this person take part? A study of the library, held against what is told of somebody.

Patient data stay here: nothing of them is logged, kept or sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from trialbook.eligibility.days import Days
from trialbook.eligibility.facts import Person
from trialbook.eligibility.readers.fhir import is_fhir, read_fhir
from trialbook.eligibility.readers.files import read_patient_bytes, read_patients
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.tree import Anchor, Domain
from trialbook.errors import UsageError
from trialbook.library.criteria import find_criteria
from trialbook.model.study import Study
from trialbook.terms import get_thesaurus

# A person, decoded JSON (a FHIR bundle or plain values), a note or JSON as text, or where a file lies.
Patient: TypeAlias = "Person | Mapping[str, Any] | str | bytes | Path"


class Told(msgspec.Struct, frozen=True):
    """What is said of all persons beside their data.

    Attributes
    ----------
    complete
        Domains of which all is told: what no fact says is not so.
    answers
        To the questions of `trialbook.eligibility.derive.questions`.
    anchors
        The days of visits.
    """

    complete: frozenset[Domain] = frozenset()
    answers: dict[str, str] = {}
    anchors: dict[Anchor, Days] = {}

    def add_to(self, person: Person) -> Person:
        """The person with what is said; what the person's own data say of it stays."""
        return msgspec.structs.replace(
            person,
            complete=person.complete | self.complete,
            answers={**self.answers, **person.answers},
            anchors={**self.anchors, **person.anchors},
        )


def make_screener(study: Study) -> Screener:
    """What holds persons against a study."""
    protocol = study.protocol_section
    return Screener(find_criteria(study), protocol.eligibility_module if protocol else None, get_thesaurus())


def read_persons(patient: Patient, day: date) -> Iterator[Person]:
    """The persons that something tells of. Raises as `read_patients`."""
    if isinstance(patient, Person):
        yield patient
    elif isinstance(patient, Path):
        yield from read_patients(patient, day, get_thesaurus())
    elif isinstance(patient, str | bytes):
        data = patient.encode() if isinstance(patient, str) else patient
        yield from read_patient_bytes(data, day, get_thesaurus())
    elif is_fhir(patient):
        yield from read_fhir(patient, day)
    else:
        yield from PlainReader(day, get_thesaurus()).read_json(dict(patient))


def get_person(patient: Patient, day: date) -> Person:
    """The one person that something tells of. Raises UsageError where it tells of none or of several."""
    found: Iterable[Person] = read_persons(patient, day)
    persons = [each for each, _ in zip(found, range(2), strict=False)]
    if len(persons) != 1:
        told = "several persons" if persons else "nobody"
        raise UsageError(f"the patient data tell of {told}, where one is wanted: `screen_all` takes many")
    return persons[0]
