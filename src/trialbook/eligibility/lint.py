"""What in a record's eligibility contradicts itself? Each finding with the words that it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.analytes import Analyte, get_analyte
from trialbook.eligibility.describe import describe_values
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.tree import All, Atom, Interval, Not, ParsedCriterion, Tree, iter_nodes
from trialbook.eligibility.units import convert
from trialbook.model.ages import Age
from trialbook.model.study import Study

Fault: TypeAlias = Literal["negates", "contradicts", "unit", "age", "arm"]
PLACEBO = re.compile(r"\bplacebo\b|\bsham\b", re.IGNORECASE)
ACTIVE = re.compile(r"\b(?:plus|and|\+|with|then|followed by|versus|vs\.?|or)\b", re.IGNORECASE)
MOST_COMPARED = 300
YEAR_DAYS = {"a": 365.25, "mo": 365.25 / 12, "wk": 7.0, "d": 1.0, "h": 1 / 24, "": 365.25}


class Finding(msgspec.Struct, frozen=True):
    """One fault of a record.

    Attributes
    ----------
    fault
        "negates": an exclusion says only that an inclusion does not hold. "contradicts": nobody can meet both.
        "unit": no living person has such a value in this unit. "age": text and field differ. "arm": an arm that
        is named placebo or sham is typed experimental.
    message
        What is wrong, in a sentence.
    words
        The record's own words.
    """

    fault: Fault
    message: str
    words: tuple[str, ...]


def lint_study(study: Study, criteria: Sequence[ParsedCriterion] | None = None) -> tuple[Finding, ...]:
    """All faults that are found in the eligibility and the arms of a record.

    `criteria` are its own where they were parsed already.
    """
    if criteria is None:
        text = study.eligibility.eligibility_criteria or ""
        criteria = parse_criteria(text) if text else ()
    ages = _check_age(criteria, study.eligibility.minimum_age)
    return (*lint_criteria(criteria), *ages, *_check_arms(study))


def lint_criteria(criteria: Sequence[ParsedCriterion]) -> tuple[Finding, ...]:
    """The faults of criteria among themselves."""
    return (*_check_pairs(criteria), *_check_units(criteria))


def _list_asked(tree: Tree) -> Iterator[Atom]:
    """The atoms that a criterion asks for whatever else it asks for."""
    if isinstance(tree, Atom):
        yield tree
    elif isinstance(tree, All):
        for part in tree.parts:
            yield from _list_asked(part)


def _name(atom: Atom) -> str:
    concept = atom.concepts[0]
    return concept.ids[0] if concept.ids else concept.words.lower()


def _is_plain(atom: Atom) -> bool:
    return atom.window is None and atom.lasting is None and atom.assertion == "present"


def _check_pairs(criteria: Sequence[ParsedCriterion]) -> Iterator[Finding]:
    """Compare what is asked of the same people: under one heading of a kind, or under none of a cohort."""
    asked = [
        (each, atom)
        for each in criteria
        for atom in _list_asked(each.tree)
        if each.kind != "other" and atom.interval is not None
    ][:MOST_COMPARED]
    for (one, first), (two, second) in combinations(asked, 2):
        if one is two or _name(first) != _name(second) or not (_is_plain(first) and _is_plain(second)):
            continue
        if first.interval is None or second.interval is None or not _alike(first.interval, second.interval):
            continue
        if one.kind == two.kind == "inclusion" and one.heading == two.heading:
            if not _overlap(first.interval, second.interval):
                yield _make("contradicts", "No value meets both of these inclusion criteria.", one, two)
        elif {one.kind, two.kind} == {"inclusion", "exclusion"}:
            include, exclude = (first, second) if one.kind == "inclusion" else (second, first)
            # Only an exclusion that asks for nothing else is the same rule again.
            is_whole = isinstance((two if one.kind == "inclusion" else one).tree, Atom)
            if is_whole and _complement(include.interval, exclude.interval):
                message = (
                    "The exclusion says only that the inclusion does not hold: it is one rule, told twice."
                )
                yield _make("negates", message, one, two)
            elif is_whole and _covers(exclude.interval, include.interval):
                yield _make("contradicts", "Whoever meets the inclusion is excluded.", one, two)
    yield from _check_turned(criteria)


def _check_turned(criteria: Sequence[ParsedCriterion]) -> Iterator[Finding]:
    """Exclusions that are an inclusion with a "no" before it, or the other way round."""
    inclusions = [each for each in criteria if each.kind == "inclusion" and _is_short(each.tree)][
        :MOST_COMPARED
    ]
    exclusions = [each for each in criteria if each.kind == "exclusion" and _is_short(each.tree)][
        :MOST_COMPARED
    ]
    for one, two in product(inclusions, exclusions):
        if _is_turned(one.tree, two.tree) or _is_turned(two.tree, one.tree):
            yield _make("negates", "The exclusion and the inclusion are one rule, told twice.", one, two)


def _is_short(tree: Tree) -> bool:
    return isinstance(tree, Atom) or (isinstance(tree, Not) and isinstance(tree.part, Atom))


def _is_turned(tree: Tree, other: Tree) -> bool:
    return (
        isinstance(tree, Not)
        and isinstance(tree.part, Atom)
        and isinstance(other, Atom)
        and _is_same(tree.part, other)
    )


def _is_same(one: Atom, two: Atom) -> bool:
    return _name(one) == _name(two) and all(
        getattr(one, field) == getattr(two, field)
        for field in ("interval", "window", "lasting", "count", "assertion", "qualifiers")
    )


def _alike(one: Interval, two: Interval) -> bool:
    return (one.unit, one.limit) == (two.unit, two.limit)


def _overlap(one: Interval, two: Interval) -> bool:
    return _reaches(one, two) and _reaches(two, one)


def _reaches(one: Interval, two: Interval) -> bool:
    """Whether the lower end of one lies below the upper end of the other, or on it where both have it."""
    if one.low is None or two.high is None or one.low < two.high:
        return True
    return one.low == two.high and one.low_included and two.high_included


def _complement(one: Interval | None, two: Interval | None) -> bool:
    """Whether two one-sided intervals share a bound and nothing else, and leave out nothing."""
    if one is None or two is None:
        return False
    for low, high in ((one, two), (two, one)):
        if low.high is None and high.low is None and low.low is not None and low.low == high.high:
            return low.low_included != high.high_included
    return False


def _covers(wide: Interval | None, narrow: Interval | None) -> bool:
    if wide is None or narrow is None:
        return False
    low = wide.low is None or (
        narrow.low is not None
        and (narrow.low > wide.low or (narrow.low == wide.low and wide.low_included >= narrow.low_included))
    )
    high = wide.high is None or (
        narrow.high is not None
        and (
            narrow.high < wide.high
            or (narrow.high == wide.high and wide.high_included >= narrow.high_included)
        )
    )
    return low and high


def _make(fault: Fault, message: str, *criteria: ParsedCriterion) -> Finding:
    return Finding(fault, message, tuple(each.text for each in criteria))


def _check_units(criteria: Iterable[ParsedCriterion]) -> Iterator[Finding]:
    """Values that nobody can have in their unit, or units that do not measure what is named."""
    for criterion in criteria:
        for node in iter_nodes(criterion.tree):
            if not isinstance(node, Atom) or node.interval is None or node.interval.limit or node.qualifiers:
                continue
            analyte = get_analyte(node.concepts[0].words)
            if analyte is not None and node.interval.unit and analyte.unit:
                fault = _judge(analyte, node.interval)
                if fault:
                    yield _make("unit", fault, criterion)


def _judge(analyte: Analyte, asked: Interval) -> str:
    bounds = [
        convert(each, asked.unit, analyte.unit, molar_mass=analyte.molar_mass)
        for each in (asked.low, asked.high)
        if each is not None
    ]
    known = [each for each in bounds if each is not None]
    if not known or analyte.least is None or analyte.most is None:
        return ""
    if all(each > analyte.most or (0 < each < analyte.least) for each in known):
        return f"No living person has {analyte.name} {describe_values(asked)}: the unit cannot be right."
    return ""


def _check_age(criteria: Sequence[ParsedCriterion], minimum: Age | None) -> Iterator[Finding]:
    """A minimum age in the text that is not the field's, where no criterion names the field's."""
    if minimum is None or minimum.days is None:
        return
    told = []
    for criterion in criteria:
        for atom in _list_asked(criterion.tree):
            interval = atom.interval
            is_age = any(each.domain == "person" and each.words == "age" for each in atom.concepts)
            if is_age and interval is not None and interval.unit in YEAR_DAYS:
                bound = interval.low if criterion.kind == "inclusion" else interval.high
                if bound is not None and (criterion.kind == "inclusion" or interval.low is None):
                    told.append((bound * YEAR_DAYS[interval.unit], criterion))
    # A limit that the exclusion has as its upper end ("older than 80") is no minimum; nor is a cohort's.
    if told and not any(abs(days - minimum.days) < 1 for days, _ in told):
        first = told[0][1]
        yield Finding(
            "age", f"The record's field says a minimum age of {minimum}; the text differs.", (first.text,)
        )


def _check_arms(study: Study) -> Iterator[Finding]:
    for arm in study.arm_groups:
        label = arm.label or ""
        if str(arm.type or "") == "EXPERIMENTAL" and PLACEBO.search(label) and not ACTIVE.search(label):
            yield Finding("arm", "An arm that is named placebo or sham is typed experimental.", (label,))
