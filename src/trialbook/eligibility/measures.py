"""Which measurements are the same, and how do their units convert?

A laboratory's code for blood, plasma or another scale stands for the analyte that criteria name. Amounts and
masses convert by the molar mass, HbA1c by the equation of its two scales, rounded as laboratories report it.
"""

from __future__ import annotations

from functools import lru_cache

from trialbook.eligibility.analytes import Analyte, find_analytes, get_analyte, list_analytes
from trialbook.eligibility.derive.blood import convert_hba1c_to_ifcc, convert_hba1c_to_ngsp
from trialbook.eligibility.tree import Concept
from trialbook.eligibility.units import convert, find_unit, get_unit

# Codes of LOINC that measure what an analyte's own code does, by that code.
_SAME = {
    "4548-4": "17856-6 59261-8 71875-9 41995-2 4549-2",
    "2345-7": "2339-0 15074-8 14749-6 6749-6",
    "1558-6": "1557-8 76629-5 14771-0",
    "2160-0": "38483-4 14682-9 59826-8",
    "2164-2": "35591-7 33558-8",
    "33914-3": "48642-3 48643-1 50044-7 62238-1 88293-6 88294-4 98979-8 69405-9 77147-7",
    "3094-0": "6299-2 14937-7",
    "1742-6": "1743-4 1744-2 76625-3",
    "1920-8": "88112-8 30239-8",
    "6768-6": "1783-0",
    "1975-2": "42719-5 14631-6",
    "1968-7": "14629-0",
    "1751-7": "61151-7 54347-0 61152-5",
    "6301-6": "34714-6 38875-1 46418-0",
    "718-7": "20509-6 30313-1 59260-0",
    "4544-3": "20570-8 71833-8 48703-3",
    "777-3": "26515-7 778-1 49497-1",
    "6690-2": "26464-8 804-5 49498-9",
    "751-8": "26499-4 753-4",
    "731-0": "26474-7",
    "711-2": "26449-9",
    "2823-3": "6298-4 77142-8",
    "2951-2": "2947-0 77139-4",
    "17861-6": "49765-1 2000-8 18488-7",
    "29463-7": "3141-9 8335-2",
    "8302-2": "3137-7 8308-9",
    "39156-5": "89270-3",
    "8480-6": "8459-0 8460-8 8461-6 76534-7",
    "8462-4": "8453-3 8454-1 8455-8 76535-4",
    "8867-4": "8893-0",
    "10230-1": "8806-2 8808-8 18043-0 18044-8 18045-5",
}
_MAIN = {each: main for main, others in _SAME.items() for each in others.split()}
_HBA1C = "4548-4"
# How many charges an ion has: so many milliequivalents are a millimole.
_CHARGES = {"sodium": 1, "potassium": 1, "chloride": 1, "bicarbonate": 1, "calcium": 2, "magnesium": 2}
_EQUIVALENTS = "meq/L"


class ClinicalMeasures:
    """Knows analytes by name and code, and converts their values."""

    def identify(self, concept: Concept) -> frozenset[str]:
        """The measurements that a concept stands for: `analyte:…`, and its codes drawn together."""
        return _identify(concept)

    def convert(self, value: float, unit: str, into: str, concept: Concept) -> float | None:
        """The value in another unit; None where the two do not measure the same. Units as people write them too."""
        given, wanted = _normalise(unit), _normalise(into)
        if given is None or wanted is None:
            return value if unit == into else None
        analyte = _find_analyte(concept)
        if analyte is not None and analyte.loinc == _HBA1C and {given, wanted} == {"%", "mmol/mol"}:
            return (
                round(convert_hba1c_to_ngsp(value), 1)
                if wanted == "%"
                else float(round(convert_hba1c_to_ifcc(value)))
            )
        charges = _CHARGES.get(analyte.name) if analyte else None
        if charges and given == _EQUIVALENTS != wanted:
            return self.convert(value / charges, "mmol/L", into, concept)
        if charges and wanted == _EQUIVALENTS != given:
            amount = self.convert(value, unit, "mmol/L", concept)
            return None if amount is None else amount * charges
        return convert(value, given, wanted, molar_mass=analyte.molar_mass if analyte else None)


@lru_cache(maxsize=20_000)
def _identify(concept: Concept) -> frozenset[str]:
    codes = {each.removeprefix("loinc:") for each in concept.ids if each.startswith("loinc:")}
    found = {f"loinc:{_MAIN.get(each, each)}" for each in codes}
    analyte = _find_analyte(concept)
    if analyte is not None:
        found |= {f"analyte:{analyte.name}", *analyte.ids}
    return frozenset(found)


@lru_cache(maxsize=20_000)
def _find_analyte(concept: Concept) -> Analyte | None:
    """The analyte of a concept, by its codes before its name, which in records has much beside."""
    for each in concept.ids:
        code = each.removeprefix("loinc:")
        known = _BY_CODE.get(_MAIN.get(code, code))
        if known is not None:
            return known
    found = get_analyte(concept.words)
    if found is not None or any(each.startswith("loinc:") for each in concept.ids):
        # Another code is another measurement, whatever its name begins with.
        return found
    named = find_analytes(concept.words)
    return named[0].analyte if len(named) == 1 and named[0].end == len(concept.words) else None


@lru_cache(maxsize=5_000)
def _normalise(unit: str) -> str | None:
    """The UCUM code of a unit, as the table has it."""
    if get_unit(unit) is not None:
        return unit
    found = find_unit(unit, 0)
    return found[0].ucum if found is not None and found[1] == len(unit) else None


_BY_CODE = {each.loinc: each for each in list_analytes() if each.loinc}
