"""Units as criteria write them, and their conversions against known pairs."""

from __future__ import annotations

import pytest

from trialbook.eligibility.analytes import find_analytes, get_analyte, list_analytes
from trialbook.eligibility.units import convert, find_unit, get_unit


@pytest.mark.parametrize(
    ("written", "ucum"),
    [
        ("mg/dl", "mg/dL"),
        (" µmol / L", "umol/L"),
        ("ml/min/1.73 m2", "mL/min/{1.73_m2}"),
        (" mm Hg", "mm[Hg]"),
        (" cells per microliter", "/uL"),
        ("x10^9/L", "10*9/L"),
        (" x 10(9)/L", "10*9/L"),
        (" mL/min x 1.73m^2", "mL/min/{1.73_m2}"),
        ("-fold", None),
        (" mice", None),
        ("%", "%"),
        (" minutes", "min"),
        (" m in width", "m"),
    ],
)
def test_surface_forms(written: str, ucum: str | None) -> None:
    found = find_unit(f"5{written}", 1)
    assert (found[0].ucum if found else None) == ucum


@pytest.mark.parametrize(
    ("value", "given", "wanted", "mass", "expected"),
    [
        (100, "mg/dL", "mmol/L", 180.16, 5.551),  # glucose
        (1.0, "mg/dL", "umol/L", 113.12, 88.40),  # creatinine
        (5.0, "mmol/L", "mg/dL", 386.65, 193.3),  # cholesterol
        (2500, "/uL", "10*9/L", None, 2.5),
        (12, "g/dL", "g/L", None, 120),
        (98.6, "[degF]", "Cel", None, 37),
        (1, "kPa", "mm[Hg]", None, 7.5006),
    ],
)
def test_conversions(value: float, given: str, wanted: str, mass: float | None, expected: float) -> None:
    converted = convert(value, given, wanted, molar_mass=mass)
    assert converted == pytest.approx(expected, rel=5e-4)  # the expected are given to four figures


def test_what_does_not_measure_the_same_does_not_convert() -> None:
    assert convert(1, "mg/dL", "mm[Hg]") is None
    assert convert(1, "mg/dL", "mmol/L") is None


def test_every_usual_unit_is_in_the_table() -> None:
    for analyte in list_analytes():
        known = analyte.unit == "" or get_unit(analyte.unit) is not None
        assert known or analyte.unit in ("mm/h", "mL/min/mm[Hg]"), analyte


def test_short_names_count_only_in_capitals() -> None:
    assert [each.analyte.name for each in find_analytes("an AST or alt text, PT and the map")] == [
        "AST",
        "prothrombin time",
    ]


def test_names_part_at_hyphens_as_at_blanks() -> None:
    first, second = get_analyte("LDL-cholesterol"), get_analyte("ldl cholesterol")
    assert first is second
    assert first is not None
    assert first.ids == ("loinc:13457-7",)
