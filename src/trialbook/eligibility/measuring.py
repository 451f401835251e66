"""Does a measured or computed value lie where a criterion wants it? And which of several values counts?

Without a window the last value counts, or those that may be the last. Within one, what the reading says: any
(an exclusion), or the last (an inclusion). Values of one day that disagree are a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from trialbook.eligibility.days import (
    TIME_UNITS,
    Days,
    count_completed,
    fits,
    is_within,
    measure_length,
    place_window,
)
from trialbook.eligibility.derive.naming import find_formula, names_other_formula
from trialbook.eligibility.derive.plans import find_quantity
from trialbook.eligibility.facts import Fact, Source, describe_interval, exactly
from trialbook.eligibility.matching import IS
from trialbook.eligibility.quantities import find_fit
from trialbook.eligibility.reading import Reading, leave_open, settle
from trialbook.eligibility.tree import Atom, Concept, Interval, Window
from trialbook.eligibility.verdicts import Evidence, Finding, Missing, Question

_QUANTITIES: dict[str | None, tuple[Concept, ...]] = {
    "gfr": (Concept("GFR", "measurement", ("loinc:33914-3",)),),
    "clearance": (Concept("creatinine clearance", "measurement", ("loinc:2164-2",)),),
}
_UNTIL_NOW = Window(latest=0)


class Measured(NamedTuple):
    """A value that may count: whether it fits, why that is open, and whether it is surely within the window."""

    fact: Fact
    when: Days
    fits: bool | None
    why: str
    is_sure: bool


def evaluate_measure(atom: Atom, reading: Reading) -> Finding:
    """Whether a value of what an atom names lies in its interval."""
    assert atom.interval is not None
    anchor = reading.person.find_anchor(atom.window.anchor if atom.window else "now", reading.day)
    if anchor is None:
        event = atom.window.event if atom.window else ""
        return leave_open(atom.span, f"the day of {event or 'the visit'}, from which it is counted")
    said = " ".join((reading.quote(atom.span), *atom.qualifiers, *(each.words for each in atom.concepts)))
    measured = _measure(_list_direct(atom, reading, said), atom, reading, anchor)
    questions: tuple[Question, ...] = ()
    lacking: tuple[str, ...] = ()
    if not measured:
        derived = reading.deriver.derive(atom.concepts, said, reading)
        measured = _measure(derived.facts, atom, reading, anchor)
        questions, lacking = derived.questions, derived.missing
    found = _decide(measured, atom, reading) if measured else _say_missing(atom, reading, lacking)
    return Finding(found.verdict, found.evidence, found.missing, questions)


def evaluate_age(atom: Atom, reading: Reading) -> Finding:
    """Whether a person's age on the day asked for, in completed units, lies in the interval."""
    assert atom.interval is not None
    birth, unit = reading.person.birth, atom.interval.unit or "a"
    if birth is None or birth.first is None or birth.last is None:
        return leave_open(atom.span, "the date of birth")
    on = reading.person.find_anchor(atom.window.anchor if atom.window else "now", reading.day)
    if on is None or on.first is None or on.last is None:
        return leave_open(atom.span, "the day on which the age counts")
    low, high = (
        find_age(birth.last, on.first, unit, atom.interval),
        find_age(birth.first, on.last, unit, atom.interval),
    )
    age = Fact(
        Concept("age", "person"),
        Source("derived", "", f"born {birth}"),
        value=exactly(low, unit) if low == high else Interval(low=low, high=high, unit=unit),
        start=on,
        end=on,
    )
    verdict = fits(low, high, atom.interval)
    if verdict is None:
        return leave_open(atom.span, "the date of birth, more exactly", (age, f"born {birth}"))
    return settle("met" if verdict else "not_met", atom.span, (age, f"born {birth}"))


def find_age(birth: date, day: date, unit: str, asked: Interval) -> float:
    """Completed units, as ages are told; with their part where the criterion itself has one."""
    is_whole = all(each is None or float(each).is_integer() for each in (asked.low, asked.high))
    return (
        float(count_completed(birth, day, unit))
        if is_whole and unit in ("a", "mo", "wk", "d")
        else (measure_length(birth, day, unit))
    )


