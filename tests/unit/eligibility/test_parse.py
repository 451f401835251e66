"""From words to trees: phrases composed for this test, their trees written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.eligibility.shorthand import read, tell

from trialbook.eligibility.parse import MOST_IN_ONE, parse_criteria
from trialbook.eligibility.tree import All, Any, AtLeast, Atom, Except, IfThen, Not, Opaque, Tree

EXCLUSIONS = [
    ("AST and ALT above two times the upper limit of normal", "any(AST >2 ULN, ALT >2 ULN)"),
    ("AST or ALT > 3 x ULN", "any(AST >3 ULN, ALT >3 ULN)"),
    ("ALT and/or AST > 2.5 times ULN", "any(ALT >2.5 ULN, AST >2.5 ULN)"),
    ("Hemoglobin < 8 g/dL or platelets < 50,000/uL", "any(Hemoglobin <8 g/dL, platelets <50000 /uL)"),
    ("Liver disease: ALT > 3 x ULN", "ALT >3 ULN"),
    ("BMI < 17 or ≥ 41 kg/m2", "any(BMI <17 kg/m2, BMI >=41 kg/m2)"),
    (
        "Blood pressure > 170/105 mmHg",
        "any(systolic Blood pressure >170 mm[Hg], diastolic Blood pressure >105 mm[Hg])",
    ),
    ("Myocardial infarction within 6 months before screening", "Myocardial infarction @6..0 mo screening"),
    (
        "Stroke or myocardial infarction in the last 3 months",
        "any(Stroke @3..0 mo now, myocardial infarction @3..0 mo now)",
    ),
    ("History of stroke, epilepsy or dementia", "any(history: stroke, history: epilepsy, history: dementia)"),
    ("Family history of breast cancer", "family: breast cancer"),
    ("Allergy to penicillin", "allergy: penicillin"),
    (
        "Malignancy within 4 years, except basal cell carcinoma",
        "Malignancy @4..0 a now EXCEPT basal cell carcinoma",
    ),
    ("Abuse that in the opinion of the investigator would interfere with the study", "?judgement"),
    ("Inadequate organ function", "?elsewhere"),
    ("Life expectancy < 6 months", "Life expectancy <6 mo"),
    ("QTc > 480 ms", "QTc >480 ms"),
    ("NYHA class III or IV", "NYHA class >=3<=4"),
    ("Younger than 12 years of age", "age <12 a"),
    (
        "Abuse of alcohol or drugs within 2 years",
        "any(Abuse of alcohol @2..0 a now, Abuse of drugs @2..0 a now)",
    ),
    ("Pregnant or nursing", "any(Pregnant, nursing)"),
    ("Serum positive for HIV", "HIV"),
    ("Ischemic heart disease (IHD)", "Ischemic heart disease"),
    ("Platelets < 100.000/mm3", "Platelets <100000 /mm3"),
]
INCLUSIONS = [
    ("Age ≥ 21 years", "age >=21 a"),
    ("Between 30 and 65 years old", "age >=30<=65 a"),
    ("Men and women aged 40 to 75 years", "age >=40<=75 a"),
    ("ECOG performance status 0-1", "ECOG performance status >=0<=1"),
    ("HbA1c between 7.5% and 10.5%", "HbA1c >=7.5<=10.5 %"),
    ("AST and ALT ≤ 2 x ULN", "all(AST <=2 ULN, ALT <=2 ULN)"),
    ("No history of diabetes or hypertension", "not(any(history: diabetes, history: hypertension))"),
    ("Not pregnant", "not(pregnant)"),
    ("Type 2 diabetes for at least 2 years", "Type 2 diabetes lasting >=2 a"),
    (
        "Adequate marrow function: neutrophils ≥ 1.5 x 10^9/L, platelets ≥ 100 x 10^9/L",
        "all(neutrophils >=1.5 10*9/L, platelets >=100 10*9/L)",
    ),
    (
        "At least two of the following: diabetes; hypertension; obesity",
        "atleast2(diabetes, hypertension, obesity)",
    ),
    ("If diabetic, HbA1c < 9%", "IF diabetic THEN HbA1c <9 %"),
]


@pytest.mark.parametrize(("words", "tree"), EXCLUSIONS)
def test_exclusions(words: str, tree: str) -> None:
    assert read(words) == tree


@pytest.mark.parametrize(("words", "tree"), INCLUSIONS)
def test_inclusions(words: str, tree: str) -> None:
    assert read(words, kind="Inclusion") == tree


def test_a_list_below_its_lead_is_one_criterion() -> None:
    listed = "1. At least two of the following:\n\n   * diabetes\n   * hypertension\n   * obesity\n"
    text = f"Inclusion Criteria:\n\n{listed}2. Age 18 years or older"
    first, second = parse_criteria(text)
    assert tell(first.tree) == "atleast2(diabetes, hypertension, obesity)"
    assert tell(second.tree) == "age >=18 a"


def list_below(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, All | Any | AtLeast):
        return tree.parts
    if isinstance(tree, Not):
        return (tree.part,)
    if isinstance(tree, Except):
        return (tree.base, tree.carve_out)
    if isinstance(tree, IfThen):
        return (tree.condition, tree.then)
    return ()


def check_spans(text: str) -> None:
    for criterion in parse_criteria(text):
        assert text[criterion.start : criterion.end] == criterion.text
        span = criterion.tree.span
        outside = text[criterion.start : span.start] + text[span.end : criterion.end]
        assert not any(map(str.isalnum, outside)), outside
        pending = [criterion.tree]
        while pending:
            node = pending.pop()
            assert criterion.start <= node.span.start <= node.span.end <= criterion.end
            pending += list_below(node)


_PIECES = """
diabetes|no |history of |ALT > 3 x ULN|and |or |, |; |except |(|)|within 6 months |if |at least two of the following: |
unless |e.g. |HbA1c |< 7% |in the opinion of the investigator |. |
* |without |pregnant |either |5 |mg/dL |i.e. """
PIECES = st.sampled_from(_PIECES.split("|"))


@settings(max_examples=120)
@given(st.lists(PIECES, max_size=25))
def test_any_words_in_any_order_are_read(pieces: list[str]) -> None:
    check_spans("Exclusion Criteria:\n\n* " + "".join(pieces))


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    check_spans(text)


def test_what_is_too_long_is_opaque() -> None:
    (found,) = parse_criteria("Exclusion Criteria:\n\n* " + "cancer and " * MOST_IN_ONE)
    assert isinstance(found.tree, Opaque)
    assert found.tree.reason == "unparsed"


def test_codes() -> None:
    first, second, third = parse_criteria("Exclusion Criteria:\n\n* Stroke\n* Warfarin\n* HbA1c > 9%")
    assert isinstance(first.tree, Atom)
    assert isinstance(second.tree, Atom)
    assert isinstance(third.tree, Atom)
    assert first.tree.concepts[0].ids == ("mesh:Stroke",)
    assert second.tree.concepts[0].domain == "drug"
    assert second.tree.concepts[0].ids
    assert third.tree.concepts[0].ids == ("loinc:4548-4",)
