"""What does a FHIR R4 bundle say of its patients?

Read are Patient, Condition, Observation, MedicationRequest, MedicationStatement, MedicationAdministration,
Procedure, AllergyIntolerance, FamilyMemberHistory; other resources are counted by name in `Person.unread`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import msgspec

from trialbook.eligibility.days import Days, move, one_day, read_days
from trialbook.eligibility.facts import Fact, Person, Sex, Source
from trialbook.eligibility.readers.answers import read_answer
from trialbook.eligibility.readers.bounded import MOST_FACTS, Held, decode_held
from trialbook.eligibility.readers.fhir_values import (
    Resource,
    as_dict,
    as_list,
    find_code,
    read_limits,
    read_quantity,
    read_text,
)
from trialbook.eligibility.tree import Concept
from trialbook.errors import SourceFormatError

Reader: TypeAlias = "Callable[[Resource, _Patient], Iterable[Fact]]"

_SEXES: dict[str, Sex] = {"female": "female", "male": "male"}
_SUSPECTED = frozenset({"provisional", "differential", "unconfirmed", "preliminary", "registered"})
_WITHDRAWN = frozenset({"entered-in-error", "cancelled", "not-done", "draft", "nullified"})
_OVER = frozenset({"inactive", "resolved", "remission"})
# LOINC's pregnancy status, whose values say of pregnancy what others say of their own code.
_PREGNANCY = frozenset({"loinc:82810-3", "loinc:11449-6"})
_HISTORY_OF = "history of "
# A text in place of the day of an end may say that there is none.
_NOT_ENDED = re.compile(
    r"\b(?:not?|never|none|ongoing|on-going|continu\w+|still|active|unknown|n/a|present|persist\w*|chronic)\b",
    re.IGNORECASE,
)


class _Patient:
    """One patient as it is gathered."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.person_id = ""
        self.birth: Days | None = None
        self.sex: Sex | None = None
        self.facts: list[Fact] = []
        self.unread: Counter[str] = Counter()
        self.notices: list[str] = []

    def make_person(self) -> Person:
        told = (*self.notices, *(f"{name}: {count}" for name, count in sorted(self.unread.items())))
        return Person(self.person_id, tuple(self.facts), self.birth, self.sex, unread=told)


class _Listed(NamedTuple):
    """A resource of a bundle or list, with its address there and its type; still as JSON where it came so."""

    address: str
    kind: str
    own_id: str
    held: Held

    @property
    def names(self) -> tuple[str, ...]:
        """By what others refer to it."""
        return tuple(filter(None, (self.address, f"{self.kind}/{self.own_id}", self.own_id)))


class _Head(msgspec.Struct):
    """What is looked at first in a resource that is still JSON."""

    resourceType: Any = None
    id: Any = None


class _Entry(msgspec.Struct):
    fullUrl: Any = None
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct):
    entry: list[msgspec.Raw] = []


# Made here: that several threads work out a type at once can end the process.
_HEAD = msgspec.json.Decoder(_Head)
_ENTRY = msgspec.json.Decoder(_Entry)
_BUNDLE = msgspec.json.Decoder(_Bundle)


def read_fhir(told: object, day: date, place: str = "") -> Iterator[Person]:
    """The patients of a bundle, of a list of resources, or of one resource: decoded, or JSON that is decoded here.

    Of JSON (`msgspec.Raw`) one resource is held decoded at a time. `day` is that of the reading, up to which what
    has no day of its own was so. Raises SourceFormatError.
    """
    resources = list(_iter_resources(told, place))
    patients: dict[str, _Patient] = {}
    known: dict[str, Resource] = {}
    for each in resources:
        if each.kind == "Medication":
            known.update(dict.fromkeys(each.names, as_dict(decode_held(each.held, place))))
        elif each.kind == "Patient":
            patient = _read_patient(as_dict(decode_held(each.held, place)), day, place)
            patients.update(dict.fromkeys(each.names, patient))
    if not patients:
        raise SourceFormatError(
            "a bundle without a Patient says nothing of anyone", path=place, expected="Patient"
        )
    alone = next(iter(patients.values())) if len({id(each) for each in patients.values()}) == 1 else None
    for each in resources:
        if each.kind == "Patient":
            continue
        resource = as_dict(decode_held(each.held, place))
        owner = _find_patient(resource, patients) or (None if _names_patient(resource) else alone)
        if owner is not None:
            _read_resource(each.kind, resource, owner, known)
            if len(owner.facts) > MOST_FACTS:
                raise SourceFormatError(f"more than {MOST_FACTS:,} facts of one person", path=place)
    for patient in {id(each): each for each in patients.values()}.values():
        yield patient.make_person()


