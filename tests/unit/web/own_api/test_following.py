"""Is a search that is to be followed read as it was meant?"""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from trialbook.ask.parameters import Parameters
from trialbook.ask.query_string import describe_query, normalise_query
from trialbook.errors import ApiError, QueryError
from trialbook.library.saved import SavedSearch
from trialbook.search.engine.gazetteer import find_known_place
from trialbook.web.own_api.endpoints import get_endpoint
from trialbook.web.own_api.feed_request import read_followed

KNOWN = get_endpoint("feed").known


def test_the_same_search_has_one_form() -> None:
    assert normalise_query("query.term=b&query.cond= a ") == normalise_query(
        "query.cond=a&query.term=b&aggFilters="
    )
    assert normalise_query("filter.ids=NCT1&filter.ids=NCT2") == "filter.ids=NCT1%7CNCT2"


@pytest.mark.parametrize("query", ["limit=3", "query.cond=(", "filter.geo=here", "x"])
def test_what_cannot_be_asked_cannot_be_followed(query: str) -> None:
    with pytest.raises((ApiError, QueryError)):
        normalise_query(query)


def test_a_title_stays_short() -> None:
    assert len(describe_query("query.term=" + "a" * 10_000)) == 150
    assert describe_query("query.term=a%0Ab") == "a b"


def test_a_month_counts_from_its_first_day(own: TestClient) -> None:
    asked = read_followed(Parameters(b"since=2000-02", KNOWN), find_known_place)
    assert (asked.after, asked.since) == (0, "2000-02-01")
    saved = SavedSearch("a", "query.cond=b", "2026-01-01T00:00:00+00:00", 7)
    followed = read_followed(Parameters(b"since=2000&limit=3", KNOWN), find_known_place, saved)
    assert (followed.after, followed.limit, followed.form) == (7, 3, "atom")
    with pytest.raises(QueryError, match="since is no date"):
        read_followed(Parameters(b"since=soon", KNOWN), find_known_place)
    entries = {day: own.get(f"/feed?format=json&since={day}").json()["items"] for day in ("2000", "2999-01")}
    assert entries["2000"]
    assert entries["2999-01"] == []
