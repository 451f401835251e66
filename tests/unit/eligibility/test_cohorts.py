"""Criteria of a cohort are its own, under whichever of its headings they stand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.eligibility.aceso import atom, make_reading, read_person

from trialbook.eligibility.cohorts import name_cohort
from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.verdicts import Overall, PatientVerdict


def criterion(kind: Any, heading: str, asked: str) -> ParsedCriterion:
    return ParsedCriterion(kind, "…", 0, 1, atom(asked), heading)


def judge(*said: tuple[str, str], **told: Any) -> PatientVerdict:
    """Criteria as heading and thing; what a heading is of is read off it."""
    criteria = [
        criterion("exclusion" if "exclu" in heading.lower() else "inclusion", heading, asked)
        for heading, asked in said
    ]
    return evaluate_patient(criteria, make_reading(read_person(told)))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Inclusion Criteria for Part A", "Part A"),
        ("Part A: Exclusion Criteria:", "Part A"),
        ("Phase 1 Exclusion Criteria", "Phase 1"),
        ("Part 2 additional inclusion criteria", "Part 2"),
        ("Exclusion Criteria (Parts 1 and 2)", "Parts 1 and 2"),
        ("Key Exclusion Criteria: Non-High Risk Arm", "Non-High Risk Arm"),
        ("Inclusion criteria for normal control group", "normal control group"),
        ("Exclusion criteria for all groups", ""),
        ("Exclusion Criteria for both groups", ""),
        ("Inclusion Criteria", ""),
    ],
)
def test_a_cohort_has_one_name_under_all_its_headings(heading: str, name: str) -> None:
    assert name_cohort(criterion("inclusion", heading, "gout")) == name


@pytest.mark.parametrize(
    ("said", "overall"),
    [
        # A block of exclusions is none that somebody could take part in.
        (
            [("Inclusion Criteria for Part A", "gout"), ("Exclusion Criteria for Part A", "asthma")],
            "ineligible",
        ),
        ([("Inclusion Criteria", "gout"), ("Exclusion Criteria for both groups", "asthma")], "ineligible"),
        ([("Part A: Inclusion Criteria", "gout"), ("EXCLUSION CRITERIA, PART A", "asthma")], "ineligible"),
        (
            [("Inclusion (Parts 1 and 2)", "gout"), ("Part 1 additional exclusion criteria", "asthma")],
            "ineligible",
        ),
        # Who is kept out of one part may take part in the other.
        (
            [
                ("Part A: Inclusion Criteria", "gout"),
                ("Part A: Exclusion Criteria", "asthma"),
                ("Part B: Inclusion Criteria", "gout"),
            ],
            "eligible",
        ),
        # For whom it is, nobody knows.
        ([("Inclusion Criteria", "gout"), ("Phase 1 Exclusion Criteria", "asthma")], "open"),
        # Patients and their healthy controls: the patients' heading names nobody.
        ([("Inclusion Criteria", "gout"), ("Inclusion Criteria for Healthy Controls", "migraine")], "open"),
        ([("Inclusion Criteria", "migraine"), ("Inclusion Criteria for Healthy Controls", "gout")], "open"),
        ([("Cohort A", "migraine"), ("Cohort B", "migraine")], "ineligible"),
    ],
)
def test_a_person_with_gout_and_asthma_and_no_migraine(said: list[tuple[str, str]], overall: Overall) -> None:
    assert judge(*said, gout=True, asthma=True, migraine=False).overall == overall


def test_what_a_part_excludes_is_told_beside_the_part() -> None:
    found = judge(
        ("Inclusion Criteria for Part A", "gout"), ("Exclusion Criteria for Part A", "asthma"), gout=True
    )
    assert found.cohorts == {"Part A": "open"}
