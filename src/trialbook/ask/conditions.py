"""What must be true of a record? The values of everyday filters, as queries of the language."""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.patient.note import PatientNote
from trialbook.search.language.syntax import (
    MAX,
    MIN,
    Area,
    Coverage,
    Expansion,
    Expression,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Term,
)

MINUTES_A_YEAR = 365.25 * 1440


def any_value(piece: str, values: Sequence[str]) -> Query:
    """Studies that have one of these values of an enumeration."""
    return Query(Area(piece, _either([Term(value) for value in dict.fromkeys(values)])))


def any_text(piece: str, values: Sequence[str]) -> Query:
    """Studies in which a value of a piece is one of these texts, whole."""
    phrases = _either([Phrase(value) for value in dict.fromkeys(values)])
    return Query(Area(piece, Coverage("FullMatch", Expansion("Term", phrases))))


def is_true(piece: str, value: bool) -> Query:
    """Studies by a yes or no."""
    return Query(Area(piece, Term("true" if value else "false")))


def lies_between(piece: str, low: str, high: str) -> Query:
    """Studies by a date, from one partial date to another, both included; "" leaves an end open."""
    return Query(Area(piece, Range(low or MIN, high or MAX, "date")))


def admits_age(years: float) -> tuple[Query, ...]:
    """Studies that admit an age in years; limits that a record does not give admit every age."""
    minutes = round(years * MINUTES_A_YEAR)
    older, younger = f"{minutes + 1} Minutes", f"{minutes - 1} Minutes"
    is_old_enough = Query(Not(Area("MinimumAge", Range(older, MAX, "age"))))
    if not minutes:
        return (is_old_enough,)
    return is_old_enough, Query(Not(Area("MaximumAge", Range(MIN, younger, "age"))))


def admits_patient(note: PatientNote) -> tuple[Query, ...]:
    """Studies that do not exclude a patient by age or sex; what a record leaves open excludes nobody."""
    other = {"FEMALE": "MALE", "MALE": "FEMALE"}
    ages = () if note.age_years is None else admits_age(note.age_years)
    sexes = (Query(Not(Area("Sex", Term(other[note.sex])))),) if note.sex else ()
    return (*ages, *sexes)


def _either(children: list[Expression]) -> Expression:
    return children[0] if len(children) == 1 else Or(tuple(children))
