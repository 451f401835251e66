"""The page of a giant record shows the first part of each list and text, and says how much it leaves out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trialbook.model import parse_record
from trialbook.pages import render_study_page, render_study_text

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