def is_age(atom: Atom) -> bool:
    """Whether an atom asks for an age."""
    return (
        atom.interval is not None
        and (atom.interval.unit in TIME_UNITS or not atom.interval.unit)
        and any(each.domain == "person" and "age" in each.words.lower().split() for each in atom.concepts)
    )


def _list_direct(atom: Atom, reading: Reading, said: str) -> list[Fact]:
    told = reading.known.find(list_asked(atom))
    formula = find_formula(said) if told else ""
    return [
        fact
        for fact, relation in told
        if fact.value is not None
        and not fact.denied
        and fact.is_certain
        and fact.status == "present"
        and not names_other_formula(fact, formula)
        and relation in IS
    ]


def list_asked(atom: Atom) -> tuple[Concept, ...]:
    """What an atom names, and what it is where it only names the formula: "MDRD below 30"."""
    quantity = find_quantity(atom.concepts)
    return (*atom.concepts, *_QUANTITIES[quantity]) if quantity in _QUANTITIES else atom.concepts


def _measure(facts: Sequence[Fact], atom: Atom, reading: Reading, anchor: Days) -> list[Measured]:
    if not facts:
        return []
    assert atom.interval is not None
    window = place_window(atom.window or _UNTIL_NOW, anchor)
    measured = []
    for fact in facts:
        when = fact.start or Days(None, reading.day)
        within = is_within(when, when, window)
        if within is not False:
            found, why = find_fit(fact, atom.interval, atom.concepts[0], reading.measures)
            measured.append(Measured(fact, when, found, why, within is True))
    return measured


def _decide(measured: list[Measured], atom: Atom, reading: Reading) -> Finding:
    is_any = atom.window is not None and reading.any_value_counts
    counted = measured if is_any else _list_last(measured)
    yes = [each for each in counted if each.fits and each.is_sure]
    no = [each for each in counted if each.fits is False and each.is_sure]
    days = {each.when: each for each in yes if each.when.first == each.when.last}
    clash = next((each for each in no if each.when in days), None)
    if clash is not None:
        missing = f"which is right: {days[clash.when].fact.describe()}, or {clash.fact.describe()}"
        return Finding("conflict", _tell(counted, atom), (Missing(missing, atom.span),))
    if (is_any and yes) or len(yes) == len(counted):
        return Finding("met", _tell(counted, atom))
    if len(no) == len(counted):
        return Finding("not_met", _tell(counted, atom))
    whys = [
        each.why or f"the day of {each.fact.describe()}, more exactly"
        for each in counted
        if each.fits is None or not each.is_sure
    ]
    whys = whys or [f"which is the last: {' or '.join(each.fact.describe() for each in counted)}"]
    return Finding("unknown", _tell(counted, atom), (Missing("; ".join(dict.fromkeys(whys)), atom.span),))


def _list_last(measured: list[Measured]) -> list[Measured]:
    """Those that may be the last: none of the others is later for certain."""
    sure = [each for each in measured if each.is_sure]
    latest = max((each.when.lowest for each in sure), default=date.min)
    return [each for each in measured if each.when.highest >= latest]


def _tell(counted: list[Measured], atom: Atom) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            each.fact,
            "unknown" if each.fits is None or not each.is_sure else "met" if each.fits else "not_met",
            atom.span,
            each.fact.detail or each.why,
        )
        for each in counted
    )


def _say_missing(atom: Atom, reading: Reading, lacking: tuple[str, ...]) -> Finding:
    assert atom.interval is not None
    name = atom.concepts[0].words
    if lacking:
        return leave_open(atom.span, f"{name}, or to compute it: {', '.join(lacking)}")
    when = f" ({reading.quote(atom.span)})" if atom.window and reading.text else ""
    return leave_open(
        atom.span, f"a value of {name}, to hold against {describe_interval(atom.interval)}{when}"
    )
