"""Which numbers fit, in each unit that values may have? And which births fit an age?

The bounds are found by asking what screening itself says of a number, so that both agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from trialbook.eligibility.days import fits
from trialbook.eligibility.facts import Fact, Source, exactly
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.measuring import find_age
from trialbook.eligibility.quantities import find_fit
from trialbook.eligibility.tree import Atom, Concept, Interval
from trialbook.export.cohort.predicates import Born, Range

# Digits that a bound is written with; laboratories tell fewer.
_DIGITS = 8
_STEPS = 2_000


def make_ranges(
    atom: Atom, units: Mapping[str, tuple[int, ...]], measures: ClinicalMeasures
) -> tuple[Range, ...]:
    """Where a value fits, for each unit of a vocabulary that it can be told in; none where there is none.

    Of a multiple of a limit of normal there is one, of the multiples.
    """
    assert atom.interval is not None
    asked = atom.interval
    if asked.limit:
        return (Range("", (), asked.low, asked.high, asked.low_included, asked.high_included),)
    made = (
        _make_range(asked, unit, ids, atom.concepts[0], measures) for unit, ids in {"": (), **units}.items()
    )
    return tuple(each for each in made if each is not None)


def _make_range(
    asked: Interval, unit: str, ids: tuple[int, ...], concept: Concept, measures: ClinicalMeasures
) -> Range | None:
    low = high = None
    low_included = high_included = True
    if asked.low is not None:
        alone = Interval(low=asked.low, low_included=asked.low_included, unit=asked.unit)
        guess = _guess(asked.low, asked.unit, unit, concept, measures)
        found = None if guess is None else _find_bound(_asking(alone, unit, concept, measures), guess)
        if found is None:
            return None
        low, low_included = found
    if asked.high is not None:
        alone = Interval(high=asked.high, high_included=asked.high_included, unit=asked.unit)
        guess = _guess(asked.high, asked.unit, unit, concept, measures)
        ask = _asking(alone, unit, concept, measures)
        found = None if guess is None else _find_bound(lambda number: ask(-number), -guess)
        if found is None:
            return None
        high, high_included = -found[0], found[1]
    return None if low is None and high is None else Range(unit, ids, low, high, low_included, high_included)


def _guess(bound: float, asked: str, unit: str, concept: Concept, measures: ClinicalMeasures) -> float | None:
    """About where the bound lies in another unit; None where the two do not measure the same."""
    probe = find_fit(_tell(bound, unit, concept), Interval(low=bound, unit=asked), concept, measures)
    if probe.fits is None:
        return None
    return bound if unit == asked else measures.convert(bound, asked, unit, concept) or bound


def _asking(
    asked: Interval, unit: str, concept: Concept, measures: ClinicalMeasures
) -> Callable[[float], bool]:
    return lambda number: find_fit(_tell(number, unit, concept), asked, concept, measures).fits is True


def _tell(number: float, unit: str, concept: Concept) -> Fact:
    return Fact(concept, Source("omop"), value=exactly(number, unit))


def _find_bound(holds: Callable[[float], bool], guess: float) -> tuple[float, bool] | None:
    """From where on something holds, near a number, and whether there; None where that is not near it."""
    span = max(abs(guess) / 2, 1.0)
    low, high = guess - span, guess + span
    if holds(low) or not holds(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    bound = float(f"{high:.{_DIGITS}g}") if abs(high) > 1e-300 else 0.0
    return bound, holds(bound)


def find_births(asked: Interval, day: date) -> Born:
    """Who has an age on a day: born from one day to another."""
    unit = asked.unit or "a"

    def has(born: date, alone: Interval) -> bool:
        age = find_age(born, day, unit, asked)
        return fits(age, age, alone) is True

    first = last = None
    if asked.high is not None:
        high = Interval(high=asked.high, high_included=asked.high_included)
        first = _find_first(lambda born: has(born, high))
    if asked.low is not None:
        low = Interval(low=asked.low, low_included=asked.low_included)
        after = _find_first(lambda born: not has(born, low))
        last = after - timedelta(days=1) if after > date.min else date.min
    return Born(first, last)


def find_starts(asked: Callable[[date], bool | None], day: date) -> tuple[date | None, date | None] | None:
    """From which to which day something must have begun, for which a yes is one stretch up to `day`.

    None where nothing fits.
    """
    days = [each for each in (day, date.min) if asked(each)]
    if len(days) == 2:
        return None, None
    if asked(date.min):
        return None, _find_first(lambda begun: not asked(begun)) - timedelta(days=1)
    if asked(day):
        return _find_first(lambda begun: begun > day or bool(asked(begun))), None
    return None


def _find_first(holds: Callable[[date], bool]) -> date:
    """The first day from which on something holds, the calendar's last where it never does."""
    low, high = date.min.toordinal(), date.max.toordinal()
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(date.fromordinal(middle)) else (middle + 1, high)
    return date.fromordinal(low)
