"""What do FHIR's data types say? Codes, quantities, limits of normal, answers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

from trialbook.eligibility.readers.answers import Answer
from trialbook.eligibility.readers.numbers import bound
from trialbook.eligibility.tree import Interval

Resource: TypeAlias = dict[str, Any]

_SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd9cm",
    "http://www.whocc.no/atc": "atc",
}
# Answers that have codes of their own, in SNOMED CT and LOINC.
_ANSWERS: dict[str, Answer] = {
    "snomed:10828004": "yes", "snomed:260373001": "yes", "snomed:52101004": "yes", "snomed:373066001": "yes",
    "snomed:77386006": "yes", "loinc:LA33-6": "yes", "loinc:LA6576-8": "yes", "loinc:LA15173-0": "yes",
    "snomed:260385009": "no", "snomed:260415000": "no", "snomed:2667000": "no", "snomed:373067005": "no",
    "snomed:60001007": "no", "loinc:LA32-8": "no", "loinc:LA6577-6": "no", "loinc:LA26683-5": "no",
    "snomed:146799005": "suspected", "loinc:LA4489-6": "unknown",
}  # fmt: skip


class Code(NamedTuple):
    """A concept: its words and its codes as `system:code`."""

    words: str
    ids: tuple[str, ...]


class Said(NamedTuple):
    """What a value that is no number says."""

    words: str
    ids: tuple[str, ...] = ()
    answer: Answer = ""


def as_dict(value: Any) -> Resource:
    """An object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A list, or an empty one where something else stands."""
    return value if isinstance(value, list) else []


def find_code(concept: Any) -> Code | None:
    """The words and codes of a CodeableConcept; None for one that has neither."""
    told = as_dict(concept)
    codings = [as_dict(each) for each in as_list(told.get("coding"))]
    ids = tuple(
        f"{_SYSTEMS.get(str(each.get('system')), each.get('system') or 'unknown')}:{each['code']}"
        for each in codings
        if each.get("code")
    )
    words = [told.get("text"), *(each.get("display") for each in codings)]
    said = next((str(each).strip() for each in words if each and str(each).strip()), "")
    return Code(said or ids[0], ids) if said or ids else None


def read_quantity(part: Resource) -> Interval | None:
    """The number of a `value…`: a quantity with its comparator and unit, a range, an integer, a share.

    FHIR's codes of units are UCUM; a unit without a code is kept as it is written.
    """
    quantity = as_dict(part.get("valueQuantity"))
    if quantity:
        value = _as_number(quantity.get("value"))
        unit = str(quantity.get("code") or quantity.get("unit") or "")
        return None if value is None else bound(value, str(quantity.get("comparator") or ""), unit)
    limits = as_dict(part.get("valueRange"))
    if limits:
        low, high = as_dict(limits.get("low")), as_dict(limits.get("high"))
        unit = str(low.get("code") or low.get("unit") or high.get("code") or high.get("unit") or "")
        ends = _as_number(low.get("value")), _as_number(high.get("value"))
        return None if ends == (None, None) else Interval(*ends, unit=unit)
    for key in ("valueInteger", "valueDecimal"):
        value = _as_number(part.get(key))
        if value is not None:
            return bound(value, "", "")
    return None


def read_limits(part: Resource, unit: str) -> tuple[float | None, float | None]:
    """The laboratory's lower and upper limit of normal, where they have the value's unit."""
    for each in as_list(part.get("referenceRange")):
        kinds = as_list(as_dict(as_dict(each).get("type")).get("coding"))
        if kinds and all(as_dict(kind).get("code") not in ("normal", None) for kind in kinds):
            continue
        ends = []
        for name in ("low", "high"):
            limit = as_dict(as_dict(each).get(name))
            given = str(limit.get("code") or limit.get("unit") or unit)
            ends.append(_as_number(limit.get("value")) if given == unit else None)
        return ends[0], ends[1]
    return None, None


def read_text(part: Resource) -> Said:
    """What a value that is no number says."""
    if isinstance(part.get("valueBoolean"), bool):
        return Said("yes" if part["valueBoolean"] else "no", (), "yes" if part["valueBoolean"] else "no")
    code = find_code(part.get("valueCodeableConcept"))
    if code is not None:
        answer: Answer = next((_ANSWERS[each] for each in code.ids if each in _ANSWERS), "")
        return Said(code.words, code.ids, answer)
    return Said(str(part.get("valueString") or "").strip())


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
