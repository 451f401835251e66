"""Do the tools find what an agent asks for, say why, and count it?"""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.mcp.conftest import HOSTILE_ID, Call

from trialbook.mcp.shown import MOST_CHARS_OF_FACTS

ACESO = "NCT04776239"


def ids(facts: dict) -> list[str]:
    return [study["NCTId"] for study in facts["studies"]]


def test_a_study_is_shown_in_short_in_the_registrys_terms(call: Call) -> None:
    facts = call("search", id=ACESO).facts
    assert facts["total"] == 1
    (study,) = facts["studies"]
    assert study["OverallStatus"] == "COMPLETED"
    assert study["Phase"] == ["PHASE1", "PHASE2"]
    assert study["EnrollmentCount"] == 26
    assert study["StartDate"] == "2021-08-16"
    assert "PrimaryOutcomeMeasure" not in study


def test_further_fields_are_shown_when_asked_for(call: Call) -> None:
    (study,) = call("search", id=ACESO, fields=["Acronym", "MinimumAge"]).facts["studies"]
    assert (study["Acronym"], study["MinimumAge"]) == ("ACESO-IHD", "18 Years")


def test_a_hit_says_where_the_words_stand_and_which_other_names_were_searched(call: Call) -> None:
    facts = call("search", cond="heart attack").facts
    assert "myocardial infarction" in facts["words_added"]
    by_id = {study["NCTId"]: study["matched"] for study in facts["studies"]}
    assert by_id["NCT99000005"]["Condition"] == "Acute Myocardial Infarction"
    assert "Heart Attack" in by_id["NCT99000005"]["BriefTitle"]


def test_passages_come_from_the_fields_that_a_query_names(call: Call) -> None:
    facts = call("search", term="AREA[EligibilityCriteria]pregnant").facts
    assert facts["total"] > 0
    for study in facts["studies"]:
        assert set(study["matched"]) == {"EligibilityCriteria"}
        assert "pregnan" in study["matched"]["EligibilityCriteria"].casefold()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"status": ["COMPLETED"]}, True),
        ({"status": ["Completed", "RECRUITING"]}, True),
        ({"status": ["RECRUITING"]}, False),
        ({"phase": ["PHASE2"]}, True),
        ({"phase": ["PHASE3"]}, False),
        ({"study_type": ["INTERVENTIONAL"]}, True),
        ({"study_type": ["OBSERVATIONAL"]}, False),
        ({"sex": ["ALL"]}, True),
        ({"sex": ["FEMALE"]}, False),
        ({"age_years": 18}, True),
        ({"age_years": 17}, False),
        ({"country": ["United States"]}, True),
        ({"country": ["Norway"]}, False),
        ({"geo": "distance(25.77, -80.19, 10mi)"}, True),
        ({"geo": "distance(48.86,2.35,100km)"}, False),
        ({"has_results": False}, True),
        ({"has_results": True}, False),
        ({"start_from": "2021", "start_to": "2021-08"}, True),
        ({"start_from": "2021-09"}, False),
        ({"ids": ["nct04776239", "NCT99000001"]}, True),
        ({"ids": ["NCT99000001"]}, False),
        ({"advanced": "AREA[EnrollmentCount]RANGE[20, 30]"}, True),
        ({"advanced": "AREA[EnrollmentCount]RANGE[27, 30]"}, False),
        ({"lead": "Hare"}, True),
        ({"spons": "NHLBI", "intr": "stem cell", "locn": "Miami", "titles": "ACESO-IHD"}, True),
        ({"locn": "Boston"}, False),
        ({"as_of": "2023", "status": ["RECRUITING"]}, True),
        ({"as_of": "2023", "status": ["COMPLETED"]}, False),
    ],
    ids=str,
)
def test_every_argument_narrows_the_answer(call: Call, arguments: dict, expected: bool) -> None:
    facts = call("search", **{"id": ACESO, **arguments}).facts
    assert (facts["total"] == 1) is expected, facts


def test_a_search_as_of_a_day_shows_the_record_of_that_day(call: Call) -> None:
    (study,) = call("search", id=ACESO, as_of="2023").facts["studies"]
    assert (study["OverallStatus"], study["EnrollmentCount"]) == ("RECRUITING", 30)


