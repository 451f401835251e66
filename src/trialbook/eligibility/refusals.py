"""Whom do criteria keep out by one thing alone? So that studies can be searched for by what a person has.

What is found out here is what `evaluate` says of someone of whom one thing is known: nothing is read off a tree
by other rules. What keeps somebody out only together with something else is not found, and whoever is not kept
out by one thing may be by another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import msgspec

from trialbook.eligibility.cohorts import conclude
from trialbook.eligibility.days import Days, move, one_day
from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.evaluate import evaluate_criterion
from trialbook.eligibility.facts import Fact, Person, Sex, Source, exactly
from trialbook.eligibility.having import is_of_women
from trialbook.eligibility.matching import FactIndex, Matcher, Names, list_askers
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.measuring import is_age, list_asked
from trialbook.eligibility.quantities import convert_interval
from trialbook.eligibility.reading import Reading, make_reading
from trialbook.eligibility.refused import AGO, MODES, Asked, Mode, Refusal
from trialbook.eligibility.sexes import list_sexes
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Concept,
    Except,
    Interval,
    Not,
    ParsedCriterion,
    Tree,
)

# What each criterion is asked about at most: a list of hundreds of drugs is asked as far as this goes.
MOST_ASKED = 200
# Any day does: what is asked counts from the day of asking.
_DAY = date(2020, 7, 1)
# How far from a bound it is looked at what lies beyond, as a share of the bound: nearer than anyone measures.
_HAIR = 1e-6
# Whole days about the end of a stretch of time, where calendars count otherwise.
_SLACK_DAYS = 3
_LONGEST_AGO = {"d": 36_000, "wk": 5_000, "mo": 1_200, "a": 100}
_APART = re.compile(r"\s*(?:;|\n|,(?!\d))\s*")


class _Part(NamedTuple):
    """An atom, and whether having it may keep out, or lacking it."""

    atom: Atom
    has: bool


class RefusalFinder:
    """Finds what texts refuse. Reading only: one serves any number of threads.

    Parameters
    ----------
    names
        Where conditions and drugs are known by name.
    """

    def __init__(self, names: Names | None = None) -> None:
        self._measures = ClinicalMeasures()
        self._matcher = Matcher(names, self._measures)
        self._formulas = Formulas()

    def find(self, criteria: Sequence[ParsedCriterion], text: str) -> tuple[Refusal, ...]:
        """What the criteria of a text refuse, each once."""
        nobody = make_reading(Person(), _DAY, self._matcher, self._measures, self._formulas, text)
        unknown = [evaluate_criterion(each, nobody) for each in criteria]
        found: list[Refusal] = []
        for place, criterion in enumerate(criteria):
            if criterion.kind == "other":
                continue

            def refuses(
                fact: Fact, sex: Sex | None, place: int = place, asked: ParsedCriterion = criterion
            ) -> bool:
                verdict = evaluate_criterion(asked, _tell(nobody, fact, sex))
                if verdict.speaks != "against":
                    return False
                said = [*unknown[:place], verdict, *unknown[place + 1 :]]
                return conclude(said)[0] == "ineligible"

            found += self._probe(criterion, refuses)
        return tuple(dict.fromkeys(found))

    def ask(self, fact: Fact, day: date) -> Asked:
        """What to look up for a fact, as of a day."""
        if fact.denied:
            return Asked(fact, self._name_told(fact.concept, is_denied=True), "denied", None)
        names = self._name_told(fact.concept)
        if fact.value is not None:
            return Asked(fact, names, None, fact.value)
        if fact.status != "present":
            return Asked(fact, names, fact.status, None)
        if fact.is_ongoing or fact.end is None:
            return Asked(fact, names, "now", None)
        ago = None
        if fact.start is not None and fact.start.first is not None and fact.end.last is not None:
            ago = Interval(float((day - fact.end.last).days), float((day - fact.start.first).days), unit=AGO)
        return Asked(fact, names, "past", ago)

    def convert(self, value: Interval, unit: str, concept: Concept) -> Interval | None:
        """A told value in the unit in which values are refused; None where it cannot be turned."""
        if value.limit or unit.startswith("×") or AGO in (unit, value.unit):
            told = f"×{value.limit}" if value.limit else value.unit
            return value if told == unit else None
        return convert_interval(value, unit, concept, self._measures)

    def _name_told(self, concept: Concept, *, is_denied: bool = False) -> tuple[str, ...]:
        """The names by which what is told is found: its own, and those of whatever it is a kind of.

        Who has no heart failure has none of its kinds, which name it as above them.
        """
        meaning = self._matcher.find_meaning(concept)
        words = meaning.names - meaning.above if is_denied else meaning.names
        return tuple(sorted(f"{domain}|{each}" for domain in list_askers(concept.domain) for each in words))

    def _name_asked(self, concepts: Iterable[Concept], *, is_denied: bool = False) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for each in concepts:
            meaning = self._matcher.find_meaning(each)
            # Who is called alike has the same codes.
            own = sorted(meaning.ids) or [f"={meaning.key}"]
            above = sorted(meaning.above) if is_denied else []
            names |= dict.fromkeys(f"{each.domain}|{name}" for name in (*own, *above))
        return tuple(names)

    def _probe(
        self, criterion: ParsedCriterion, refuses: Callable[[Fact, Sex | None], bool]
    ) -> Iterator[Refusal]:
        parts = list(_list_parts(criterion.tree, has=criterion.kind == "exclusion"))[:MOST_ASKED]
        by_measure: dict[tuple[tuple[str, ...], str], list[Atom]] = {}
        for atom, has in parts:
            if not atom.concepts or is_age(atom) or atom.count is not None or atom.lasting is not None:
                continue
            if atom.interval is not None:
                names = self._name_asked(list_asked(atom))
                by_measure.setdefault((names, _name_unit(atom.interval)), []).append(atom)
            elif not list_sexes(atom):
                yield from self._probe_having(atom, refuses, has=has)
        units: dict[tuple[str, ...], int] = {}
        for names, _ in by_measure:
            units[names] = units.get(names, 0) + 1
        for (names, unit), atoms in by_measure.items():
            # Bounds in several units are alternatives, or one bound twice: together they are not looked at.
            if units[names] == 1:
                yield from _probe_values(names, unit, atoms, refuses)

    def _probe_having(
        self, atom: Atom, refuses: Callable[[Fact, Sex | None], bool], *, has: bool
    ) -> Iterator[Refusal]:
        concept, names = atom.concepts[0], self._name_asked(atom.concepts, is_denied=not has)
        words = concept.words
        sex: Sex | None = "female" if is_of_women(atom) else None
        modes: list[Mode] = ["denied"]
        if has:
            modes = ["now", "past"]
            if atom.assertion not in ("present", "history"):
                modes = [each for each in MODES if each == atom.assertion]
        found = tuple(mode for mode in modes if refuses(_make_fact(concept, mode), sex))
        if found:
            yield Refusal(names, found, words=words)
        if has and atom.window is not None and "past" not in found:
            for low, high in _probe_days(atom, lambda fact: refuses(fact, sex)):
                yield Refusal(names, (), AGO, low, high, words=words)


def _tell(nobody: Reading, fact: Fact, sex: Sex | None) -> Reading:
    person = Person(facts=(fact,), sex=sex)
    return nobody._replace(person=person, known=FactIndex(person.facts, nobody.matcher))


def _list_parts(tree: Tree, *, has: bool) -> Iterator[_Part]:
    """The atoms that may keep out by themselves."""
    if isinstance(tree, Atom):
        yield _Part(tree, has)
    elif isinstance(tree, All | Any | AtLeast):
        # Of what must come together, and of what may stand for one another, no part decides alone.
        least = {All: len(tree.parts), Any: 1}.get(type(tree), 0)
        decides = least == (1 if has else len(tree.parts))
        for each in tree.parts:
            if decides or _is_value(each) or _is_with_sex(tree, each):
                yield from _list_parts(each, has=has)
    elif isinstance(tree, Not):
        yield from _list_parts(tree.part, has=not has)
    elif isinstance(tree, Except):
        yield from _list_parts(tree.base, has=has)


def _is_value(tree: Tree) -> bool:
    return isinstance(tree, Atom) and tree.interval is not None


def _is_with_sex(tree: Tree, part: Tree) -> bool:
    """Whether nothing stands beside a part but whose sex it is asked of: "pregnant women"."""
    assert isinstance(tree, All | Any | AtLeast)
    return all(each is part or (isinstance(each, Atom) and list_sexes(each)) for each in tree.parts)


def _make_fact(concept: Concept, mode: Mode) -> Fact:
    source, until_now = Source("note"), Days(None, _DAY)
    if mode == "now":
        return Fact(concept, source, start=until_now, is_ongoing=True)
    if mode == "past":
        return Fact(concept, source, start=until_now, end=until_now)
    if mode == "denied":
        return Fact(concept, source, denied=True, start=one_day(_DAY), end=one_day(_DAY))
    return Fact(concept, source, status=mode)


def _name_unit(interval: Interval) -> str:
    return f"×{interval.limit}" if interval.limit else interval.unit


def _probe_values(
    names: tuple[str, ...], unit: str, atoms: Sequence[Atom], refuses: Callable[[Fact, Sex | None], bool]
) -> Iterator[Refusal]:
    asked = [each.interval for each in atoms if each.interval is not None]
    bounds = sorted({end for each in asked for end in (each.low, each.high) if end is not None})
    concept, limit = atoms[0].concepts[0], asked[0].limit

    def is_refused(number: float) -> bool:
        value = exactly(number, asked[0].unit)
        if limit:
            value = msgspec.structs.replace(value, limit=limit)
        day = one_day(_DAY)
        return refuses(Fact(concept, Source("note"), value=value, start=day, end=day), None)

    for low, high, has_low, has_high in _join_refused(bounds, is_refused):
        yield Refusal(names, (), unit, low, high, has_low, has_high, concept.words)


def _join_refused(
    bounds: Sequence[float], is_refused: Callable[[float], bool]
) -> Iterator[tuple[float | None, float | None, bool, bool]]:
    """The stretches of numbers that are refused, as low, high, and whether each is within: tried at and between bounds."""
    if not bounds:
        return
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    inner = [_step(bounds[0], -1), *between, _step(bounds[-1], 1)]
    # Open stretches and single bounds in turn, from the lowest.
    at_bounds = [is_refused(each) for each in bounds]
    opens = [is_refused(each) for each in inner]
    low: float | None = None
    begun, has_low = opens[0], False
    for place, bound in enumerate(bounds):
        if begun and not at_bounds[place]:
            yield low, bound, has_low, False
            begun = False
        elif at_bounds[place] and not begun:
            low, has_low, begun = bound, True, True
        if begun and not opens[place + 1]:
            yield low, bound, has_low, True
            begun = False
        elif opens[place + 1] and not begun:
            low, has_low, begun = bound, False, True
    if begun:
        yield low, None, has_low, False


def _step(bound: float, way: int) -> float:
    return bound + way * max(abs(bound), 1.0) * _HAIR


def _probe_days(atom: Atom, refuses: Callable[[Fact], bool]) -> Iterator[tuple[float | None, float | None]]:
    """The stretches of days ago within which one event is refused: the days about an end are left out."""
    window = atom.window
    if window is None or window.unit not in _LONGEST_AGO or window.event:
        return
    ends = sorted(
        {
            float((_DAY - move(_DAY, -each, window.unit)).days)
            for each in (window.earliest, window.latest)
            if each is not None and 0 < each < _LONGEST_AGO[window.unit]
        }
    )
    edges = [-float(_SLACK_DAYS), *ends]
    for place, edge in enumerate(edges):
        low = edge + _SLACK_DAYS
        high = edges[place + 1] - _SLACK_DAYS if place + 1 < len(edges) else None
        tried = [low, low + 366.0 * 3 if high is None else high]
        if tried[0] <= tried[1] and all(refuses(_happened(atom.concepts[0], each)) for each in tried):
            yield low, high


def _happened(concept: Concept, days_ago: float) -> Fact:
    day = one_day(_DAY - timedelta(days=days_ago))
    return Fact(concept, Source("note"), start=day, end=day)


def split_told(text: str) -> list[str]:
    """What is told of a person, a thing each as far as commas and lines say.

    >>> split_told("HbA1c 8.2 %, platelets 80,000/uL; prior MI")
    ['HbA1c 8.2 %', 'platelets 80,000/uL', 'prior MI']
    """
    return [each for each in _APART.split(text.strip()) if each]
