"""Is each value of an everyday filter read by its kind, and refused with what would be right?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from trialbook.ask.filters import FILTERS, SORTS, make_filters, make_request, write_values
from trialbook.ask.kinds import read_value
from trialbook.errors import QueryError
from trialbook.search.language.render import render_query

BY_NAME = {each.name: each for each in FILTERS}


def read(name: str, value: object) -> object:
    return read_value(BY_NAME[name], value)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("status", "recruiting", ("RECRUITING",)),
        ("status", ["Active, not recruiting", "RECRUITING"], ("ACTIVE_NOT_RECRUITING", "RECRUITING")),
        ("phase", ("PHASE2", " ", "Phase 2"), ("PHASE2",)),
        ("phase", iter(["PHASE3"]), ("PHASE3",)),
        ("country", " Norway ", ("Norway",)),
        ("country", ["Bonaire, Sint Eustatius and Saba"], ("Bonaire, Sint Eustatius and Saba",)),
        ("age_years", 0, 0.0),
        ("age_years", "17.5", 17.5),
        ("age_years", 150, 150.0),
        ("start_from", "2021-08", "2021-08"),
        ("start_to", date(2021, 8, 16), "2021-08-16"),
        ("start_to", datetime(2021, 8, 16, 23), "2021-08-16"),  # noqa: DTZ001 - a day has no zone
        ("has_results", False, False),
        ("has_results", "TRUE", True),
    ],
)
def test_a_value_is_read_by_its_kind(name: str, given: object, value: object) -> None:
    assert read(name, given) == value
    assert read(name, value) == value


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("nothing", [None, "", "  "], ids=repr)
def test_nothing_is_no_filter(name: str, nothing: object) -> None:
    assert read(name, nothing) is None
    assert make_filters({name: nothing}) == {}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("status", "OPEN", r"parameter `status`: `OPEN`\none of ACTIVE_NOT_RECRUITING, COMPLETED, "),
        ("phase", ["PHASE2", "PHASE9"], r"parameter `phase`: `PHASE9`\none of .*PHASE2"),
        ("sex", 3, "sex holds no text: '3'\nfor example 'FEMALE'"),
        ("country", [None], "country holds no text: 'None'\nfor example 'United States'"),
        ("country", b"Norway", "country holds no text: '78'"),
        ("age_years", 150.5, r"age_years is no number of years from 0 to 150: '150\.5'"),
        ("age_years", -1, "age_years is no number of years"),
        ("age_years", "nan", "age_years is no number of years"),
        ("age_years", 10**400, "age_years is no number of years"),
        ("age_years", True, "age_years is no number of years"),
        ("age_years", [3], "age_years is no number of years"),
        ("start_from", "2021-13", "start_from is no date: '2021-13'\nwrite a date as 2021-08-16"),
        ("start_to", 2021, "start_to is no date: '2021'"),
        ("has_results", "yes", "has_results is neither true nor false: 'yes'"),
        ("has_results", 1, "has_results is neither true nor false: '1'"),
    ],
)
def test_a_wrong_value_is_refused_with_name_and_what_would_be_right(
    name: str, given: object, said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        make_request("", {name: given})


def test_an_unknown_filter_or_order_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(QueryError, match="no filter called 'colour'\nthe filters are status, phase, "):
        make_request("", {"colour": "red"})
    with pytest.raises(QueryError, match="no order called 'beauty'\none of relevance, updated, "):
        make_request("", sort="beauty")


def test_the_two_ends_of_a_span_are_one_condition() -> None:
    both = make_filters({"start_to": "2022", "start_from": "2021"})
    ((name, (query,)),) = both.items()
    assert name == "start_from, start_to"
    assert render_query(query) == "AREA[StartDate]RANGE[2021, 2022]"
    (end,) = make_filters({"start_to": "2022"})["start_from, start_to"]
    assert render_query(end) == "AREA[StartDate]RANGE[MIN, 2022]"


@pytest.mark.parametrize("sort", SORTS)
def test_a_query_ranks_unless_the_order_is_by_id(sort: str) -> None:
    request = make_request("heart", {"near": "25.8,-80.2"}, sort=sort)
    assert (len(request.queries), len(request.filters)) == ((0, 2) if sort == "id" else (1, 1))


def test_the_day_is_the_last_that_a_partial_date_can_mean() -> None:
    assert make_request("", as_of="2024-02").as_of == "2024-02-29"
    assert make_request("").as_of is None


def test_values_are_written_for_addresses() -> None:
    given: dict[str, Any] = {"has_results": True, "age_years": "63", "phase": ["PHASE2", "phase 3"]}
    assert write_values(given) == [("phase", "PHASE2|PHASE3"), ("age_years", "63"), ("has_results", "true")]
