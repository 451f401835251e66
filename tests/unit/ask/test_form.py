"""Is the form of the search page read as it was filled in, also from an old address?"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from trialbook.ask.filters import list_facets, make_request
from trialbook.ask.form import COUNTED_VALUES, PAGE_SIZE, Fields, name_parts, read_form
from trialbook.errors import QueryError
from trialbook.search.engine.engine import SearchRequest


def ask(text: str = "", *, areas: Mapping[str, str] | None = None, **given: object) -> SearchRequest:
    request = make_request(text, given, areas=areas, limit=PAGE_SIZE, facets=list_facets(is_quick=True))
    return msgspec.structs.replace(request, facet_size=COUNTED_VALUES)


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ({}, ask()),
        ({"q": [" heart "], "unheard_of": ["1"]}, ask("heart")),
        ({"type": ["OBSERVATIONAL"], "age": ["12"]}, ask(study_type="OBSERVATIONAL", age_years=12)),
        ({"status": ["COMPLETED", "RECRUITING"]}, ask(status=("COMPLETED", "RECRUITING"))),
        ({"status": [""], "age": [" "], "results": [""]}, ask()),
        ({"cond": ["asthma"], "intr": [" "]}, ask(areas={"cond": "asthma"})),
        ({"phase": ["NOT_STATED", "PHASE1"]}, ask(phase=["NOT_STATED", "PHASE1"])),
        ({"results": ["true"]}, ask(has_results=True)),
        ({"results": ["false"]}, ask(has_results=False)),
        ({"results": ["true", "false"]}, ask()),
        ({"country": ["Chad", "Norway"]}, ask(country=("Chad", "Norway"))),
        ({"start_from": ["2021"], "start_to": ["2022"]}, ask(start_from="2021", start_to="2022")),
    ],
    ids=str,
)
def test_fields_are_filters(fields: Fields, request_: SearchRequest) -> None:
    assert read_form(fields) == request_


def test_pages_sorts_and_days_are_read() -> None:
    request = read_form({"q": ["heart"], "page": ["3"], "sort": ["started"], "as_of": ["2024-02"]})
    assert (request.offset, request.limit, request.as_of) == (2 * PAGE_SIZE, PAGE_SIZE, "2024-02-29")
    assert request.sort[0].field == "StartDate"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("age", "old", "^age is no number of years from 0 to 150: 'old'$"),
        ("type", "BOTH", "^Invalid value in parameter `type`: `BOTH`\none of EXPANDED_ACCESS"),
        ("results", "many", "^results is neither true nor false: 'many'$"),
        ("start_year", "21", "^start_year is no year: '21'\nwrite a year as 2021$"),
        ("page", "0", "^page is no number from 1 to 1000: '0'$"),
    ],
)
def test_a_refusal_calls_the_field_as_the_form_does(name: str, value: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        read_form({name: [value]})


def test_the_parts_of_a_form_bear_the_names_of_its_fields_and_filters() -> None:
    parts = name_parts({"q": ["heart"], "cond": ["asthma"], "type": ["OBSERVATIONAL"], "page": ["2"]})
    assert list(parts) == ["q", "cond", "study_type"]
    assert parts["cond"][0].default_area == "ConditionSearch"
