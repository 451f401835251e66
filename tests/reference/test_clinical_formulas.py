"""Formulas against values worked out by hand from the published coefficients, and against published examples.

Each expected value is the product written beside it, to the digits given; tolerances are half of the last digit.
"""

from __future__ import annotations

import pytest

from trialbook.eligibility.derive.blood import (
    compute_corrected_calcium,
    convert_hba1c_to_ifcc,
    convert_hba1c_to_ngsp,
)
from trialbook.eligibility.derive.body import compute_bmi, compute_bsa_du_bois, compute_bsa_mosteller
from trialbook.eligibility.derive.heart import compute_qtcb, compute_qtcf
from trialbook.eligibility.derive.kidney import (
    compute_ckd_epi_2009,
    compute_ckd_epi_2021,
    compute_cockcroft_gault,
    compute_mdrd,
)
from trialbook.eligibility.derive.liver import (
    classify_child_pugh,
    compute_child_pugh,
    compute_meld,
    compute_meld_3,
    compute_meld_na,
)
from trialbook.errors import UsageError


@pytest.mark.parametrize(
    ("creatinine", "age", "is_female", "constant", "race_term", "expected"),
    [
        # The project's reference values.
        (1.0, 50, False, 175, False, 79.095),
        (1.0, 50, False, 186, False, 84.066),
        (1.0, 50, True, 175, False, 58.688),
        (2.0, 50, False, 175, False, 35.543),
        (2.5, 65, False, 175, False, 26.049),
        # 79.095 times 1.212.
        (1.0, 50, False, 175, True, 95.863),
    ],
)
def test_mdrd(
    creatinine: float, age: float, is_female: bool, constant: int, race_term: bool, expected: float
) -> None:
    found = compute_mdrd(creatinine, age, is_female=is_female, constant=constant, race_term=race_term)
    assert found == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize(
    ("creatinine", "age", "is_female", "expected"),
    [
        # At creatinine = kappa both powers are 1: 141 · 0.993^50 = 141 · 0.703834 (and · 1.018 for women).
        (0.9, 50, False, 99.24),
        (0.7, 50, True, 101.03),
        # 141 · (1.8/0.9)^-1.209 · 0.993^50 = 99.2406 · 2^-1.209 = 99.2406 · 0.432568.
        (1.8, 50, False, 42.93),
        # Below kappa: 141 · 0.5^-0.411 · 0.703834 = 99.2406 · 1.329607.
        (0.45, 50, False, 131.95),
    ],
)
def test_ckd_epi_2009(creatinine: float, age: float, is_female: bool, expected: float) -> None:
    found = compute_ckd_epi_2009(creatinine, age, is_female=is_female, race_term=False)
    assert found == pytest.approx(expected, abs=0.006)
    raced = compute_ckd_epi_2009(creatinine, age, is_female=is_female, race_term=True)
    assert raced == pytest.approx(expected * 1.159, abs=0.01)


@pytest.mark.parametrize(
    ("creatinine", "age", "is_female", "expected"),
    [
        # 142 · 0.9938^50 = 142 · 0.732735; · 1.012 for women at kappa.
        (0.9, 50, False, 104.05),
        (0.7, 50, True, 105.30),
        # 104.0484 · 2^-1.2 = 104.0484 · 0.435275.
        (1.8, 50, False, 45.29),
    ],
)
def test_ckd_epi_2021(creatinine: float, age: float, is_female: bool, expected: float) -> None:
    assert compute_ckd_epi_2021(creatinine, age, is_female=is_female) == pytest.approx(expected, abs=0.006)


def test_cockcroft_and_gault() -> None:
    # (140 − 60) · 72 / (72 · 1.0); a woman has 85 % of it.
    assert compute_cockcroft_gault(1.0, 60, 72, is_female=False) == 80
    assert compute_cockcroft_gault(1.0, 60, 72, is_female=True) == pytest.approx(68)
    assert compute_cockcroft_gault(1.0, 140, 72, is_female=False) == 0


def test_body() -> None:
    assert compute_bmi(70, 175) == pytest.approx(22.857, abs=0.0006)
    # √(170 · 70 / 3600) = √3.305556.
    assert compute_bsa_mosteller(70, 170) == pytest.approx(1.8181, abs=0.00006)
    # Du Bois's own table gives 1.81 m² for 70 kg and 170 cm.
    assert compute_bsa_du_bois(70, 170) == pytest.approx(1.81, abs=0.006)


