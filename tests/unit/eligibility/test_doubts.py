"""What decides nobody: consent where more is asked, rules for others, values that the words do not ask for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.unit.eligibility.aceso import HERE, atom, make_reading, read_person

from trialbook.eligibility.evaluate import evaluate
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.tree import Except
from trialbook.eligibility.verdicts import Verdict
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)


def judge(kind: str, words: str, told: dict[str, Any], *, sex: str | None = None) -> Verdict:
    names = get_thesaurus()
    text = f"{kind} Criteria:\n\n1. {words}"
    module = EligibilityModule(eligibility_criteria=text, sex=sex)
    person = PlainReader(DAY, names).read_person(told)
    found = Screener(parse_criteria(text), module, names).screen(person, DAY).criteria
    return next(each for each in found if each.start >= 0).verdict


CONSENTS = {"informed consent": True}


@pytest.mark.parametrize(
    ("kind", "words", "told", "verdict"),
    [
        ("Inclusion", "Able and willing to sign written informed consent", CONSENTS, "met"),
        ("Inclusion", "Informed consent", {"informed consent": False}, "not_met"),
        ("Exclusion", "Inability to give informed consent", CONSENTS, "not_met"),
        ("Exclusion", "Inability to give informed consent", {"informed consent": False}, "met"),
        ("Exclusion", "Refuses informed consent", CONSENTS, "not_met"),
        ("Exclusion", "Psychiatric illness making informed consent impossible", CONSENTS, "unknown"),
        ("Exclusion", "Active infection at the time of consent", CONSENTS, "unknown"),
        (
            "Inclusion",
            "Must sign consent before anything that is not part of normal care",
            CONSENTS,
            "unknown",
        ),
    ],
)
def test_consent_decides_what_asks_for_consent_alone(
    kind: str, words: str, told: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(kind, words, told) == verdict


@pytest.mark.parametrize(
    ("kind", "words", "told", "verdict"),
    [
        ("Inclusion", "If female, pregnancy test must be negative", {"sex": "male"}, "met"),
        ("Inclusion", "Women", {"sex": "male"}, "unknown"),
        ("Inclusion", "Women with gout", {"sex": "male", "gout": True}, "unknown"),
        ("Exclusion", "If female, pregnant", {"sex": "male"}, "not_met"),
        ("Exclusion", "If female, pregnant", {"sex": "female", "pregnancy": True}, "met"),
        (
            "Inclusion",
            "Women of childbearing potential must have a negative pregnancy test",
            {"sex": "female", "childbearing potential": True},
            "unknown",
        ),
    ],
)
def test_what_is_asked_of_some_keeps_nobody_else_out(
    kind: str, words: str, told: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(kind, words, told, sex="ALL") == verdict


def test_a_sex_is_required_where_the_record_does_not_take_all() -> None:
    assert judge("Inclusion", "Women with gout", {"sex": "male", "gout": True}) == "not_met"


@pytest.mark.parametrize(
    ("kind", "words", "told", "verdict"),
    [
        ("Inclusion", "Patients with diabetes must have HbA1c <9%", {"diabetes": False}, "unknown"),
        ("Inclusion", "Prior chemotherapy is allowed", {"chemotherapy": False}, "unknown"),
        ("Exclusion", "Aspirin is permitted", {"medications": ["aspirin"]}, "unknown"),
        ("Exclusion", "Patients must have gout", {"gout": True}, "unknown"),
    ],
)
def test_what_is_allowed_or_asked_of_others_decides_nobody(
    kind: str, words: str, told: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(kind, words, told) == verdict


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Age greater than or equal to (>=) 18 years", {"age": 40}),
        ("Creatinine above 2.0 mg/dL (177 umol/L)", {"creatinine": "3 mg/dL"}),
        ("Creatinine (<=) 1.5 mg/dL", {"creatinine": "1 mg/dL"}),
        ("25% <= LVEF <= 50%", {"LVEF": "40 %"}),
        ("Minimum life expectancy of 3 months", {"facts": [{"name": "life expectancy", "value": "6 mo"}]}),
        ("ECOG 0/1", {"ECOG": 1}),
        ("ECOG 0, 1 or 2", {"ECOG": 1}),
        ("NYHA class I, II or III", {"NYHA": 3}),
    ],
)
def test_a_number_without_its_sign_keeps_nobody_out(words: str, told: dict[str, Any]) -> None:
    assert judge("Inclusion", words, told) != "not_met"


def test_a_score_may_be_named_by_one_value() -> None:
    assert judge("Inclusion", "ECOG 1", {"ECOG": 1}) == "met"
    assert judge("Inclusion", "ECOG = 1", {"ECOG": 2}) == "not_met"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Weight loss >=20 kg", {"weight": "75 kg"}),
        ("Birth weight <750 g", {"weight": "75 kg"}),
        ("Fall in systolic blood pressure >=20 mmHg", {"systolic blood pressure": "130 mmHg"}),
        ("Pulmonary arterial pressure >55 mmHg", {"mean arterial pressure": "90 mmHg"}),
        ("Urine sodium > 20 mmol/L", {"sodium": "140 mmol/L"}),
        ("Age at onset of diabetes <=35 years", {"age": 60}),
    ],
)
@pytest.mark.parametrize("kind", ["Inclusion", "Exclusion"])
def test_a_plain_value_is_not_its_change_nor_that_of_another_place_or_time(
    kind: str, words: str, told: dict[str, Any]
) -> None:
    assert judge(kind, words, told) == "unknown"


@pytest.mark.parametrize(
    ("told", "asked", "verdict"),
    [
        ("lipoma", "Malignancy", "unknown"),
        ("uterine fibroids", "Cancer", "unknown"),
        ("Baker cyst", "History of malignancy", "unknown"),
        ("polycystic ovary syndrome", "Malignancy", "unknown"),
        ("lung cancer", "Malignancy", "met"),
        ("melanoma", "Cancer", "met"),
        ("prediabetes", "Diabetes mellitus", "unknown"),
        ("type 1 diabetes", "Diabetes mellitus", "met"),
        ("MODY", "Type 2 diabetes", "unknown"),
        ("pulmonary hypertension", "Hypertension", "unknown"),
        ("sickle cell trait", "Sickle cell disease", "unknown"),
        ("tobacco use disorder", "Drug abuse", "unknown"),
        ("hip osteoarthritis", "Rheumatic disease", "unknown"),
        ("rheumatoid arthritis", "Rheumatic disease", "met"),
    ],
)
def test_what_lies_under_a_heading_is_not_always_a_kind_of_it(
    told: str, asked: str, verdict: Verdict
) -> None:
    assert judge("Exclusion", asked, {"conditions": [told]}) == verdict


def test_who_has_no_cancer_may_have_a_benign_tumour() -> None:
    assert judge("Inclusion", "Uterine fibroids", {"cancer": False}) == "unknown"
    assert judge("Inclusion", "Lung cancer", {"cancer": False}) == "not_met"


@pytest.mark.parametrize(
    ("told", "asked", "verdict"),
    [
        ({"medications": ["warfarin"]}, "Use of anticoagulants", "unknown"),
        ({"medications": ["metoprolol"]}, "Beta blockers", "unknown"),
        ({"medications": ["ibuprofen"]}, "NSAIDs", "unknown"),
        ({"medications": ["ibuprofen"]}, "Warfarin", "not_met"),
        ({"conditions": ["HIV infection"]}, "HIV positive", "unknown"),
        ({"conditions": ["CKD stage 4"]}, "Renal insufficiency", "unknown"),
        ({"conditions": ["brain metastasis"]}, "Known brain metastases", "unknown"),
        ({"conditions": ["gout"]}, "Asthma", "not_met"),
    ],
)
def test_what_nobody_can_tell_apart_is_not_denied_where_all_is_told(
    told: dict[str, Any], asked: str, verdict: Verdict
) -> None:
    assert judge("Exclusion", asked, {**told, "complete": ["condition", "drug"]}) == verdict


@pytest.mark.parametrize(
    ("kind", "asked", "told", "verdict"),
    [
        ("Inclusion", "Type 2 diabetes diagnosed within the last 5 years", {"since": "2010"}, "unknown"),
        ("Inclusion", "Type 2 diabetes diagnosed within the last 5 years", {"since": "2024"}, "met"),
        ("Exclusion", "Type 2 diabetes diagnosed less than 3 years ago", {"since": "2016"}, "unknown"),
    ],
)
def test_a_diagnosis_is_as_old_as_the_disease(
    kind: str, asked: str, told: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(kind, asked, {"facts": [{"name": "type 2 diabetes", **told}]}) == verdict


def test_the_last_event_counts_where_some_time_must_have_passed() -> None:
    asked = "At least 6 months since myocardial infarction"
    events = [{"name": "myocardial infarction", "since": day} for day in ("2020-01-01", "2026-10-30")]
    assert judge("Inclusion", asked, {"facts": events[:1]}) == "met"
    assert judge("Inclusion", asked, {"facts": events}) == "unknown"
    assert judge("Inclusion", asked, {"myocardial infarction": False}) == "unknown"


def test_a_nursing_home_is_for_men_too() -> None:
    assert judge("Exclusion", "Nursing home residents", {"sex": "male"}) == "unknown"
    assert judge("Exclusion", "Feeding tube", {"sex": "male"}) == "unknown"
    assert judge("Exclusion", "Breast feeding", {"sex": "male"}) == "not_met"
    assert judge("Exclusion", "Nursing", {"sex": "male"}) == "not_met"


def test_skin_cancer_but_melanoma_is_carved_out_or_left_open() -> None:
    asked = "Malignancy except non-melanoma skin cancer"
    assert judge("Exclusion", asked, {"conditions": ["basal cell carcinoma"]}) != "met"
    assert judge("Exclusion", asked, {"conditions": ["lung cancer"]}) != "not_met"
    carved = Except(HERE, atom("malignancy"), atom("non-melanoma skin cancer"))
    reading = make_reading(read_person({"conditions": ["basal cell carcinoma"], "complete": ["condition"]}))
    assert evaluate(carved, reading).verdict == "not_met"
    assert evaluate(carved, make_reading(read_person({"conditions": ["lung cancer"]}))).verdict == "met"
