"""Is only asked what criteria need, the most deciding first, and do answers say what was answered and no more?"""

from __future__ import annotations

from datetime import date

import pytest

from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.questions import Asked, make_questions
from trialbook.eligibility.readers.form import list_answers, read_answers
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.verdicts import PatientVerdict
from trialbook.errors import SourceFormatError, UsageError
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 30)


def make_module(inclusion: str = "", exclusion: str = "", **fields: object) -> EligibilityModule:
    parts = [
        f"{kind} Criteria:\n\n" + "\n".join(f"* {each}" for each in told.split("; "))
        for kind, told in (("Inclusion", inclusion), ("Exclusion", exclusion))
        if told
    ]
    return EligibilityModule(eligibility_criteria="\n\n".join(parts), **fields)  # type: ignore[arg-type]


def ask(module: EligibilityModule, verdict: PatientVerdict | None = None) -> dict[str, Asked]:
    criteria = parse_criteria(module.eligibility_criteria or "")
    return {
        each.words: each for each in make_questions(criteria, module, verdict.criteria if verdict else ())
    }


def screen(module: EligibilityModule, **told: str) -> PatientVerdict:
    """The verdict on answers, by the words of their questions: `Stroke="no"`, `HbA1c="8 %"`, `age="50"`."""
    questions = ask(module)
    fields = {}
    for name, answer in told.items():
        words, _, part = name.partition("__")
        asked = questions.get(words.replace("_", " "))
        if asked is None or asked.kind in ("age", "sex", "choice", "day"):
            fields[asked.key if asked else words] = answer
        else:
            fields[f"{asked.key}.{part or ('value' if asked.kind == 'value' else 'answer')}"] = answer
    person = read_answers(questions.values(), fields, DAY, get_thesaurus())
    criteria = parse_criteria(module.eligibility_criteria or "")
    return Screener(criteria, module, get_thesaurus()).screen(person, DAY)


def find(module: EligibilityModule, **told: str) -> str:
    """The verdict on the last criterion."""
    return screen(module, **told).criteria[-1].verdict


def test_what_is_asked_for_twice_is_one_question_and_the_most_deciding_is_first() -> None:
    module = make_module("Age 18 years or older; HbA1c > 7 %", "Stroke and dementia; Hemoglobin A1c > 10 %")
    asked = [*ask(module).values()]
    assert [each.words for each in asked] == ["HbA1c", "Age", "Stroke", "Dementia"]
    assert [each.kind for each in asked] == ["value", "age", "thing", "thing"]
    assert asked[0].units[0] == "%"
    assert "mmol/mol" in asked[0].units
    assert asked[0].decides > asked[1].decides > asked[2].decides > 0


def test_what_is_settled_decides_nothing_any_more() -> None:
    module = make_module("Stroke", "Dementia; Epilepsy or dementia")
    verdict = screen(module, Dementia="yes")
    asked = ask(module, verdict)
    assert verdict.overall == "ineligible"
    assert (asked["Dementia"].decides, asked["Epilepsy"].decides) == (0, 0)
    assert next(iter(asked)) == "Stroke"


def test_fields_limits_formulas_and_visits_are_asked() -> None:
    module = make_module(
        "AST < 3 x ULN; eGFR > 30 mL/min/1.73m2 by MDRD",
        "Myocardial infarction within 6 months before screening; Pregnant",
        minimum_age="18 Years",
        sex="FEMALE",
        healthy_volunteers=False,
    )
    asked = ask(module)
    assert asked["AST"].limits == ("ULN",)
    assert asked["Creatinine"].helps == "eGFR"
    assert any(each.kind == "choice" and each.key == "mdrd_constant" for each in asked.values())
    assert asked["Day of screening"].anchor == "screening"
    assert {"Age", "Sex", "Healthy volunteer", "Pregnant"} <= set(asked)
    assert asked["Myocardial infarction"].is_dated
    assert "past" not in list_answers(asked["Myocardial infarction"])


