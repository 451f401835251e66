"""Do agents get what the site shows of adverse events, findings, a search for a review and kept lists?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.mcp.conftest import Call

from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.mcp.tools import Reply, call_tool, find_tool

STUDY, EARLIER = "NCT99700001", "NCT99700002"


def make_record(nct_id: str, outcome: str, submitted: str) -> dict[str, Any]:
    groups = [
        {"id": "EG0", "title": "Cells", "seriousNumAffected": 3, "seriousNumAtRisk": 50},
        {"id": "EG1", "title": "Placebo", "seriousNumAffected": 1, "seriousNumAtRisk": 40},
        {"id": "EG2", "title": "Total", "seriousNumAffected": 4, "seriousNumAtRisk": 90},
    ]

    def event(term: str, organ: str, *affected: int) -> dict[str, Any]:
        stats = [
            {"groupId": f"EG{place}", "numAffected": number, "numAtRisk": at_risk}
            for place, (number, at_risk) in enumerate(zip(affected, (50, 40), strict=True))
        ]
        return {"term": term, "organSystem": organ, "stats": stats}

    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": "Cells for the heart"},
            "statusModule": {
                "overallStatus": "COMPLETED",
                "startDateStruct": {"date": "2015-01", "type": "ACTUAL"},
                "lastUpdateSubmitDate": submitted,
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": outcome, "timeFrame": "1 year"}]},
        },
        "resultsSection": {
            "adverseEventsModule": {
                "frequencyThreshold": "5",
                "timeFrame": "1 year",
                "eventGroups": groups,
                "seriousEvents": [event("Stroke", "Nervous system disorders", 2, 0)],
                "otherEvents": [
                    event("Rash", "Skin disorders", 5, 4),
                    event("Fever", "General disorders", 30, 4),
                ],
            }
        },
        "hasResults": True,
    }


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Library:
    home: Path = tmp_path_factory.mktemp("findings")
    older = make_record(STUDY, "Walking distance", "2015-03-01")
    newer = make_record(STUDY, "Ejection fraction", "2018-03-01")
    bare = {"protocolSection": {"identificationModule": {"nctId": EARLIER, "briefTitle": "Cells, a pilot"}}}
    for number, record in enumerate((older, newer, bare)):
        path = home / f"{number}.json"
        path.write_text(json.dumps(record))
        import_paths(home / "library", [path])
    library = Library(home / "library")
    library.add_to_list("hearts", STUDY, note="ask about the stroke")
    library.add_to_list("hearts", EARLIER)
    return library


def ask(library: Library, called: str, **arguments: Any) -> Reply:
    tool = find_tool(called)
    assert tool is not None
    return call_tool(library, tool, arguments)


def test_events_stand_by_their_difference_with_counts_and_interval(kept: Library) -> None:
    facts = ask(kept, "get_adverse_events", nct_id=STUDY.lower()).facts
    assert [each["title"] for each in facts["groups"]] == ["Cells", "Placebo", "Total"]
    assert facts["compared"] == ["EG0", "EG1"]
    assert (facts["in_all"], facts["found"]) == (3, 3)
    assert [each["term"] for each in facts["events"]] == ["Fever", "Stroke", "Rash"]
    fever = facts["events"][0]
    assert fever["counts"] == {"EG0": {"affected": 30, "at_risk": 50}, "EG1": {"affected": 4, "at_risk": 40}}
    # Newcombe (1998), method 10: Wilson's limits are .4618 to .7239 of 30/50 and .0396 to .2305 of 4/40.
    assert fever["difference_points"] == {"value": 50.0, "lower": 30.99, "upper": 63.79}
    serious = next(each for each in facts["totals"] if each["term"] == "Any serious event")
    assert serious["counts"]["EG2"] == {"affected": 4, "at_risk": 90}
    assert (facts["time_frame"], facts["frequency_threshold"]) == ("1 year", "5")


def test_events_are_chosen_and_read_in_parts(kept: Library) -> None:
    chosen = ask(kept, "get_adverse_events", nct_id=STUDY, kind="other", words="skin").facts
    assert [each["term"] for each in chosen["events"]] == ["Rash"]
    swapped = ask(kept, "get_adverse_events", nct_id=STUDY, first="EG1", second="EG0", limit=1).facts
    assert swapped["events"][0]["difference_points"]["value"] == -50.0
    assert swapped["next_offset"] == 1
    rest = ask(kept, "get_adverse_events", nct_id=STUDY, sort="term", offset=1).facts
    assert [each["term"] for each in rest["events"]] == ["Rash", "Stroke"]
    assert "next_offset" not in rest


@pytest.mark.parametrize("wrong", [{"kind": "mild"}, {"sort": "name"}, {"first": "EG9"}])
def test_what_there_is_not_is_named_with_what_there_is(kept: Library, wrong: dict[str, str]) -> None:
    ((name, value),) = wrong.items()
    error = ask(kept, "get_adverse_events", nct_id=STUDY, **wrong).error
    assert f"{name} is '{value}', which is none of: " in error


def test_where_no_events_are_held_that_is_said(kept: Library) -> None:
    facts = ask(kept, "get_adverse_events", nct_id=EARLIER).facts
    assert (facts["in_all"], facts["events"], facts["groups"]) == (0, [], [])
    assert facts["note"].startswith("The copy in force holds no adverse events")


def test_a_finding_comes_with_what_it_rests_on(kept: Library) -> None:
    (study,) = ask(kept, "search", outcome_changed=True).facts["studies"]
    (evidence,) = study["evidence"]
    assert evidence["finding"] == "outcome_changed"
    assert "primary outcome" in evidence["words"]
    assert evidence["page"] == f"/study/{STUDY}/diff?from=0&to=1"
    assert "evidence" not in ask(kept, "search", term="cells").facts["studies"][0]


def test_a_search_is_reported_as_on_the_site(kept: Library) -> None:
    facts = ask(kept, "report_search", query="cells", status="COMPLETED", ids=[STUDY]).facts
    assert facts["total"] == 1
    assert facts["asked"] == {"Query": "cells", "Status": "COMPLETED", "ids": STUDY}
    assert (
        facts["query"]
        == f"cells AND AREA[OverallStatus]COMPLETED AND AREA[NCTIdSearch]EXPANSION[Term]{STUDY}"
    )
    assert facts["library"]["studies"] == 2
    assert [each["number"] for each in facts["prisma_s"]] == list(range(1, 17))
    assert facts["text"].startswith("Search report\n")
    assert "trialbook search " in facts["to_run_it_again"]["command"]


def test_lists_are_shown_with_notes_and_a_list_is_read_in_parts(kept: Library) -> None:
    (line,) = ask(kept, "get_lists").facts["lists"]
    assert (line["name"], line["studies"]) == ("hearts", 2)
    facts = ask(kept, "get_lists", name="hearts", limit=1).facts
    (study,) = facts["studies"]
    assert (study["nct_id"], study["note"], study["status"]) == (STUDY, "ask about the stroke", "COMPLETED")
    assert (facts["total"], facts["next_offset"]) == (2, 1)
    (last,) = ask(kept, "get_lists", name="hearts", offset=1).facts["studies"]
    assert last["title"] == "Cells, a pilot"
    assert "lungs" in ask(kept, "get_lists", name="lungs").error


def test_a_hostile_record_stays_within_bounds(call: Call) -> None:
    facts = call("get_adverse_events", nct_id="NCT99000900").facts
    assert facts["in_all"] == 0