def test_blood() -> None:
    # Each g/dL of albumin below 4 adds 0.8 mg/dL.
    assert compute_corrected_calcium(8.0, 2.5) == pytest.approx(9.2)
    assert compute_corrected_calcium(9.0, 4.0) == 9.0
    # NGSP's own table of the two scales.
    table = {5.0: 31, 6.0: 42, 6.5: 48, 7.0: 53, 7.5: 58, 8.0: 64, 9.0: 75, 10.0: 86}
    assert {percent: round(convert_hba1c_to_ifcc(percent)) for percent in table} == table
    assert {round(convert_hba1c_to_ngsp(mmol), 1) for mmol in table.values()} == set(table)
    assert convert_hba1c_to_ifcc(8.5) == pytest.approx(69.4, abs=0.05)


def test_heart() -> None:
    # At 60 beats a minute RR is 1 s and nothing is corrected; at 240 it is 0.25 s, whose roots are 0.5 and 0.62996.
    assert compute_qtcf(400, 60) == compute_qtcb(400, 60) == 400
    assert compute_qtcb(250, 240) == 500
    assert compute_qtcf(250, 240) == pytest.approx(396.85, abs=0.006)
    assert compute_qtcf(400, 75) == pytest.approx(430.89, abs=0.006)


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "inr", "ascites", "grade", "points", "letter"),
    [
        (1.0, 4.0, 1.0, "none", 0, 5, "A"),
        (1.9, 3.6, 1.6, "none", 0, 5, "A"),
        (2.0, 3.5, 1.7, "none", 0, 8, "B"),
        (3.0, 2.8, 2.3, "slight", 2, 10, "C"),
        (3.1, 2.7, 2.4, "moderate", 3, 15, "C"),
        (2.5, 3.0, 1.0, "none", 0, 7, "B"),
    ],
)
def test_child_pugh(
    bilirubin: float, albumin: float, inr: float, ascites: str, grade: int, points: int, letter: str
) -> None:
    found = compute_child_pugh(bilirubin, albumin, inr, ascites=ascites, encephalopathy_grade=grade)  # type: ignore[arg-type]
    assert (found, classify_child_pugh(found)) == (points, letter)


def test_meld() -> None:
    # All at their lower bounds: 6.43, which is 6.
    assert compute_meld(0.5, 0.9, 0.6) == 6
    # 9.57 ln 1.9 + 3.78 ln 4.2 + 11.2 ln 1.2 + 6.43 = 6.1425 + 5.4247 + 2.0420 + 6.43 = 20.04.
    assert compute_meld(4.2, 1.2, 1.9) == 20
    # Creatinine counts up to 4, as it does on dialysis: 13.2667 + 6.43 = 19.70.
    assert compute_meld(1, 1, 8) == compute_meld(1, 1, 1, on_dialysis=True) == 20
    assert compute_meld(50, 10, 4) == 40


def test_meld_na() -> None:
    # 20 + 1.32 · 12 − 0.033 · 20 · 12 = 20 + 15.84 − 7.92 = 27.92.
    assert compute_meld_na(4.2, 1.2, 1.9, 125) == 28
    assert compute_meld_na(4.2, 1.2, 1.9, 110) == 28
    assert compute_meld_na(4.2, 1.2, 1.9, 140) == 20
    # At 11 or less sodium does not count.
    assert compute_meld_na(1, 1, 1, 120) == 6


def test_meld_3() -> None:
    assert compute_meld_3(1, 1, 1, 137, 3.5, is_female=False) == 6
    # 1.33 + 6 = 7.33.
    assert compute_meld_3(1, 1, 1, 137, 3.5, is_female=True) == 7
    # 4.56 ln 4.2 + 9.09 ln 1.2 + 11.14 ln 1.9 + 6 = 6.5441 + 1.6573 + 7.1503 + 6 = 21.35.
    assert compute_meld_3(4.2, 1.2, 1.9, 140, 4.0, is_female=False) == 21
    # With sodium 125 and albumin 2.5: + 9.84 − 0.24 · 12 · 1.43508 + 1.85 − 1.83 · 0.641854
    # = 21.3517 + 9.84 − 4.1330 + 1.85 − 1.1746 = 27.73.
    assert compute_meld_3(4.2, 1.2, 1.9, 125, 2.5, is_female=False) == 28


def test_what_no_formula_can_use_is_refused() -> None:
    with pytest.raises(UsageError, match="creatinine of 0"):
        compute_mdrd(0, 50, is_female=False, constant=175, race_term=False)
    with pytest.raises(UsageError, match="constant 180"):
        compute_mdrd(1, 50, is_female=False, constant=180, race_term=False)
    with pytest.raises(UsageError, match="heart rate of -1"):
        compute_qtcf(400, -1)
