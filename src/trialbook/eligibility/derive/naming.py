"""Which formula do words name?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

from trialbook.eligibility.facts import Fact

Formula: TypeAlias = Literal[
    "",
    "mdrd",
    "ckd_epi",
    "ckd_epi_2009",
    "ckd_epi_2021",
    "cockcroft_gault",
    "fridericia",
    "bazett",
    "meld_na",
    "meld_3",
]

_FORMULAS: tuple[tuple[Formula, re.Pattern[str]], ...] = (
    ("mdrd", re.compile(r"\bMDRD\b|modification of diet in renal|modification of diet for renal", re.I)),
    ("ckd_epi_2021", re.compile(r"CKD[\s-]*EPI.{0,40}\b2021\b|\b2021\b.{0,20}CKD[\s-]*EPI", re.I | re.S)),
    ("ckd_epi_2009", re.compile(r"CKD[\s-]*EPI.{0,40}\b2009\b|\b2009\b.{0,20}CKD[\s-]*EPI", re.I | re.S)),
    ("ckd_epi", re.compile(r"CKD[\s-]*EPI|chronic kidney disease epidemiology", re.I)),
    ("cockcroft_gault", re.compile(r"cock[ck]?roft|\bC-?G\b formula", re.I)),
    ("fridericia", re.compile(r"\bQTcF\b|frideric?ia", re.I)),
    ("bazett", re.compile(r"\bQTcB\b|bazett", re.I)),
    ("meld_3", re.compile(r"\bMELD[\s-]*3(?:\.0)?\b", re.I)),
    ("meld_na", re.compile(r"\bMELD[\s-]*Na\b", re.I)),
)
# What laboratories send under a code of its own.
_BY_CODE: dict[str, Formula] = {
    "loinc:33914-3": "mdrd",
    "loinc:48642-3": "mdrd",
    "loinc:48643-1": "mdrd",
    "loinc:50044-7": "mdrd",
    "loinc:62238-1": "ckd_epi_2009",
    "loinc:69405-9": "",
    "loinc:88293-6": "ckd_epi_2009",
    "loinc:88294-4": "ckd_epi_2009",
    "loinc:98979-8": "ckd_epi_2021",
}


@lru_cache(maxsize=4_096)
def find_formula(words: str) -> Formula:
    """The formula that words name, "" for none.

    >>> find_formula("GFR < 30, estimated using the Modification of Diet for Renal Disease (MDRD) formula")
    'mdrd'
    """
    return next((name for name, form in _FORMULAS if form.search(words)), "")


def names_other_formula(fact: Fact, formula: Formula) -> bool:
    """Whether a reported value was computed by another formula than the one asked for."""
    if not formula:
        return False
    told = find_formula(f"{fact.concept.words} {fact.detail} {fact.source.words}")
    told = told or next((_BY_CODE[each] for each in fact.concept.ids if each in _BY_CODE), "")
    return bool(told) and not (told == formula or told.startswith(formula) or formula.startswith(told))
