"""The FHIR Group: its structure, and that it says what the trees say, told by a reader of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from trialbook.eligibility.parse import parse_criteria
from trialbook.export.cohort.cohort import Cohort, make_cohort
from trialbook.export.cohort.fhir_group import NOT_CARRIED, PROFILE
from trialbook.terms import get_thesaurus

from .made_omop import DAY, make_database, write_sqlite
from .test_executed import CRITERIA, make_study

Resource = dict[str, Any]
VALUES = ("valueCodeableConcept", "valueQuantity", "valueRange", "valueReference")


def make(text: str, vocabulary: Path | None = None, **fields: Any) -> Cohort:
    study = make_study(text, **fields)
    return make_cohort(
        study, parse_criteria(text), form="fhir", day=DAY, names=get_thesaurus(), vocabulary=vocabulary
    )


def read(text: str, **fields: Any) -> Resource:
    group: Resource = json.loads(make(text, **fields).definition)
    return group


def tell(group: Resource, whole: Resource) -> str:
    """A group as a formula: a reader of the structure alone."""
    parts = [_tell_characteristic(each, whole) for each in group["characteristic"]]
    joint = {"all-of": " & ", "any-of": " | "}.get(group["combinationMethod"])
    if joint is None:
        return f"{group['combinationThreshold']} of ({', '.join(parts)})"
    return joint.join(parts)


def _tell_characteristic(each: Resource, whole: Resource) -> str:
    (value,) = (name for name in VALUES if name in each)
    told = each[value]
    if value == "valueReference":
        inner = next(one for one in whole["contained"] if f"#{one['id']}" == told["reference"])
        said = f"({tell(inner, whole)})"
    elif value == "valueRange":
        said = f"{each['code']['text']} {told['low']['value']}–{told['high']['value']} {told['high'].get('code', '')}"
    elif value == "valueQuantity":
        unit = told.get("code") or told.get("unit", "")
        said = f"{each['code']['text']} {told.get('comparator', '=')} {told['value']} {unit}".rstrip()
    else:
        said = told["text"]
    return f"not {said}" if each["exclude"] else said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Inclusion Criteria:\n\n* Age 18 to 75 years", "Age 18–75 a"),
        ("Inclusion Criteria:\n\n* HbA1c > 7 % and stroke", "(HbA1c > 7 % & stroke)"),
        ("Inclusion Criteria:\n\n* No history of asthma", "not asthma"),
        ("Exclusion Criteria:\n\n* No history of asthma", "asthma"),
        ("Exclusion Criteria:\n\n* Cancer or heart failure", "not (Cancer | heart failure)"),
        (
            "Exclusion Criteria:\n\n* Cancer within 5 years, except basal cell carcinoma",
            "not (Cancer & not basal cell carcinoma)",
        ),
        (
            "Inclusion Criteria:\n\n* At least two of the following: asthma, hypertension, diabetes",
            "2 of (asthma, hypertension, diabetes)",
        ),
        ("Inclusion Criteria:\n\n* If diabetes, HbA1c below 9 %", "not diabetes | HbA1c < 9 %"),
        ("Exclusion Criteria:\n\n* ALT > 3 x ULN", "not ALT > 3 × ULN"),
    ],
)
def test_a_group_says_what_the_tree_says(text: str, said: str) -> None:
    group = read(text)
    told = tell(group, group)
    assert told in (said, f"({said})")


def test_times_lengths_and_counts_stand_where_the_guide_has_them() -> None:
    (each,) = read("Exclusion Criteria:\n\n* at least 2 strokes within 12 months before screening")[
        "characteristic"
    ]
    (time,) = each["relativeTime"]
    assert time["contextCode"] == {"text": "screening"}
    assert time["offsetRange"]["low"] == {
        "value": -12,
        "unit": "months",
        "system": "http://unitsofmeasure.org",
        "code": "mo",
    }
    assert each["instancesQuantity"] == {"value": 2, "comparator": ">="}
    (each,) = read("Inclusion Criteria:\n\n* Diabetes for at least 6 months")["characteristic"]
    assert each["durationDuration"]["value"] == 6
    assert each["durationDuration"]["comparator"] == ">="


def test_what_only_words_carry_is_marked_and_listed() -> None:
    text = "Inclusion Criteria:\n\n* Adequate organ function\n* uncontrolled hypertension"
    made = make(text)
    group = json.loads(made.definition)
    causes = [
        [
            part["valueCode"]
            for said in each.get("extension", [])
            for part in said["extension"]
            if "valueCode" in part
        ]
        for each in group["characteristic"]
    ]
    assert causes == [["opaque"], ["qualifier"]]
    assert {each.cause for each in made.not_carried} == {"opaque", "qualifier", "absence"}
    assert all(each["url"] == NOT_CARRIED for each in group["extension"])
    assert group["characteristic"][0]["valueCodeableConcept"]["text"] == "Adequate organ function"


def test_codes_of_the_users_own_vocabulary_stand_beside_ours(tmp_path: Path) -> None:
    path = write_sqlite(make_database(1, 1), tmp_path / "cdm.sqlite")
    made = make("Inclusion Criteria:\n\n* Type 2 diabetes", path)
    (each,) = json.loads(made.definition)["characteristic"]
    systems = {one["system"] for one in each["valueCodeableConcept"]["coding"]}
    assert systems == {"http://id.nlm.nih.gov/mesh", "http://snomed.info/sct"}


@pytest.mark.parametrize("text", CRITERIA)
def test_every_group_is_well_formed(text: str) -> None:
    group = read(
        f"Inclusion Criteria:\n\n* {text}\n\nExclusion Criteria:\n\n* {text}",
        sex="FEMALE",
        minimumAge="1 Year",
    )
    assert group["meta"]["profile"] == [PROFILE]
    contained = group.get("contained", [])
    for each in (group, *contained):
        assert each["resourceType"] == "Group"
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", each["id"])
        assert each["combinationMethod"] in ("all-of", "any-of", "at-least")
        assert ("combinationThreshold" in each) == (each["combinationMethod"] == "at-least")
        assert (each["type"], each["membership"]) == ("person", "definitional")
        for one in each["characteristic"]:
            assert isinstance(one["exclude"], bool)
            assert one["code"].get("text")
            assert len([name for name in VALUES if name in one]) == 1
            if "valueReference" in one:
                assert one["valueReference"]["reference"].removeprefix("#") in {
                    part["id"] for part in contained
                }
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{1,254}", group["name"])


def test_the_elements_are_those_of_the_guides_examples(shared_data: Path) -> None:
    examples = [
        json.loads(path.read_bytes()) for path in sorted((shared_data / "fhir_eligibility").glob("*.json"))
    ]
    known = {name for each in examples for one in each["characteristic"] for name in one}
    ours = read("\n".join(["Exclusion Criteria:", "", *(f"* {each}" for each in CRITERIA)]))
    used = {name for each in (ours, *ours["contained"]) for one in each["characteristic"] for name in one}
    # What our own example needs and those six do not show.
    assert used - known <= {"extension", "instancesQuantity"}
    assert {name for each in examples for name in each} >= set(ours) - {"contained", "extension"}


@pytest.mark.parametrize(
    "words",
    [
        "Exclusion Criteria:\n\n* Weight loss >= 20 kg",
        "Inclusion Criteria:\n\n* Prior chemotherapy is allowed; surgery is permitted",
        "Exclusion Criteria:\n\n* Patients must use two methods of contraception",
    ],
)
def test_what_screening_leaves_open_no_cohort_decides(words: str) -> None:
    made = make(words)
    group = json.loads(made.definition)
    assert not group.get("contained")
    coded = [each for each in group.get("characteristic", []) if "coding" in each["code"]]
    assert not any("valueQuantity" in each or "valueRange" in each for each in coded)
    assert [each.cause for each in made.not_carried] == ["opaque"]
