"""May this person take part? A study of the library, held against what is told of somebody.

Patient data stay here: nothing of them is logged, kept or sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeAlias, cast, get_args

import msgspec

from trialbook.eligibility.days import Days, read_days
from trialbook.eligibility.derive.questions import check_answers
from trialbook.eligibility.facts import Person
from trialbook.eligibility.noted import note_person
from trialbook.eligibility.readers.fhir import is_fhir, read_fhir
from trialbook.eligibility.readers.files import is_note, read_patient_bytes, read_patients
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.tree import Anchor, Domain
from trialbook.eligibility.verdicts import Contest, Verdict
from trialbook.errors import UsageError
from trialbook.library.criteria import find_criteria
from trialbook.model.study import Study
from trialbook.patient.note import LONGEST_NOTE, PatientNote, read_note
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


class ContestGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict that a person overrules: the criterion by its `start` (the fields are -1 to -4), and the reason."""

    start: int
    verdict: Verdict
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    by: Annotated[str, msgspec.Meta(max_length=200)] = ""

    def make(self, day: date | None) -> Contest:
        """The contest, as of a day."""
        return Contest(self.start, self.verdict, self.reason, self.by, day)


# Made here: that several threads work out a type at once can end the process.
_CONTESTS = msgspec.json.Decoder(list[ContestGiven])


def read_contests(given: Iterable[Mapping[str, Any]], day: date | None) -> list[Contest]:
    """Contests from decoded JSON. Raises UsageError, which says what is wrong."""
    try:
        return [each.make(day) for each in _CONTESTS.decode(msgspec.json.encode(list(given)))]
    except (msgspec.ValidationError, TypeError) as error:
        raise UsageError(f"the contests cannot be used: {error}") from error


def make_told(
    complete: Iterable[str] = (),
    answers: Mapping[str, str] | None = None,
    visits: Mapping[str, str] | None = None,
    *,
    prefix: str = "",
) -> Told:
    """What is said beside the data, as people write it; `prefix` stands before the names in errors.

    Raises
    ------
    UsageError
        There is no such domain, question, answer or visit, or a day is none; it says what there is.

    Examples
    --------
    >>> make_told(["condition"], {"mdrd_constant": "175"}).answers
    {'mdrd_constant': '175'}
    """
    for each in complete:
        if each not in get_args(Domain):
            raise UsageError(
                f"{prefix}complete: there is no domain {each[:40]!r}: one of {', '.join(get_args(Domain))}"
            )
    anchors: dict[Anchor, Days] = {}
    for name, written in (visits or {}).items():
        days = read_days(written)
        if name not in get_args(Anchor) or days is None:
            raise UsageError(
                f"{prefix}visit {name[:40]}={written[:40]}: one of {', '.join(get_args(Anchor))} and a date,"
                " YYYY[-MM[-DD]]"
            )
        anchors[cast(Anchor, name)] = days
    return Told(
        frozenset(cast("Iterable[Domain]", complete)),
        check_answers(dict(answers or {}), f"{prefix}answer"),
        anchors,
    )


def read_day(written: str | None, where: str) -> date | None:
    """A day as it is written; None for none. Raises UsageError, which names where it stands."""
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"{where} is no day: {written[:40]!r}, where YYYY-MM-DD is wanted") from error


def take_patient(given: dict[str, Any] | list[dict[str, Any]] | str) -> Patient:
    """Patient data as a program sends it within JSON, in a form that `Library.screen` takes."""
    return msgspec.json.encode(given) if isinstance(given, list) else given


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


def read_person(patient: Patient, day: date) -> tuple[Person, PatientNote]:
    """The one person that something tells of, and by what studies are looked for: of a note all that it says.

    Raises as `get_person`.
    """
    person = get_person(patient, day)
    text = find_note(patient)
    if text:
        return person, read_note(text, get_thesaurus(), day=day)
    return person, note_person(person, get_thesaurus(), day)


def find_note(patient: Patient) -> str:
    """The text, where the patient data are a note; "" where they are not."""
    if isinstance(patient, Path) and patient.is_file():
        with patient.open("rb") as file:
            data = file.read(4 * LONGEST_NOTE + 1)
    elif isinstance(patient, str | bytes):
        data = patient.encode() if isinstance(patient, str) else patient
    else:
        return ""
    return data.decode("utf-8-sig") if is_note(data) else ""
