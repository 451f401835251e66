"""Does the page of adverse events show what was asked for, all of it, and nothing of hostile texts?"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from trialbook.model import Study, parse_record
from trialbook.pages import render_events_page, render_study_page, render_study_text, write_events_csv
from trialbook.pages.events_page import PAGE, compose_events_page

HOSTILE = "<script>alert(1)</script>"


def make_study(events: int = 250, groups: int = 2, term: str = "Event") -> Study:
    ids = [f"EG{at:03d}" for at in range(groups)]
    other = [
        {
            "term": f"{term} {at}",
            "organSystem": "Heart" if at % 2 else "Gut",
            "stats": [
                {"groupId": group, "numEvents": at, "numAffected": at + 7 * place, "numAtRisk": 1200 + place}
                for place, group in enumerate(ids)
            ],
        }
        for at in range(events)
    ]
    module = {
        "eventGroups": [
            {
                "id": group,
                "title": f"Arm {group}",
                "deathsNumAffected": 3,
                "deathsNumAtRisk": 1200,
                "seriousNumAffected": 1,
                "seriousNumAtRisk": 1200,
            }
            for group in ids
        ],
        "seriousEvents": [{"term": "=SUM(A1)", "organSystem": "Heart", "stats": other[0]["stats"]}],
        "otherEvents": other,
    }
    record: dict[str, Any] = {
        "protocolSection": {"identificationModule": {"nctId": "NCT99000001", "briefTitle": "A study"}},
        "resultsSection": {"adverseEventsModule": module},
    }
    return parse_record(record)


def test_a_long_table_leaves_the_record_for_a_page_of_its_own() -> None:
    study = make_study()
    page = render_study_page(study)
    assert 'href="/study/NCT99000001/events?kind=other"' in page
    assert "All 250 kinds of other event" in page
    assert "Event 17<" not in page
    assert "Event 17 " in render_study_text(study), "plain text has no other page, so it has all"


def test_a_short_table_stays() -> None:
    page = render_study_page(make_study(events=20))
    assert "Event 17<" in page
    assert "24 of 1,201 (2.0%), 17 events" in page


def test_all_pages_together_show_each_event_once() -> None:
    study, seen = make_study(), []
    for page in (1, 2, 3):
        shown = compose_events_page(study, {"page": str(page)})
        assert (shown.found, shown.in_all) == (251, 251)
        seen += [row.term for row in shown.rows]
    assert len(seen) == len(set(seen)) == 251
    assert shown.next_url == ""
    assert shown.previous_url == "/study/NCT99000001/events?page=2"


@pytest.mark.parametrize(
    ("asked", "count", "first"),
    [
        ({"kind": "serious"}, 1, "=SUM(A1)"),
        ({"organ": "Heart", "kind": "other"}, 125, "Event 1"),
        ({"q": "event 24"}, 13, "Event 24"),
        ({"q": "none of these"}, 0, ""),
        ({"sort": "first", "kind": "other"}, 250, "Event 249"),
        ({"sort": "term"}, 251, "=SUM(A1)"),
        ({"kind": HOSTILE, "organ": HOSTILE, "sort": HOSTILE, "page": HOSTILE, "first": HOSTILE}, 251, ""),
        ({"page": "999999"}, 251, ""),
        ({"page": "\u0663"}, 251, ""),
    ],
)
def test_events_are_found_as_asked(asked: dict[str, str], count: int, first: str) -> None:
    shown = compose_events_page(make_study(), asked)
    assert shown.found == count
    assert len(shown.rows) <= PAGE
    if asked.get("q") == "event 24":
        assert {row.term for row in shown.rows} == {
            *("Event 24", "Event 124", "Event 224"),
            *(f"Event 24{at}" for at in range(10)),
        }
    elif first:
        assert shown.rows[0].term == first


def test_other_groups_are_compared_when_asked() -> None:
    shown = compose_events_page(make_study(groups=4), {"first": "EG003", "second": "EG001"})
    assert [head for head, _ in shown.columns] == [
        "Arm EG003",
        "Arm EG001",
        "Difference, points",
        "Arm EG000",
        "Arm EG002",
    ]
    (row,) = [row for row in shown.rows if row.term == "Event 0"]
    assert [cell.large for cell in row.cells[:3]] == ["1.7%", "0.6%", "+1.2"]
    assert row.cells[0].small == "21 of 1,203; 0 ev."


def test_which_version_is_kept_from_page_to_page() -> None:
    shown = compose_events_page(make_study(), {"version": "3", "q": "Event"})
    assert shown.url == "/study/NCT99000001?version=3#adverse-events"
    assert shown.next_url == "/study/NCT99000001/events?version=3&q=Event&page=2"
    assert shown.csv_url == "/study/NCT99000001/events.csv?version=3&q=Event"
    assert ("version", "3") in shown.kept


def test_hostile_words_are_text() -> None:
    page = render_events_page(make_study(term=HOSTILE), {"q": HOSTILE[:8], "organ": HOSTILE})
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 9<" in page
    assert re.search(r"\s(?:style|on\w+)=", page) is None


def test_a_record_without_events_says_so() -> None:
    study = parse_record({"protocolSection": {"identificationModule": {"nctId": "NCT99000002"}}})
    assert "This record gives no adverse events." in render_events_page(study, {})
    assert write_events_csv(study, {}).count("\n") == 1


def test_the_csv_has_all_that_was_asked_for_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(write_events_csv(make_study(groups=3), {"page": "2"}))))
    assert len(rows) == 251
    by_term = {row["term"]: row for row in rows}
    assert "'=SUM(A1)" in by_term
    row = by_term["Event 100"]
    assert (row["kind"], row["organ_system"], row["nct_id"]) == ("other", "Gut", "NCT99000001")
    assert [row[f"Arm EG002: {name}"] for name in ("affected", "at risk", "events")] == ["114", "1202", "100"]
    assert row["difference in percentage points: Arm EG000 minus Arm EG001"] == "-0.5759"
    only = list(csv.DictReader(io.StringIO(write_events_csv(make_study(), {"kind": "serious"}))))
    assert [row["kind"] for row in only] == ["serious"]
