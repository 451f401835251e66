"""The everyday filters as queries of the language, for those who choose from lists instead of typing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.errors import QueryError
from trialbook.model import PartialDate
from trialbook.patient.note import PatientNote
from trialbook.record.pieces import find_enum_value, find_piece, get_enums
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.order import SortKey
from trialbook.search.language.parse import parse_query
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
SORTS: dict[str, tuple[SortKey, ...]] = {
    "relevance": (),
    "updated": (SortKey("LastUpdatePostDate", descending=True),),
    "started": (SortKey("StartDate", descending=True),),
    "enrollment": (SortKey("EnrollmentCount", descending=True),),
    "id": (),
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks who fills in a form. Filters are ANDed; the values of one filter are ORed.

    Attributes
    ----------
    text
        A query in the registry's language; "" for every study.
    overall_status, phase, study_type, sex
        The registry's values.
    country
        Countries as the registry writes them.
    age_years
        An age that the study must admit; limits that a record does not give admit every age.
    start_from, start_to
        Partial dates, both included.
    has_results
        True, False, or None for either.
    as_of
        The day (ISO) at whose end the records are asked; None for now.
    sort
        One of `SORTS`.
    note
        What a note says of a patient (`read_note`): it ranks, and its age and sex filter.
    """

    text: str = ""
    overall_status: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    study_type: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    age_years: float | None = None
    start_from: str = ""
    start_to: str = ""
    has_results: bool | None = None
    as_of: str | None = None
    sort: str = "relevance"
    note: PatientNote | None = None
    offset: int = 0
    limit: int = 20


def make_request(wish: Wish, *, facets: tuple[str, ...] = ()) -> SearchRequest:
    """The engine's request for what a person asks; raises QueryError where it cannot be understood."""
    filters = [
        any_value("OverallStatus", wish.overall_status),
        any_value("Phase", wish.phase),
        any_value("StudyType", wish.study_type),
        any_value("Sex", wish.sex),
        any_text("LocationCountry", wish.country),
        *admits_age(wish.age_years),
        starts_between(wish.start_from, wish.start_to),
        is_true("HasResults", wish.has_results),
        *(admits_patient(wish.note) if wish.note else ()),
    ]
    is_ranked = bool(wish.text.strip()) and wish.sort != "id"
    query = parse_query(wish.text, where="the search") if wish.text.strip() else None
    return SearchRequest(
        queries=(query,) if query and is_ranked else (),
        filters=keep(*filters, None if is_ranked else query),
        sort=SORTS[wish.sort],
        facets=facets,
        note=wish.note,
        as_of=wish.as_of,
        offset=wish.offset,
        limit=wish.limit,
    )


def any_value(piece: str, values: Sequence[str]) -> Query | None:
    """Studies that have one of the values of an enumeration; None for no values.

    Raises
    ------
    QueryError
        A value is none of the enumeration's.
    """
    if not values:
        return None
    enum = find_piece(piece)
    if enum is None or not enum.enum:
        raise QueryError(f"`{piece}` has no list of values")
    read = []
    for value in values:
        found = find_enum_value(enum.enum, value)
        if found is None:
            known = ", ".join(each.value for each in get_enums()[enum.enum])
            raise QueryError(f"Invalid value in parameter `{piece}`: `{value[:40]}`", hint=f"one of {known}")
        read.append(found)
    return _whole(piece, _either([Term(value) for value in dict.fromkeys(read)]))


def any_text(piece: str, values: Sequence[str]) -> Query | None:
    """Studies in which a value of a piece is one of these texts, whole; None for no values."""
    if not values:
        return None
    phrases = _either([Phrase(value) for value in dict.fromkeys(values)])
    return _whole(piece, Coverage("FullMatch", Expansion("Term", phrases)))


def is_true(piece: str, value: bool | None) -> Query | None:
    """Studies by a yes or no; None for either."""
    return None if value is None else _whole(piece, Term("true" if value else "false"))


def admits_age(years: float | None) -> tuple[Query, ...]:
    """Studies that admit an age in years; limits that a record does not give admit every age."""
    if years is None:
        return ()
    minutes = round(years * MINUTES_A_YEAR)
    older, younger = f"{minutes + 1} Minutes", f"{minutes - 1} Minutes"
    is_old_enough = Query(Not(Area("MinimumAge", Range(older, MAX, "age"))))
    if not minutes:
        return (is_old_enough,)
    return is_old_enough, Query(Not(Area("MaximumAge", Range(MIN, younger, "age"))))


def admits_patient(note: PatientNote) -> tuple[Query, ...]:
    """Studies that do not exclude a patient by age or sex; what a record leaves open excludes nobody."""
    other = {"FEMALE": "MALE", "MALE": "FEMALE"}
    sexes = (Query(Not(Area("Sex", Term(other[note.sex])))),) if note.sex else ()
    return (*admits_age(note.age_years), *sexes)


def starts_between(low: str, high: str) -> Query | None:
    """Studies by StartDate, partial dates, both included; "" leaves an end open. Raises QueryError."""
    if not low and not high:
        return None
    for name, value in (("start_from", low), ("start_to", high)):
        if value and PartialDate(value).earliest is None:
            raise QueryError(
                f"{name} is no date: {value[:40]!r}", hint="write a date as 2021-08-16, 2021-08 or 2021"
            )
    return _whole("StartDate", Range(low or MIN, high or MAX, "date"))


def keep(*queries: Query | None) -> tuple[Query, ...]:
    """Those that are there."""
    return tuple(query for query in queries if query is not None)


def _either(children: list[Expression]) -> Expression:
    return children[0] if len(children) == 1 else Or(tuple(children))


def _whole(piece: str, child: Expression) -> Query:
    return Query(Area(piece, child))
