"""How is each quantity computed, from which inputs, and what has to be decided first? One row a quantity."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from trialbook.eligibility.derive import blood, body, heart, kidney, liver
from trialbook.eligibility.derive.naming import Formula
from trialbook.eligibility.derive.questions import QUESTIONS
from trialbook.eligibility.tree import Concept
from trialbook.eligibility.verdicts import Question

# Input values by name; "age" and "sex" (1 for a woman) among them.
Values = dict[str, float]
_OF_PERSON = frozenset({"age", "sex"})
_DU_BOIS, _MOSTELLER = body.compute_bsa_du_bois, body.compute_bsa_mosteller


class Choice(NamedTuple):
    """One way to compute: how it is called, and the computation."""

    name: str
    compute: Callable[[Values], float]


class Plan(NamedTuple):
    """How a quantity is computed, after what is decided.

    Attributes
    ----------
    inputs
        The first is that whose day the result has.
    needs
        "age" and "sex" where the formula takes them.
    """

    inputs: tuple[str, ...]
    unit: str
    choices: tuple[Choice, ...]
    questions: tuple[Question, ...] = ()
    needs: frozenset[str] = frozenset()


Quantity = Literal["gfr", "clearance", "bmi", "bsa", "calcium", "qtc", "child_pugh", "meld"]
_NAMED: tuple[tuple[Quantity, re.Pattern[str]], ...] = (
    ("clearance", re.compile(r"\bcreatinine clearance\b|\bCr\.?\s?Cl\b|\bCLcr\b|cock[ck]?roft", re.I)),
    ("gfr", re.compile(r"\be?-?GFR\b|glomerular filtration|\bMDRD\b|CKD[ -]?EPI", re.I)),
    ("bmi", re.compile(r"\bBMI\b|body[ -]mass[ -]index", re.I)),
    ("bsa", re.compile(r"\bBSA\b|body[ -]surface[ -]area", re.I)),
    ("calcium", re.compile(r"corrected (?:serum )?calcium|calcium,? corrected", re.I)),
    ("qtc", re.compile(r"\bQTc[FB]?\b|corrected QT", re.I)),
    ("child_pugh", re.compile(r"child[ -–]*(?:turcotte[ -–]*)?pugh", re.I)),
    ("meld", re.compile(r"\bMELD\b|end[ -]stage liver disease (?:score|model)", re.I)),
)


def find_quantity(concepts: Sequence[Concept]) -> Quantity | None:
    """What a criterion's names stand for, of all that can be computed."""
    found = {_find_named(each.words) for each in concepts}
    return next((name for name, _ in _NAMED if name in found), None)


@lru_cache(maxsize=4_096)
def _find_named(words: str) -> Quantity | None:
    return next((name for name, form in _NAMED if form.search(words)), None)


def make_plan(quantity: Quantity, formula: Formula, answers: dict[str, str]) -> Plan:
    """How a quantity is computed by a formula that is named ("" for none), after what was answered."""
    return _PLANS[quantity](formula, answers)


def _answer(key: str, answers: dict[str, str]) -> tuple[tuple[str, ...], tuple[Question, ...]]:
    """What was answered, or every answer and the question."""
    if key in answers:
        return (answers[key],), ()
    return QUESTIONS[key].answers, (QUESTIONS[key],)


def _plan_gfr(formula: Formula, answers: dict[str, str]) -> Plan:
    if formula == "cockcroft_gault":
        return _plan_clearance(formula, answers)
    questions: tuple[Question, ...] = ()
    formulas: tuple[str, ...] = (formula,)
    if formula == "ckd_epi":
        years, questions = _answer("ckd_epi_year", answers)
        formulas = tuple(f"ckd_epi_{year}" for year in years)
    elif formula not in ("mdrd", "ckd_epi_2009", "ckd_epi_2021"):
        formulas, questions = _answer("egfr_formula", answers)
    choices: list[Choice] = []
    for each in formulas:
        made, asked = _choose_gfr(each, answers)
        choices += made
        questions += tuple(one for one in asked if one not in questions)
    return Plan(("creatinine",), "mL/min/{1.73_m2}", tuple(choices), questions, _OF_PERSON)


def _choose_gfr(formula: str, answers: dict[str, str]) -> tuple[list[Choice], tuple[Question, ...]]:
    if formula == "ckd_epi_2021":
        return [Choice("CKD-EPI 2021", _by_ckd_epi_2021)], ()
    races, of_race = _answer("race_term", answers)
    if formula == "ckd_epi_2009":
        return [
            Choice(
                f"CKD-EPI 2009, race term {'applied' if race == 'yes' else 'not applied'}",
                _by_ckd_epi_2009(race),
            )
            for race in races
        ], of_race
    constants, of_constant = _answer("mdrd_constant", answers)
    return [
        Choice(
            f"MDRD with constant {constant}, race term {'applied' if race == 'yes' else 'not applied'}",
            _by_mdrd(int(constant), race),
        )
        for constant in constants
        for race in races
    ], (*of_constant, *of_race)


def _by_ckd_epi_2021(values: Values) -> float:
    return kidney.compute_ckd_epi_2021(values["creatinine"], values["age"], is_female=bool(values["sex"]))


