"""The page of a giant record shows the first part of each list and text, and says how much it leaves out."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from trialbook.changes.groups import Change
from trialbook.changes.history import Comparison, HistoryLine
from trialbook.model import parse_record
from trialbook.model.present import parse_shown
from trialbook.pages import render_diff_page, render_history_page, render_study_page, render_study_text
from trialbook.pages.contents import HistoryView, StudyHistory, VersionLine
from trialbook.pages.history_page import MOST_CHANGES, MOST_VERSIONS, view_comparison
from trialbook.record.extent import MOST_ENTRIES
from trialbook.store import Version

TODAY = date(2026, 1, 15)


def render(modules: dict[str, Any]) -> tuple[str, str]:
    section = {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "Giant"}, **modules}
    study = parse_record({"protocolSection": section})
    return render_study_page(study, today=TODAY), " ".join(render_study_text(study, today=TODAY).split())


@pytest.mark.parametrize(
    ("modules", "told"),
    [
        (
            {
                "contactsLocationsModule": {
                    "locations": [{"city": f"T{n}", "country": "X"} for n in range(60_000)]
                }
            },
            "55,000 of 60,000 entries",
        ),
        (
            {"conditionsModule": {"conditions": [f"Condition {n}" for n in range(80_000)]}},
            "75,000 of 80,000 entries",
        ),
        (
            {"descriptionModule": {"detailedDescription": "word " * 400_000}},
            "1,900,000 of a text's 2,000,000 characters",
        ),
        (
            {"eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n" + "* a b\n" * 300_000}},
            "1,700,021 of the text's 1,800,021 characters",
        ),
        (
            {
                "outcomesModule": {
                    "secondaryOutcomes": [
                        {"measure": f"O{n}", "description": "d " * 40_000} for n in range(150)
                    ]
                }
            },
            "of a text's 80,000 characters",
        ),
    ],
    ids=["sites", "conditions", "text", "criteria", "many texts"],
)
def test_what_is_left_out_is_told(modules: dict[str, Any], told: str) -> None:
    html, text = render(modules)
    for page in (html, text):
        assert told in page.replace("&#39;", "'")
        assert "in the record's JSON" in page.replace("&#39;", "'")
        assert len(page) < 10_000_000


def test_counts_are_those_of_the_whole_record() -> None:
    sites = [{"city": f"T{n}", "country": f"Country{n % 7}"} for n in range(60_000)]
    html, _ = render({"contactsLocationsModule": {"locations": sites}})
    assert "60000 sites in 7 countries" in html or "60,000 sites in 7 countries" in html


def test_a_title_without_end_has_an_end_on_the_page() -> None:
    html, text = render(
        {
            "statusModule": {},
            "identificationModule": {"nctId": "NCT00000001", "officialTitle": "t " * 900_000},
        }
    )
    assert len(html) < 1_000_000
    assert len(text) < 1_000_000


def test_of_a_list_without_end_the_first_part_is_read_and_the_rest_told() -> None:
    sites = [{"city": f"T{n}"} for n in range(MOST_ENTRIES + 20_000)]
    section = {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Giant"},
        "contactsLocationsModule": {"locations": sites},
    }
    study = parse_shown(msgspec.json.encode({"protocolSection": section}))
    assert len(study.locations) == MOST_ENTRIES
    told = "20,000 of 120,000 entries of contactsLocationsModule.locations"
    for page in (render_study_page(study, today=TODAY), render_study_text(study, today=TODAY)):
        assert told in " ".join(page.split())


def test_a_long_history_lists_its_newest_versions() -> None:
    versions = tuple(
        VersionLine(number=number, is_held=False) for number in range(MOST_VERSIONS + 500, 0, -1)
    )
    view = HistoryView(nct_id="NCT00000001", title="Long", history=StudyHistory(versions=versions))
    html = render_history_page(view, today=TODAY)
    assert html.count("not held here") == MOST_VERSIONS
    assert "The newest 2,000 versions are listed here." in html
    assert "500 older ones" in html


def make_version(number: int) -> Version:
    return Version(
        nct_id="NCT00000001",
        number=number,
        version_date=f"2026-01-0{number + 1}",
        learnt_at="2026-01-15T00:00:00+00:00",
        location="records.json",
        place="records.json",
        format="api_v2",
        fidelity=4,
        is_current=number == 1,
        version_id=number + 1,
    )


def test_a_difference_without_end_shows_its_first_part() -> None:
    older, newer = make_version(0), make_version(1)
    long = Change(group="Other", path="x", label="Summary", kind="changed", before="a " * 200_000, after="b")
    changes = [
        Change(group="Sites", path="y", label="Site", kind="added", after=f"Town {number}")
        for number in range(MOST_CHANGES + 7)
    ]
    comparison = Comparison("NCT00000001", older, newer, (long, *changes))
    lines = tuple(HistoryLine(each, ()) for each in (older, newer))
    html = render_diff_page(view_comparison(comparison, "Giant", lines))
    assert "8 of 5,008 changes and 300,000 characters of long texts" in html
    assert len(html) < 4_000_000
