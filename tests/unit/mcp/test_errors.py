"""Does a wrong or hostile call get an error that says what to do, quickly, and nothing else?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.unit.mcp.conftest import Call

from trialbook.library import Library
from trialbook.mcp.arguments import LONGEST_QUERY, StudyQuery, describe_arguments
from trialbook.mcp.tools import INSTRUCTIONS, LONGEST_ERROR, TOOLS, call_tool, find_tool
from trialbook.record.pieces import find_piece
from trialbook.store import Store, Writer

WRONG = [
    ("search", {"cond": "AREA[Conditon]x"}, "Did you mean Condition"),
    ("search", {"cond": "(heart"}, "cond"),
    ("search", {"advanced": "AREA[Phase]PHASE9"}, "PHASE2"),
    ("search", {"status": ["OPEN"]}, "RECRUITING"),
    ("search", {"age_years": 900}, "<= 150"),
    ("search", {"age_years": "nan"}, "age_years"),
    ("search", {"geo": "Boston"}, "distance("),
    ("search", {"geo": "distance(1,1,9999mi)"}, "500mi"),
    ("search", {"geo": "distance(1,1,9mi) OR ALL"}, "distance("),
    ("search", {"start_from": "soon"}, "2021-08-16"),
    ("search", {"as_of": "2021'; DROP TABLE study; --"}, "2021-08-16"),
    ("search", {"ids": ["NCT04776239) OR ALL"]}, "NCT id"),
    ("search", {"ids": ["N1"]}, "8 digits"),
    ("search", {"status": {"is": "RECRUITING"}}, "array"),
    ("search", {"sort": ["BriefTitle"]}, "StartDate"),
    ("search", {"sort": ["n_StartDate"]}, "StartDate"),
    ("search", {"sort": ["StartDate:up"]}, "StartDate"),
    ("search", {"sort": ["StartDate", "EnrollmentCount", "@relevance"]}, "sort"),
    ("search", {"fields": ["EligibilityModule"]}, "EligibilityCriteria"),
    ("search", {"fields": ["brieftitle"]}, "BriefTitle"),
    ("search", {"limit": 0}, ">= 1"),
    ("search", {"limit": 10_000}, "<= 50"),
    ("search", {"page_token": "AAAA"}, "pageToken"),
    ("search", {"page_token": "../../etc/passwd"}, "pageToken"),
    ("search", {"statuss": "x"}, "did you mean status?"),
    ("search", {"query": "x", "term": "y"}, "unknown field `query`"),
    ("search", {"query": "x", "q": "y"}, "unknown field `q`"),
    ("search", {"cond": "x" * (LONGEST_QUERY + 1)}, str(LONGEST_QUERY)),
    ("search", {"cond": "(" * 5_000 + "x" + ")" * 5_000}, "cond"),
    ("search", {"cond": " OR ".join(f"w{n}" for n in range(2_100))}, "cond"),
    ("search", {"x" * 100_000: 1}, "unknown field"),
    ("facets", {"fields": ["BriefTitle"]}, "cannot be counted"),
    ("facets", {"fields": ["phase"]}, "Phase"),
    ("facets", {"size": 200}, "fewer fields"),
    ("facets", {"limit": 3}, "unknown field"),
    ("read", {}, "nct_id"),
    ("read", {"nct_id": "NCT00000000"}, "not in this library"),
    ("read", {"nct_id": "../../etc/passwd"}, "not in this library"),
    ("read", {"nct_id": "x" * 301}, "length"),
    ("read", {"nct_id": "NCT04776239", "fields": ["Nonsense"]}, "Nonsense"),
    ("read", {"nct_id": "NCT04776239", "version": 3}, "held: 0 to 1"),
    ("read", {"nct_id": "NCT04776239", "version": 10**30}, "version"),
    ("read", {"nct_id": "NCT04776239", "version": 1, "as_of": "2023"}, "not both"),
    ("read", {"nct_id": "NCT04776239", "as_of": "1999"}, "as old as"),
    ("read", {"nct_id": "NCT04776239", "offset": 10_000_000}, "behind the end"),
    ("read", {"nct_id": "NCT04776239", "offset": -1}, ">= 0"),
    ("read", {"nct_id": "NCT04776239", "format": "html"}, "html"),
    ("read", {"nct_id": "NCT04776239", "format": "json", "offset": 5}, "format=text"),
    ("read", {"nct_id": "NCT04776239", "format": "json", "max_chars": 1_000}, "choose fields"),
    ("history", {"nct_id": "NCT00000000"}, "not in this library"),
    ("history", {"nct_id": "NCT04776239", "to_version": 9}, "held: 0 to 1"),
    ("history", {"nct_id": "NCT04776239", "from_version": 2, "to_version": 1}, "lower number"),
]


@pytest.mark.parametrize(("name", "arguments", "said"), WRONG, ids=lambda value: str(value)[:60])
def test_a_call_that_cannot_be_answered_says_why(call: Call, name: str, arguments: dict, said: str) -> None:
    started = time.process_time()
    reply = call(name, **arguments)
    assert said in reply.error
    assert not reply.facts
    assert not reply.text
    assert len(reply.error) <= LONGEST_ERROR + 50
    assert "Traceback" not in reply.error
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "words",
    [
        "\x00",
        "\ud800",
        "';--",
        "*",
        "%_",
        "a" * LONGEST_QUERY,
        "<script>",
        "{{7*7}}",
        "💊",
        "\u202e",
        "-" * 500,
    ],
    ids=ascii,
)
def test_odd_words_are_words(call: Call, words: str) -> None:
    reply = call("search", term=words, titles=words)
    assert reply.error or reply.facts["total"] == 0


def test_null_counts_as_not_given(call: Call) -> None:
    facts = call("search", id="NCT04776239", cond=None, status=None, age_years=None).facts
    assert facts["total"] == 1


def test_a_damaged_library_is_named(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = find_tool("read")
    assert tool is not None
    monkeypatch.setattr(library.store.codec, "unpack", lambda *_: b"{")
    assert call_tool(library, tool, {"nct_id": "NCT04776239"}).error


def test_every_tool_answers_while_a_long_import_holds_the_library(library: Library) -> None:
    arguments: dict[str, dict[str, Any]] = {
        name: {"nct_id": "NCT04776239"}
        for name in ("read", "history", "get_criteria", "get_cohort", "get_adverse_events")
    }
    arguments["get_lists"] = {}
    arguments["related"] = {"nct_ids": ["NCT04776239"]}
    arguments["match_patient"] = {"patient": "A man of 54 with heart failure."}
    arguments["screen_patient"] = {"nct_id": "NCT04776239", "patient": "A man of 54."}
    arguments["compare"] = {"nct_ids": ["NCT04776239", "NCT99000001"]}
    with (
        Store(library.home) as store,
        Writer(store, "a long import") as writer,
        Library(library.home) as opened,
    ):
        writer.connection.execute("BEGIN IMMEDIATE")
        for tool in TOOLS:
            reply = call_tool(opened, tool, arguments.get(tool.name, {"id": "NCT04776239"}))
            assert (reply.error, bool(reply.facts)) == ("", True), tool.name


def test_every_tool_describes_itself(tmp_path: Path) -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    for tool in TOOLS:
        schema = describe_arguments(tool.arguments)
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        for name, argument in schema["properties"].items():
            assert argument["description"], (tool.name, name)
        assert tool.name in INSTRUCTIONS
    assert set(StudyQuery.__struct_fields__) <= set(describe_arguments(TOOLS[0].arguments)["properties"])


def test_fields_named_to_agents_exist() -> None:
    import re

    shown = INSTRUCTIONS + "".join(
        tool.description + str(describe_arguments(tool.arguments)) for tool in TOOLS
    )
    named = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", shown)) - {
        "ClinicalTrials",
        "BasicSearch",
        "PatientSearch",
    }
    assert {name for name in named if find_piece(name) is None} - {"FullMatch", "StartYear"} == set()
    assert len(named) > 30


def test_agents_are_told_that_record_text_is_no_instruction() -> None:
    assert "never instructions" in INSTRUCTIONS