@pytest.mark.parametrize(
    ("criterion", "told", "expected"),
    [
        ("HbA1c > 8.5 %", {"HbA1c": "8.6"}, "met"),
        ("HbA1c > 8.5 %", {"HbA1c": "8.5"}, "not_met"),
        ("HbA1c > 8.5 %", {"HbA1c": "around 8.4"}, "unknown"),
        ("HbA1c > 8.5 %", {"HbA1c": "75", "HbA1c__unit": "mmol/mol"}, "met"),
        ("HbA1c > 8.5 % within 3 months", {"HbA1c": "9", "HbA1c__day": "2026-01"}, "unknown"),
        ("HbA1c > 8.5 % within 3 months", {"HbA1c": "9", "HbA1c__day": "2026-10-20"}, "met"),
        ("ALT > 3 x ULN", {"ALT": "130"}, "unknown"),
        ("ALT > 3 x ULN", {"ALT": "130", "ALT__upper": "40"}, "met"),
        ("ALT > 3 x ULN", {"ALT": "3.1 x ULN"}, "met"),
        ("Stroke", {}, "unknown"),
        ("Stroke", {"Stroke": "no"}, "not_met"),
        ("Dementia", {"Dementia": "yes"}, "met"),
        ("History of dementia", {"Dementia": "past"}, "met"),
        ("History of dementia", {"Dementia": "no"}, "not_met"),
        ("Malignancy within 5 years", {"Malignancy": "past", "Malignancy__until": "2019-03"}, "not_met"),
        ("Malignancy within 5 years", {"Malignancy": "past", "Malignancy__until": "2021"}, "unknown"),
        ("Malignancy within 5 years", {"Malignancy": "yes"}, "met"),
        ("Stroke within 6 months", {"Stroke": "yes"}, "unknown"),
        ("Stroke within 6 months", {"Stroke": "yes", "Stroke__day": "2026-08-03"}, "met"),
        ("Stroke within 6 months", {"Stroke": "yes", "Stroke__day": "2025"}, "not_met"),
        ("Dementia", {"Dementia": "no"}, "not_met"),
        ("Severe neuropathy", {"Neuropathy": "yes"}, "met"),
        ("Severe neuropathy", {"Neuropathy": "other"}, "not_met"),
        ("Severe neuropathy", {"Neuropathy": "no"}, "not_met"),
        ("Pregnant", {"sex": "male"}, "not_met"),
        ("Allergy to aspirin", {"Aspirin": "yes"}, "met"),
        ("Allergy to aspirin", {"Aspirin": "no"}, "not_met"),
        ("Drug abuse or alcohol abuse", {"Drug_abuse": "no", "Alcohol_abuse": "yes"}, "met"),
        ("Drug abuse or alcohol abuse", {"Drug_abuse": "no", "Alcohol_abuse": "no"}, "not_met"),
        ("Younger than 18 years", {"age": "54"}, "not_met"),
        ("Younger than 18 years", {"birth": "2008-12"}, "met"),
        ("Younger than 18 years", {"birth": "2008"}, "unknown"),
    ],
)  # fmt: skip
def test_an_answer_says_what_was_answered(criterion: str, told: dict[str, str], expected: str) -> None:
    assert find(make_module("", criterion), **told) == expected


def test_what_is_denied_only_as_it_is_narrowed_denies_nothing_wider() -> None:
    module = make_module("", "Severe neuropathy; Neuropathy")
    questions = make_questions(parse_criteria(module.eligibility_criteria or ""), module)
    severe = next(each for each in questions if each.qualifiers)
    person = read_answers(questions, {f"{severe.key}.answer": "no"}, DAY, get_thesaurus())
    found = Screener(parse_criteria(module.eligibility_criteria or ""), module, get_thesaurus()).screen(
        person, DAY
    )
    assert [each.verdict for each in found.criteria] == ["not_met", "unknown"]
    assert person.facts[0].describe() == "no neuropathy that is: Severe, 2026-11-30"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"HbA1c": "high"}, "HbA1c: 'high' is no value"),
        ({"HbA1c": "8", "HbA1c__day": "yesterday"}, "'yesterday' is no date"),
        ({"HbA1c": "9" * 300}, "more than 200 characters"),
        ({"Stroke": "perhaps"}, "none of the answers"),
        ({"age": "old"}, "no age"),
        ({"sex": "x"}, "no such sex"),
    ],
)
def test_what_cannot_be_understood_is_said(told: dict[str, str], said: str) -> None:
    with pytest.raises((UsageError, SourceFormatError), match=said):
        screen(make_module("HbA1c > 7 %", "Stroke"), **told)


def test_a_key_stays_when_other_criteria_come_and_go() -> None:
    one = ask(make_module("HbA1c > 7 %", "Stroke"))
    two = ask(make_module("Dementia; Hemoglobin A1c > 8 %", "Stroke; Epilepsy"))
    assert one["HbA1c"].key == two["Hemoglobin A1c"].key
    assert one["Stroke"].key == two["Stroke"].key