def test_order_is_as_asked(call: Call) -> None:
    for sort in (["EnrollmentCount:desc"], ["EnrollmentCount"], ["StartDate"], ["StartDate:asc"]):
        facts = call("search", status=["RECRUITING"], sort=sort, limit=20).facts
        field, _, direction = sort[0].partition(":")
        values = [study[field] for study in facts["studies"] if field in study]
        is_falling = direction == "desc" or (field == "StartDate" and not direction)
        assert values == sorted(values, reverse=is_falling)
        assert len(set(values)) > 3


@pytest.mark.parametrize("arguments", [{}, {"cond": "heart"}, {"sort": ["StartDate"]}], ids=str)
def test_pages_give_each_study_once_and_the_total_first(call: Call, arguments: dict) -> None:
    found: list[str] = []
    facts = call("search", limit=7, **arguments).facts
    total = facts["total"]
    while True:
        found += ids(facts)
        if "next_page_token" not in facts:
            break
        facts = call("search", limit=7, page_token=facts["next_page_token"], **arguments).facts
        assert "total" not in facts
    assert len(found) == len(set(found)) == total > 7


def test_nothing_found_tells_which_part_is_to_blame(call: Call) -> None:
    facts = call("search", cond="asthma", intr="inhalr", status=["RECRUITING"]).facts
    assert (facts["total"], facts["studies"]) == (0, [])
    alone = facts["found_by_each_part_alone"]
    assert alone["cond"] > 0
    assert alone["intr"] == 0
    assert alone["status"] > alone["cond"]


def test_a_misspelt_word_is_put_right(call: Call) -> None:
    facts = call("search", cond="diabetis").facts
    assert facts["did_you_mean"]["cond"][0] == "diabetes"


def test_counts_by_field_add_up(call: Call) -> None:
    facts = call("facets", cond="heart", fields=["OverallStatus", "LocationCountry"]).facts
    statuses = {row["value"]: row["studies"] for row in facts["facets"]["OverallStatus"]}
    assert sum(statuses.values()) == facts["total"] == call("search", cond="heart").facts["total"]
    for status, count in statuses.items():
        assert call("search", cond="heart", status=[status]).facts["total"] == count
    assert list(statuses.values()) == sorted(statuses.values(), reverse=True)


def test_counts_hold_as_many_values_as_asked(call: Call) -> None:
    assert len(call("facets", fields=["LocationCountry"], size=3).facts["facets"]["LocationCountry"]) == 3
    assert len(call("facets").facts["facets"]) == 8


def test_a_field_is_counted_without_its_own_filter_and_says_how_many_state_none(call: Call) -> None:
    alone = call("facets", fields=["Phase"]).facts
    chosen = call("facets", fields=["Phase", "StartYear"], phase=["PHASE2"]).facts
    assert chosen["facets"]["Phase"] == alone["facets"]["Phase"]
    assert chosen["not_stated"]["Phase"] == alone["not_stated"]["Phase"] > 0
    assert chosen["total"] < alone["total"]
    assert chosen["facets"]["StartYear"]


def test_no_hits_say_what_all_other_parts_find(call: Call) -> None:
    facts = call("search", cond="heart failure", term="zzzqqq").facts
    assert facts["found_by_each_part_alone"]["term"] == 0
    assert facts["found_without_this_part"] == {"term": facts["found_by_each_part_alone"]["cond"]}


def test_answers_stay_within_their_bounds(call: Call) -> None:
    every = [
        "Condition",
        "Keyword",
        "BriefSummary",
        "DetailedDescription",
        "EligibilityCriteria",
        "LocationCity",
    ]
    reply = call("search", limit=50, fields=[*every, "PrimaryOutcomeMeasure", "SecondaryOutcomeMeasure"])
    assert len(msgspec.json.encode(reply.facts)) < MOST_CHARS_OF_FACTS + 2_000
    assert len(ids(reply.facts) + reply.facts["shown_by_id_alone"]) == 50
    found = call("search", term="zebrafish").facts
    assert ids(found) == [HOSTILE_ID]
    assert len(msgspec.json.encode(found)) < 10_000
