"""What a page says of places is no more than the copy gives."""

from __future__ import annotations

from datetime import date
from typing import Any

from trialbook.library.hits import find_hit_facts
from trialbook.model import parse_record
from trialbook.pages import render_study_text

TODAY = date(2026, 1, 15)


def make_record(*locations: dict[str, str]) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "DRKS00099777", "briefTitle": "A trial"},
            "contactsLocationsModule": {"locations": list(locations)},
        }
    }


def test_countries_alone_are_no_sites() -> None:
    record = make_record({"country": "China"}, {"country": "Japan"})
    text = render_study_text(parse_record(record), today=TODAY)
    assert "China, Japan" in text
    assert "Only countries are given here, no sites." in text
    assert "2 sites" not in text
    assert "1 site" not in text
    assert find_hit_facts(record, "DRKS00099777", TODAY).sites == 0


def test_a_site_with_its_town_is_one() -> None:
    record = make_record({"country": "China", "city": "Wuhan"})
    assert "1 site, China" in render_study_text(parse_record(record), today=TODAY)
    assert find_hit_facts(record, "DRKS00099777", TODAY).sites == 1


def test_what_a_register_says_in_its_own_words_is_not_called_missing() -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "DRKS00099777", "briefTitle": "A trial"},
            "armsInterventionsModule": {"interventions": [{"description": "A walk each day"}]},
        },
        "derivedSection": {
            "registerWords": [
                {"label": "Recruitment status", "words": "Not Recruiting"},
                {"label": "Phase", "words": "Retrospective study"},
            ]
        },
    }
    text = " ".join(render_study_text(parse_record(record), today=TODAY).split())
    assert "Is it open?: Not Recruiting, in its register's words." in text
    assert "Recruitment status: “Not Recruiting”, in its register's words" in text
    assert "Clinical phase: “Retrospective study”, in its register's words" in text
    assert "Given or done: A walk each day." in text


def make_aged(*ages: dict[str, str], **limits: str) -> str:
    record = make_record() | {"derivedSection": {"registerWords": list(ages)}}
    if limits:
        record["protocolSection"]["eligibilityModule"] = limits
    return render_study_text(parse_record(record), today=TODAY)


def test_a_limit_of_age_that_its_register_says_there_is_none_of_is_told_so() -> None:
    text = make_aged(
        {"label": "Maximum age", "words": "999 Years", "means": "no limit"}, minimumAge="18 Years"
    )
    assert "Maximum age:                No limit" in text
    assert "(In its register's words: 999 Years)" in text
    assert "Not understood" not in text.replace(
        "Empty, as every element of the record is shown: Not understood", ""
    )


def test_limits_of_age_are_told_where_a_record_has_no_other_word_on_who_may_join() -> None:
    told = [
        {"label": f"{end} age", "words": "No limit", "means": "no limit"} for end in ("Minimum", "Maximum")
    ]
    text = make_aged(*told)
    assert "Minimum age:                No limit\n" in text
    assert "Who can join?:              No limit of age stated." in text
