"""Patients written by hand against each of the 23 criteria of NCT04776239, from both sides of each limit.

What a patient says is what is changed of `FIT`; expected is what the words of a criterion mean for him, as one reads
them: `i1` is the first inclusion, `e19` the last exclusion.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.unit.eligibility.aceso import DAY, make_reading, read_person
from tests.unit.eligibility.test_aceso_patients import FIT, PATIENTS, but

from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.verdicts import Verdict

# Where the trees that `aceso` writes ask for a part of what the words do, the words count.
WHOLE: dict[str, dict[str, str]] = {
    # Of "AST and ALT" of an exclusion either counts (docs/criteria.md).
    "with AST 3.1 × ULN alone": {"e9": "met"},
    "with ALT 124 of no known limit": {"e9": "met"},
    # Below the limits an investigator decides whether it has another explanation.
    "with platelets 99 · 10⁹/L": {"e8": "judgement"},
    "with hematocrit 24.9 % and no platelets": {"e8": "judgement"},
    # A tendency to bleed is not told.
    "with INR 1.3": {"e10": "unknown"},
}


def _with(*facts: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**but(**changed), "facts": list(facts)}


def _fact(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


_TRIAL = "trial of an investigational treatment or device"
_TRANSPLANT = "organ transplant"
MORE: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("without ischemic heart disease", but(conditions=["type 2 diabetes"], ischemic_heart_disease=False), {"i3": "not_met"}),
    ("of whom no angiography is told", FIT, {"i3": "unknown"}),
    ("with proliferative retinopathy", but(**{"proliferative retinopathy": True}), {"e5": "met"}),
    ("without proliferative retinopathy, of whose nerves nothing is told", FIT, {"e5": "unknown"}),
    ("who waits for valve surgery", _with(_fact("valve surgery", status="planned", domain="procedure")), {"e6": "met"}),
    ("whose valve was operated on in 2015", _with(_fact("valve surgery", since="2015", domain="procedure")), {"e6": "unknown"}),
    ("allergic to penicillin alone", but(allergies=["penicillin"]), {"e7": "unknown"}),
    ("who takes aspirin", but(medications=["aspirin"], allergies=None), {"e7": "unknown"}),
    ("with an organ transplant in 2010", _with(_fact(_TRANSPLANT, since="2010", domain="procedure")), {"e11": "met"}),
    ("who waits for an organ transplant", _with(_fact(_TRANSPLANT, status="planned", domain="procedure")), {"e11": "unknown"}),
    ("who lives another 11 months", _with(_fact("lifespan", value=11, unit="months")), {"e13": "met"}),
    ("who lives another 12 months", _with(_fact("lifespan", value=12, unit="months")), {"e13": "not_met"}),
    ("who lives another 6 to 18 months", _with(_fact("lifespan", value="6 to 18", unit="months")), {"e13": "unknown"}),
    ("who abused drugs until 2024-11-29", but(**{"drug abuse": {"since": "2010", "until": "2024-11-29"}}), {"e14": "met"}),
    ("who abused drugs until 2024-11", but(**{"drug abuse": {"since": "2010", "until": "2024-11"}}), {"e14": "unknown"}),
    ("without HIV, of whose liver nothing is told", FIT, {"e15": "unknown"}),
    ("whose last trial ended on 2026-10-30", _with(_fact(_TRIAL, since="2026-06", until="2026-10-30")), {"e16": "met"}),
    ("whose last trial ended on 2026-10-29", _with(_fact(_TRIAL, since="2026-06", until="2026-10-29")), {"e16": "unknown"}),
    ("whose last trial ended in October 2026", _with(_fact(_TRIAL, since="2026-06", until="2026-10")), {"e16": "unknown"}),
    ("who nurses", but(sex="female", nursing=True), {"e17": "met"}),
    ("a woman who is neither pregnant nor nursing", but(sex="female", pregnant=False, nursing=False), {"e17": "unknown"}),
    ("of whose lesions nothing is told", FIT, {"e18": "judgement", "e19": "unknown"}),
)  # fmt: skip

ALL: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    *((who, said, {**expected, **WHOLE.get(who, {})}) for who, said, expected in PATIENTS),
    *MORE,
)


def name_criteria(parsed: list[ParsedCriterion]) -> list[tuple[str, ParsedCriterion]]:
    """The 23 criteria with their names, without what is none."""
    counted: Counter[str] = Counter()
    named = []
    for each in parsed:
        if each.kind != "other":
            counted[each.kind] += 1
            named.append((f"{each.kind[0]}{counted[each.kind]}", each))
    return named


def judge(text: str, said: dict[str, Any]) -> dict[str, Verdict]:
    """The verdicts on a patient, by the names of the criteria."""
    named = name_criteria(list(parse_criteria(text)))
    criteria = [each for _, each in named]
    found = evaluate_patient(criteria, make_reading(read_person(said, DAY), text=text)).criteria
    return {name: each.verdict for (name, _), each in zip(named, found, strict=True)}