def is_fhir(told: object) -> bool:
    """Whether a decoded JSON value, or one that is still JSON, is a FHIR resource or a list of them."""
    first = told[0] if isinstance(told, list) and told else told
    if isinstance(first, msgspec.Raw):
        return isinstance(_look_into(first).resourceType, str)
    return isinstance(first, dict) and "resourceType" in first


def _look_into(held: msgspec.Raw) -> _Head:
    try:
        return _HEAD.decode(held)
    except (msgspec.DecodeError, RecursionError):
        return _Head()


def _iter_resources(told: object, place: str) -> Iterator[_Listed]:
    if isinstance(told, list):
        for each in told:
            yield from _iter_resources(each, place)
        return
    head = _find_head(told)
    if not isinstance(head.resourceType, str):
        raise SourceFormatError("no FHIR resource", path=place, found=_write(told), expected="resourceType")
    if head.resourceType == "Bundle":
        yield from _iter_entries(told, place)
    else:
        yield _Listed("", head.resourceType, str(head.id or ""), told)  # type: ignore[arg-type]


def _find_head(told: object) -> _Head:
    if isinstance(told, msgspec.Raw):
        return _look_into(told)
    return _Head(told.get("resourceType"), told.get("id", "")) if isinstance(told, dict) else _Head()


def _iter_entries(bundle: object, place: str) -> Iterator[_Listed]:
    for number, (address, resource, entry) in enumerate(_open_bundle(bundle)):
        head = _find_head(resource)
        if not isinstance(head.resourceType, str):
            raise SourceFormatError(
                "an entry has no resource",
                path=f"{place} entry[{number}]".strip(),
                found=_write(entry),
                expected="resource",
            )
        for each in _iter_resources(resource, place):
            yield each if head.resourceType == "Bundle" else each._replace(address=str(address or ""))


def _open_bundle(bundle: object) -> Iterator[tuple[Any, object, object]]:
    """The entries of a bundle: their address, their resource, and themselves; an odd bundle of JSON has none."""
    if not isinstance(bundle, msgspec.Raw):
        for entry in as_list(as_dict(bundle).get("entry")):
            yield as_dict(entry).get("fullUrl"), as_dict(as_dict(entry).get("resource")), entry
        return
    try:
        entries = _BUNDLE.decode(bundle).entry
    except (msgspec.DecodeError, RecursionError):
        return
    for raw in entries:
        try:
            found = _ENTRY.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            found = _Entry()
        yield found.fullUrl, found.resource, raw


def _write(told: object) -> str:
    return bytes(told)[:200].decode(errors="replace") if isinstance(told, msgspec.Raw) else str(told)


def _names_patient(resource: Resource) -> str:
    for key in ("subject", "patient", "individual"):
        reference = as_dict(resource.get(key)).get("reference")
        if isinstance(reference, str):
            return reference
    return ""


def _find_patient(resource: Resource, patients: dict[str, _Patient]) -> _Patient | None:
    reference = _names_patient(resource)
    return patients.get(reference) or patients.get("/".join(reference.split("/")[-2:]))


