"""Values in clinical words: each phrase was composed for this test, its values written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.eligibility.comparisons import read_comparisons
from trialbook.eligibility.numbers import NUMBER, read_number

# phrase, low, high, whether each is included, unit, limit
ONE = [
    ("aged ≥ 40 years", 40, None, True, True, "a", ""),
    ("HbA1c above 9 %", 9, None, False, True, "%", ""),
    ("GFR <45 ml/min 1.73m2", None, 45, True, False, "mL/min/{1.73_m2}", ""),
    ("GFR below 45 mL/min per 1.73 m²", None, 45, True, False, "mL/min/{1.73_m2}", ""),
    ("platelets < 50,000/uL", None, 50000, True, False, "/uL", ""),
    ("platelets under 50 000 per mm3", None, 50000, True, False, "/mm3", ""),
    ("platelets ≥ 75 x 10^9/L", 75, None, True, True, "10*9/L", ""),
    ("neutrophils ≥1.5 × 109/L", 1.5, None, True, True, "10*9/L", ""),
    ("neutrophils >= 1,5 x 10⁹/l", 1.5, None, True, True, "10*9/L", ""),
    ("platelets at least 100 K/µL", 100, None, True, True, "10*3/uL", ""),
    ("ALT greater than two times the upper limit of normal", 2, None, False, True, "", "ULN"),
    ("bilirubin ≤1.5 x ULN", None, 1.5, True, True, "", "ULN"),
    ("AST no more than 2.5-fold the upper normal limit", None, 2.5, True, True, "", "ULN"),
    ("ALT > ULN", 1, None, False, True, "", "ULN"),
    ("C3 less than the lower limit of normal", None, 1, True, False, "", "LLN"),
    ("BMI 19-27kg/m2", 19, 27, True, True, "kg/m2", ""),
    ("between 21 and 64 years", 21, 64, True, True, "a", ""),
    ("21 years to 64 years", 21, 64, True, True, "a", ""),
    ("from 6 months to 4 years", 6, 48, True, True, "mo", ""),
    ("≥ 4 and ≤ 17 years", 4, 17, True, True, "a", ""),
    ("HbA1c ≥7.5% and <10.5%", 7.5, 10.5, True, False, "%", ""),
    ("18 to <65 years", 18, 65, True, False, "a", ""),
    ("age 21+ years", 21, None, True, True, "a", ""),
    ("50 years of age or older", 50, None, True, True, "a", ""),
    ("12 years and younger", None, 12, True, True, "a", ""),
    ("not less than 3 months", 3, None, True, True, "mo", ""),
    ("greater than or equal to 500 g", 500, None, True, True, "g", ""),
    ("at least one month", 1, None, True, True, "mo", ""),
    ("twenty-one days or more", 21, None, True, True, "d", ""),
    ("NYHA class II-III", 2, 3, True, True, "", ""),
    ("ASA physical status > III", 3, None, False, True, "", ""),
    ("fever ≥ 38.5 °C", 38.5, None, True, True, "Cel", ""),
    ("viral load < 50 copies/mL", None, 50, True, False, "{copies}/mL", ""),
    ("creatinine >= 1.8 mg/dL", 1.8, None, True, True, "mg/dL", ""),
    ("smoked up to 10 pack-years", None, 10, True, True, "{pack}.a", ""),
    ("QTc exceeding 470 msec", 470, None, False, True, "ms", ""),
    ("AST more than 4 times higher than the upper limit of normal", 4, None, False, True, "", "ULN"),
    ("LDH great than 300 U/L", 300, None, False, True, "U/L", ""),
    ("pain above 30 over 100", 30, None, False, True, "", ""),
    ("20 ≦ Age", 20, None, True, True, "", ""),
    ("at least eight (8) weeks", 8, None, True, True, "wk", ""),
    ("aged 16 _55 years", 16, 55, True, True, "a", ""),
    ("leukocytes < 4, 000 cells/mm3", None, 4000, True, False, "/mm3", ""),
    ("platelets < 80,000 µL", None, 80000, True, False, "/uL", ""),
    ("platelets as low as 40,000/uL", 40000, None, True, True, "/uL", ""),
    (r"culture ≥ 10\^5 CFU/mL", 100_000, None, True, True, "/mL", ""),
]


@pytest.mark.parametrize(("phrase", "low", "high", "low_in", "high_in", "unit", "limit"), ONE)
def test_reads_one_comparison(
    phrase: str, low: float | None, high: float | None, low_in: bool, high_in: bool, unit: str, limit: str
) -> None:
    (found,) = [each.interval for each in read_comparisons(phrase)]
    assert (found.low, found.high, found.unit, found.limit) == (low, high, unit, limit)
    assert (found.low_included or low is None, found.high_included or high is None) == (low_in, high_in)


@pytest.mark.parametrize(
    "phrase",
    [
        "type 2 diabetes",
        "an SGLT-2 inhibitor",
        "COVID-19",
        "a P2Y12 inhibitor",
        "McDonald 2017 criteria",
        "phase 3",
        "type 1 or 2 diabetes",
        "25-OH vitamin D",
        "5-ASA enemas",
        "two-thirds in the 6MWT",
        "six-minute walk",
        "24-hour urine protein",
        "a 12-lead ECG",
        "an 11-point numeric rating scale",
        "forced expiratory volume in one second",
        "the 2004 international criteria",
        "between 8am and 9 p.m.",
        "at visits 1 and 2",
        "Articles L. 3212-1 and L. 3213-1",
        "visual acuity of 20/40",
        "probands (n=16)",
    ],
)
def test_numbers_in_names_are_no_values(phrase: str) -> None:
    assert read_comparisons(phrase) == []


def test_several_values_each_with_its_own_unit() -> None:
    text = "hematocrit < 30%, white cells < 3,000/microliter or platelets < 90,000/uL"
    assert [(each.interval.high, each.interval.unit) for each in read_comparisons(text)] == [
        (30, "%"),
        (3000, "/uL"),
        (90000, "/uL"),
    ]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("age below 18 and over 65 years", ["a", "a"]),
        ("BMI < 17 or > 35 kg/m2", ["kg/m2", "kg/m2"]),
        ("BMI greater than 35 kg/m2 or less than 17", ["kg/m2", "kg/m2"]),
        ("INR > 1.5 or platelets < 100,000/uL", ["", "/uL"]),
        ("score > 3 and age > 60 years", ["", "a"]),
    ],
)
def test_either_side_of_a_range_has_one_unit(text: str, units: list[str]) -> None:
    assert [each.interval.unit for each in read_comparisons(text)] == units


def test_two_pressures_are_not_one_out_of_the_other() -> None:
    assert [each.interval.low for each in read_comparisons("blood pressure over 150 over 95 mmHg")] == [
        150,
        95,
    ]


def test_a_number_with_neither_operator_nor_range_is_bare() -> None:
    assert [each.is_bare for each in read_comparisons("2 forms of contraception, ≥ 2 weeks")] == [True, False]


@given(st.text(alphabet="0123456789.,<>≥≤=-–/xX×*^ \\nulmgdLUN%andtoorbetwenagyrs()", max_size=200))
def test_any_text_gives_comparisons_in_order(text: str) -> None:
    position = 0
    for each in read_comparisons(text):
        assert position <= each.start <= each.number_start < each.end <= len(text)
        position = each.end


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a score of 0 100 mm", [0.0, 100.0]),
        ("0,100 200", [0.1, 200.0]),
        ("1 000 000.5 or 0,5", [1_000_000.5, 0.5]),
        ("007 000", [7.0, 0.0]),
    ],
)
def test_no_thousands_begin_with_a_zero(text: str, values: list[float]) -> None:
    assert [read_number(found) for found in NUMBER.finditer(text)] == values
