"""The tool `get_cohort`: what fits of a group stays whole, and what does not is counted."""

from __future__ import annotations

from typing import Any

import pytest

from trialbook.mcp import cohort

from .conftest import Call

ACESO = "NCT04776239"


def list_references(characteristics: list[dict[str, Any]]) -> set[str]:
    return {each["valueReference"]["reference"] for each in characteristics if "valueReference" in each}


def test_a_group_and_its_list_are_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "MOST_CHARS_OF_GROUP", 1_000_000)
    facts = call("get_cohort", nct_id=ACESO).facts
    assert facts["group"]["resourceType"] == "Group"
    assert "criteria_left_out" not in facts
    assert {each["cause"] for each in facts["not_carried"]} >= {"absence", "opaque"}


def test_what_has_no_room_is_counted_and_no_reference_leads_nowhere(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort, "MOST_CHARS_OF_GROUP", 1_000_000)
    whole = call("get_cohort", nct_id=ACESO).facts["group"]["characteristic"]
    monkeypatch.setattr(cohort, "MOST_CHARS_OF_GROUP", 6_000)
    monkeypatch.setattr(cohort, "MOST_CHARS_OF_LIST", 1_000)
    facts = call("get_cohort", nct_id=ACESO).facts
    kept = facts["group"]["characteristic"]
    assert 0 < len(kept) == len(whole) - facts["criteria_left_out"]
    assert facts["not_carried_left_out"] > 0
    contained = facts["group"].get("contained", [])
    named = list_references(kept).union(*(list_references(each["characteristic"]) for each in contained))
    assert named == {f"#{each['id']}" for each in contained}
