"""Is a line of a page taken apart where the vocabularies leave one reading, and left one where they do not?"""

from __future__ import annotations

from typing import Any

import pytest

from trialbook.changes.apart import take_apart

CONDITIONS = "protocolSection.conditionsModule.conditions"


def make_page(line: str) -> dict[str, Any]:
    return {
        "protocolSection": {"conditionsModule": {"conditions": [line]}},
        "pageSection": {"joinedLists": [CONDITIONS]},
    }


def cut(line: str, *others: list[str]) -> list[str]:
    known = [{"protocolSection": {"conditionsModule": {"conditions": names}}} for names in others]
    found = take_apart(make_page(line), known)
    return list(found[0].names) if found else [line]


@pytest.mark.parametrize(
    "names",
    [
        ["Diabetes Mellitus", "Ischemic Heart Disease"],
        ["Asthma", "Obesity"],
        ["Heart Failure, Diastolic", "Hypertension"],
        ["Heart Failure", "Heart Failure, Diastolic"],
        ["Stroke", "Atrial Fibrillation"],
        ["Hypertension", "Stroke", "Dementia"],
        ["Rheumatoid Arthritis", "Osteoarthritis"],
        ["Crohn Disease", "Ulcerative Colitis"],
        ["Parkinson Disease", "Alzheimer Disease"],
        ["Chronic Kidney Diseases", "Diabetes Mellitus, Type 2"],
        ["Systemic Lupus Erythematosus", "Lupus Nephritis"],
        ["Renal Insufficiency, Chronic", "Nephrotic Syndrome"],
        ["Prostate Cancer", "Osteoporosis"],
        ["Malaria", "Tuberculosis"],
    ],
)
def test_names_that_leave_one_reading_are_taken_apart(names: list[str]) -> None:
    assert cut(" ".join(names)) == names


@pytest.mark.parametrize(
    "line",
    [
        "COVID-19 Pneumonia",
        "Covid19 Pneumonia",
        "COVID-19 Acute Respiratory Distress Syndrome",
        "COVID-19 Infection",
        "Diabetic Foot Infection",
        "Diabetic Peripheral Neuropathy",
        "Burn Injury",
        "Trauma Injury",
        "Cancer Pain",
        "HIV Pneumonia",
        "Influenza Pneumonia",
        "Hip Fracture",
        "Breast Cancer",
        "Type 2 Diabetes Mellitus",
        "Acute Decompensated Heart Failure",
        "Heart Failure With Preserved Ejection Fraction",
        "Non-ischemic Dilated Cardiomyopathy",
        "Left Ventricular Dysfunction",
        "Wholly Unheard of Disease",
        "Asthma Zebrafishitis",
        "Leukemia Leukemia, Acute Leukemia, Lymphoblastic Leukemia, B-cell",
        "Heart Failure Decompensated Heart Failure Acute Heart Failure",
    ],
)
def test_a_line_that_may_be_read_otherwise_stays_one(line: str) -> None:
    assert cut(line) == [line]


def test_commas_between_names_are_no_part_of_them() -> None:
    assert cut("Congestive Heart Failure, Atrial Fibrillation") == [
        "Congestive Heart Failure",
        "Atrial Fibrillation",
    ]


def test_another_version_decides_what_vocabularies_leave_open() -> None:
    assert cut("COVID-19 Pneumonia", ["COVID-19", "Pneumonia"]) == ["COVID-19", "Pneumonia"]
    assert cut("COVID-19 Pneumonia", ["COVID-19 Pneumonia"]) == ["COVID-19 Pneumonia"]
    assert cut("Cancer Pain Asthma", ["Cancer Pain", "Eczema"]) == ["Cancer Pain", "Asthma"]
