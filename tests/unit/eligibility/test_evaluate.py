"""Verdicts where the words are plain and the facts are not: days, denials, kinds, exceptions, counts, contests."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from tests.unit.eligibility.aceso import DAY, HERE, above, atom, below, make_reading, measure, read_person

from trialbook.eligibility.evaluate import evaluate, evaluate_patient
from trialbook.eligibility.tree import (
    All,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    ParsedCriterion,
    Span,
    Tree,
    Window,
)
from trialbook.eligibility.tree import (
    Any as AnyOf,
)
from trialbook.eligibility.verdicts import Contest, Finding

FIVE_YEARS = Window(earliest=5, latest=0, unit="a")


def find(tree: Tree, *, any_counts: bool = False, **told: Any) -> Finding:
    return evaluate(tree, make_reading(read_person(told))._replace(any_value_counts=any_counts))


def fact(name: str, **told: Any) -> dict[str, Any]:
    return {"name": name, **told}


@pytest.mark.parametrize(
    ("told", "asked", "verdict"),
    [
        # A kind of it is it; what is wider may be it.
        (fact("type 2 diabetes"), "diabetes mellitus", "met"),
        (fact("diabetes mellitus"), "type 2 diabetes", "unknown"),
        (fact("diabetes mellitus", status="absent"), "type 2 diabetes", "not_met"),
        (fact("type 2 diabetes", status="absent"), "diabetes mellitus", "unknown"),
        # Other names of it, and a name that ends with it.
        (fact("MI"), "myocardial infarction", "met"),
        (fact("heart attack"), "myocardial infarction", "met"),
        (fact("Chronic congestive heart failure (disorder)"), "heart failure", "met"),
        (fact("Neuropathy due to type 2 diabetes mellitus (disorder)"), "type 2 diabetes", "met"),
        # Not what only has its words.
        (fact("risk of stroke"), "stroke", "unknown"),
        (fact("fear of cancer"), "cancer", "unknown"),
        (fact("family history of breast cancer"), "breast cancer", "unknown"),
        # Suspected is not confirmed.
        (fact("gout", status="suspected"), "gout", "unknown"),
        # Over is not present.
        (fact("gout", since="2010", until="2015"), "gout", "unknown"),
        # Denied last year is not denied today.
        (fact("gout", status="absent", date="2025-11-29"), "gout", "unknown"),
        (fact("gout", status="absent"), "gout", "not_met"),
        # Planned or in the family is not had.
        (fact("gout", status="family"), "gout", "unknown"),
    ],
)
def test_whether_someone_has_it(told: dict[str, Any], asked: str, verdict: str) -> None:
    assert find(atom(asked), facts=[told]).verdict == verdict


def test_codes_are_enough_and_a_domain_keeps_things_apart() -> None:
    coded = fact("Herzinfarkt", codes=["snomed:22298006"])
    assert find(atom("whatever", "condition", "snomed:22298006"), facts=[coded]).verdict == "met"
    creatinine = fact("creatinine", value=1.0, unit="mg/dL")
    assert find(atom("creatinine", "drug"), facts=[creatinine]).verdict == "unknown"
    assert find(atom("aspirin", "drug"), allergies=["aspirin"]).verdict == "unknown"


def test_an_ingredient_is_found_in_the_name_of_a_product() -> None:
    told = {"medications": ["Metformin hydrochloride 500 MG Oral Tablet"]}
    assert find(atom("metformin", "drug"), **told).verdict == "met"
    assert find(atom("aspirin", "drug"), **told).verdict == "unknown"


@pytest.mark.parametrize(
    ("status", "assertion"),
    [("allergy", "allergy"), ("family", "family"), ("planned", "planned"), ("at_risk", "at_risk")],
)
def test_what_is_planned_in_the_family_or_an_allergy_is_asked_apart(status: Any, assertion: Any) -> None:
    asked = atom("gout", assertion=assertion)
    assert find(asked, facts=[fact("gout", status=status)]).verdict == "met"
    assert find(asked, conditions=["gout"]).verdict == "unknown"
    denied = fact("gout", status=status, value=False)
    assert find(asked, facts=[denied]).verdict == "not_met"
    assert find(asked, facts=[denied, fact("gout", status=status)]).verdict == "conflict"


def test_surgery_that_is_planned_has_its_days() -> None:
    soon = atom("surgery", "procedure", assertion="planned", window=Window(earliest=0, latest=-6, unit="mo"))
    told = fact("surgery", domain="procedure", status="planned", date="2027-05-29", until="2027-05-29")
    assert find(soon, facts=[told]).verdict == "met"
    later = {**told, "date": "2027-05-30", "until": "2027-05-30"}
    assert find(soon, facts=[later], complete=["procedure"]).verdict == "not_met"


def test_consent_is_told_in_one_word() -> None:
    asked = atom("Has given informed consent in writing", "consent")
    assert find(asked, consent=True).verdict == "met"
    assert find(asked, **{"informed consent": False}).verdict == "not_met"
    assert find(asked).verdict == "unknown"


def test_a_domain_declared_complete_is_closed_and_no_other() -> None:
    assert find(atom("gout"), complete=["condition"]).verdict == "not_met"
    assert find(atom("aspirin", "drug"), complete=["condition"]).verdict == "unknown"
    past = fact("gout", since="2010", until="2015")
    assert find(atom("gout"), complete=["condition"], facts=[past]).verdict == "not_met"
    assert find(atom("gout", assertion="history"), complete=["condition"], facts=[past]).verdict == "met"
    assert (
        find(atom("gout"), complete=["condition"], facts=[fact("gout", status="suspected")]).verdict
        == "unknown"
    )


def test_an_event_is_on_its_day_however_long_a_list_keeps_it() -> None:
    told = fact("myocardial infarction", since="2015-03-01")
    within = atom("myocardial infarction", window=Window(earliest=6, latest=0, unit="mo"))
    assert find(within, facts=[told]).verdict == "unknown"
    assert find(within, facts=[told], complete=["condition"]).verdict == "not_met"
    assert find(atom("myocardial infarction"), facts=[told]).verdict == "met"


def test_a_denial_and_a_fact_of_the_same_time_are_a_conflict() -> None:
    both = [fact("gout", since="2020"), fact("gout", status="absent")]
    found = find(atom("gout"), facts=both)
    assert found.verdict == "conflict"
    assert {each.says for each in found.evidence} == {"met", "not_met"}
    assert "which is right: gout, since 2020, or no gout" in found.missing[0].what
    # Who had it in 2010 and is denied it from 2020 on is no conflict.
    apart = [fact("gout", since="2010", until="2012"), fact("gout", status="absent", since="2020")]
    assert find(atom("gout"), facts=apart).verdict == "not_met"
    assert find(atom("gout", assertion="history"), facts=apart).verdict == "met"


@pytest.mark.parametrize(
    ("birth", "interval", "verdict"),
    [
        ("1951-11-29", Interval(high=75, unit="a"), "met"),
        # 75 until the day before the 76th birthday.
        ("1950-11-30", Interval(high=75, unit="a"), "met"),
        ("1950-11-29", Interval(high=75, unit="a"), "not_met"),
        ("2008-11-29", below(18, "a"), "not_met"),
        ("2008-11-30", below(18, "a"), "met"),
        ("2026-05-29", Interval(low=6, unit="mo"), "met"),
        ("2026-05-30", Interval(low=6, unit="mo"), "not_met"),
        ("2026-11-15", Interval(high=2, unit="wk"), "met"),
        ("2008", Interval(low=18, unit="a"), "unknown"),
        ("2007", Interval(low=18, unit="a"), "met"),
    ],
)
def test_ages_are_completed(birth: str, interval: Interval, verdict: str) -> None:
    assert find(atom("age", "person", interval=interval), birth_date=birth).verdict == verdict


def test_sex_is_told_or_unknown() -> None:
    assert find(atom("female", "person"), sex="F").verdict == "met"
    assert find(atom("women", "person"), sex="M").verdict == "not_met"
    assert find(atom("men", "person")).verdict == "unknown"
    either = Atom(HERE, (*atom("male", "person").concepts, *atom("female", "person").concepts))
    assert find(either).verdict == "met"


def test_men_and_women_are_those_who_are_either() -> None:
    both = All(HERE, (atom("women", "person"), atom("men", "person"), atom("gout")))
    assert find(both, sex="M", gout=True).verdict == "met"
    assert find(both, gout=True).verdict == "met"
    assert find(both, sex="M", gout=False).verdict == "not_met"
    assert find(All(HERE, (atom("men", "person"), atom("gout"))), sex="F", gout=True).verdict == "not_met"


def test_what_no_man_has_needs_no_word() -> None:
    assert find(atom("pregnant"), sex="male").verdict == "not_met"
    assert find(atom("breastfeeding"), sex="male").verdict == "not_met"
    assert find(atom("breastfeeding"), sex="female").verdict == "unknown"
    assert find(atom("pregnant"), sex="male", pregnancy=True).verdict == "conflict"


def test_a_count_is_at_least_what_is_told() -> None:
    falls = [fact("fall", date=day, until=day) for day in ("2026-01-05", "2026-03-04", "2026-03-04")]
    twice = atom("fall", assertion="history", count=Interval(low=2))
    thrice = atom("fall", assertion="history", count=Interval(low=3))
    never = atom("fall", assertion="history", count=Interval(high=1))
    assert find(twice, facts=falls).verdict == "met"
    # Two of them may be one.
    assert find(thrice, facts=falls).verdict == "unknown"
    assert find(thrice, facts=falls[:2]).verdict == "unknown"
    assert find(thrice, facts=falls[:2], complete=["condition"]).verdict == "not_met"
    assert find(never, facts=falls).verdict == "not_met"


def test_how_long_it_has_lasted() -> None:
    asked = atom("gout", lasting=Interval(low=6, unit="mo"))
    assert find(asked, facts=[fact("gout", since="2026-05-29")]).verdict == "met"
    assert find(asked, facts=[fact("gout", since="2026-05-30")], complete=["condition"]).verdict == "not_met"
    assert find(asked, facts=[fact("gout", since="2026")]).verdict == "unknown"


def test_what_narrows_is_judged_unless_a_fact_says_it() -> None:
    asked = atom("neuropathy", qualifiers=("severe",))
    found = find(asked, facts=[fact("neuropathy")])
    assert (found.verdict, found.missing[0].what) == ("judgement", "whether it is: severe")
    assert find(asked, facts=[fact("neuropathy", detail="severe, on gabapentin")]).verdict == "met"
    assert find(asked, facts=[fact("neuropathy", status="absent")]).verdict == "not_met"


def test_windows_hang_on_the_visit_that_they_name() -> None:
    asked = atom(
        "surgery", "procedure", assertion="history", window=Window(earliest=30, latest=0, anchor="screening")
    )
    told = [fact("surgery", domain="procedure", date="2026-10-20", until="2026-10-20")]
    assert find(asked, facts=told).verdict == "unknown"
    assert find(asked, facts=told, anchors={"screening": "2026-11-19"}).verdict == "met"
    assert find(asked, facts=told, anchors={"screening": "2026-11"}).verdict == "unknown"
    event = msgspec.structs.replace(
        asked, window=Window(earliest=30, latest=0, anchor="event", event="first dose")
    )
    assert "first dose" in find(event, facts=told).missing[0].what


def test_of_several_values_within_a_window_an_exclusion_takes_any_and_an_inclusion_the_last() -> None:
    told = [
        fact("HbA1c", value=9.0, unit="%", date="2026-10-01"),
        fact("HbA1c", value=8.0, unit="%", date="2026-11-01"),
    ]
    asked = measure("HbA1c", above(8.5, "%"), window=Window(earliest=3, latest=0, unit="mo"))
    assert find(asked, any_counts=True, facts=told).verdict == "met"
    assert find(asked, any_counts=False, facts=told).verdict == "not_met"
    # Under "not" it is the other way round.
    assert find(Not(HERE, asked), any_counts=False, facts=told).verdict == "not_met"
    # Without a window the last counts.
    plain = measure("HbA1c", above(8.5, "%"))
    assert find(plain, any_counts=True, facts=told).verdict == "not_met"
    undated = [fact("HbA1c", value=9.0, unit="%", date="2026"), told[1]]
    assert find(plain, facts=undated).verdict == "unknown"


@pytest.mark.parametrize(
    ("name", "value", "asked", "verdict"),
    [
        ("glucose", "7.0 mmol/L", above(125, "mg/dL"), "met"),
        ("glucose", "6.9 mmol/L", above(125, "mg/dL"), "not_met"),
        ("creatinine", "177 umol/L", above(2.0, "mg/dL"), "met"),
        ("creatinine", "176 umol/L", above(2.0, "mg/dL"), "not_met"),
        ("bilirubin", "35 umol/L", above(2.0, "mg/dL"), "met"),
        ("bilirubin", "34 umol/L", above(2.0, "mg/dL"), "not_met"),
        ("hemoglobin", "90 g/L", below(9, "g/dL"), "not_met"),
        ("hemoglobin", "89 g/L", below(9, "g/dL"), "met"),
        ("platelets", "100 10*3/uL", below(100_000, "/uL"), "not_met"),
        ("platelets", "0.0999 10*6/uL", below(100, "10*9/L"), "met"),
        ("HbA1c", "69 mmol/mol", above(8.5, "%"), "not_met"),
        ("HbA1c", "70 mmol/mol", above(8.5, "%"), "met"),
        ("weight", "99 [lb_av]", below(45, "kg"), "met"),
        ("creatinine", "2.1 mL", above(2.0, "mg/dL"), "unknown"),
        ("creatinine", "2.1", above(2.0, "mg/dL"), "unknown"),
        ("INR", "1.31", above(1.3), "met"),
    ],
)
def test_units_convert_by_what_is_measured(name: str, value: str, asked: Interval, verdict: str) -> None:
    assert find(measure(name, asked), facts=[fact(name, value=value)]).verdict == verdict


def test_a_multiple_of_a_limit_needs_the_limit() -> None:
    asked = measure("ALT", above(3, limit="ULN"))
    assert find(asked, facts=[fact("ALT", value="121 U/L", upper_normal=40)]).verdict == "met"
    assert find(asked, facts=[fact("ALT", value="120 U/L", upper_normal=40)]).verdict == "not_met"
    found = find(asked, facts=[fact("ALT", value="121 U/L")])
    assert (found.verdict, found.missing[0].what) == (
        "unknown",
        "the laboratory's upper limit of normal of ALT",
    )
    low = measure("albumin", below(1, limit="LLN"))
    assert find(low, facts=[fact("albumin", value="3.0 g/dL", lower_normal=3.5)]).verdict == "met"


@pytest.mark.parametrize(
    ("told", "asked", "verdict"),
    [
        ({"weight": "70 kg", "height": "175 cm"}, measure("BMI", above(22.8, "kg/m2")), "met"),
        (
            {"weight": "70 kg", "height": "1.75 m"},
            measure("body mass index", above(22.9, "kg/m2")),
            "not_met",
        ),
        ({"weight": "70 kg"}, measure("BMI", above(22.8, "kg/m2")), "unknown"),
        (
            {"BMI": "31 kg/m2", "weight": "70 kg", "height": "175 cm"},
            measure("BMI", above(30, "kg/m2")),
            "met",
        ),
        ({"QT": "400 ms", "heart rate": "75 /min"}, measure("QTcF", above(430, "ms")), "met"),
        # Fridericia 431, Bazett 447: either is above 430, one is above 440.
        ({"QT": "400 ms", "heart rate": "75 /min"}, measure("QTc", above(430, "ms")), "met"),
        ({"QT": "400 ms", "heart rate": "75 /min"}, measure("QTc", above(440, "ms")), "unknown"),
        (
            {"QT": "400 ms", "heart rate": "75 /min", "answers": {"qtc_formula": "bazett"}},
            measure("QTc", above(440, "ms")),
            "met",
        ),
        (
            {"calcium": "8.0 mg/dL", "albumin": "2.5 g/dL"},
            measure("corrected calcium", above(9.1, "mg/dL")),
            "met",
        ),
        (
            {"creatinine": "1.0 mg/dL", "weight": "72 kg", "age": 60, "sex": "M"},
            measure("creatinine clearance", Interval(low=80, unit="mL/min")),
            "met",
        ),
        # Of a sex that nobody told: 80 or 68.
        (
            {"creatinine": "1.0 mg/dL", "weight": "72 kg", "age": 60},
            measure("CrCl", below(70, "mL/min")),
            "unknown",
        ),
        (
            {
                "bilirubin": "4.2 mg/dL",
                "INR": 1.2,
                "creatinine": "1.9 mg/dL",
                "answers": {"meld_formula": "meld"},
            },
            measure("MELD score", Interval(low=20)),
            "met",
        ),
        (
            {"bilirubin": "2.5 mg/dL", "albumin": "3.0 g/dL", "INR": 1.8, "ascites": 1, "encephalopathy": 0},
            measure("Child-Pugh score", Interval(low=7, high=9)),
            "met",
        ),
    ],
)
def test_what_follows_from_other_values_is_computed(told: dict[str, Any], asked: Atom, verdict: str) -> None:
    found = find(asked, **told)
    assert found.verdict == verdict, found
    assert all(each.fact.source.origin in ("values", "derived") for each in found.evidence)


def test_a_reported_value_by_another_formula_is_not_taken_for_the_one_asked_for() -> None:
    asked = measure("GFR", below(30, "mL/min/{1.73_m2}"), "loinc:33914-3", qualifiers=("MDRD formula",))
    told = fact("eGFR (CKD-EPI)", value=25, unit="mL/min/{1.73_m2}", codes=["loinc:62238-1"])
    assert find(asked, facts=[told]).verdict == "unknown"
    assert find(measure("eGFR", below(30, "mL/min/{1.73_m2}")), facts=[told]).verdict == "met"


def test_a_formula_may_stand_for_what_it_estimates() -> None:
    asked = measure("MDRD formula", below(30, "mL/min/{1.73_m2}"))
    assert find(asked, creatinine="1.0 mg/dL", age=50, sex="M").verdict == "not_met"
    told = fact("eGFR", value=25, unit="mL/min/{1.73_m2}", codes=["loinc:33914-3"])
    assert find(asked, facts=[told]).verdict == "met"


SKIN = AnyOf(HERE, (atom("basal cell carcinoma"), atom("squamous cell carcinoma")))
CANCER = atom("malignancy", assertion="history", window=FIVE_YEARS)


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (["basal cell carcinoma"], "unknown"),
        (["lung cancer"], "met"),
        (["lung cancer", "basal cell carcinoma"], "met"),
        ([], "unknown"),
        # What may be the exception: a person has to look.
        (["carcinoma"], "judgement"),
    ],
)
def test_an_exception_takes_out_what_it_names_and_nothing_else(told: list[str], verdict: str) -> None:
    assert find(Except(HERE, CANCER, SKIN), conditions=told).verdict == verdict


def test_an_exception_leaves_nothing_where_all_is_told() -> None:
    told = {"conditions": ["basal cell carcinoma"], "complete": ["condition"]}
    found = find(Except(HERE, CANCER, SKIN), **told)
    assert (found.verdict, found.evidence[-1].note) == ("not_met", "carved out")
    cured = Except(HERE, CANCER, atom("basal cell carcinoma", qualifiers=("curatively treated",)))
    assert find(cured, **told).verdict == "judgement"


def test_an_exception_of_another_kind_is_a_condition_of_its_own() -> None:
    asked = Except(HERE, atom("childbearing potential"), atom("contraception", "drug"))
    assert find(asked, **{"childbearing potential": True}).verdict == "unknown"
    assert (
        find(asked, **{"childbearing potential": True, "medications": ["contraception"]}).verdict == "not_met"
    )
    denied = {
        "childbearing potential": True,
        "facts": [fact("contraception", status="absent", domain="drug")],
    }
    assert find(asked, **denied).verdict == "met"


def test_if_then_says_nothing_of_whom_it_is_not_about() -> None:
    rule = IfThen(HERE, atom("female", "person"), atom("contraception", "drug"))
    assert find(rule, sex="male").verdict == "met"
    assert find(rule, sex="female").verdict == "unknown"
    assert (
        find(rule, sex="female", facts=[fact("contraception", status="absent", domain="drug")]).verdict
        == "not_met"
    )


def test_at_least_counts_parts() -> None:
    asked = AtLeast(HERE, 2, (atom("gout"), atom("asthma"), atom("migraine")))
    assert find(asked, conditions=["gout", "asthma"]).verdict == "met"
    assert find(asked, conditions=["gout"]).verdict == "unknown"
    assert find(asked, asthma=False, migraine=False).verdict == "not_met"


@pytest.mark.parametrize(
    ("reason", "verdict", "said"),
    [
        ("judgement", "judgement", "investigator"),
        ("elsewhere", "unknown", "protocol"),
        ("unparsed", "unknown", "a person has to read"),
        ("empty", "unknown", "no words"),
    ],
)
def test_what_is_not_understood_stays_open(reason: Any, verdict: str, said: str) -> None:
    found = find(Opaque(HERE, reason))
    assert found.verdict == verdict
    assert said in found.missing[0].what


def criterion(kind: Any, tree: Tree, at: int, heading: str = "") -> ParsedCriterion:
    return ParsedCriterion(kind, "…", at, at + 1, tree, heading)


@pytest.mark.parametrize(
    ("told", "overall", "because"),
    [
        ({"gout": True, "asthma": False}, "eligible", []),
        ({"gout": False, "asthma": False}, "ineligible", [0]),
        ({"gout": True, "asthma": True}, "ineligible", [1]),
        ({"gout": True}, "open", [1]),
        ({"asthma": True}, "ineligible", [1]),
        ({}, "open", [0, 1]),
    ],
)
def test_overall(told: dict[str, Any], overall: str, because: list[int]) -> None:
    criteria = [criterion("inclusion", atom("gout"), 0), criterion("exclusion", atom("asthma"), 1)]
    found = evaluate_patient(criteria, make_reading(read_person(told)))
    assert (found.overall, [each.start for each in found.because]) == (overall, because)


def test_the_criteria_of_a_cohort_are_those_of_the_cohort_alone() -> None:
    criteria = [
        criterion("inclusion", atom("gout"), 0),
        criterion("inclusion", atom("asthma"), 1, "Cohort A"),
        criterion("inclusion", atom("migraine"), 2, "Cohort B"),
    ]
    told = {"gout": True, "asthma": False, "migraine": True}
    found = evaluate_patient(criteria, make_reading(read_person(told)))
    assert (found.overall, found.cohorts) == ("eligible", {"Cohort A": "ineligible", "Cohort B": "eligible"})
    neither = evaluate_patient(criteria, make_reading(read_person({**told, "migraine": False})))
    assert neither.overall == "ineligible"


def test_a_criterion_that_neither_includes_nor_excludes_keeps_it_open() -> None:
    found = evaluate_patient([criterion("other", atom("gout"), 0)], make_reading(read_person({"gout": True})))
    assert (found.overall, found.criteria[0].verdict) == ("open", "met")


def test_a_verdict_that_is_contested_keeps_both() -> None:
    criteria = [criterion("inclusion", atom("gout"), 0)]
    contest = Contest(0, "met", "seen in the paper chart", "Dr. A", date(2026, 11, 29))
    found = evaluate_patient(criteria, make_reading(read_person({"gout": False})), contests=[contest])
    (only,) = found.criteria
    assert (only.verdict, only.counted, found.overall) == ("not_met", "met", "eligible")
    assert only.contests == (contest,)
    again = Contest(0, "unknown", "the chart is another person's")
    found = evaluate_patient(criteria, make_reading(read_person({"gout": False})), contests=[contest, again])
    assert (found.criteria[0].counted, found.overall, len(found.criteria[0].contests)) == (
        "unknown",
        "open",
        2,
    )


def test_evidence_names_the_words_of_the_criterion() -> None:
    text = "Patients with gout, or with asthma"
    tree = AnyOf(
        Span(0, 34), (Atom(Span(14, 18), atom("gout").concepts), Atom(Span(28, 34), atom("asthma").concepts))
    )
    reading = make_reading(read_person({"gout": True}), text=text)
    (only,) = evaluate(tree, reading).evidence
    assert text[only.span.start : only.span.end] == "gout"
    assert only.fact.source.where == "gout"
    missing = evaluate(tree, make_reading(read_person({}), text=text)).missing
    assert [each.what for each in missing] == ["whether: gout", "whether: asthma"]


def test_the_day_of_the_evaluation_decides() -> None:
    asked = measure("HbA1c", above(8.5, "%"), window=Window(earliest=3, latest=0, unit="mo"))
    person = read_person({"facts": [fact("HbA1c", value=9, unit="%", date="2026-06-15")]})
    assert evaluate(asked, make_reading(person, date(2026, 9, 15))).verdict == "met"
    assert evaluate(asked, make_reading(person, DAY)).verdict == "unknown"


@pytest.mark.parametrize(
    ("value", "asked", "verdict"),
    [
        ("> 8.5 %", above(8.5, "%"), "met"),
        (">= 8.5 %", above(8.5, "%"), "unknown"),
        ("< 8.5 %", below(8.5, "%"), "met"),
        ("<= 8.5 %", below(8.5, "%"), "unknown"),
        ("< 8.5 %", above(8.5, "%"), "not_met"),
        ("> 8.0 %", above(8.5, "%"), "unknown"),
    ],
)
def test_a_value_with_an_open_end_does_not_have_its_bound(value: str, asked: Interval, verdict: str) -> None:
    assert find(measure("HbA1c", asked), facts=[fact("HbA1c", value=value)]).verdict == verdict
