"""Criteria that are asked of others than the person, or of other illnesses than the study's, keep nobody out."""

from __future__ import annotations

from datetime import date

import pytest

from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.described import describe_patient
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.verdicts import Verdict
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)


def judge(note: str, kind: str, words: str) -> Verdict:
    names = get_thesaurus()
    text = f"{kind} Criteria:\n\n1. {words}"
    module = EligibilityModule(eligibility_criteria=text)
    (found,) = (
        Screener(parse_criteria(text), module, names).screen(describe_patient(note, names, DAY), DAY).criteria
    )
    return found.verdict


@pytest.mark.parametrize(
    ("words", "man", "woman"),
    [
        # Asked of women alone.
        ("Women of childbearing potential must agree to use contraception.", "met", "unknown"),
        ("Females of childbearing potential must have a negative serum pregnancy test.", "met", "unknown"),
        # Asked of men as well: what he does is not known.
        ("Men and women of childbearing potential must agree to use contraception.", "unknown", "unknown"),
        # A study for women is one.
        ("Pregnant women", "not_met", "unknown"),
        ("Female", "not_met", "met"),
    ],
)
def test_contraception_is_asked_of_those_who_may_become_pregnant(
    words: str, man: Verdict, woman: Verdict
) -> None:
    assert judge("A man of 40.", "Inclusion", words) == man
    assert judge("A woman of 40.", "Inclusion", words) == woman


@pytest.mark.parametrize(
    ("kind", "words", "verdict"),
    [
        ("Exclusion", "Other malignancy", "judgement"),
        # In a study that is not of cancer, any is meant.
        ("Exclusion", "Prior malignancy", "met"),
        ("Inclusion", "No other malignancy", "judgement"),
        ("Exclusion", "Lung cancer", "met"),
        # "Other" than what stands before it, not than the study's.
        ("Exclusion", "Asthma or other lung disease", "met"),
        ("Exclusion", "Breast cancer", "unknown"),
    ],
)
def test_another_cancer_is_not_the_one_that_is_treated(kind: str, words: str, verdict: Verdict) -> None:
    assert judge("A man of 60 with lung cancer and COPD.", kind, words) == verdict


def test_a_prior_cancer_is_another_in_a_study_of_cancer() -> None:
    names = get_thesaurus()
    text = "Inclusion Criteria:\n\n1. Lung cancer\n\nExclusion Criteria:\n\n1. Prior malignancy"
    module = EligibilityModule(eligibility_criteria=text)
    person = describe_patient("A man of 60 with lung cancer.", names, DAY)
    found = Screener(parse_criteria(text), module, names).screen(person, DAY).criteria
    assert [each.verdict for each in found] == ["met", "judgement"]