def _read_patient(resource: Resource, day: date, place: str) -> _Patient:
    patient = _Patient(day)
    patient.person_id = str(resource.get("id", ""))
    where = f"Patient/{patient.person_id}"
    born = resource.get("birthDate")
    if born is not None:
        patient.birth = read_days(str(born))
        if patient.birth is None:
            raise SourceFormatError(
                "no date of birth",
                path=f"{place} {where}.birthDate".strip(),
                found=str(born),
                expected="YYYY[-MM[-DD]]",
            )
    patient.sex = _SEXES.get(str(resource.get("gender", "")).lower())
    if patient.sex is not None:
        source = Source("fhir", f"{where}.gender", str(resource["gender"]))
        patient.facts.append(Fact(Concept(patient.sex, "person"), source))
    if resource.get("deceasedBoolean") or resource.get("deceasedDateTime"):
        on = read_days(str(resource.get("deceasedDateTime", "")))
        source = Source("fhir", f"{where}.deceased")
        patient.facts.append(Fact(Concept("death", "observation"), source, start=on, end=on))
        patient.notices.append(f"the patient has died{f' ({on})' if on else ''}, which no verdict weighs")
    return patient


def _read_resource(kind: str, resource: Resource, patient: _Patient, known: dict[str, Resource]) -> None:
    reader = _READERS.get(kind)
    if reader is None:
        patient.unread[kind or "resource without a type"] += 1
        return
    status = str(resource.get("status", ""))
    checked = _code_of(resource.get("verificationStatus"))
    if status in _WITHDRAWN or checked == "entered-in-error" or resource.get("doNotPerform") is True:
        patient.unread[f"{kind} ({checked or status or 'not to be done'})"] += 1
        return
    if kind.startswith("Medication"):
        resource = _with_medication(resource, known)
    found = list(reader(resource, patient))
    patient.facts += found
    if not found:
        patient.unread[f"{kind} without a value or code"] += 1


