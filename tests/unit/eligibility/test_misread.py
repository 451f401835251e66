"""Words that turn, part and limit a criterion in ways that were once misread: each kind, in its plain reading."""

from __future__ import annotations

import pytest
from tests.unit.eligibility.shorthand import read_criteria


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "neither diabetes nor hypertension", "not any of diabetes hypertension"),
        ("I", "Diabetes is not present", "not Diabetes"),
        ("I", "Creatinine not > 1.5 mg/dL", "Creatinine ≤ 1.5 mg/dL"),
        ("I", "Breast cancer with or without diabetes", "Breast cancer"),
        ("E", "Patients that are pregnant or lactating will be excluded", "any of pregnant lactating"),
        ("I", "Non-small cell lung cancer", "Non-small cell lung cancer"),
        ("E", "non-pregnant women", "all of not pregnant women"),
        ("I", "bilirubin <= 1.5 x ULN unless Gilbert syndrome",
         "if not Gilbert syndrome then bilirubin ≤ 1.5 × ULN"),
        ("I", "Women of childbearing age must have a negative pregnancy test",
         "all of Women childbearing age not pregnancy test"),
        ("E", "Patients must not have a history of gout", "history: gout"),
        ("E", "Subjects may not be taking warfarin", "warfarin"),
        ("E", "Subjects are not allowed to take aspirin", "aspirin [allowed]"),
        ("E", "Patients not receiving warfarin", "not warfarin"),
        ("E", "Other diseases that are not suitable for endovascular treatment",
         'an investigator decides: "Other diseases that are not suitable for endovascular treatment"'),
        ("E", "Elective surgery within 4 weeks prior to screening", "history: surgery within 4 weeks before screening"),
        ("E", "Elective surgery", "planned: surgery"),
        ("E", "no diabetes, or with contraindications to aspirin", "any of not diabetes contraindications [aspirin]"),
        ("E", "no diabetes or hypertension", "not any of diabetes hypertension"),
        ("E", "Dementia and other psychiatric diseases", "any of Dementia psychiatric diseases"),
        ("I", "Dementia and other psychiatric diseases", "all of Dementia psychiatric diseases"),
        ("I", "Grade 2And above imaging of osteoarthritis", "osteoarthritis ≥ 2 [Grade; imaging]"),
    ],
)  # fmt: skip
def test_what_turns_a_criterion(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words"),
    [("E", "Patients with hepatitis C are not excluded"), ("I", "Prior aspirin is allowed"),
     ("E", "Diabetes is not an exclusion")],
)  # fmt: skip
def test_what_is_allowed_is_asked_of_nobody(kind: str, words: str) -> None:
    assert read_criteria(kind, words).startswith("not understood")


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "age greater than or equal to (>=) 18 years", "age ≥ 18 years"),
        ("I", "AST (<=) 1.5*ULN", "AST ≤ 1.5 × ULN"),
        ("I", "25% <= LVEF <= 50%", "all of LVEF ≥ 25 % LVEF ≤ 50 %"),
        ("I", "creatinine within 1.5 x ULN", "creatinine ≤ 1.5 × ULN"),
        ("I", "Minimum life expectancy of 3 months", "life expectancy ≥ 3 months [Minimum]"),
        ("E", "creatinine above 2.0 mg/dL (177 umol/L)", "creatinine > 2 mg/dL"),
        ("I", "Age greater than to or equal 18 years", "age ≥ 18 years"),
        ("I", "6 months to less than 13 years", "age ≥ 6 and < 156 months"),
        ("I", "Platelets >= 100 G/L", "Platelets ≥ 100 10^9/L"),
        ("I", "Hemoglobin >= 100 g/L", "Hemoglobin ≥ 100 g/L"),
        ("I", "ECOG 0/1", "ECOG ≥ 0 and ≤ 1"),
        ("I", "Men over the age of 60 with gout", "all of Men gout age > 60"),
        ("I", "18 ≤ Age ≤ 75 years", "all of age ≥ 18 age ≤ 75 years"),
        ("I", "ECOG 0, 1 or 2", "ECOG ≥ 0 and ≤ 2"),
        ("I", "NYHA class I, II or III", "NYHA class ≥ 1 and ≤ 3"),
        ("E", "NYHA Class III or Class IV", "NYHA Class ≥ 3 and ≤ 4"),
        ("I", "NYHA II thru IV", "NYHA ≥ 2 and ≤ 4"),
        ("E", "BP > 160/100 mmHg", "any of systolic BP > 160 mmHg diastolic BP > 100 mmHg"),
        ("I", "BP < 140/90 mmHg", "all of systolic BP < 140 mmHg diastolic BP < 90 mmHg"),
        ("I", "BP >= 140/90 mmHg", "any of systolic BP ≥ 140 mmHg diastolic BP ≥ 90 mmHg"),
    ],
)  # fmt: skip
def test_limits(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("E", "Hemoglobin < 9.5 g/dL male and < 9.0 g/dL female",
         "any of all of Hemoglobin < 9.5 g/dL male all of Hemoglobin < 9 g/dL female"),
        ("I", "ferritin > 200 ng/mL women and > 300 ng/mL men",
         "all of if women then ferritin > 200 ng/mL if men then ferritin > 300 ng/mL"),
        ("E", "Men < 12.5 g/dL", 'all of Men not understood: "Men < 12.5 g/dL"'),
        ("I", "AST and ALT <= 2.5 x ULN (<= 5 x ULN if liver metastases)",
         "any of all of AST ≤ 2.5 × ULN ALT ≤ 2.5 × ULN all of all of AST ≤ 5 × ULN ALT ≤ 5 × ULN liver metastases"),
        ("E", "ALT > 2.5 x ULN (> 5 x ULN if liver metastases)",
         "all of ALT > 2.5 × ULN any of ALT > 5 × ULN not liver metastases"),
    ],
)  # fmt: skip
def test_limits_of_some(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("lines", "tree"),
    [
        (("* None of the following:", "  * Hypertension", "  * Diabetes"), "not any of Hypertension Diabetes"),
        (("* Does not have any of the following:", "  * Hypertension", "  * Diabetes"),
         "not any of Hypertension Diabetes"),
        (("* Hypertension or", "* Diabetes"), "any of Hypertension Diabetes"),
        (("* Hypertension", "* OR", "* Diabetes"), "any of Hypertension Diabetes"),
    ],
)  # fmt: skip
def test_lists(lines: tuple[str, ...], tree: str) -> None:
    assert read_criteria("I", *lines) == tree


@pytest.mark.parametrize("many", ["Fewer than 2", "No more than one", "At most 2"])
def test_at_most_so_many_of_a_list_is_not_read(many: str) -> None:
    lines = (f"* {many} of the following:", "  * Hypertension", "  * Diabetes", "  * Obesity")
    assert read_criteria("I", *lines).startswith(f'not understood: "{many} of')
