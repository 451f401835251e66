"""How do names, values and times become elements of FHIR?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from trialbook.eligibility.describe import describe_window
from trialbook.eligibility.tree import Atom, Concept, Domain, Interval, Window
from trialbook.export.cohort.vocabulary import Vocabulary

Resource: TypeAlias = dict[str, Any]

_UCUM = "http://unitsofmeasure.org"
_SYSTEMS = {"loinc": "http://loinc.org", "drugbank": "https://go.drugbank.com"}
# Of the user's own vocabulary.
_VOCABULARIES = {
    "SNOMED": "http://snomed.info/sct",
    "LOINC": "http://loinc.org",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
}
_MESH = "http://id.nlm.nih.gov/mesh"
_KINDS: dict[Domain, str] = {
    "condition": "Condition",
    "drug": "MedicationStatement",
    "procedure": "Procedure",
    "device": "DeviceUsage",
    "measurement": "Observation",
    "observation": "Observation",
    "consent": "Consent",
}
_TIMES = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}
_MOST_CODINGS = 20


def code_kind(atom: Atom) -> Resource:
    """What kind of thing a characteristic asks for: a resource's own name."""
    if atom.assertion in ("family", "allergy"):
        name = "FamilyMemberHistory" if atom.assertion == "family" else "AllergyIntolerance"
    else:
        name = next((_KINDS[each.domain] for each in atom.concepts if each.domain in _KINDS), "")
    if atom.assertion in ("planned", "at_risk", "able"):
        return {"text": atom.assertion.replace("_", " ").capitalize()}
    if not name:
        return {"text": "Defined by CodeableConcept"}
    return {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": name}], "text": name}


def make_concept(atom: Atom, vocabulary: Vocabulary) -> Resource:
    """What an atom names, with its codes, and its qualifiers in words."""
    made = code_concepts(atom.concepts, vocabulary)
    if atom.qualifiers:
        made["text"] = f"{made['text']} ({'; '.join(atom.qualifiers)})"
    return made


def code_concepts(concepts: Sequence[Concept], vocabulary: Vocabulary) -> Resource:
    """Names of one thing, with their codes."""
    codings = list({repr(each): each for one in concepts for each in _list_codings(one, vocabulary)}.values())
    made: Resource = {"coding": codings[:_MOST_CODINGS]} if codings else {}
    return {**made, "text": " or ".join(dict.fromkeys(each.words for each in concepts)) or "nothing named"}


def _list_codings(concept: Concept, vocabulary: Vocabulary) -> Iterable[Resource]:
    for each in concept.ids:
        system, _, code = each.partition(":")
        if system == "mesh":
            # The thesaurus knows headings by name, not by number.
            yield {"system": _MESH, "display": code}
        elif system in _SYSTEMS:
            yield {"system": _SYSTEMS[system], "code": code}
    for found in vocabulary.found.get(concept, ()):
        if found.relation == "same" and found.vocabulary in _VOCABULARIES:
            yield {"system": _VOCABULARIES[found.vocabulary], "code": found.code, "display": found.name}


def make_quantities(name: str, kind: str, asked: Interval) -> list[Resource]:
    """An interval as elements `nameQuantity` or `nameRange`, all of which hold; two where a range cannot say it."""
    low, high = asked.low, asked.high
    if low is not None and low == high:
        return [{f"{name}{kind}": _make_quantity(low, asked)}]
    if low is not None and high is not None and asked.low_included and asked.high_included:
        return [{f"{name}Range": {"low": _make_quantity(low, asked), "high": _make_quantity(high, asked)}}]
    made = []
    if low is not None:
        sign = ">=" if asked.low_included else ">"
        made.append({f"{name}{kind}": {**_make_quantity(low, asked), "comparator": sign}})
    if high is not None:
        sign = "<=" if asked.high_included else "<"
        made.append({f"{name}{kind}": {**_make_quantity(high, asked), "comparator": sign}})
    return made


def _make_quantity(value: float, asked: Interval) -> Resource:
    number = int(value) if float(value).is_integer() else value
    if asked.limit:
        return {"value": number, "unit": f"× {asked.limit}"}
    if not asked.unit:
        return {"value": number}
    return {
        "value": number,
        "unit": _TIMES.get(asked.unit, asked.unit),
        "system": _UCUM,
        "code": asked.unit,
    }


def make_time(window: Window) -> Resource:
    """When, around a visit or an event; before it is negative."""
    made: Resource = {"text": describe_window(window)}
    made["contextCode"] = {"text": window.event or window.anchor}
    bounds = {"low": window.earliest, "high": window.latest}
    offset = {
        end: _make_quantity(-value if value else 0, Interval(unit=window.unit))
        for end, value in bounds.items()
        if value is not None
    }
    if offset:
        made["offsetRange"] = offset
    return made