def _read_condition(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    code = find_code(resource.get("code"))
    if code is None:
        return
    checked, status = _code_of(resource.get("verificationStatus")), _code_of(resource.get("clinicalStatus"))
    words = code.words
    recorded = read_days(str(resource.get("recordedDate", "")))
    start = _read_when(resource, "onset", patient)
    end = _read_abatement(resource, patient)
    denied = checked == "refuted"
    if words.lower().startswith(_HISTORY_OF):
        # What is recorded is that it was, at some time before.
        words = words[len(_HISTORY_OF) :]
        before = start or recorded
        start, end = Days(None, before.last if before else patient.day), Days(None, patient.day)
        status = "inactive"
    elif start is None:
        start = Days(None, recorded.last if recorded else patient.day)
    over = status in _OVER
    if end is not None and end.first is None:
        end = Days(start.first, end.last)
    if over and end is None:
        end = Days(start.first, patient.day)
    yield Fact(
        Concept(words, "condition", code.ids),
        _source(resource, code.words),
        denied=denied,
        is_certain=checked not in _SUSPECTED,
        start=None if denied else start,
        end=(recorded or one_day(patient.day)) if denied else end,
        is_ongoing=not denied and end is None and not over,
        detail=", ".join(filter(None, (status, checked, *_list_texts(resource, "severity", "stage")))),
    )


def _read_abatement(resource: Resource, patient: _Patient) -> Days | None:
    """When a condition ended: on some day up to now where only a text, a range or an age without a birth says so."""
    period = as_dict(resource.get("abatementPeriod"))
    if period:
        first, last = (read_days(str(period.get(name, ""))) for name in ("start", "end"))
        return Days(first.first if first else None, last.last if last else patient.day)
    end = _read_when(resource, "abatement", patient, is_end=True)
    said = resource.get("abatementString")
    if end is None and isinstance(said, str) and said.strip():
        has_not_ended = _NOT_ENDED.search(said)
        return None if has_not_ended else read_days(said) or Days(None, patient.day)
    is_told = as_dict(resource.get("abatementAge")) or as_dict(resource.get("abatementRange"))
    return Days(None, patient.day) if end is None and is_told else end


def _read_observation(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    when = _read_when(resource, "effective", patient) or read_days(str(resource.get("issued", "")))
    when = when or Days(None, patient.day)
    yield from _read_values(resource, resource, when, patient)
    for each in as_list(resource.get("component")):
        yield from _read_values(as_dict(each), resource, when, patient)


def _read_values(part: Resource, resource: Resource, when: Days, patient: _Patient) -> Iterator[Fact]:
    """What an observation, or a component of one, says."""
    code = find_code(part.get("code"))
    if code is None:
        return
    certain = str(resource.get("status", "")) not in _SUSPECTED
    source = _source(resource, code.words)
    value = read_quantity(part)
    if value is not None:
        lower, upper = read_limits(part, value.unit)
        yield Fact(
            Concept(code.words, "measurement", code.ids),
            source,
            is_certain=certain,
            value=value,
            start=when,
            end=when,
            lower_normal=lower,
            upper_normal=upper,
        )
        return
    said = read_text(part)
    if not said.words:
        return
    answer = said.answer or read_answer(said.words)
    if _PREGNANCY.intersection(code.ids):
        if answer in ("yes", "no"):
            fact = Fact(
                Concept("pregnancy", "condition"), source, denied=answer == "no", start=when, end=when
            )
            yield fact
        return
    if answer in ("yes", "no", "suspected"):
        yield Fact(
            Concept(code.words, "measurement", code.ids),
            source,
            denied=answer == "no",
            is_certain=certain and answer != "suspected",
            start=when,
            end=when,
            detail=said.words,
        )
    elif said.words.lower().startswith("never "):
        concept = Concept(said.words[6:], "observation", said.ids)
        yield Fact(concept, source, denied=True, end=when, detail=code.words)
    elif said.words.lower().startswith("former "):
        concept = Concept(said.words[7:], "observation", said.ids)
        yield Fact(concept, source, start=Days(None, when.last), end=when, detail=code.words)
    else:
        concept = Concept(said.words, "observation", said.ids)
        yield Fact(concept, source, is_certain=certain, start=when, end=when, detail=code.words)


def _read_medication(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    code = find_code(resource.get("medicationCodeableConcept"))
    if code is None:
        return
    status, intent = str(resource.get("status", "")), str(resource.get("intent", ""))
    start = _read_when(resource, "effective", patient)
    end = _read_when(resource, "effective", patient, is_end=True) if "effectivePeriod" in resource else None
    written = read_days(str(resource.get("authoredOn") or resource.get("dateAsserted") or ""))
    start = start or written or Days(None, patient.day)
    planned = intent in ("proposal", "plan") or status == "intended"
    denied = status == "not-taken"
    over = status in ("stopped", "completed", "on-hold")
    if over and end is None:
        end = Days(start.first, patient.day)
    yield Fact(
        Concept(code.words, "drug", code.ids),
        _source(resource, code.words),
        status="planned" if planned else "present",
        denied=denied,
        start=start,
        end=(start if denied else end),
        is_ongoing=not denied and not planned and end is None and status in ("active", ""),
        detail=", ".join(filter(None, (status, intent))),
    )


def _read_procedure(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    code = find_code(resource.get("code"))
    if code is None:
        return
    status = str(resource.get("status", ""))
    start = _read_when(resource, "performed", patient) or Days(None, patient.day)
    end = _read_when(resource, "performed", patient, is_end=True) or start
    yield Fact(
        Concept(code.words, "procedure", code.ids),
        _source(resource, code.words),
        status="planned" if status == "preparation" else "present",
        start=start,
        end=end,
        detail=status,
    )


def _read_allergy(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    code = find_code(resource.get("code"))
    if code is None:
        return
    checked = _code_of(resource.get("verificationStatus"))
    words = code.words
    for lead in ("Allergy to ", "Allergic to ", "Hypersensitivity to "):
        words = words[len(lead) :] if words.startswith(lead) else words
    denied = checked == "refuted" or words.lower().startswith("no known ")
    over = not denied and _code_of(resource.get("clinicalStatus")) in _OVER
    yield Fact(
        Concept(words, "drug", code.ids),
        _source(resource, code.words),
        status="allergy",
        denied=denied,
        is_certain=checked not in _SUSPECTED,
        start=None
        if denied
        else read_days(str(resource.get("onsetDateTime") or resource.get("recordedDate") or "")),
        end=one_day(patient.day) if denied else Days(None, patient.day) if over else None,
        is_ongoing=not denied and not over,
        detail=", ".join(str(each) for each in as_list(resource.get("category"))),
    )


def _read_family(resource: Resource, patient: _Patient) -> Iterator[Fact]:
    who = find_code(resource.get("relationship"))
    for each in as_list(resource.get("condition")):
        code = find_code(as_dict(each).get("code"))
        if code is not None:
            yield Fact(
                Concept(code.words, "condition", code.ids),
                _source(resource, code.words),
                status="family",
                detail=who.words if who else "",
            )


_READERS: dict[str, Reader] = {
    "Condition": _read_condition,
    "Observation": _read_observation,
    "MedicationRequest": _read_medication,
    "MedicationStatement": _read_medication,
    "MedicationAdministration": _read_medication,
    "Procedure": _read_procedure,
    "AllergyIntolerance": _read_allergy,
    "FamilyMemberHistory": _read_family,
}


def _with_medication(resource: Resource, known: dict[str, Resource]) -> Resource:
    """A prescription with the code of the medication that it refers to."""
    reference = as_dict(resource.get("medicationReference")).get("reference")
    if not isinstance(reference, str):
        return resource
    within = {f"#{as_dict(each).get('id')}": as_dict(each) for each in as_list(resource.get("contained"))}
    found = (
        within.get(reference) or known.get(reference) or known.get("/".join(reference.split("/")[-2:])) or {}
    )
    return {**resource, "medicationCodeableConcept": found.get("code")}


def _read_when(resource: Resource, name: str, patient: _Patient, *, is_end: bool = False) -> Days | None:
    """The days of `onset…`, `abatement…`, `effective…` or `performed…`, whichever form it has."""
    for suffix in ("DateTime", "Instant"):
        days = read_days(str(resource.get(name + suffix, "")))
        if days is not None:
            return days
    period = as_dict(resource.get(name + "Period"))
    if period:
        days = read_days(str(period.get("end" if is_end else "start", "")))
        return days if days is not None or is_end else Days(None, patient.day)
    age = read_quantity({"valueQuantity": resource.get(name + "Age")})
    born = patient.birth
    if (
        age is not None
        and age.low is not None
        and born
        and born.first
        and born.last
        and age.unit in ("a", "mo", "wk", "d")
    ):
        return Days(move(born.first, age.low, age.unit), move(born.last, age.low + 1, age.unit))
    if is_end and resource.get(name + "Boolean") is True:
        return Days(None, patient.day)
    return None


def _source(resource: Resource, words: str) -> Source:
    return Source("fhir", f"{resource.get('resourceType', '')}/{resource.get('id', '')}".rstrip("/"), words)


def _code_of(concept: Any) -> str:
    """The code of a status, which FHIR gives as a concept or as a bare code."""
    if isinstance(concept, str):
        return concept
    told = as_dict(concept)
    codes = (as_dict(each).get("code") for each in as_list(told.get("coding")))
    said = next((str(each) for each in codes if each), str(told.get("text") or ""))
    return said.strip().lower().replace(" ", "-")


def _list_texts(resource: Resource, *names: str) -> Iterator[str]:
    for name in names:
        for each in as_list(resource.get(name)) or [resource.get(name)]:
            found = find_code(as_dict(each).get("summary") or each)
            if found is not None:
                yield found.words
