"""In which unit is a number of a note told, where it has none beside it? And can a living person have it?"""

from __future__ import annotations

import re

from trialbook.eligibility.analytes import Analyte
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.readers.numbers import bound
from trialbook.eligibility.tree import Concept, Interval

# Units in which each is told; where one alone is customary, or the numbers of the others lie elsewhere, it is meant.
_CUSTOMARY = {
    "HbA1c": "% mmol/mol", "glucose": "mg/dL mmol/L", "fasting glucose": "mg/dL mmol/L", "creatinine": "mg/dL umol/L",
    "bilirubin": "mg/dL umol/L", "direct bilirubin": "mg/dL umol/L", "hemoglobin": "g/dL g/L mmol/L",
    "platelets": "10*9/L /uL", "leukocytes": "10*9/L /uL", "neutrophils": "10*9/L /uL", "lymphocytes": "10*9/L /uL",
    "eosinophils": "10*9/L /uL", "urea nitrogen": "mg/dL mmol/L", "uric acid": "mg/dL umol/L", "albumin": "g/dL g/L",
    "calcium": "mg/dL mmol/L", "LDL cholesterol": "mg/dL mmol/L", "HDL cholesterol": "mg/dL mmol/L",
    "total cholesterol": "mg/dL mmol/L", "triglycerides": "mg/dL mmol/L", "weight": "kg [lb_av]",
    "height": "cm m [in_i]", "temperature": "Cel [degF]",
}  # fmt: skip
# In the one unit of the table all over the world.
_ONLY = """
GFR|creatinine clearance|ALT|AST|alkaline phosphatase|GGT|sodium|potassium|bicarbonate|CK|LDH|amylase|lipase|ESR|TSH|PSA
blood pressure|systolic blood pressure|diastolic blood pressure|mean arterial pressure|heart rate|respiratory rate
oxygen saturation|hematocrit|LVEF|BMI|QTc|QTcF|QTcB|QT interval|PR interval|QRS duration|CD4 count|FEV1/FVC|PaO2|PaCO2
"""
_ONE_UNIT = frozenset(re.split(r"[|\n]", _ONLY.strip()))
_NO_UNIT = frozenset({"", "1", "{score}", "{ratio}"})
# A part of what is foreseen for a person of that age and height.
_OF_PREDICTED = frozenset({"FEV1", "FVC", "DLCO", "PEF"})
_MEASURES = ClinicalMeasures()


def choose_unit(unit: str, number: float, analyte: Analyte) -> str | None:
    """The unit of a number; "" where that is open, None where the number is one of something else."""
    own = analyte.unit
    if own in _NO_UNIT:
        return own if not unit else None
    if unit:
        is_of_predicted = unit == "%" and analyte.name in _OF_PREDICTED
        concept = Concept(analyte.name, "measurement", analyte.ids)
        is_own = is_of_predicted or _MEASURES.convert(number, unit, own, concept) is not None
        return unit if is_own else None
    if analyte.name in _ONE_UNIT:
        return own
    fitting = [
        each
        for each in _CUSTOMARY.get(analyte.name, "").split()
        if is_possible(bound(number, "", each), analyte)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def is_possible(value: Interval, analyte: Analyte) -> bool:
    """Whether a living person can have it; of a value without a known unit nothing says no."""
    if (
        value.limit
        or (not value.unit and analyte.unit not in _NO_UNIT)
        or (value.unit == "%" and analyte.name in _OF_PREDICTED)
    ):
        return True
    concept = Concept(analyte.name, "measurement", analyte.ids)
    for number in (value.low, value.high):
        if number is None:
            continue
        own = (
            number if value.unit in _NO_UNIT else _MEASURES.convert(number, value.unit, analyte.unit, concept)
        )
        if (
            own is None
            or (analyte.least is not None and own < analyte.least)
            or (analyte.most is not None and own > analyte.most)
        ):
            return False
    return True
