"""How parts of a criterion belong together where that was once misread: each kind, in its plain reading."""

from __future__ import annotations

import pytest
from tests.unit.eligibility.shorthand import read_criteria


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("I", "Patients must not have gout or asthma", "not any of gout asthma"),
        ("I", "Subjects do not have a history of stroke, gout or asthma",
         "not any of history: stroke history: gout history: asthma"),
        ("E", "Pre-menopausal women not using contraception",
         "all of Pre-menopausal women not contraception"),
        ("E", "pregnant women or patients without contraception",
         "any of all of pregnant women not contraception"),
        ("E", "bradycardia or heart block without a pacemaker",
         "all of any of bradycardia heart block not pacemaker"),
        ("E", "Patients who are not HIV negative", "HIV"),
        ("I", "Hospitalized patients not previously admitted due to gout",
         "Hospitalized [not previously admitted due to gout]"),
        ("I", "gout, must have a negative pregnancy test and agree to use contraception",
         "all of gout not pregnancy test able: contraception"),
        ("E", "Women pregnant or not using reliable contraceptive measures",
         "any of all of Women pregnant not contraceptive measures [reliable]"),
        ("I", "No prior or planned surgery", "not any of history: surgery planned: surgery"),
        ("I", "able to give consent and no dementia", "all of able to give consent not dementia"),
        ("I", "Postmenopausal, surgically sterile or using contraception",
         "any of Postmenopausal surgically sterile contraception"),
    ],
)  # fmt: skip
def test_what_a_no_reaches(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


@pytest.mark.parametrize(
    ("kind", "words", "tree"),
    [
        ("E", "If positive for HIV, they must be receiving antiretroviral therapy",
         "all of HIV not antiretroviral therapy"),
        ("E", "If diabetic, HbA1c > 9.5%", "all of diabetic HbA1c > 9.5 %"),
        ("I", "If diabetic, HbA1c < 9.5%", "if diabetic then HbA1c < 9.5 %"),
        ("I", "If LVEF > 55%, at least one of the following: gout, asthma",
         "if LVEF > 55 % then any of gout asthma"),
        ("E", "SBP above 130 mmHg if <60 years of age and above 140 mmHg if ≥60 years of age",
         "any of all of SBP > 130 mmHg age < 60 years all of SBP > 140 mmHg age ≥ 60 years"),
        ("I", "gout on allopurinol with or without aspirin, with LVEF > 40%",
         "all of gout allopurinol LVEF > 40 %"),
        ("I", "either stroke or TIA and no atrial fibrillation",
         "all of any of stroke TIA not atrial fibrillation"),
        ("I", "≥ 2 episodes of otitis media within 6 months or ≥ 3 within 12 months",
         "any of otitis media ≥ 2 times within the last 6 months [episodes] "
         "otitis media ≥ 3 times within the last 12 months"),
        ("I", "echocardiogram not older than 1 month at time of inclusion",
         "echocardiogram within 1 month before to 1 month after enrollment"),
        ("E", "History of malignancy other than basal cell carcinoma within the last 4 years",
         "history: malignancy within the last 4 years except basal cell carcinoma"),
        ("E", "Use of steroids (except inhaled steroids) within 40 days",
         "steroids within the last 40 days except inhaled steroids"),
        ("E", "cancer except basal cell carcinoma treated within 4 years",
         "cancer except basal cell carcinoma within the last 4 years [treated]"),
        ("E", "Heart disease, including any of the following: gout, asthma", "any of Heart disease gout asthma"),
        ("I", "uses birth control for 4 months following the last dose and is not breastfeeding",
         "all of birth control lasting ≥ 4 months [last dose] not breastfeeding"),
        ("I", "Gout, asthma, or both", "any of Gout asthma"),
        ("I", "Males and non pregnant adults between 20 and 50 years old", "age ≥ 20 and ≤ 50 years"),
        ("E", "prior or planned bariatric surgery",
         "any of history: bariatric surgery planned: bariatric surgery"),
        ("E", "uncontrolled hypertension, on antihypertensive drugs, or asthma",
         "any of all of hypertension [uncontrolled] antihypertensive drugs asthma"),
        ("E", "heart failure, with LVEF < 25%", "all of heart failure LVEF < 25 %"),
        ("E", "present or past dependence on alcohol", "history: dependence on alcohol"),
    ],
)  # fmt: skip
def test_cases_and_alternatives(kind: str, words: str, tree: str) -> None:
    assert read_criteria(kind, words) == tree


def test_who_is_judged_by_an_investigator_is_left_to_them() -> None:
    told = read_criteria("E", "Subjects considered not suitable for the study by the investigators")
    assert told.startswith("an investigator decides")
    assert read_criteria("E", "drugs that could affect safety").startswith("an investigator decides")
    assert read_criteria("E", "Drugs intended to prevent gout") == "Drugs [prevent gout]"


def test_adequate_function_has_no_threshold_whenever_it_is_asked() -> None:
    told = read_criteria("I", "Adequate organ function within 14 days before treatment")
    assert told.startswith("the registry does not give the threshold")


@pytest.mark.parametrize(
    ("kind", "lines", "tree"),
    [
        ("I", ("And at least two of the following risk factors:", "", "* Gout", "* Asthma", "* Stroke", "",
               "BMI > 20 kg/m2"),
         "at least 2 of Gout Asthma Stroke || BMI > 20 kg/m²"),
        ("I", ("5. Age over 40 years", "6. At least 1 of the following:", "", "A. Gout", "B. Asthma", "7. Stroke"),
         "age > 40 years || any of Gout Asthma || Stroke"),
        ("I", ("1. BMI ≥ 27 kg/m2 with one or more of the following comorbidities:", "1. Gout", "2. Asthma",
               "2. Stroke"),
         "all of BMI ≥ 27 kg/m² any of Gout Asthma || Stroke"),
        ("E", ("* Diabetes with one or more of the following:", "* - Gout", "* - Asthma", "* Stroke"),
         "all of Diabetes any of Gout Asthma || Stroke"),
        # Each is asked, or keeps out, by itself.
        ("I", ("All of the following criteria:", "", "* Gout", "* Asthma"), "Gout || Asthma"),
        ("E", ("Exclusion criteria, any of the following:", "", "* Gout", "* Asthma"), "Gout || Asthma"),
    ],
)  # fmt: skip
def test_a_list_at_the_level_of_its_lead(kind: str, lines: tuple[str, ...], tree: str) -> None:
    assert read_criteria(kind, *lines) == tree


def test_nothing_tells_where_a_list_without_marks_ends() -> None:
    told = read_criteria("I", "At least one of the following:", "", "Gout", "Asthma", "Age over 40 years")
    assert told == 'not understood: "At least one of the following" || Gout || Asthma || age > 40 years'
