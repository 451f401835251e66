"""How are rows and values asked in Circe? As criteria around the day on which everybody's index event lies.

Circe has no "last value" and keeps no open end. The last value is one after which there is none; what goes on is
told from an end on the day after the start, which is what Circe makes of an end that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

from trialbook.export.cohort.predicates import Happened, Measured, Range, Rows, Table

Json: TypeAlias = dict[str, Any]
# Gives a set of concepts its number.
NameSet: TypeAlias = Callable[[Sequence[int]], int]

_TYPES: dict[Table, str] = {
    "condition": "ConditionOccurrence",
    "drug": "DrugExposure",
    "procedure": "ProcedureOccurrence",
    "device": "DeviceExposure",
    "measurement": "Measurement",
    "observation": "Observation",
}
_LEAST_NUMBER = -1e12
# Circe writes numbers with four decimals.
_STEP = 1e-4
_SAME_DAY = (0, 0)
_NONE = {"Type": 0, "Count": 0, "IsDistinct": False}
_SOME = {"Type": 2, "Count": 1, "IsDistinct": False}


def make_group(
    kind: str,
    *,
    criteria: Sequence[Json] = (),
    groups: Sequence[Json] = (),
    demographic: Sequence[Json] = (),
    count: int | None = None,
) -> Json:
    """A group of criteria: ALL, ANY, AT_LEAST and AT_MOST so many."""
    made: Json = {"Type": kind}
    if count is not None:
        made["Count"] = count
    made["CriteriaList"] = list(criteria)
    made["DemographicCriteriaList"] = list(demographic)
    made["Groups"] = list(groups)
    return made


def make_either(*, criteria: Sequence[Json] = (), groups: Sequence[Json] = ()) -> Json:
    """Any of these. Of none Circe makes "always", where it is "never"."""
    if criteria or groups:
        return make_group("ANY", criteria=criteria, groups=groups)
    return make_group("AT_MOST", groups=[make_group("ALL")], count=0)


class RowWriter:
    """Writes the criteria of rows and values.

    Parameters
    ----------
    day
        That of the index event.
    name_set
        Numbers a set of concepts.
    yes, no
        The concepts of answers.
    """

    def __init__(self, day: date, name_set: NameSet, yes: Sequence[int], no: Sequence[int]) -> None:
        self._day, self._name_set, self._yes, self._no = day, name_set, yes, no

    def ask_happened(self, asked: Happened, *, upper: bool) -> Json:
        """That there are rows. `upper`: rather for too many persons than for too few."""
        criteria = [
            (criterion, start, end)
            for row in asked.rows
            for criterion, start, end in self._list_ways(row, upper=upper)
        ]
        least = asked.least
        if len(criteria) > 1 and upper and least > 1:
            # Rows of several tables add up: fewer in each are too many already.
            least = (least - 1) // len(criteria) + 1
        occurrence: Json = {"Type": 2, "Count": least, "IsDistinct": asked.is_by_day and least > 1}
        if occurrence["IsDistinct"]:
            occurrence["CountColumn"] = "START_DATE"
        made = make_either(
            criteria=[self._around(one, start, end, occurrence) for one, start, end in criteria]
        )
        if not asked.unless:
            return made
        denials = self.ask_happened(Happened(asked.unless), upper=not upper)
        return make_group("ALL", groups=[made, make_group("AT_MOST", groups=[denials], count=0)])

    def ask_any_condition(self) -> Json:
        """That there is any condition, whenever."""
        return self._around({"ConditionOccurrence": {}}, (None, None), None, _SOME)

    def _list_ways(
        self, row: Rows, *, upper: bool
    ) -> list[tuple[Json, tuple[date | None, date | None], date | None]]:
        """The criteria of which any finds the rows, each with the days of its start, and from which it ends."""
        body: Json = {"CodesetId": self._name_set(row.concepts)}
        start = (row.start_from, row.start_to)
        if row.table in ("measurement", "observation"):
            days = (_latest(row.start_from, row.end_from), row.start_to)
            return [({_TYPES[row.table]: {**body, **each}}, days, None) for each in self._list_answers(row)]
        named = {_TYPES[row.table]: body}
        if row.end_from is None:
            return [(named, start, None)]
        within = (_latest(row.start_from, row.end_from), row.start_to)
        if row.table == "procedure":
            return [(named, within, None)]
        if row.shape == "open":
            return [(named, start, row.end_from), (self._going_on(row), start, None)]
        if upper or row.shape == "drug":
            return [(named, start, row.end_from)]
        # Begun long enough before, so that an end that Circe made up does not reach the window.
        before = _earliest(row.start_to, row.end_from - timedelta(days=2))
        return [(named, within, None), (named, (row.start_from, before), row.end_from)]

    def _going_on(self, row: Rows) -> Json:
        kind, body = _TYPES[row.table], {"CodesetId": self._name_set(row.concepts)}
        open_end = {
            "Criteria": {kind: dict(body)},
            "StartWindow": _make_window(_SAME_DAY),
            "EndWindow": {**_make_window((1, 1)), "UseEventEnd": True},
            "RestrictVisit": False,
            "IgnoreObservationPeriod": True,
            "Occurrence": dict(_SOME),
        }
        return {kind: {**body, "CorrelatedCriteria": make_group("ALL", criteria=[open_end])}}

    def _list_answers(self, row: Rows) -> list[Json]:
        if row.denied:
            return [{"ValueAsConceptCS": self._select(self._no)}] if self._no else []
        ways: list[Json] = [{"ValueAsConceptCS": self._select(self._yes)}] if self._yes else []
        if set(row.answered) != set(row.concepts):
            plain = sorted(set(row.concepts) - set(row.answered))
            named = {"CodesetId": self._name_set(plain)}
            ways.append({**named, "ValueAsConcept": [make_concept(0)]})
            ways.append({**named, "ValueAsConceptCS": {"IsExclusion": True}})
        return ways

    def ask_measured(self, asked: Measured) -> Json:
        """That values fit, or surely do not."""
        fits = [one for each in asked.ranges for one in self._list_values(asked, each, inside=True)]
        fails = [one for each in asked.ranges for one in self._list_values(asked, each, inside=False)]
        good, bad = (fits, fails) if asked.wanted else (fails, fits)
        others = self._list_other_units(asked)
        days = (asked.start_from, asked.start_to)
        if asked.which == "last":
            ruled_out = [self._beside(each, _NONE) for each in (*bad, *others)]
            ruled_out.append(self._after(asked))
            found = [_correlate(each, make_group("ALL", criteria=ruled_out)) for each in good]
            return make_either(criteria=[self._around(each, days, None, _SOME) for each in found])
        some = make_either(criteria=[self._around(each, days, None, _SOME) for each in good])
        if asked.wanted:
            # Values of one day that disagree are a conflict.
            clash = make_either(criteria=[self._beside(each, _SOME) for each in bad])
            clashing = [self._around(_correlate(each, clash), days, None, _NONE) for each in good]
            return make_group("ALL", criteria=clashing, groups=[some])
        none = [self._around(each, days, None, _NONE) for each in (*bad, *others)]
        return make_group("ALL", criteria=none, groups=[some])

    def _list_values(self, asked: Measured, each: Range, *, inside: bool) -> list[Json]:
        body = {"CodesetId": self._name_set(asked.concepts)}
        spans = _list_spans(each, inside=inside)
        if asked.limit:
            ratio = "RangeHighRatio" if asked.limit == "ULN" else "RangeLowRatio"
            return [{"Measurement": {**body, ratio: span}} for span in spans]
        units: list[Json] = []
        if each.unit_ids or not each.unit:
            ids = [*each.unit_ids, *([] if each.unit else [0])]
            units.append({"Unit": [make_concept(one) for one in ids]})
        if not each.unit:
            units.append({"UnitCS": {"IsExclusion": True}})
        return [{"Measurement": {**body, "ValueAsNumber": span, **unit}} for span in spans for unit in units]

    def _list_other_units(self, asked: Measured) -> list[Json]:
        """Values in a unit that says nothing here."""
        if asked.limit:
            return []
        body = {"CodesetId": self._name_set(asked.concepts), "ValueAsNumber": _ANY_NUMBER}
        known = sorted({one for each in asked.ranges for one in each.unit_ids})
        has_plain = any(not each.unit for each in asked.ranges)
        ids = [*known, *([0] if has_plain else [])]
        found: list[Json] = []
        if ids:
            found.append({"Measurement": {**body, "UnitCS": {**self._select(ids), "IsExclusion": True}}})
        if not has_plain:
            found.append({"Measurement": {**body, "UnitCS": {"IsExclusion": True}}})
        return found

    def _after(self, asked: Measured) -> Json:
        """That there is no later value up to the end of the window."""
        body: Json = {"CodesetId": self._name_set(asked.concepts), "ValueAsNumber": _ANY_NUMBER}
        if asked.start_to is not None:
            body["OccurrenceStartDate"] = {"Value": asked.start_to.isoformat(), "Op": "lte"}
        return {**_plain({"Measurement": body}, _NONE), "StartWindow": _make_window((1, None))}

    def _beside(self, criterion: Json, occurrence: Json) -> Json:
        return {**_plain(criterion, occurrence), "StartWindow": _make_window(_SAME_DAY)}

    def _around(
        self, criterion: Json, days: tuple[date | None, date | None], end: date | None, occurrence: Json
    ) -> Json:
        """A criterion with its days, counted from the index event."""
        first, last = (None if each is None else (each - self._day).days for each in days)
        made = {**_plain(criterion, occurrence), "StartWindow": _make_window((first, last))}
        if end is not None:
            made["EndWindow"] = {**_make_window(((end - self._day).days, None)), "UseEventEnd": True}
        return made

    def _select(self, ids: Sequence[int]) -> Json:
        return {"CodesetId": self._name_set(ids), "IsExclusion": False}


def make_concept(concept_id: int) -> Json:
    """A concept as Circe names one."""
    return {"CONCEPT_ID": concept_id}


def _plain(criterion: Json, occurrence: Json) -> Json:
    return {
        "Criteria": criterion,
        "RestrictVisit": False,
        "IgnoreObservationPeriod": True,
        "Occurrence": dict(occurrence),
    }


def _correlate(criterion: Json, group: Json) -> Json:
    return {kind: {**body, "CorrelatedCriteria": group} for kind, body in criterion.items()}


def _make_window(days: tuple[int | None, int | None]) -> Json:
    """From so many days after an event to so many; negative before it; None for any."""
    first, last = days
    return {
        "Start": {"Days": None, "Coeff": -1}
        if first is None
        else {"Days": abs(first), "Coeff": _sign(first)},
        "End": {"Days": None, "Coeff": 1} if last is None else {"Days": abs(last), "Coeff": _sign(last)},
        "UseIndexEnd": False,
        "UseEventEnd": False,
    }


def _sign(days: int) -> int:
    return -1 if days < 0 else 1


def _list_spans(each: Range, *, inside: bool) -> list[Json]:
    low, high = each.low, each.high
    if low is not None and high is not None and inside:
        first = low if each.low_included else low + _STEP
        last = high if each.high_included else high - _STEP
        return [{"Value": first, "Extent": last, "Op": "bt"}]
    spans = []
    if low is not None:
        spans.append({"Value": low, "Op": _name_sign("g" if inside else "l", each.low_included == inside)})
    if high is not None:
        spans.append({"Value": high, "Op": _name_sign("l" if inside else "g", each.high_included == inside)})
    return spans


def _name_sign(side: str, included: bool) -> str:
    return f"{side}te" if included else f"{side}t"


def _latest(*days: date | None) -> date | None:
    return max((each for each in days if each is not None), default=None)


def _earliest(*days: date | None) -> date | None:
    return min((each for each in days if each is not None), default=None)


_ANY_NUMBER = {"Value": _LEAST_NUMBER, "Op": "gt"}
