"""When is it sure that a criterion holds, and when that it does not? As predicates over rows.

Each node is asked for one of the two. What is sure here is sure in screening too, never the other way round: where
a row leaves something open, neither holds.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from trialbook.eligibility.days import Days, fits_length, one_day
from trialbook.eligibility.evaluate import is_of_kinds
from trialbook.eligibility.facts import Sex
from trialbook.eligibility.having import asks_when_it_began, is_event_named, is_of_women
from trialbook.eligibility.matching import HOLDS, IS, Relation
from trialbook.eligibility.measuring import is_age
from trialbook.eligibility.readers.omop import HISTORY_OF
from trialbook.eligibility.sexes import find_asked_of, is_of_other, list_sexes, unite_sexes
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Interval,
    Not,
    ParsedCriterion,
    Tree,
    iter_nodes,
)
from trialbook.export.cohort.carrying import Carrier
from trialbook.export.cohort.predicates import (
    ALWAYS,
    NEVER,
    Born,
    Happened,
    HasCondition,
    IsSex,
    Measured,
    Predicate,
    Rows,
    Shape,
    Table,
    all_of,
    any_of,
    at_least,
    not_so,
)
from trialbook.export.cohort.thresholds import find_births, find_starts
from trialbook.export.cohort.vocabulary import Found

_OVER_TIME: dict[Table, Shape] = {
    "condition": "open",
    "device": "open",
    "drug": "drug",
    "procedure": "event",
    "measurement": "event",
    "observation": "event",
}
_TOLD = ("measurement", "observation")
_NO_CONCEPTS: frozenset[int] = frozenset()


class Carved(NamedTuple):
    """Concepts that do not count: those that are excepted, and those of which that is open."""

    surely: frozenset[int] = _NO_CONCEPTS
    perhaps: frozenset[int] = _NO_CONCEPTS


_NOTHING = Carved()


def translate(criterion: ParsedCriterion, carrier: Carrier, *, wanted: bool) -> Predicate:
    """When a criterion surely holds (`wanted`), or surely does not, of what `carrier` left of it."""
    asked = _Translator(carrier).ask(criterion.tree, wanted, criterion.kind == "exclusion", _NOTHING)
    if criterion.kind != "inclusion":
        return asked
    sexes: tuple[Sex, ...] = ("female", "male")
    for sex in sexes:
        if not is_of_other(criterion.tree, sex):
            continue
        asked_of = find_asked_of(criterion, sex, takes_all=carrier.reading.takes_all_sexes)
        if not wanted and asked_of != "all":
            asked = all_of(asked, not_so(IsSex(sex)))
        elif asked_of == "the other":
            asked = any_of(asked, IsSex(sex))
    return asked


class _Translator:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def ask(self, tree: Tree, wanted: bool, any_value: bool, carved: Carved) -> Predicate:
        if isinstance(tree, All | Any | AtLeast):
            # What was left out beside a sex may leave "men and women".
            named = unite_sexes(tree.parts) if isinstance(tree, All) else tree.parts
            parts = tuple(self.ask(each, wanted, any_value, carved) for each in named)
            least = len(parts) if isinstance(tree, All) else tree.count if isinstance(tree, AtLeast) else 1
            return at_least(least if wanted else len(parts) - least + 1, parts)
        if isinstance(tree, Not):
            return self.ask(tree.part, not wanted, not any_value, carved)
        if isinstance(tree, IfThen):
            either = (
                self.ask(tree.condition, not wanted, not any_value, carved),
                self.ask(tree.then, wanted, any_value, carved),
            )
            return any_of(*either) if wanted else all_of(*either)
        if isinstance(tree, Except):
            return self._ask_except(tree, wanted, any_value, carved)
        assert isinstance(tree, Atom), "what is not understood is not carried"
        if is_age(tree):
            return self._ask_age(tree, wanted)
        if tree.interval is not None:
            return self._ask_measure(tree, wanted, any_value)
        sexes = list_sexes(tree)
        if sexes:
            return _ask_sex(sexes, wanted)
        return self._ask_having(tree, wanted, carved)

    def _ask_except(self, tree: Except, wanted: bool, any_value: bool, carved: Carved) -> Predicate:
        if is_of_kinds(tree, self._carrier.reading.matcher) and _is_plain(tree.carve_out):
            surely, perhaps = set(carved.surely), set(carved.perhaps)
            for node in iter_nodes(tree.carve_out):
                if isinstance(node, Atom):
                    looked = self._carrier.look_up(node)
                    surely |= {each.concept_id for each in looked.sure}
                    perhaps |= {each.concept_id for each in looked.wider}
            return self.ask(
                tree.base, wanted, any_value, Carved(frozenset(surely), frozenset(perhaps - surely))
            )
        both = (
            self.ask(tree.base, wanted, any_value, carved),
            self.ask(tree.carve_out, not wanted, not any_value, carved),
        )
        return all_of(*both) if wanted else any_of(*both)

    def _ask_age(self, atom: Atom, wanted: bool) -> Predicate:
        assert atom.interval is not None
        born = find_births(atom.interval, self._carrier.day)
        if wanted:
            return born
        before = None if born.first is None else Born(None, born.first - timedelta(days=1))
        after = None if born.last is None else Born(born.last + timedelta(days=1), None)
        return any_of(*(each for each in (before, after) if each is not None))

    def _ask_measure(self, atom: Atom, wanted: bool, any_value: bool) -> Predicate:
        assert atom.interval is not None
        looked = self._carrier.look_up(atom)
        first, last = self._find_days(atom, is_value=True)
        # Some value that fits decides where any counts; that none fits hangs on all of them.
        is_any = atom.window is not None and any_value
        return Measured(
            concepts=_list_ids(looked.sure, "measurement"),
            observed=_list_ids(looked.sure, "observation"),
            ranges=looked.ranges,
            limit=atom.interval.limit,
            start_from=first,
            start_to=last,
            which="any" if is_any else "last",
            wanted=wanted,
        )

    def _find_days(self, atom: Atom, *, is_value: bool) -> tuple[date | None, date | None]:
        """The first and last day of a window, as narrow as it can mean."""
        if is_value and atom.window is None:
            return None, self._carrier.day
        window = self._carrier.find_window(atom)
        assert window is not None, "what is counted from an unknown day is not carried"
        first, last = window
        return _bounded(first.highest), _bounded(last.lowest)

    def _ask_having(self, atom: Atom, wanted: bool, carved: Carved) -> Predicate:
        looked = self._carrier.look_up(atom)
        out = carved.surely | carved.perhaps if wanted else carved.surely
        sure = tuple(each for each in looked.sure if each.concept_id not in out)
        perhaps = tuple(each for each in (*looked.sure, *looked.wider) if each.concept_id not in out)
        surely, possible = (
            self._list_rows(atom, sure, is_sure=True),
            self._list_rows(atom, perhaps, is_sure=False),
        )
        if atom.count is not None:
            return _ask_count(atom.count, surely, possible, wanted)
        if not wanted:
            return not_so(Happened(possible)) if possible else ALWAYS
        if not surely:
            return NEVER
        so: list[Predicate] = [Happened(surely, unless=_list_denials((*looked.sure, *looked.wider)))]
        if is_of_women(atom):
            so.append(not_so(IsSex("male")))
        for each in atom.qualifiers:
            named = tuple(one for one in sure if each.lower() in one.name.lower())
            rows = self._list_rows(atom, named, is_sure=True)
            so.append(Happened(rows) if rows else NEVER)
        return all_of(*so)

    def _list_rows(self, atom: Atom, found: tuple[Found, ...], *, is_sure: bool) -> tuple[Rows, ...]:
        """The rows that say an atom: by table, and by how long they hold."""
        window = self._carrier.find_window(atom)
        assert window is not None, "what is counted from an unknown day is not carried"
        first, last = window
        end_from = _bounded(first.highest if is_sure else first.lowest)
        start_to = _bounded(last.lowest if is_sure else last.highest)
        made: list[Rows] = []
        begins = asks_when_it_began(atom, self._carrier.reading)
        for (table, shape), ids in _group(found).items():
            answered = tuple(
                each.concept_id
                for each in found
                if each.concept_id in ids and table in _TOLD and each.vocabulary == "LOINC"
            )
            row = Rows(
                table=table,
                concepts=ids,
                answered=answered,
                shape=shape,
                start_from=end_from if begins else None,
                start_to=start_to,
                end_from=None if begins else end_from,
                is_sure=is_sure,
            )
            made += self._narrow(row, atom, first)
        return tuple(made)

    def _narrow(self, row: Rows, atom: Atom, first: Days) -> list[Rows]:
        """The rows as a name of the past and a length of time narrow them."""
        replace = msgspec.structs.replace
        if row.shape == "past":
            # It was so at some time up to its day: surely within a window that has no beginning.
            if row.is_sure and (first.highest != date.min or atom.lasting is not None):
                return []
            return [replace(row, end_from=None, start_to=row.start_to if row.is_sure else None)]
        if atom.lasting is None:
            return [row]
        until, lasting = one_day(self._carrier.day), atom.lasting
        stretch = find_starts(
            lambda begun: bool(fits_length(one_day(begun), until, lasting)), self._carrier.day
        )
        going = _latest(row.end_from, self._carrier.day)
        made = [] if stretch is None else [replace(row, start_from=stretch[0], end_from=going)]
        if stretch is not None and stretch[1] is not None:
            made = [replace(each, start_to=_earliest(each.start_to, stretch[1])) for each in made]
        if not row.is_sure and (row.end_from is None or row.end_from < self._carrier.day):
            # Of what is over the length hangs on both its days, and stays open.
            made.append(replace(row, end_to=self._carrier.day - timedelta(days=1)))
        return made


def _list_denials(found: tuple[Found, ...]) -> tuple[Rows, ...]:
    """The rows whose answer is no: who is said to have it and not to have it at one time is a conflict."""
    tables: tuple[Table, ...] = ("measurement", "observation")
    return tuple(
        Rows(table=table, concepts=ids, shape="event", denied=True)
        for table in tables
        if (ids := _list_ids(found, table, HOLDS))
    )


def ask_healthy(wanted: bool) -> Predicate:
    """That somebody is a healthy volunteer, which nothing proves; that somebody is not: who has a condition."""
    return NEVER if wanted else HasCondition()


def _ask_sex(sexes: set[str], wanted: bool) -> Predicate:
    if len(sexes) == 2:
        return ALWAYS if wanted else NEVER
    is_female = "female" in sexes
    return IsSex("female" if is_female == wanted else "male")


def _ask_count(
    count: Interval, surely: tuple[Rows, ...], possible: tuple[Rows, ...], wanted: bool
) -> Predicate:
    """How often: at least on so many separate days, at most so many rows."""
    low = None if count.low is None else _whole(count.low, count.low_included)
    high = None if count.high is None else -_whole(-count.high, count.high_included)

    def least(number: int) -> Predicate:
        return ALWAYS if number <= 0 else Happened(surely, number) if surely else NEVER

    def most(number: int) -> Predicate:
        if number < 0:
            return NEVER
        return not_so(Happened(possible, number + 1, is_by_day=False)) if possible else ALWAYS

    if wanted:
        return all_of(
            ALWAYS if low is None else least(low),
            ALWAYS if high is None else most(high),
        )
    return any_of(
        NEVER if low is None else most(low - 1),
        NEVER if high is None else least(high + 1),
    )


def _whole(number: float, included: bool) -> int:
    """The least whole number that is not below a bound."""
    up = -int(-number // 1)
    return up + 1 if up == number and not included else up


def _group(found: tuple[Found, ...]) -> dict[tuple[Table, Shape], tuple[int, ...]]:
    grouped: dict[tuple[Table, Shape], list[int]] = {}
    for each in found:
        grouped.setdefault((each.table, _find_shape(each)), []).append(each.concept_id)
    return {key: tuple(sorted(set(ids))) for key, ids in grouped.items()}


def _find_shape(found: Found) -> Shape:
    if found.table not in _TOLD and found.name.lower().startswith(HISTORY_OF):
        return "past"
    return "event" if is_event_named(found.told.words) else _OVER_TIME[found.table]


def _list_ids(found: tuple[Found, ...], table: Table, relations: frozenset[Relation] = IS) -> tuple[int, ...]:
    return tuple(
        sorted({each.concept_id for each in found if each.table == table and each.relation in relations})
    )


def _is_plain(tree: Tree) -> bool:
    """Whether a carve-out only names things."""
    return all(
        isinstance(each, Any | All)
        or (
            isinstance(each, Atom)
            and not (each.interval or each.window or each.lasting or each.count or each.qualifiers)
            and each.assertion in ("present", "history")
        )
        for each in iter_nodes(tree)
    )


def _bounded(day: date) -> date | None:
    return None if day in (date.min, date.max) else day


def _latest(*days: date | None) -> date | None:
    return max((each for each in days if each is not None), default=None)


def _earliest(*days: date | None) -> date | None:
    return min((each for each in days if each is not None), default=None)
