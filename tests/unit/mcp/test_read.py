"""Do `read` and `history` give the record, the parts asked for, and what changed, in bounded answers?"""

from __future__ import annotations

import json

import msgspec
import pytest
from tests.unit.mcp.conftest import HOSTILE_ID, ORDER, Call

from trialbook.mcp.arguments import DEFAULT_CHARS
from trialbook.mcp.shown import MOST_CHARS_OF_FACTS

ACESO = "NCT04776239"


def test_a_whole_record_reads_as_text_in_parts_that_join(call: Call) -> None:
    whole = call("read", nct_id=ACESO, max_chars=100_000)
    assert "next_offset" not in whole.facts
    assert whole.facts["characters"] == len(whole.text)
    joined, reply = "", call("read", nct_id=ACESO, max_chars=3_000)
    while True:
        assert len(reply.text) <= 3_000
        joined += reply.text
        if "next_offset" not in reply.facts:
            break
        reply = call("read", nct_id=ACESO, max_chars=3_000, offset=reply.facts["next_offset"])
    assert joined == whole.text


def test_a_section_reads_as_text_without_the_registrys_escapes(call: Call) -> None:
    text = call("read", nct_id="nct04776239", fields=["EligibilityModule"]).text
    assert "hemoglobin (HbA1C) > 7%" in text
    assert "minimumAge: 18 Years" in text
    assert "briefTitle" not in text


def test_json_is_the_registrys_own(call: Call) -> None:
    record = json.loads(call("read", nct_id=ACESO, format="json").text)
    assert record["protocolSection"]["identificationModule"]["nctId"] == ACESO
    part = json.loads(call("read", nct_id=ACESO, format="json", fields=["Phase", "LeadSponsorName"]).text)
    assert part["protocolSection"]["designModule"] == {"phases": ["PHASE1", "PHASE2"]}
    assert set(part["protocolSection"]) == {"designModule", "sponsorCollaboratorsModule"}


def test_what_the_record_does_not_say_is_told(call: Call) -> None:
    assert "says nothing" in call("read", nct_id=ACESO, fields=["WhyStopped"]).text


@pytest.mark.parametrize("arguments", [{"version": 0}, {"as_of": "2023-05"}], ids=str)
def test_an_older_version_reads_as_it_was(call: Call, arguments: dict) -> None:
    text = call("read", nct_id=ACESO, fields=["EnrollmentCount", "OverallStatus"], **arguments).text
    assert "count: 30" in text
    assert "overallStatus: RECRUITING" in text


def test_history_lists_versions_newest_first_with_what_changed(call: Call) -> None:
    facts = call("history", nct_id=ACESO).facts
    assert [line["version"] for line in facts["versions"]] == [1, 0]
    assert [line["is_in_force"] for line in facts["versions"]] == [True, False]
    assert "Enrolment: Participants: 30 (estimated) → 26 (actual)" in facts["versions"][0]["changes"]
    assert [line["version"] for line in call("history", nct_id=ACESO, as_of="2023").facts["versions"]] == [0]


def test_two_versions_compare_field_by_field(call: Call) -> None:
    for asked in ({"from_version": 0}, {"to_version": 1}, {"from_version": 0, "to_version": 1}):
        facts = call("history", nct_id=ACESO, **asked).facts
        (enrolment,) = [change for change in facts["changes"] if change["label"] == "Participants"]
        assert (enrolment["before"], enrolment["after"]) == ("30 (estimated)", "26 (actual)")


def test_a_record_larger_than_an_answer_is_never_sent_whole(call: Call) -> None:
    reply = call("read", nct_id=HOSTILE_ID)
    assert len(reply.text) <= DEFAULT_CHARS < reply.facts["characters"]
    refused = call("read", nct_id=HOSTILE_ID, format="json").error
    assert "choose fields" in refused
    assert "DescriptionModule" in refused
    assert len(refused) < 1_000
    assert len(msgspec.json.encode(call("history", nct_id=HOSTILE_ID).facts)) < MOST_CHARS_OF_FACTS


def test_orders_in_a_record_come_as_its_text_and_nowhere_else(call: Call) -> None:
    reply = call("read", nct_id=HOSTILE_ID, fields=["BriefTitle"])
    assert ORDER in reply.text
    assert ORDER not in str(reply.facts) + reply.error
