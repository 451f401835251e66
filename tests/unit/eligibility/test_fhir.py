"""What a FHIR R4 bundle says of a patient, resource by resource, and what it does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.conftest import find_shared

from trialbook.eligibility.days import Days
from trialbook.eligibility.facts import Fact, Person
from trialbook.eligibility.readers.fhir import read_fhir
from trialbook.eligibility.readers.files import read_patients
from trialbook.errors import SourceFormatError

DAY = date(2026, 11, 29)
ON_LIST = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def code(text: str, *codings: tuple[str, str]) -> dict[str, Any]:
    return {"text": text, "coding": [{"system": system, "code": each} for system, each in codings]}


def status(name: str) -> dict[str, Any]:
    return {"coding": [{"system": ON_LIST, "code": name}]}


def read(*resources: dict[str, Any], patient: dict[str, Any] | None = None) -> Person:
    first = {
        "resourceType": "Patient",
        "id": "p",
        "birthDate": "1970-05",
        "gender": "female",
        **(patient or {}),
    }
    entries = [
        {"resource": first},
        *({"resource": {"subject": {"reference": "Patient/p"}, **each}} for each in resources),
    ]
    (person,) = read_fhir({"resourceType": "Bundle", "type": "collection", "entry": entries}, DAY)
    return person


def read_one(resource: dict[str, Any]) -> Fact:
    facts = [each for each in read(resource).facts if each.concept.domain != "person"]
    assert len(facts) == 1, facts
    return facts[0]


def test_a_patient_has_sex_and_the_days_of_birth_that_are_told() -> None:
    person = read()
    assert (person.sex, person.birth) == ("female", Days(date(1970, 5, 1), date(1970, 5, 31)))
    assert [each.source.where for each in person.facts] == ["Patient/p.gender"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"clinicalStatus": status("active"), "onsetDateTime": "2019-03-04"},
            {"start": Days(date(2019, 3, 4), date(2019, 3, 4)), "end": None, "is_ongoing": True},
        ),
        (
            {"clinicalStatus": status("resolved"), "onsetDateTime": "2019", "abatementDateTime": "2020-02"},
            {"end": Days(date(2020, 2, 1), date(2020, 2, 29)), "is_ongoing": False},
        ),
        # Resolved on a day that nobody wrote down: some day from its onset to now.
        (
            {"clinicalStatus": status("remission"), "onsetDateTime": "2019-03-04"},
            {"end": Days(date(2019, 3, 4), DAY), "is_ongoing": False},
        ),
        # Recorded in June, begun then or before.
        ({"recordedDate": "2021-06-01"}, {"start": Days(None, date(2021, 6, 1)), "is_ongoing": True}),
        ({"onsetAge": {"value": 40, "code": "a"}}, {"start": Days(date(2010, 5, 1), date(2011, 5, 31))}),
        (
            {"verificationStatus": status("refuted"), "recordedDate": "2021-06-01"},
            {"denied": True, "start": None},
        ),
        ({"verificationStatus": status("provisional")}, {"denied": False, "is_certain": False}),
    ],
)
def test_a_condition_has_its_days_and_its_standing(told: dict[str, Any], expected: dict[str, Any]) -> None:
    fact = read_one(
        {
            "resourceType": "Condition",
            "id": "c",
            "code": code("asthma", ("http://snomed.info/sct", "195967001")),
            **told,
        }
    )
    assert fact.concept.ids == ("snomed:195967001",)
    assert {name: getattr(fact, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ({"abatementString": "around April 2013"}, Days(date(2010, 1, 1), DAY)),
        ({"abatementString": "2013-04"}, Days(date(2013, 4, 1), date(2013, 4, 30))),
        ({"abatementAge": {"value": 43, "code": "a"}}, Days(date(2013, 5, 1), date(2014, 5, 31))),
        ({"abatementAge": {"value": 43, "unit": "years"}}, Days(date(2010, 1, 1), DAY)),
        ({"abatementRange": {"low": {"value": 40, "code": "a"}}}, Days(date(2010, 1, 1), DAY)),
        ({"abatementPeriod": {"start": "2013-04-01", "end": "2013-05-02"}}, Days(date(2013, 4, 1), date(2013, 5, 2))),
        ({"abatementPeriod": {"start": "2013-04-01"}}, Days(date(2013, 4, 1), DAY)),
        ({"abatementPeriod": {"end": "2013"}}, Days(date(2010, 1, 1), date(2013, 12, 31))),
        ({"clinicalStatus": {"text": "Resolved"}}, Days(date(2010, 1, 1), DAY)),
        ({"clinicalStatus": {"coding": [{"display": "gone"}, {"code": "inactive"}]}}, Days(date(2010, 1, 1), DAY)),
        ({"clinicalStatus": status("remission")}, Days(date(2010, 1, 1), DAY)),
    ],
)  # fmt: skip
def test_whatever_tells_its_end_ends_a_condition(told: dict[str, Any], end: Days) -> None:
    resource = {"resourceType": "Condition", "code": code("Asthma"), "onsetDateTime": "2010", **told}
    fact = read_one(resource)
    assert (fact.end, fact.is_ongoing) == (end, False)


@pytest.mark.parametrize("said", ["ongoing", "not yet", "still active"])
def test_a_text_that_denies_an_end_ends_nothing(said: str) -> None:
    fact = read_one({"resourceType": "Condition", "code": code("Asthma"), "abatementString": said})
    assert (fact.end, fact.is_ongoing) == (None, True)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"deceasedDateTime": "2024-05-01"}, "the patient has died (2024-05-01), which no verdict weighs"),
        ({"deceasedBoolean": True}, "the patient has died, which no verdict weighs"),
    ],
)
def test_of_a_patient_who_has_died_it_is_said_beside_the_verdicts(
    told: dict[str, Any], sentence: str
) -> None:
    assert read(patient=told).unread == (sentence,)
    assert read(patient={"deceasedBoolean": False}).unread == ()


def test_an_allergy_that_is_over_is_over() -> None:
    told = {"resourceType": "AllergyIntolerance", "code": code("Penicillin")}
    assert read_one(told).is_ongoing
    over = read_one({**told, "clinicalStatus": status("resolved")})
    assert (over.end, over.is_ongoing) == (Days(None, DAY), False)


def test_a_history_of_something_is_that_thing_in_the_past() -> None:
    told = {
        "resourceType": "Condition",
        "code": code("History of myocardial infarction (situation)"),
        "onsetDateTime": "2015-01-02",
    }
    fact = read_one({**told, "clinicalStatus": status("active")})
    assert fact.concept.words == "myocardial infarction (situation)"
    assert (fact.start, fact.is_ongoing) == (Days(None, date(2015, 1, 2)), False)


def test_a_measurement_has_its_value_unit_limits_and_day() -> None:
    fact = read_one(
        {
            "resourceType": "Observation",
            "id": "o",
            "status": "final",
            "code": code("ALT", ("http://loinc.org", "1742-6")),
            "effectiveDateTime": "2026-10-01T08:00:00+02:00",
            "valueQuantity": {"value": 124, "unit": "units/L", "code": "U/L"},
            "referenceRange": [{"low": {"value": 7, "code": "U/L"}, "high": {"value": 40, "code": "U/L"}}],
        }
    )
    assert fact.describe() == "ALT 124 U/L, 2026-10-01"
    assert (fact.lower_normal, fact.upper_normal, fact.source.where) == (7, 40, "Observation/o")


def test_a_limit_in_another_unit_is_no_limit() -> None:
    told = {
        "resourceType": "Observation",
        "code": code("ALT"),
        "valueQuantity": {"value": 2, "code": "ukat/L"},
    }
    assert read_one({**told, "referenceRange": [{"high": {"value": 40, "code": "U/L"}}]}).upper_normal is None


def test_a_comparator_opens_an_interval() -> None:
    told = {
        "resourceType": "Observation",
        "code": code("eGFR"),
        "valueQuantity": {"value": 90, "comparator": ">", "code": "mL/min"},
    }
    value = read_one(told).value
    assert value is not None
    assert (value.low, value.high, value.low_included) == (90, None, False)


def test_the_components_of_an_observation_are_facts_of_their_own() -> None:
    parts = [
        {"code": code(name), "valueQuantity": {"value": value, "code": "mm[Hg]"}}
        for name, value in (("Systolic", 130), ("Diastolic", 80))
    ]
    person = read(
        {
            "resourceType": "Observation",
            "code": code("Blood pressure"),
            "effectiveDateTime": "2026-10-01",
            "component": parts,
        }
    )
    assert [each.describe() for each in person.facts[1:]] == [
        "Systolic 130 mmHg, 2026-10-01",
        "Diastolic 80 mmHg, 2026-10-01",
    ]


@pytest.mark.parametrize(
    ("value", "denied"),
    [
        ({"valueCodeableConcept": code("Negative", ("http://snomed.info/sct", "260385009"))}, True),
        ({"valueCodeableConcept": code("", ("http://snomed.info/sct", "10828004"))}, False),
        ({"valueString": "not detected"}, True),
        ({"valueBoolean": True}, False),
    ],
)
def test_a_result_in_words_says_yes_or_no(value: dict[str, Any], denied: bool) -> None:
    fact = read_one(
        {"resourceType": "Observation", "code": code("HIV 1 Ab"), "effectiveDateTime": "2026-10-01", **value}
    )
    assert (fact.concept.words, fact.denied) == ("HIV 1 Ab", denied)


@pytest.mark.parametrize(("said", "denied"), [("77386006", False), ("60001007", True)])
def test_the_status_of_pregnancy_says_whether_there_is_one(said: str, denied: bool) -> None:
    fact = read_one(
        {
            "resourceType": "Observation",
            "code": code("Pregnancy status", ("http://loinc.org", "82810-3")),
            "effectiveDateTime": "2026-11-29",
            "valueCodeableConcept": code("", ("http://snomed.info/sct", said)),
        }
    )
    assert (fact.concept.words, fact.concept.domain, fact.denied) == ("pregnancy", "condition", denied)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"status": "active", "intent": "order", "authoredOn": "2026-01-01"}, ("present", False, True)),
        ({"status": "active", "intent": "plan", "authoredOn": "2026-01-01"}, ("planned", False, False)),
        ({"status": "stopped", "intent": "order", "authoredOn": "2026-01-01"}, ("present", False, False)),
        ({"status": "not-taken"}, ("present", True, False)),
    ],
)
def test_a_medication_is_taken_planned_or_over(
    told: dict[str, Any], expected: tuple[str, bool, bool]
) -> None:
    fact = read_one(
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": code("metformin"), **told}
    )
    assert (fact.status, fact.denied, fact.is_ongoing) == expected


def test_a_prescription_finds_the_medication_that_it_refers_to() -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": code("metformin")}
    inside = {
        "resourceType": "MedicationRequest",
        "contained": [drug],
        "medicationReference": {"reference": "#m"},
    }
    beside = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/m"}}
    assert read_one(inside).concept.words == "metformin"
    assert [each.concept.words for each in read(beside, drug).facts[1:]] == ["metformin"]


def test_allergies_family_and_procedures_are_told_apart() -> None:
    person = read(
        {
            "resourceType": "AllergyIntolerance",
            "patient": {"reference": "Patient/p"},
            "code": code("Allergy to aspirin"),
        },
        {
            "resourceType": "FamilyMemberHistory",
            "patient": {"reference": "Patient/p"},
            "relationship": code("mother"),
            "condition": [{"code": code("breast cancer")}],
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": code("appendectomy"),
            "performedPeriod": {"start": "2012-02-08", "end": "2012-02-09"},
        },
        {"resourceType": "Procedure", "status": "preparation", "code": code("hip replacement")},
    )
    assert [each.describe() for each in person.facts[1:]] == [
        "aspirin (allergy)",
        "breast cancer (family)",
        "appendectomy, 2012-02-08 to 2012-02-09",
        "hip replacement (planned), 2026-11-29 or earlier",
    ]


def test_what_is_withdrawn_or_not_read_is_named_and_counted() -> None:
    person = read(
        {
            "resourceType": "Condition",
            "code": code("asthma"),
            "verificationStatus": status("entered-in-error"),
        },
        {
            "resourceType": "Observation",
            "status": "cancelled",
            "code": code("ALT"),
            "valueQuantity": {"value": 1},
        },
        {
            "resourceType": "MedicationRequest",
            "doNotPerform": True,
            "medicationCodeableConcept": code("aspirin"),
        },
        {"resourceType": "Observation", "status": "final", "code": code("ALT")},
        {"resourceType": "CarePlan"},
        {"resourceType": "CarePlan"},
    )
    assert [each.concept.domain for each in person.facts] == ["person"]
    assert person.unread == (
        "CarePlan: 2",
        "Condition (entered-in-error): 1",
        "MedicationRequest (not to be done): 1",
        "Observation (cancelled): 1",
        "Observation without a value or code: 1",
    )


def test_the_patients_of_a_bundle_keep_what_is_theirs() -> None:
    entries = [
        {"fullUrl": f"urn:uuid:{name}", "resource": {"resourceType": "Patient", "id": name}} for name in "ab"
    ]
    entries += [
        {
            "resource": {
                "resourceType": "Condition",
                "code": code(words),
                "subject": {"reference": f"urn:uuid:{name}"},
            }
        }
        for name, words in (("b", "gout"), ("a", "asthma"), ("c", "nobody's"))
    ]
    found = list(read_fhir({"resourceType": "Bundle", "entry": entries}, DAY))
    assert [(each.person_id, [one.concept.words for one in each.facts]) for each in found] == [
        ("a", ["asthma"]),
        ("b", ["gout"]),
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"resourceType": "Bundle", "entry": []}, "without a Patient"),
        ({"resourceType": "Bundle", "entry": [{"resource": 1}]}, "no resource"),
        ({"resourceType": "Patient", "birthDate": "May 1970"}, "May 1970"),
        ([1], "no FHIR resource"),
    ],
)
def test_what_is_no_bundle_is_refused_in_a_sentence(told: object, said: str) -> None:
    with pytest.raises(SourceFormatError, match=said):
        list(read_fhir(told, DAY))


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], {}, [None], {"coding": 1}, {"coding": [1]}, {"value": "x"}]
)
def test_odd_elements_are_passed_over(odd: Any) -> None:
    for kind in (
        "Condition",
        "Observation",
        "MedicationRequest",
        "Procedure",
        "AllergyIntolerance",
        "FamilyMemberHistory",
    ):
        read(
            {
                "resourceType": kind,
                "code": odd,
                "valueQuantity": odd,
                "component": odd,
                "condition": odd,
                "referenceRange": odd,
            }
        )
        read(
            {
                "resourceType": kind,
                "code": code("x"),
                "medicationCodeableConcept": code("x"),
                "clinicalStatus": odd,
                "onsetPeriod": odd,
                "onsetAge": odd,
                "valueQuantity": odd,
                "performedPeriod": odd,
                "medicationReference": odd,
            }
        )


def test_synthetic_patients_are_all_read() -> None:
    shared = find_shared("data/patients") / "synthea_fhir_r4.zip"
    persons = list(read_patients(shared, DAY))
    # 120 files, one of them the hospitals that go with the others.
    assert len(persons) == 119
    assert all(each.birth and each.sex for each in persons)
    conditions = sum(one.concept.domain == "condition" for each in persons for one in each.facts)
    # 901 conditions, as counted in the files; pregnancy's status is in none.
    assert conditions == 901
