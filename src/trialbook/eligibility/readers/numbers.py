"""Which number does a written value stand for? An interval where it is only about, or an end is open."""

from __future__ import annotations

import math
import re

from trialbook.eligibility.facts import about, exactly
from trialbook.eligibility.tree import Interval

_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?"
_WRITTEN = re.compile(
    rf"\s*(?P<about>(?:about|around|approximately|approx\.?|roughly|circa|ca\.|~|≈)\s*)?"
    rf"(?P<sign>[<>]=?|[≤≥])?\s*(?P<low>{_NUMBER})(?:\s*(?:-|–|to)\s*(?P<high>{_NUMBER}))?"
    rf"(?P<times>\s*(?:x|×|times)\s*(?P<limit>ULN|LLN)\b)?\s*(?P<unit>[^\s\d].{{0,40}}|10\*.{{0,20}})?\s*",
    re.IGNORECASE,
)


def read_value(text: str, unit: str = "") -> Interval | None:
    """The value of a text like `8.2 %`, `< 0.5`, `7 to 8`, `around 8` or `3.1 x ULN`; None for other texts.

    A unit in the text counts before `unit`. "Around" is 5 % less or more.

    >>> found = read_value("<0.5 mg/dL")
    >>> found.high, found.high_included, found.unit
    (0.5, False, 'mg/dL')
    >>> read_value("around 8", "%").high
    8.4
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    low = float(found["low"].replace(",", ""))
    high = float(found["high"].replace(",", "")) if found["high"] else None
    unit = (found["unit"] or unit).strip()
    if not math.isfinite(low) or (high is not None and not low <= high < math.inf):
        return None
    if found["times"]:
        return Interval(low, low if high is None else high, limit=found["limit"].upper())  # type: ignore[arg-type]
    return (
        bound(low, found["sign"] or "", unit)
        if high is None and not found["about"]
        else (about(low, unit) if high is None else Interval(low, high, unit=unit))
    )


def bound(value: float, sign: str, unit: str) -> Interval:
    """A value with the sign before it: `<`, `<=`, `≥` and so on; "" and "=" for exactly that."""
    if sign in ("<", "<=", "≤"):
        return Interval(high=value, high_included=sign != "<", unit=unit)
    if sign in (">", ">=", "≥"):
        return Interval(low=value, low_included=sign != ">", unit=unit)
    return exactly(value, unit)