def _by_ckd_epi_2009(race: str) -> Callable[[Values], float]:
    return lambda values: kidney.compute_ckd_epi_2009(
        values["creatinine"], values["age"], is_female=bool(values["sex"]), race_term=race == "yes"
    )


def _by_mdrd(constant: int, race: str) -> Callable[[Values], float]:
    return lambda values: kidney.compute_mdrd(
        values["creatinine"],
        values["age"],
        is_female=bool(values["sex"]),
        constant=constant,
        race_term=race == "yes",
    )


def _plan_clearance(_formula: Formula, _answers: dict[str, str]) -> Plan:
    def compute(values: Values) -> float:
        return kidney.compute_cockcroft_gault(
            values["creatinine"], values["age"], values["weight"], is_female=bool(values["sex"])
        )

    return Plan(("creatinine", "weight"), "mL/min", (Choice("Cockcroft and Gault", compute),), (), _OF_PERSON)


def _plan_bmi(_formula: Formula, _answers: dict[str, str]) -> Plan:
    choice = Choice(
        "weight over height squared", lambda each: body.compute_bmi(each["weight"], each["height"])
    )
    return Plan(("weight", "height"), "kg/m2", (choice,))


def _plan_bsa(_formula: Formula, answers: dict[str, str]) -> Plan:
    names, questions = _answer("bsa_formula", answers)
    by = {"mosteller": ("Mosteller", _MOSTELLER), "du_bois": ("Du Bois", _DU_BOIS)}
    choices = tuple(Choice(by[name][0], _with_body(by[name][1])) for name in names)
    return Plan(("weight", "height"), "m2", choices, questions)


def _with_body(compute: Callable[[float, float], float]) -> Callable[[Values], float]:
    return lambda values: compute(values["weight"], values["height"])


def _plan_calcium(_formula: Formula, _answers: dict[str, str]) -> Plan:
    choice = Choice(
        "corrected for albumin (Payne)",
        lambda each: blood.compute_corrected_calcium(each["calcium"], each["albumin"]),
    )
    return Plan(("calcium", "albumin"), "mg/dL", (choice,))


def _plan_qtc(formula: Formula, answers: dict[str, str]) -> Plan:
    names, questions = (
        ((formula,), ()) if formula in ("fridericia", "bazett") else _answer("qtc_formula", answers)
    )
    by = {"fridericia": heart.compute_qtcf, "bazett": heart.compute_qtcb}
    return Plan(
        ("QT", "heart rate"),
        "ms",
        tuple(Choice(name.title(), _with_heart(by[name])) for name in names),
        questions,
    )


def _with_heart(compute: Callable[[float, float], float]) -> Callable[[Values], float]:
    return lambda values: compute(values["QT"], values["heart rate"])


def _plan_child_pugh(_formula: Formula, _answers: dict[str, str]) -> Plan:
    def compute(values: Values) -> float:
        grades: tuple[liver.Ascites, ...] = ("none", "slight", "moderate")
        return liver.compute_child_pugh(
            values["bilirubin"],
            values["albumin"],
            values["INR"],
            ascites=grades[min(2, max(0, int(values["ascites"])))],
            encephalopathy_grade=int(values["encephalopathy"]),
        )

    inputs = ("bilirubin", "albumin", "INR", "ascites", "encephalopathy")
    return Plan(inputs, "", (Choice("Child and Pugh", compute),))


def _plan_meld(formula: Formula, answers: dict[str, str]) -> Plan:
    names: tuple[str, ...] = (formula,)
    questions: tuple[Question, ...] = ()
    if formula not in ("meld_na", "meld_3"):
        names, questions = _answer("meld_formula", answers)
    inputs = ["creatinine", "bilirubin", "INR", *(each for name in names for each in _MELDS[name][1])]
    return Plan(
        tuple(dict.fromkeys(inputs)),
        "",
        tuple(_MELDS[name][0] for name in names),
        questions,
        frozenset({"sex"}) if "meld_3" in names else frozenset(),
    )


def _by_meld(values: Values) -> float:
    return liver.compute_meld(values["bilirubin"], values["INR"], values["creatinine"])


def _by_meld_na(values: Values) -> float:
    return liver.compute_meld_na(values["bilirubin"], values["INR"], values["creatinine"], values["sodium"])


def _by_meld_3(values: Values) -> float:
    return liver.compute_meld_3(
        values["bilirubin"],
        values["INR"],
        values["creatinine"],
        values["sodium"],
        values["albumin"],
        is_female=bool(values["sex"]),
    )


_MELDS: dict[str, tuple[Choice, tuple[str, ...]]] = {
    "meld": (Choice("MELD", _by_meld), ()),
    "meld_na": (Choice("MELD-Na", _by_meld_na), ("sodium",)),
    "meld_3": (Choice("MELD 3.0", _by_meld_3), ("sodium", "albumin")),
}


_PLANS: dict[Quantity, Callable[[Formula, dict[str, str]], Plan]] = {
    "gfr": _plan_gfr,
    "clearance": _plan_clearance,
    "bmi": _plan_bmi,
    "bsa": _plan_bsa,
    "calcium": _plan_calcium,
    "qtc": _plan_qtc,
    "child_pugh": _plan_child_pugh,
    "meld": _plan_meld,
}
