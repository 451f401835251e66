"""What can be asked of a person's rows in an OMOP CDM? Yes-or-no questions, of which each target knows a way to ask.

A criterion has three answers, these have two. So each is asked twice, whether it is surely so and whether it is
surely not so, and "unknown" is where neither holds (`translate`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import msgspec

Table: TypeAlias = Literal["condition", "drug", "procedure", "device", "measurement", "observation"]
# How long a row holds. "open": without an end it goes on; "event": it is over on its day or at its end; "drug":
# without an end nobody knows; "past": at some time before its day.
Shape: TypeAlias = Literal["open", "event", "drug", "past"]


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table.

    Attributes
    ----------
    concepts
        Any of these standard concepts.
    answered
        Those of `concepts` that are questions, which say something only with an answer.
    start_from, start_to, end_from, end_to
        On which days they begin and end; None for any day.
    is_sure
        Whether only rows count that are surely so, or those too that may be.
    denied
        Whether rows are meant whose answer is no.
    """

    table: Table
    concepts: tuple[int, ...]
    answered: tuple[int, ...] = ()
    shape: Shape = "open"
    start_from: date | None = None
    start_to: date | None = None
    end_from: date | None = None
    end_to: date | None = None
    is_sure: bool = True
    denied: bool = False


class Happened(msgspec.Struct, frozen=True):
    """There are rows, on at least so many days; where `is_by_day` is False, so many rows.

    Attributes
    ----------
    unless
        Rows that deny it: none may lie on a day on which one of `rows` holds.
    """

    rows: tuple[Rows, ...]
    least: int = 1
    is_by_day: bool = True
    unless: tuple[Rows, ...] = ()


class Range(msgspec.Struct, frozen=True):
    """Values in one unit that lie where a criterion wants them.

    Attributes
    ----------
    unit
        UCUM, "" for a number without unit.
    unit_ids
        The concepts of the unit.
    """

    unit: str
    unit_ids: tuple[int, ...]
    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Values of a measurement within a stretch of days.

    Attributes
    ----------
    concepts, observed
        Standard concepts in MEASUREMENT, and in OBSERVATION.
    ranges
        Where a value fits, by unit; a value in another unit neither fits nor fails to.
    limit
        "ULN" or "LLN": `ranges` holds one, of multiples of the laboratory's own limit.
    which
        "last": all values of the last day count; "any": one of them is enough.
    wanted
        Whether values shall fit, or surely not fit.
    """

    concepts: tuple[int, ...]
    observed: tuple[int, ...]
    ranges: tuple[Range, ...]
    limit: Literal["", "ULN", "LLN"] = ""
    start_from: date | None = None
    start_to: date | None = None
    which: Literal["last", "any"] = "last"
    wanted: bool = True


class Born(msgspec.Struct, frozen=True):
    """Surely born from `first` to `last`; None for no bound."""

    first: date | None
    last: date | None


class IsSex(msgspec.Struct, frozen=True):
    """The sex is this one."""

    sex: Literal["female", "male"]


class HasCondition(msgspec.Struct, frozen=True):
    """There is any condition at all."""


class AllOf(msgspec.Struct, frozen=True):
    """Each holds; of none, always."""

    parts: tuple[Predicate, ...]


class AtLeastOf(msgspec.Struct, frozen=True):
    """At least `count` hold."""

    count: int
    parts: tuple[Predicate, ...]


class NotSo(msgspec.Struct, frozen=True):
    """It does not hold."""

    part: Predicate


Predicate: TypeAlias = Happened | Measured | Born | IsSex | HasCondition | AllOf | AtLeastOf | NotSo

ALWAYS = AllOf(())
NEVER = NotSo(ALWAYS)


def all_of(*parts: Predicate) -> Predicate:
    """All of the parts, without those that always hold."""
    kept = [each for each in parts if each != ALWAYS]
    if NEVER in kept:
        return NEVER
    return kept[0] if len(kept) == 1 else AllOf(tuple(kept))


def any_of(*parts: Predicate) -> Predicate:
    """Any of the parts, without those that never hold."""
    return at_least(1, parts)


def at_least(count: int, parts: tuple[Predicate, ...]) -> Predicate:
    """At least `count` of the parts."""
    count -= sum(each == ALWAYS for each in parts)
    kept = tuple(each for each in parts if each not in (ALWAYS, NEVER))
    if count <= 0:
        return ALWAYS
    if count > len(kept):
        return NEVER
    if count == len(kept):
        return all_of(*kept)
    return AtLeastOf(count, kept)


def not_so(part: Predicate) -> Predicate:
    """The opposite of the part."""
    return part.part if isinstance(part, NotSo) else NotSo(part)
