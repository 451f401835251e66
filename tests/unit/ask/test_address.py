"""Does an address say which studies are asked for, in the registry's parameters and in our own?"""

from __future__ import annotations

import pytest

from trialbook.ask.address import AREAS, REGISTRY_WHICH, WHICH, read_asked
from trialbook.ask.filters import make_filters
from trialbook.ask.parameters import Parameters
from trialbook.ask.query_string import normalise_query, write_site_url
from trialbook.errors import ApiError, QueryError
from trialbook.record.pieces import get_areas
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import Query


def ask(query: str) -> SearchRequest:
    return read_asked(Parameters(query.encode(), WHICH)).request


def make(**given: object) -> tuple[Query, ...]:
    return tuple(query for group in make_filters(given).values() for query in group)


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("status=COMPLETED", make(status="COMPLETED")),
        ("status=RECRUITING,COMPLETED|UNKNOWN", make(status=["RECRUITING", "COMPLETED", "UNKNOWN"])),
        ("status=RECRUITING&status=Completed", make(status=["RECRUITING", "COMPLETED"])),
        ("status=&phase=,&age_years=%20&has_results=", ()),
        ("country=Bonaire, Sint Eustatius and Saba|Chad", make(country=["Bonaire, Sint Eustatius and Saba", "Chad"])),
        ("age_years=63&has_results=FALSE", make(age_years=63, has_results=False)),
        ("start_from=2020&start_to=2021-02", make(start_from="2020", start_to="2021-02")),
    ],
)  # fmt: skip
def test_everyday_filters_are_read(query: str, filters: tuple[Query, ...]) -> None:
    assert ask(query).filters == filters


def test_all_must_hold_also_beside_an_id() -> None:
    request = ask("query.id=NCT00000001&filter.overallStatus=COMPLETED&sex=MALE")
    # The registry leaves its own filters aside in a search by id.
    assert [render_query(each) for each in request.filters] == ["AREA[Sex]MALE"]
    request = ask("query.id=heart&filter.overallStatus=COMPLETED&sex=MALE")
    assert [render_query(each) for each in request.filters] == [
        "AREA[OverallStatus]COMPLETED",
        "AREA[Sex]MALE",
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=OPEN", "`status`: `OPEN`\none of ACTIVE_NOT_RECRUITING"),
        ("age_years=200", "age_years is no number of years from 0 to 150: '200'"),
        ("start_to=soon", "start_to is no date"),
        ("has_results=2", "has_results is neither true nor false"),
        ("age_years=3&age_years=4", "`age_years` is given more than once"),
        ("sex=" + "ALL," * 2_001, "`sex` has more than 2000 items"),
    ],
)
def test_a_wrong_value_is_refused(query: str, said: str) -> None:
    with pytest.raises((ApiError, QueryError), match=said):
        ask(query)


def test_the_areas_of_queries_are_in_the_order_of_the_text() -> None:
    asked = read_asked(
        Parameters(b"query.cond=a AND AREA[Phase]PHASE2 OR AREA[Keyword]b&query.id=NCT00000001", WHICH)
    )
    assert asked.queried == ("ConditionSearch", "Phase", "Keyword", "IdSearch", "NCTIdSearch")


def test_every_parameter_that_an_area_has_is_a_query() -> None:
    listed = {area.param: area.name for area in get_areas().values() if area.param}
    assert {"query.lead": "LeadSponsorName", **listed} == AREAS
    assert set(AREAS) < REGISTRY_WHICH < WHICH


def test_a_search_with_filters_can_be_kept() -> None:
    kept = normalise_query("status=RECRUITING&age_years=63&query.cond=asthma&sex=")
    assert kept == "age_years=63&query.cond=asthma&status=RECRUITING"
    assert "OverallStatus" in write_site_url(kept)
