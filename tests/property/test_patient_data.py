"""Whatever stands in patient data, it is read or refused in a sentence."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trialbook.eligibility.readers.files import read_patient_bytes
from trialbook.eligibility.readers.plain import _FACT_FIELDS, _LISTS, _PERSON_FIELDS
from trialbook.errors import TrialbookError

DAY = date(2026, 11, 29)
FHIR_NAMES = [
    "resourceType",
    "id",
    "code",
    "coding",
    "system",
    "display",
    "text",
    "subject",
    "reference",
    "status",
    "clinicalStatus",
    "verificationStatus",
    "onsetDateTime",
    "onsetAge",
    "onsetPeriod",
    "abatementDateTime",
    "start",
    "end",
    "value",
    "unit",
    "valueQuantity",
    "valueRange",
    "low",
    "high",
    "comparator",
    "component",
    "referenceRange",
    "valueCodeableConcept",
    "valueBoolean",
    "effectiveDateTime",
    "birthDate",
    "gender",
    "medicationReference",
    "contained",
    "condition",
    "relationship",
]
KINDS = [
    "Patient",
    "Condition",
    "Observation",
    "MedicationRequest",
    "Procedure",
    "AllergyIntolerance",
    "FamilyMemberHistory",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["8.2 %", "around 8", "1e999", "0000-01-01", "9999-12-31", "2023-02-30", "active", "yes", *KINDS]
    )
)


def nest(names: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=5)
        ),
        max_leaves=12,
    )


plain = st.dictionaries(
    st.sampled_from([*sorted(_PERSON_FIELDS), *_LISTS, "HbA1c", ""]),
    nest([*sorted(_FACT_FIELDS), "screening", "birth", "mdrd_constant"]),
    max_size=6,
)
resources = st.builds(
    lambda kind, told: {**told, "resourceType": kind},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FHIR_NAMES), nest(FHIR_NAMES), max_size=8),
)


def read(told: Any) -> None:
    with contextlib.suppress(TrialbookError):
        for person in read_patient_bytes(json.dumps(told).encode("utf-8", "replace"), DAY):
            for fact in person.facts:
                assert fact.describe()


@settings(max_examples=100, deadline=None)
@given(plain)
def test_plain_values_are_read_or_refused(told: Any) -> None:
    read(told)


@settings(max_examples=100, deadline=None)
@given(st.lists(resources, max_size=4))
def test_resources_are_read_or_refused(told: Any) -> None:
    read(
        {
            "resourceType": "Bundle",
            "entry": [{"resource": each} for each in [{"resourceType": "Patient"}, *told]],
        }
    )


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda each: each.encode("utf-8", "replace")))
def test_bytes_are_read_or_refused(told: bytes) -> None:
    with contextlib.suppress(TrialbookError):
        list(read_patient_bytes(told, DAY))
