"""Does a measured value lie where a criterion wants it? With its unit, and as a multiple of a limit of normal."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from trialbook.eligibility.days import fits
from trialbook.eligibility.facts import Fact, describe_interval
from trialbook.eligibility.tree import Concept, Interval

# Below this share of the larger, two numbers differ by arithmetic alone.
_ALIKE = 1e-9
_NO_UNIT = frozenset({"", "1", "{score}", "{ratio}", "{INR}", "(score)", "{count}"})
_NORMAL = {"ULN": "upper", "LLN": "lower"}


class Measures(Protocol):
    """Turns units of a measurement into one another."""

    def convert(self, value: float, unit: str, into: str, concept: Concept) -> float | None:
        """The value in another UCUM unit; None where the two do not measure the same."""

    def identify(self, concept: Concept) -> frozenset[str]:
        """Names of the measurements that a concept stands for; those of one measurement share one."""


class Fit(NamedTuple):
    """Whether a value lies in the interval; None where that is open, and then why."""

    fits: bool | None
    why: str = ""


def find_fit(fact: Fact, asked: Interval, concept: Concept, measures: Measures) -> Fit:
    """Whether a fact's value lies in the interval that a criterion asks for."""
    value = fact.value
    assert value is not None
    if asked.limit:
        return _fit_multiple(fact, value, asked, concept, measures)
    if value.limit:
        limit = fact.upper_normal if value.limit == "ULN" else fact.lower_normal
        if limit is None:
            return Fit(None, f"the laboratory's {_NORMAL[value.limit]} limit of normal of {concept.words}")
        value = _scale(value, limit, value.unit)
    converted = convert_interval(value, asked.unit, concept, measures)
    if converted is None:
        given = f"in {value.unit}" if value.unit else "without a unit"
        wanted = f"in {asked.unit}" if asked.unit else "without a unit"
        return Fit(
            None,
            f"{concept.words} {wanted}: it is told {given} ({describe_interval(value)}), which cannot be turned",
        )
    return _decide(converted, asked, concept)


def convert_interval(value: Interval, unit: str, concept: Concept, measures: Measures) -> Interval | None:
    """An interval in another unit; None where the two do not measure the same."""
    if value.unit == unit or (value.unit in _NO_UNIT and unit in _NO_UNIT):
        return _scale(value, 1.0, unit)
    if value.unit in _NO_UNIT or unit in _NO_UNIT:
        return None
    ends = []
    for each in (value.low, value.high):
        turned = None if each is None else measures.convert(each, value.unit, unit, concept)
        if each is not None and turned is None:
            return None
        ends.append(turned)
    return Interval(ends[0], ends[1], value.low_included, value.high_included, unit)


def _fit_multiple(fact: Fact, value: Interval, asked: Interval, concept: Concept, measures: Measures) -> Fit:
    if value.limit == asked.limit:
        return _decide(value, asked, concept)
    limit = fact.upper_normal if asked.limit == "ULN" else fact.lower_normal
    if limit is None or value.limit or limit <= 0:
        return Fit(None, f"the laboratory's {_NORMAL[asked.limit]} limit of normal of {concept.words}")
    return _decide(_scale(value, 1 / limit, ""), asked, concept)


def _decide(value: Interval, asked: Interval, concept: Concept) -> Fit:
    low = -math.inf if value.low is None else _settle(value.low, asked)
    high = math.inf if value.high is None else _settle(value.high, asked)
    # An open end is a hair inside: "below 8.5" is not 8.5.
    if value.low is not None and not value.low_included and low < high:
        low = math.nextafter(low, math.inf)
    if value.high is not None and not value.high_included and low < high:
        high = math.nextafter(high, -math.inf)
    found = fits(low, high, asked)
    why = "" if found is not None else f"{concept.words} more exactly than {describe_interval(value)}"
    return Fit(found, why)


def _settle(number: float, asked: Interval) -> float:
    """A number that differs from a bound by arithmetic alone is that bound."""
    for bound in (asked.low, asked.high):
        if bound is not None and math.isclose(number, bound, rel_tol=_ALIKE):
            return bound
    return number


def _scale(value: Interval, factor: float, unit: str) -> Interval:
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return Interval(low, high, value.low_included, value.high_included, unit)
