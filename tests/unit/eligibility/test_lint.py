"""Faults of a record that its words show; and records without them, in which nothing is found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from trialbook.eligibility.lint import lint_study
from trialbook.model.present import parse_present
from trialbook.samples import sample_paths


def lint(
    criteria: str, *, minimum: str | None = None, arms: list[dict[str, str]] | None = None
) -> list[tuple[str, ...]]:
    eligibility = {"eligibilityCriteria": criteria} | ({"minimumAge": minimum} if minimum else {})
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001"},
            "eligibilityModule": eligibility,
            "armsInterventionsModule": {"armGroups": arms or []},
        }
    }
    found = lint_study(parse_present(msgspec.json.encode(record)))
    return [(each.fault, *each.words) for each in found]


BOTH = "Inclusion Criteria:\n\n* {}\n\nExclusion Criteria:\n\n* {}"

FAULTS = [
    ("Age 21 years or older", "Younger than 21 years of age", "negates"),
    ("BMI ≤ 34 kg/m2", "BMI > 34 kg/m2", "negates"),
    ("No diabetes", "Diabetes", "negates"),
    ("HbA1c > 9%", "HbA1c > 8%", "contradicts"),
    ("Diabetes", "Hemoglobin < 9 mg/dL", "unit"),
]


@pytest.mark.parametrize(("inclusion", "exclusion", "fault"), FAULTS)
def test_faults(inclusion: str, exclusion: str, fault: str) -> None:
    ((found, *words),) = lint(BOTH.format(inclusion, exclusion))
    assert found == fault
    assert exclusion in words


@pytest.mark.parametrize(
    ("inclusion", "exclusion"),
    [
        ("Age 21 years or older", "Older than 75 years of age"),
        ("HbA1c > 7%", "HbA1c > 9%"),
        ("BMI ≥ 30 kg/m2", "BMI > 45 kg/m2"),
        ("Diabetes", "Hemoglobin < 9 g/dL"),
        ("Age 21 years or older", "Younger than 21 years of age at diagnosis of epilepsy within 6 months"),
    ],
)
def test_no_faults(inclusion: str, exclusion: str) -> None:
    assert lint(BOTH.format(inclusion, exclusion)) == []


def test_limits_that_nobody_meets() -> None:
    found = lint("Inclusion Criteria:\n\n* Hemoglobin ≥ 12 g/dL\n* Hemoglobin ≤ 10 g/dL")
    assert found == [("contradicts", "Hemoglobin ≥ 12 g/dL", "Hemoglobin ≤ 10 g/dL")]


def test_a_minimum_age_that_is_not_the_fields() -> None:
    text = "Inclusion Criteria:\n\n* Age 21 years or older"
    assert lint(text, minimum="18 Years") == [("age", "Age 21 years or older")]
    assert lint(text, minimum="21 Years") == []


def test_a_placebo_arm_that_is_typed_experimental() -> None:
    arms = [
        {"label": "Placebo", "type": "EXPERIMENTAL"},
        {"label": "Sham surgery", "type": "SHAM_COMPARATOR"},
        {"label": "Drug plus placebo", "type": "EXPERIMENTAL"},
    ]
    assert lint("Inclusion Criteria:\n\n* Adult", arms=arms) == [("arm", "Placebo")]


def check_reference_record(path: Path) -> None:
    found = lint_study(parse_present(path.read_bytes()))
    assert [each.fault for each in found] == ["negates", "arm"]
    assert found[1].words == ("Group 2: Placebo Group",)


def test_the_reference_record_as_it_is_retold() -> None:
    check_reference_record(next(each for each in sample_paths() if each.name == "NCT04776239.json"))


def test_the_reference_record_itself(shared_data: Path) -> None:
    check_reference_record(shared_data / "ctgov" / "NCT04776239.json")
