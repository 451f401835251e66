"""Criteria of NCT04776239 as trees that were written by hand, and how a person is held against them."""

from __future__ import annotations

from datetime import date
from typing import Any

from trialbook.eligibility import reading
from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.facts import Person
from trialbook.eligibility.matching import Matcher
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.eligibility.reading import Reading
from trialbook.eligibility.tree import (
    All,
    Atom,
    Concept,
    Domain,
    Except,
    Interval,
    Opaque,
    ParsedCriterion,
    Span,
    Tree,
    Window,
)
from trialbook.eligibility.tree import (
    Any as AnyOf,
)
from trialbook.eligibility.verdicts import PatientVerdict
from trialbook.model.criteria import Kind
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)
HERE = Span(0, 0)
MEASURES = ClinicalMeasures()
MATCHER = Matcher(get_thesaurus(), MEASURES)
FORMULAS = Formulas()


def atom(words: str, domain: Domain = "condition", /, *ids: str, **parts: Any) -> Atom:
    return Atom(HERE, (Concept(words, domain, ids),), **parts)


def measure(words: str, interval: Interval, *ids: str, **parts: Any) -> Atom:
    return atom(words, "measurement", *ids, interval=interval, **parts)


def above(value: float, unit: str = "", **parts: Any) -> Interval:
    return Interval(low=value, low_included=False, unit=unit, **parts)


def below(value: float, unit: str = "", **parts: Any) -> Interval:
    return Interval(high=value, high_included=False, unit=unit, **parts)


_TREES: tuple[tuple[str, Kind, str, Tree], ...] = (
    ("i1", "inclusion", "Be ≥ 18 years of age", atom("age", "person", interval=Interval(low=18, unit="a"))),
    ("i2", "inclusion", "Provide written informed consent.", atom("written informed consent", "consent")),
    (
        "i4",
        "inclusion",
        "Have Diabetes Mellitus (DM) type 2 documented by HbA1C > 7%, or on medical therapy for diabetes.",
        All(
            HERE,
            (
                atom("diabetes mellitus type 2"),
                AnyOf(
                    HERE,
                    (measure("HbA1C", above(7, "%"), "loinc:4548-4"), atom("antidiabetic therapy", "drug")),
                ),
            ),
        ),
    ),
    ("e1", "exclusion", "Be younger than 18 years of age.", atom("age", "person", interval=below(18, "a"))),
    (
        "e2",
        "exclusion",
        "Have history of prior myocardial Infarction and revascularization.",
        All(
            HERE,
            (
                atom("myocardial infarction", assertion="history"),
                atom("revascularization", "procedure", assertion="history"),
            ),
        ),
    ),
    (
        "e3",
        "exclusion",
        "GFR <30 ml/min 1.73m2 estimated using the Modification of Diet for Renal Disease (MDRD) formula.",
        measure("GFR", below(30, "mL/min/{1.73_m2}"), "loinc:33914-3", qualifiers=("MDRD",)),
    ),
    (
        "e4",
        "exclusion",
        "hemoglobin A1C > 8.5% in the previous 3 months.",
        measure(
            "hemoglobin A1C", above(8.5, "%"), "loinc:4548-4", window=Window(earliest=3, latest=0, unit="mo")
        ),
    ),
    (
        "e5",
        "exclusion",
        "history of proliferative retinopathy",
        atom("proliferative retinopathy", assertion="history"),
    ),
    ("e7", "exclusion", "known hypersensitivity to aspirin", atom("aspirin", "drug", assertion="allergy")),
    (
        "e8",
        "exclusion",
        "hematocrit < 25%, white blood cell < 2,500/uL or platelet values < 100,000/uL",
        AnyOf(
            HERE,
            (
                measure("hematocrit", below(25, "%")),
                measure("white blood cell", below(2500, "/uL")),
                measure("platelet values", below(100_000, "/uL")),
            ),
        ),
    ),
    (
        "e9",
        "exclusion",
        "enzymes (AST and ALT) greater than three times the upper limit of normal.",
        All(HERE, (measure("AST", above(3, limit="ULN")), measure("ALT", above(3, limit="ULN")))),
    ),
    ("e10", "exclusion", "coagulopathy (INR > 1.3)", measure("INR", above(1.3))),
    (
        "e12",
        "exclusion",
        "malignancy within the past 5 years, except basal cell or squamous cell carcinoma, or cervical carcinoma.",
        Except(
            HERE,
            atom("malignancy", assertion="history", window=Window(earliest=5, latest=0, unit="a")),
            AnyOf(
                HERE,
                (atom("basal cell carcinoma"), atom("squamous cell carcinoma"), atom("cervical carcinoma")),
            ),
        ),
    ),
    (
        "e14",
        "exclusion",
        "history of drug or alcohol abuse within the past 24 months.",
        AnyOf(
            HERE,
            tuple(
                atom(each, assertion="history", window=Window(earliest=24, latest=0, unit="mo"))
                for each in ("drug abuse", "alcohol abuse")
            ),
        ),
    ),
    ("e15", "exclusion", "Be serum positive for HIV", atom("HIV")),
    ("e17", "exclusion", "Be pregnant", atom("pregnancy")),
    ("e18", "exclusion", "in the judgment of the Investigator", Opaque(HERE, "judgement")),
)


def make_criteria() -> list[ParsedCriterion]:
    return [
        ParsedCriterion(kind, text, at * 1000, at * 1000 + len(text), tree, number=name)
        for at, (name, kind, text, tree) in enumerate(_TREES)
    ]


CRITERIA = make_criteria()


def read_person(told: dict[str, Any], day: date = DAY) -> Person:
    return PlainReader(day, get_thesaurus()).read_person(told)


def make_reading(person: Person, day: date = DAY, text: str = "") -> Reading:
    return reading.make_reading(person, day, MATCHER, MEASURES, FORMULAS, text)


def screen(told: dict[str, Any]) -> PatientVerdict:
    return evaluate_patient(CRITERIA, make_reading(read_person(told)))
