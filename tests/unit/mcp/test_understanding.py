"""Is an agent understood that writes as agents do: a text for a list, another name, an address for an id?"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from tests.unit.mcp.conftest import Call

from trialbook.library import Library
from trialbook.mcp.answers import describe_answer
from trialbook.mcp.arguments import MOST_CHARS
from trialbook.mcp.resources import RECIPES, complete_id, fill_recipe, read_record
from trialbook.mcp.search import LAST_PAGE
from trialbook.mcp.tools import TOOLS, find_tool

ACESO = "NCT04776239"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"status": "COMPLETED"}, {"status": ["COMPLETED"]}),
        ({"status": "Active, not recruiting"}, {"status": ["ACTIVE_NOT_RECRUITING"]}),
        ({"status": "COMPLETED, RECRUITING"}, {"status": ["COMPLETED", "RECRUITING"]}),
        ({"phase": '["PHASE1", "PHASE2"]'}, {"phase": ["PHASE1", "PHASE2"]}),
        ({"country": "United States"}, {"country": ["United States"]}),
        ({"country": "Norway|Sweden"}, {"country": ["Norway", "Sweden"]}),
        ({"country": "USA, Norway"}, {"country": ["United States", "Norway"]}),
        ({"country": "Korea, Republic of"}, {"country": ["Korea, Republic of"]}),
        ({"countries": ["Atlantis, Norway"]}, {"country": ["Atlantis, Norway"]}),
        ({"phase": "3"}, {"phase": ["PHASE3"]}),
        ({"phases": ["Phase 2/Phase 3"]}, {"phase": ["PHASE2", "PHASE3"]}),
        ({"gender": "woman"}, {"sex": ["FEMALE"]}),
        ({"sex": ["m"]}, {"sex": ["MALE"]}),
        ({"age": "45 years"}, {"age_years": 45}),
        ({"results": True}, {"has_results": True}),
        ({"sort": "StartDate:desc"}, {"sort": ["StartDate:desc"]}),
        ({"sort": "StartDate:desc,EnrollmentCount"}, {"sort": ["StartDate:desc", "EnrollmentCount"]}),
        ({"cond": ["heart failure"]}, {"cond": "heart failure"}),
        ({"limit": "3"}, {"limit": 3}),
        ({"query": "heart failure"}, {"term": "heart failure"}),
        ({"condition": "heart failure", "location": "Norway"}, {"cond": "heart failure", "locn": "Norway"}),
        ({"pageSize": 3}, {"limit": 3}),
        ({"ids": [f" {ACESO} "]}, {"ids": [ACESO]}),
        ({"ids": "nct4776239"}, {"ids": [ACESO]}),
        ({"nct_id": ACESO}, {"ids": [ACESO]}),
        ({"ids": f"https://clinicaltrials.gov/study/{ACESO}?tab=table"}, {"ids": [ACESO]}),
        ({"ids": f"https://classic.clinicaltrials.gov/ct2/show/{ACESO}"}, {"ids": [ACESO]}),
    ],
)
def test_what_is_meant_is_asked(call: Call, given: dict[str, Any], meant: dict[str, Any]) -> None:
    found = call("search", **given)
    assert not found.error
    assert found.facts == call("search", **meant).facts


@pytest.mark.parametrize(
    "nct_id",
    [
        f" {ACESO} ",
        "nct4776239",
        f"https://clinicaltrials.gov/study/{ACESO}",
        f"http://clinicaltrials.gov/ct2/show/{ACESO}",
    ],
)
def test_read_takes_an_address_for_an_id(call: Call, nct_id: str) -> None:
    assert call("read", nct_id=nct_id, fields="NCTId").facts["nct_id"] == ACESO
    assert call("history", id=nct_id).facts["nct_id"] == ACESO


def test_related_takes_one_id_for_a_list(call: Call) -> None:
    assert call("related", nct_id=ACESO).facts == call("related", nct_ids=[ACESO]).facts


def test_the_query_that_ran_is_told(call: Call) -> None:
    facts = call("search", cond="heart failure", status="RECRUITING").facts
    assert facts["query"] == "AREA[ConditionSearch]heart failure AND AREA[OverallStatus]RECRUITING"
    assert call("search", term=facts["query"]).facts["total"] == facts["total"]
    assert call("search").facts["query"] == "ALL"
    assert call("facets", cond="heart failure").facts["query"] == "AREA[ConditionSearch]heart failure"


def test_a_walk_says_when_it_is_at_its_end(call: Call) -> None:
    page = call("search", limit=50).facts
    assert page["has_more"]
    while page["has_more"]:
        assert "note" not in page
        page = call("search", limit=50, page_token=page["next_page_token"]).facts
    assert page["note"] == LAST_PAGE
    assert "next_page_token" not in page


def test_an_entry_says_how_old_a_status_is_and_where(call: Call) -> None:
    (study,) = call("search", id="NCT99000003").facts["studies"]
    assert study["status_age"].startswith("as of ")
    assert study["countries"] == ["Denmark", "Finland", "Norway", "Sweden"]
    assert study["sites"] == 6


CALLS = [
    ("search", {}),
    ("search", {"cond": "heart attack", "fields": ["Acronym", "PrimaryOutcomeMeasure"]}),
    ("search", {"cond": "hart failure", "status": ["WITHDRAWN"]}),
    ("search", {"term": "zebrafish"}),
    ("read", {"nct_id": ACESO}),
    ("read", {"nct_id": ACESO, "version": 1, "format": "json", "fields": ["NCTId"]}),
    ("read", {"nct_id": ACESO, "as_of": "2023", "max_chars": 1_000}),
    ("history", {"nct_id": ACESO}),
    ("history", {"nct_id": ACESO, "from_version": 1}),
    ("facets", {"cond": "heart"}),
    ("related", {"nct_ids": [ACESO], "landscape": True}),
    ("related", {"text": "a b"}),
    ("compare", {"nct_ids": [ACESO, "NCT99000001"]}),
    ("get_criteria", {"nct_id": ACESO}),
    ("get_cohort", {"nct_id": ACESO}),
    ("get_adverse_events", {"nct_id": "NCT99000001", "limit": 2}),
    ("get_adverse_events", {"nct_id": ACESO}),
    ("report_search", {"query": "heart failure", "status": "RECRUITING", "as_of": "2025"}),
    ("get_lists", {}),
    ("search", {"results_overdue": True}),
    ("screen_patient", {"nct_id": ACESO, "patient": {"age": 54, "HbA1c": "9 %"}, "complete": ["condition"]}),
    ("match_patient", {"patient": {"age": 64, "conditions": ["heart failure", "breast cancer"]}}),
    (
        "match_patient",
        {"patient": "A man of 54 with a rash.", "status": "COMPLETED", "near": "Miami", "limit": 1},
    ),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=str)
def test_an_answer_has_the_form_that_its_tool_promises(
    call: Call, name: str, arguments: dict[str, Any]
) -> None:
    reply = call(name, **arguments)
    tool = find_tool(name)
    assert tool is not None
    assert not reply.error
    facts = {**reply.facts, "text": reply.text} if reply.is_of_a_record else reply.facts
    schema = describe_answer(tool.gives)
    jsonschema_rs.validate(schema, facts)
    assert set(facts) <= set(schema["properties"]), name


def test_every_tool_is_called_above() -> None:
    assert {name for name, _ in CALLS} == {tool.name for tool in TOOLS}


def test_a_record_is_a_resource(library: Library) -> None:
    assert "ACESO-IHD" in read_record(library, f"trial://{ACESO}")
    long = read_record(library, "trial://NCT99000900")
    assert len(long) < MOST_CHARS + 300
    assert "The tool `read` goes on at offset" in long


@pytest.mark.parametrize(
    "uri", ["trial://NCT00000000", "trial://", "file:///etc/passwd", "trial://../../etc"]
)
def test_no_other_address_is_one(library: Library, uri: str) -> None:
    from trialbook.errors import NotFoundError

    with pytest.raises(NotFoundError):
        read_record(library, uri)


def test_ids_are_completed_by_their_beginning_or_by_words(library: Library) -> None:
    assert complete_id(library, "nct0477") == [ACESO]
    assert complete_id(library, "NCT9900000")[0] == "NCT99000001"
    assert len(complete_id(library, "")) == 20
    assert ACESO in complete_id(library, "ischemic heart disease stem cells")
    assert complete_id(library, "(((") == []
    assert complete_id(library, "NCT55") == []


def test_prompts_say_what_they_need() -> None:
    from trialbook.errors import NotFoundError

    for recipe in RECIPES:
        given = dict.fromkeys(recipe.arguments, "{x} %s")
        assert "{x} %s" in fill_recipe(recipe, given)
        with pytest.raises(NotFoundError, match="needs the argument"):
            fill_recipe(recipe, {})
