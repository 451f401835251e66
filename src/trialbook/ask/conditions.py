"""What must be true of a record? The values of everyday filters, as queries of the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from trialbook.ask.kinds import NOT_STATED
from trialbook.search.language.syntax import (
    MAX,
    MIN,
    Area,
    Coverage,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Term,
)

if TYPE_CHECKING:
    from trialbook.patient.note import PatientNote

MINUTES_A_YEAR = 365.25 * 1440


def any_value(piece: str, values: Sequence[str]) -> Query:
    """Studies that have one of these values of an enumeration; `NOT_STATED` means those without one."""
    return _make_choice(values, lambda each: Area(piece, _either([Term(value) for value in each])), piece)


def any_text(piece: str, values: Sequence[str]) -> Query:
    """Studies in which a value of a piece is one of these texts, whole; `NOT_STATED` means those without one."""

    def stand_in(texts: Sequence[str]) -> Expression:
        phrases = _either([Phrase(value) for value in texts])
        return Area(piece, Coverage("FullMatch", Expansion("Term", phrases)))

    return _make_choice(values, stand_in, piece)


def any_year(piece: str, values: Sequence[str]) -> Query:
    """Studies whose date lies in one of these years; `NOT_STATED` means those without one."""

    def lie_in(years: Sequence[str]) -> Expression:
        return _either([Area(piece, Range(year, year, "date")) for year in years])

    return _make_choice(values, lie_in, piece)


def _make_choice(values: Sequence[str], make: Callable[[Sequence[str]], Expression], piece: str) -> Query:
    stated = [value for value in dict.fromkeys(values) if value != NOT_STATED]
    parts = [make(stated)] if stated else []
    return Query(_either(parts + ([Area(piece, Missing())] if NOT_STATED in values else [])))


def is_true(piece: str, value: bool) -> Query:
    """Studies by a yes or no."""
    return Query(Area(piece, Term("true" if value else "false")))


def takes_person(piece: str, told: str) -> Query:
    """Studies whose criteria do not keep out by one thing alone whoever words tell of."""
    return Query(Area(piece, Phrase(told)))


def lies_between(piece: str, low: str, high: str) -> Query:
    """Studies by a date, from one partial date to another, both included; "" leaves an end open."""
    return Query(Area(piece, Range(low or MIN, high or MAX, "date")))


def admits_age(years: float, high: float | None = None) -> tuple[Query, ...]:
    """Studies that admit an age in years, or one from it to `high`; limits that a record does not give admit all."""
    youngest = round(years * MINUTES_A_YEAR)
    oldest = youngest if high is None else round(high * MINUTES_A_YEAR)
    is_old_enough = Query(Not(Area("MinimumAge", Range(f"{oldest + 1} Minutes", MAX, "age"))))
    if not youngest:
        return (is_old_enough,)
    return is_old_enough, Query(Not(Area("MaximumAge", Range(MIN, f"{youngest - 1} Minutes", "age"))))


def admits_patient(note: PatientNote) -> tuple[Query, ...]:
    """Studies that do not exclude a patient by age or sex; what a record leaves open excludes nobody."""
    other = {"FEMALE": "MALE", "MALE": "FEMALE"}
    ages = () if note.ages is None else admits_age(*note.ages)
    sexes = (Query(Not(Area("Sex", Term(other[note.sex])))),) if note.sex else ()
    return (*ages, *sexes)


def _either(children: list[Expression]) -> Expression:
    return children[0] if len(children) == 1 else Or(tuple(children))
