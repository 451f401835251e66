"""Plain values as JSON and CSV: what is told is a fact, what is not understood is refused with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trialbook.eligibility.days import Days, one_day
from trialbook.eligibility.facts import Fact, Person
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.errors import SourceFormatError, UsageError
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)
READER = PlainReader(DAY, get_thesaurus())


def read(**told: Any) -> Person:
    return READER.read_person(told)


def read_fact(**told: Any) -> Fact:
    (fact,) = read(facts=[told]).facts
    return fact


@pytest.mark.parametrize(
    ("told", "described"),
    [
        ({"name": "HbA1c", "value": 8.2, "unit": "%", "date": "2026-10"}, "HbA1c 8.2 %, 2026-10"),
        ({"name": "HbA1c", "value": "8.2 %"}, "HbA1c 8.2 %, 2026-11-29"),
        ({"name": "CRP", "value": "<0.5", "unit": "mg/L"}, "CRP < 0.5 mg/L, 2026-11-29"),
        ({"name": "LVEF", "value": "30-35 %"}, "LVEF 30 to 35 %, 2026-11-29"),
        ({"name": "LVEF", "value": [30, 35], "unit": "%"}, "LVEF 30 to 35 %, 2026-11-29"),
        ({"name": "A1C", "value": "around 8 %"}, "A1C 7.6 to 8.4 %, 2026-11-29"),
        ({"name": "platelets", "value": "210,000/uL"}, "platelets 210000 /uL, 2026-11-29"),
        ({"name": "AST", "value": "3.1 x ULN"}, "AST 3.1 × ULN, 2026-11-29"),
        ({"name": "asthma"}, "asthma"),
        ({"name": "asthma", "since": "2019"}, "asthma, since 2019"),
        ({"name": "asthma", "since": "2019", "until": "2020-01"}, "asthma, 2019 to 2020-01"),
        ({"name": "asthma", "status": "resolved", "date": "2019"}, "asthma, 2019 to 2026-11-29 or earlier"),
        ({"name": "asthma", "value": False}, "no asthma, as of 2026-11-29"),
        ({"name": "asthma", "status": "absent", "date": "2024-05-01"}, "no asthma, as of 2024-05-01"),
        ({"name": "asthma", "status": "suspected"}, "asthma (suspected)"),
        ({"name": "surgery", "status": "planned", "date": "2027-01"}, "surgery (planned), since 2027-01"),
        ({"name": "aspirin", "status": "allergy"}, "aspirin (allergy)"),
        ({"code": "loinc:4548-4", "value": 8}, "loinc:4548-4 8, 2026-11-29"),
    ],
)
def test_a_fact_is_what_is_told(told: dict[str, Any], described: str) -> None:
    assert read_fact(**told).describe() == described


def test_each_further_field_is_a_fact_of_its_name() -> None:
    person = read(
        HbA1c="8.2 %", pregnant=False, blood_pressure=None, creatinine={"value": 1.1, "unit": "mg/dL"}
    )
    assert [each.describe() for each in person.facts] == [
        "HbA1c 8.2 %, 2026-11-29",
        "no pregnant, as of 2026-11-29",
        "creatinine 1.1 mg/dL, 2026-11-29",
    ]


@pytest.mark.parametrize("key", ["facts", "measurements", "observations", "labs", "vitals"])
def test_values_may_stand_in_a_list_or_an_object_of_their_own(key: str) -> None:
    reader = PlainReader(DAY)
    apart = reader.read_person({"HbA1c": {"value": 8.2, "unit": "%"}, "weight": "80 kg"})
    as_list = [{"name": "HbA1c", "value": 8.2, "unit": "%"}, {"name": "weight", "value": "80 kg"}]
    as_object = {"HbA1c": {"value": 8.2, "unit": "%"}, "weight": "80 kg", "height": None}
    for told in (as_list, as_object):
        person = reader.read_person({key: told})
        assert [each.describe() for each in person.facts] == [each.describe() for each in apart.facts]
    with pytest.raises(SourceFormatError) as caught:
        reader.read_person({key: {"HbA1c": ["high"]}})
    assert f"{key}.HbA1c" in str(caught.value)


@pytest.mark.parametrize("key", ["birth_date", "birthDate", "date_of_birth", "dob"])
def test_a_day_of_birth_goes_by_several_names(key: str) -> None:
    reader = PlainReader(DAY)
    person = reader.read_person({key: "1970-05"})
    assert person.birth == Days(date(1970, 5, 1), date(1970, 5, 31))
    assert not person.facts
    with pytest.raises(SourceFormatError) as caught:
        reader.read_person({key: "soon"})
    assert key in str(caught.value)


def test_what_is_told_as_unknown_is_no_fact_and_is_named() -> None:
    person = read(HIV="unknown", pregnant="n/a")
    assert person.facts == ()
    assert person.unread == ("HIV: told as unknown", "pregnant: told as unknown")


def test_domains_follow_from_the_value_the_list_or_the_thesaurus() -> None:
    person = read(
        conditions=["gout"],
        medications=["metformin"],
        procedures=["appendectomy"],
        facts=[{"name": "aspirin"}, {"name": "LVEF", "value": 40}],
    )
    assert [each.concept.domain for each in person.facts] == [
        "drug",
        "measurement",
        "condition",
        "drug",
        "procedure",
    ]


@pytest.mark.parametrize(
    ("told", "born"),
    [
        ({"birth_date": "1970-05-20"}, one_day(date(1970, 5, 20))),
        ({"birth_date": "1970"}, Days(date(1970, 1, 1), date(1970, 12, 31))),
        ({"age": 56}, Days(date(1969, 11, 30), date(1970, 11, 29))),
        ({"age": "56 years"}, Days(date(1969, 11, 30), date(1970, 11, 29))),
        ({"age": "6 months"}, Days(date(2026, 4, 30), date(2026, 5, 29))),
        ({"age": "50 to 52"}, Days(date(1973, 11, 30), date(1976, 11, 29))),
        ({}, None),
    ],
)
def test_an_age_and_a_date_of_birth_are_days_of_birth(told: dict[str, Any], born: Days | None) -> None:
    assert read(**told).birth == born


def test_a_person_has_anchors_answers_and_complete_domains() -> None:
    person = read(
        complete=["condition", "drug"], anchors={"screening": "2026-11-02"}, answers={"mdrd_constant": 175}
    )
    assert person.complete == {"condition", "drug"}
    assert person.anchors == {"screening": one_day(date(2026, 11, 2))}
    assert person.answers == {"mdrd_constant": "175"}


@pytest.mark.parametrize(
    ("told", "place", "said"),
    [
        ({"sex": "robot"}, "sex", "female or male"),
        ({"birth_date": "May 1970"}, "birth_date", "YYYY"),
        ({"birth_date": "2027-01-01"}, "birth_date", "not later"),
        ({"age": "old"}, "age", "years"),
        ({"age": "-4"}, "age", "years"),
        ({"HbA1c": "high"}, "HbA1c.value", "a number"),
        ({"HbA1c": ["8.2"]}, "HbA1c.value", "8.2"),
        ({"facts": "asthma"}, "facts[0]", "name"),
        ({"facts": {"name": "asthma", "onset": "2019"}}, "facts[0]", "since"),
        ({"facts": [{"name": "asthma", "onset": "2019"}]}, "facts[0]", "since"),
        ({"facts": [{"name": "asthma", "since": "long ago"}]}, "facts[0].since", "YYYY"),
        ({"facts": [{"name": "asthma", "status": "awful"}]}, "facts[0].status", "absent"),
        ({"facts": [{"name": "asthma", "domain": "lungs"}]}, "facts[0].domain", "condition"),
        ({"facts": [{"value": 8}]}, "facts[0]", "name or a code"),
        ({"facts": [{"name": "ALT", "value": 8, "upper_normal": "high"}]}, "facts[0].upper_normal", "as 40"),
        ({"complete": ["everything"]}, "complete", "condition"),
        ({"anchors": {"birthday": "2020"}}, "anchors", "screening"),
        ({"anchors": {"screening": "soon"}}, "anchors.screening", "YYYY"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(
    told: dict[str, Any], place: str, said: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        READER.read_person(told)
    assert f"at {place}" in str(caught.value)
    assert said in str(caught.value)


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no question 'mdrd'"):
        read(answers={"mdrd": 175})
    with pytest.raises(UsageError, match="180"):
        read(answers={"mdrd_constant": 180})


def test_json_is_one_person_or_a_list() -> None:
    assert [each.person_id for each in READER.read_json({"person_id": "a"})] == ["a"]
    assert [each.person_id for each in READER.read_json([{"person_id": "a"}, {"person_id": "b"}])] == [
        "a",
        "b",
    ]
    with pytest.raises(SourceFormatError, match=r"\[1\]"):
        list(READER.read_json([{}, 3]))


def test_a_csv_has_a_fact_a_row() -> None:
    text = (
        "person_id,name,value,unit,date,status\n"
        "a,sex,female,,,\na,birth_date,1970-05,,,\na,HbA1c,8.2,%,2026-10-01,\n"
        "b,gout,,,2019,absent\na,asthma,,,,\n"
    )
    found = list(READER.read_csv(text))
    assert [(each.person_id, each.sex, [one.describe() for one in each.facts]) for each in found] == [
        ("a", "female", ["female", "HbA1c 8.2 %, 2026-10-01", "asthma"]),
        ("b", None, ["no gout, as of 2019"]),
    ]
    assert found[0].facts[1].source.where == "line 4"


def test_a_csv_without_names_has_a_person_a_row() -> None:
    found = list(READER.read_csv("person_id,age,sex,HbA1c,pregnant\na,56,F,8.2 %,no\nb,,M,,\n"))
    assert [[one.describe() for one in each.facts] for each in found] == [
        ["female", "HbA1c 8.2 %, 2026-11-29", "no pregnant, as of 2026-11-29"],
        ["male"],
    ]


def test_a_csv_with_two_columns_of_one_name_is_refused() -> None:
    with pytest.raises(SourceFormatError, match="different column names"):
        list(READER.read_csv("age,age\n1,2\n"))
