"""Which everyday filters are there? One table, and the request that their values make.

Python's keywords, the command line, the search page, our own API and an agent's tools are made from
`FILTERS`: a row that is added there is offered by all of them, and counted where it has a facet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from trialbook.ask.conditions import (
    admits_age,
    admits_patient,
    any_text,
    any_value,
    any_year,
    is_true,
    lies_between,
    takes_person,
)
from trialbook.ask.dates import read_as_of
from trialbook.ask.kinds import Filter, Value, read_value
from trialbook.ask.near import Near, read_near
from trialbook.ask.queries import QUERIES, read_query
from trialbook.errors import QueryError
from trialbook.search.engine.engine import FACETS, SearchRequest
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.search.engine.order import DISTANCE, NEWEST, SortKey
from trialbook.search.language.syntax import Query

if TYPE_CHECKING:
    from trialbook.patient.note import PatientNote

FILTERS: tuple[Filter, ...] = (
    Filter(
        name="status",
        kind="choices",
        piece="OverallStatus",
        facet="OverallStatus",
        label="Status",
        meaning="OverallStatus is one of these.",
        order=(
            "RECRUITING",
            "NOT_YET_RECRUITING",
            "ENROLLING_BY_INVITATION",
            "AVAILABLE",
            "ACTIVE_NOT_RECRUITING",
            "COMPLETED",
            "SUSPENDED",
            "TERMINATED",
            "WITHDRAWN",
        ),
        is_plain=True,
        example="RECRUITING",
    ),
    Filter(
        name="phase",
        kind="choices",
        piece="Phase",
        facet="Phase",
        label="Phase",
        meaning="Phase is one of these.",
        order=("EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "NA"),
        is_plain=True,
        example="PHASE2",
    ),
    Filter(
        name="study_type",
        short="type",
        kind="choices",
        piece="StudyType",
        facet="StudyType",
        label="Study type",
        meaning="StudyType is one of these.",
        is_plain=True,
        example="INTERVENTIONAL",
    ),
    Filter(
        name="sex",
        kind="choices",
        piece="Sex",
        facet="Sex",
        label="Sex",
        meaning="Sex is one of these; ALL means open to both.",
        example="FEMALE",
    ),
    Filter(
        name="country",
        kind="texts",
        piece="LocationCountry",
        facet="LocationCountry",
        label="Country",
        hint="by any name: USA, Türkiye, Deutschland",
        meaning="A site in one of these countries, by any of its names: United States, USA, Estados Unidos.",
        example="United States",
    ),
    Filter(
        name="city",
        kind="texts",
        piece="LocationCity",
        facet="LocationCity",
        label="City",
        meaning="A site in one of these cities, as records write it.",
        example="Miami",
    ),
    Filter(
        name="condition_name",
        kind="texts",
        piece="Condition",
        facet="Condition",
        label="Condition",
        meaning="Condition is one of these, whole; the query `cond` finds other names too.",
        example="Heart Failure",
    ),
    Filter(
        name="intervention_name",
        kind="texts",
        piece="InterventionName",
        facet="InterventionName",
        label="Intervention",
        meaning="InterventionName is one of these, whole; the query `intr` finds other names too.",
        example="Placebo",
    ),
    Filter(
        name="lead_sponsor",
        kind="texts",
        piece="LeadSponsorName",
        facet="LeadSponsorName",
        label="Lead sponsor",
        meaning="LeadSponsorName is one of these, whole.",
        example="Mayo Clinic",
    ),
    Filter(
        name="funder",
        kind="choices",
        piece="LeadSponsorClass",
        facet="LeadSponsorClass",
        label="Kind of lead sponsor",
        meaning="LeadSponsorClass is one of these.",
        example="INDUSTRY",
    ),
    Filter(
        name="near",
        kind="place",
        piece="LocationGeoPoint",
        label="Near",
        hint="a town, postal code, region or coordinates",
        meaning="A site near a place: a town (Miami; Paris, Texas), a postal code (33136), a region (Bavaria) or "
        "latitude and longitude (25.76,-80.19).",
        example="Miami",
    ),
    Filter(
        name="within",
        kind="radius",
        piece="LocationGeoPoint",
        label="Within",
        hint="50 mi unless told",
        meaning="How far from the place that near names, in km or mi; 50mi unless told.",
        example="30km",
    ),
    Filter(
        name="age_years",
        short="age",
        kind="age",
        piece="MinimumAge",
        facet="StdAge",
        label="Age in years",
        hint="studies that admit this age",
        meaning="An age in years that the study admits. A study that states no limit admits it.",
        example="63",
    ),
    Filter(
        name="accepts",
        kind="person",
        piece="Accepts",
        counted_apart="Refuses",
        label="Takes a person with",
        hint="HbA1c 8.2 %, prior myocardial infarction",
        meaning="No criterion keeps out by one thing alone whoever words tell of: HbA1c 8.2 %, prior stroke, no"
        " heart failure. Studies of which nothing is known are left out; needs `trialbook rebuild criteria`.",
        example="prior myocardial infarction",
    ),
    Filter(
        name="start_from",
        kind="first_day",
        piece="StartDate",
        label="Started from",
        hint="2021, 2021-08 or 2021-08-16",
        meaning="StartDate on or after: 2021, 2021-08 or 2021-08-16.",
        example="2021-08",
    ),
    Filter(
        name="start_to",
        kind="last_day",
        piece="StartDate",
        label="Started until",
        meaning="StartDate on or before.",
        example="2022",
    ),
    Filter(
        name="start_year",
        kind="years",
        piece="StartDate",
        facet="StartYear",
        label="Start year",
        meaning="StartDate lies in one of these years.",
        example="2021",
    ),
    Filter(
        name="has_results",
        short="results",
        kind="yes_no",
        piece="HasResults",
        facet="HasResults",
        label="Results",
        answers=("Posted", "Not posted"),
        meaning="Whether results were posted.",
        example="true",
    ),
    Filter(
        name="results_overdue",
        short="overdue",
        kind="yes_no",
        piece="ResultsOverdue",
        facet="ResultsOverdue",
        label="Results overdue",
        answers=("Overdue", "Not known to be"),
        meaning="Whether results seem overdue under 42 CFR Part 11, as far as the record tells.",
        example="true",
    ),
    Filter(
        name="status_outdated",
        short="outdated",
        kind="yes_no",
        piece="StatusOutdated",
        facet="StatusOutdated",
        label="Status out of date",
        answers=("Out of date", "Not known to be"),
        meaning="Whether an open study's completion date has passed, or nobody verified it for two years; "
        "false leaves such out.",
        example="false",
    ),
    Filter(
        name="outcome_changed",
        kind="yes_no",
        piece="PrimaryOutcomeChanged",
        facet="PrimaryOutcomeChanged",
        label="Primary outcome changed",
        answers=("After the start", "Not known to have"),
        meaning="Whether versions held here prove that a primary outcome changed after the study had started.",
        example="true",
    ),
)


class Sort(msgspec.Struct, frozen=True):
    """An order that people may choose: its label, and what it sorts by."""

    label: str
    keys: tuple[SortKey, ...] = ()


SORTS = {
    "relevance": Sort("Relevance"),
    "updated": Sort("Last update", (SortKey("LastUpdatePostDate", descending=True),)),
    "started": Sort("Start date", (SortKey("StartDate", descending=True),)),
    "primary_completed": Sort("Primary completion", (SortKey("PrimaryCompletionDate", descending=True),)),
    "completed": Sort("Completion", (SortKey("CompletionDate", descending=True),)),
    "enrollment": Sort("Enrolment", (SortKey("EnrollmentCount", descending=True),)),
    "distance": Sort("Distance", (SortKey(DISTANCE, descending=False),)),
    "id": Sort("NCT number"),
}


def list_facets(*, is_quick: bool = False) -> tuple[str, ...]:
    """The pieces by which an everyday search counts its studies: the usual ones, and those of the filters.

    `is_quick` leaves out those with any number of values: to count by them costs the more the more studies match.
    """
    filters = (each for each in FILTERS if each.facet and not (is_quick and has_many_values(each)))
    return tuple(dict.fromkeys((*FACETS, *(each.facet for each in filters))))


def has_many_values(asked: Filter) -> bool:
    """Whether what a filter chooses among has any number of values; of countries there are few."""
    return asked.kind == "texts" and asked.piece != "LocationCountry"


def find_own_filters(groups: Mapping[str, Sequence[Query]]) -> tuple[tuple[str, Query], ...]:
    """The queries of `make_filters` that choose among the values of a facet, each with it."""
    facets = {each.name: each.facet for each in FILTERS if each.facet}
    return tuple((facets[name], query) for name, group in groups.items() if name in facets for query in group)


def make_request(  # noqa: PLR0913 - a search has that many sides, and callers name each
    text: str = "",
    given: Mapping[str, object] | None = None,
    *,
    areas: Mapping[str, str] | None = None,
    sort: str = "relevance",
    note: PatientNote | None = None,
    as_of: str | None = None,
    offset: int = 0,
    limit: int = 20,
    facets: tuple[str, ...] = (),
    find_place: FindPlace = find_known_place,
) -> SearchRequest:
    """The engine's request for what a person asks. All that is given must hold.

    Parameters
    ----------
    text
        A query in the registry's language; "" for every study.
    given
        Values of everyday filters by name, as `read_value` takes them.
    areas
        Queries that look in one search area each, by the names of `QUERIES`: cond, intr, spons, locn…
    sort
        One of `SORTS`; where nothing ranks, "relevance" shows the newest first; "distance" needs a place,
        counts to the nearest open site, then to any, and shows the most relevant first of those as near.
    note
        What a note says of a patient (`read_note`): it ranks, and its age and sex filter.
    as_of
        The day at whose end the records are asked, a partial date; None for now.
    offset, limit, facets
        The window, and the pieces to count by.
    find_place
        Says where a place is (`SearchEngine.find_place`); without a library, offline packages alone do.

    Raises
    ------
    QueryError
        The query cannot be parsed, there is no such filter or order, or a value is not what it takes.

    Examples
    --------
    >>> request = make_request("heart", {"status": "recruiting", "age_years": 63})
    >>> len(request.queries), len(request.filters)
    (1, 3)
    >>> make_request("", {"age_years": 200})
    Traceback (most recent call last):
    trialbook.errors.QueryError: age_years is no number of years from 0 to 150: '200'
    """
    if sort not in SORTS:
        raise QueryError(f"there is no order called {sort[:20]!r}", hint="one of " + ", ".join(SORTS))
    groups = make_filters(given or {}, find_place)
    filters = [query for group in groups.values() for query in group]
    near = find_near(given or {}, find_place)
    if sort == "distance" and near is None:
        raise QueryError("there is no place to sort by distance from", hint="near says which: near=Miami")
    if note:
        filters += admits_patient(note)
    queries = tuple(read_parts(text, areas or {}).values())
    is_ranked = bool(queries) and sort != "id"
    is_alike = sort == "relevance" and not queries and note is None
    return SearchRequest(
        queries=queries if is_ranked else (),
        filters=tuple(filters) if is_ranked else (*filters, *queries),
        sort=(SortKey(NEWEST, descending=True),) if is_alike else SORTS[sort].keys,
        origin=near.origin if near else None,
        facets=facets,
        own_filters=find_own_filters(groups) if facets else (),
        note=note,
        as_of=read_as_of(as_of or ""),
        offset=offset,
        limit=limit,
    )


def read_parts(text: str, areas: Mapping[str, str]) -> dict[str, Query]:
    """The queries of what was typed, by the names of their boxes, "" the one for everything; raises QueryError."""
    known = {each.name: each for each in QUERIES}
    if unknown := [name for name in areas if name not in known]:
        raise QueryError(
            f"there is no search area called {unknown[0][:40]!r}", hint="one of " + ", ".join(known)
        )
    parts = {"": read_query(text, where="the search")} if text.strip() else {}
    return parts | {
        name: read_query(words, where=known[name].label, area=known[name].area)
        for name, words in areas.items()
        if words.strip()
    }


def make_filters(
    given: Mapping[str, object], find_place: FindPlace = find_known_place
) -> dict[str, tuple[Query, ...]]:
    """The queries of everyday filters, by the names that they stand for; raises QueryError as `read_value`.

    `find_place` as in `make_request`.
    """
    values = _read_values(given)
    made: dict[str, tuple[Query, ...]] = {}
    if near := read_near(values, find_place):
        made["near, within" if "within" in values else "near"] = (near.query,)
    for each in FILTERS:
        if each.name in values and each.kind not in ("place", "radius"):
            span = _find_span(each)
            made[", ".join(span) or each.name] = _make_queries(each, values, span)
    return made


def find_near(given: Mapping[str, object], find_place: FindPlace = find_known_place) -> Near | None:
    """The place that filters name, with what it asks for; None for none. Raises QueryError."""
    return read_near(_read_values(given), find_place)


def _read_values(given: Mapping[str, object]) -> dict[str, Value]:
    known = {each.name: each for each in FILTERS}
    for name in given:
        if name not in known:
            raise QueryError(
                f"there is no filter called {name[:40]!r}", hint=f"the filters are {', '.join(known)}"
            )
    read = {name: read_value(known[name], value) for name, value in given.items()}
    return {name: value for name, value in read.items() if value is not None}


def _find_span(asked: Filter) -> dict[str, str]:
    """The filters that bound the same dates as this one, each with its kind; none where it is no day."""
    if asked.kind not in ("first_day", "last_day"):
        return {}
    days = (each for each in FILTERS if each.kind in ("first_day", "last_day"))
    return {each.name: each.kind for each in days if each.piece == asked.piece}


_CHOICES = {"choices": any_value, "texts": any_text, "years": any_year}


def _make_queries(asked: Filter, values: Mapping[str, Value], span: Mapping[str, str]) -> tuple[Query, ...]:
    value = values[asked.name]
    if span:
        bounds = {kind: str(values[name]) for name, kind in span.items() if name in values}
        return (lies_between(asked.piece, bounds.get("first_day", ""), bounds.get("last_day", "")),)
    if isinstance(value, bool):
        return (is_true(asked.piece, value),)
    if isinstance(value, tuple):
        return (_CHOICES[asked.kind](asked.piece, value),)
    if isinstance(value, str):
        return (takes_person(asked.piece, value),)
    return admits_age(float(value))


def write_values(given: Mapping[str, object]) -> list[tuple[str, str]]:
    """Values of filters as parameters of our own API's addresses; raises QueryError as `read_value`.

    >>> write_values({"status": ["COMPLETED"], "country": ["Chad", "Norway"], "has_results": False, "sex": ()})
    [('status', 'COMPLETED'), ('country', 'Chad|Norway'), ('has_results', 'false')]
    """
    written = []
    for each in FILTERS:
        value = read_value(each, given.get(each.name))
        if isinstance(value, tuple):
            written.append((each.name, "|".join(value)))
        elif isinstance(value, str):
            written.append((each.name, value))
        elif value is not None:
            written.append((each.name, str(value).lower().removesuffix(".0")))
    return written
