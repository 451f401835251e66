"""The plain evaluator does what the reference says, on records small enough to see it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.naive.evaluate import evaluate, great_circle_km
from tests.naive.records import make_located, make_record, make_titled

from trialbook.search.language.parse import parse_query

Record = dict[str, Any]


def finds(text: str, record: Record, *, default_area: str | None = None) -> bool:
    names = {"heart attack": ["myocardial infarction"], "sle": ["lupus"]}
    query = parse_query(text, default_area=default_area)
    return bool(evaluate(query, [record], synonyms=lambda phrase: names.get(phrase.lower(), [])))


@pytest.mark.parametrize(
    ("title", "narrowest"),
    [
        ("A heart attack", "None"),
        ("Heart attacks", "Term"),
        ("HEART-ATTACK", "Term"),
        ("Myocardial infarctions", "Concept"),
        ("Attack of the heart", "Relaxation"),
        ("The heart", "Lossy"),
        ("The liver", ""),
    ],
)
def test_each_expansion_goes_one_step_further(title: str, narrowest: str) -> None:
    order = ["None", "Term", "Concept", "Relaxation", "Lossy"]
    found = [kind for kind in order if finds(f"EXPANSION[{kind}]heart attack", make_titled("X", title))]
    assert found == (order[order.index(narrowest) :] if narrowest else [])


@pytest.mark.parametrize(
    ("value", "matched"),
    [
        ("Chest pain", {"FullMatch", "StartsWith", "EndsWith", "Contains"}),
        ("Chest pain at rest", {"StartsWith", "Contains"}),
        ("Acute chest pain", {"EndsWith", "Contains"}),
        ("Acute chest pain at rest", {"Contains"}),
        ("Pain in the chest", {"Contains"}),
    ],
)
def test_coverage_compares_whole_values(value: str, matched: set[str]) -> None:
    record = make_record("X", {"conditionsModule.conditions": ["Other", value]})
    kinds = ("FullMatch", "StartsWith", "EndsWith", "Contains")
    assert {k for k in kinds if finds(f"AREA[Condition]COVERAGE[{k}]chest pain", record)} == matched


def test_a_phrase_is_never_taken_apart() -> None:
    for kind in ("Relaxation", "Lossy"):
        assert not finds(f'EXPANSION[{kind}]"heart attack"', make_titled("X", "Attack of the heart"))
        assert finds(f'EXPANSION[{kind}]"heart attack"', make_titled("X", "Myocardial infarction"))


def test_synonyms_widen_only_the_pieces_marked_for_them() -> None:
    sponsored = make_record("X", {"sponsorCollaboratorsModule.leadSponsor.name": "Lupus Foundation"})
    assert not finds("AREA[LeadSponsorName]SLE", sponsored)
    assert finds("AREA[LeadSponsorName]lupus", sponsored)
    assert finds("AREA[BriefTitle]SLE", make_titled("X", "Lupus"))


def test_relaxed_words_may_stand_in_different_fields_and_in_synonyms_of_runs() -> None:
    record = make_record(
        "X",
        {
            "identificationModule.briefTitle": "Myocardial infarction",
            "conditionsModule.keywords": ["Statins"],
        },
    )
    assert finds("statin heart attack", record)
    assert not finds("statin heart failure", record)


def test_enumerations_in_search_areas_are_text() -> None:
    record = make_record("X", {"designModule.phases": ["PHASE3"]})
    assert finds("phase 3", record)
    assert finds("PHASE3", record)
    assert not finds("phase 3", record, default_area="ConditionSearch")


@pytest.mark.parametrize(
    ("day", "low", "high", "is_in"),
    [
        ("2022-05-13", "2022-05-13", "2022-05-13", True),
        ("2022-05-13", "2022-05", "2022-05", True),
        ("2022-05-13", "2022", "2022", True),
        ("2022-12-31", "MIN", "2022", True),
        ("2023-01-01", "MIN", "2022", False),
        ("2022-05", "2022-05-01", "MAX", True),
        ("2022-05", "2022-05-02", "MAX", False),
        ("2022", "2022-01-01", "2022-01-01", True),
        ("no date", "MIN", "2022", False),
    ],
)
def test_partial_dates_have_one_place_and_bounds_cover_all(
    day: str, low: str, high: str, is_in: bool
) -> None:
    record = make_record("X", {"statusModule.startDateStruct.date": day})
    assert finds(f"AREA[StartDate]RANGE[{low}, {high}]", record) is is_in


@pytest.mark.parametrize(
    ("age", "low", "high", "is_in"),
    [
        ("1 Year", "12 months", "12 months", True),
        ("1 Year", "6 months", "MAX", True),
        ("6 Months", "1 year", "MAX", False),
        ("2 Weeks", "14 days", "14 days", True),
        ("18 Years", "MIN", "17 years", False),
        ("N/A", "MIN", "17 years", False),
    ],
)
def test_ages_are_ordered_across_units(age: str, low: str, high: str, is_in: bool) -> None:
    record = make_record("X", {"eligibilityModule.minimumAge": age})
    assert finds(f"AREA[MinimumAge]RANGE[{low}, {high}]", record) is is_in


def test_missing_on_scalars_lists_structures_and_areas() -> None:
    record = make_record("X", {"conditionsModule": {"conditions": [], "keywords": ["k"]}})
    assert finds("AREA[Condition]MISSING", record)
    assert not finds("AREA[Keyword]MISSING", record)
    assert not finds("AREA[ConditionsModule]MISSING", record)
    assert finds("AREA[DesignModule]MISSING AND AREA[ResultsSection]MISSING", record)
    assert finds("AREA[OutcomeSearch]MISSING", record)
    assert not finds("AREA[NCTIdSearch]MISSING", record)


def test_not_and_missing_hold_within_one_location() -> None:
    record = make_located(
        "X",
        {"city": "Lima", "status": "RECRUITING", "facility": "A"},
        {"city": "Cusco", "status": "WITHDRAWN"},
    )
    assert finds("SEARCH[Location](Lima NOT AREA[LocationStatus]Withdrawn)", record)
    assert not finds("SEARCH[Location](Cusco NOT AREA[LocationStatus]Withdrawn)", record)
    assert finds("SEARCH[Location](Cusco AND AREA[LocationFacility]MISSING)", record)
    assert not finds("SEARCH[Location](Lima AND AREA[LocationFacility]MISSING)", record)
    assert not finds("NOT SEARCH[Location](Lima)", record)
    assert finds("SEARCH[Location](Lima AND SEARCH[Study](AREA[LocationCity]Cusco))", record)
    assert finds("SEARCH[Location]ALL", record)
    assert not finds("SEARCH[Location]ALL", make_titled("X", "No site"))


def test_sizes_count_values() -> None:
    record = make_record("X", {"designModule.phases": ["PHASE1", "PHASE2"]})
    assert finds("AREA[Phase:size]2 AND AREA[Location:size]0 AND AREA[NumPhases]2", record)
    assert not finds("AREA[Phase:size]RANGE[3, MAX]", record)


def test_distance_is_the_great_circle() -> None:
    # Paris to London, 343.5 km on the mean sphere (published city-centre coordinates).
    assert great_circle_km(48.8566, 2.3522, 51.5074, -0.1278) == pytest.approx(343.56, abs=0.1)
    record = make_located("X", {"geoPoint": {"lat": 51.5074, "lon": -0.1278}})
    assert finds("AREA[LocationGeoPoint]DISTANCE[48.8566, 2.3522, 344km]", record)
    assert not finds("AREA[LocationGeoPoint]DISTANCE[48.8566, 2.3522, 343km]", record)


def test_a_term_without_letters_finds_nothing_and_a_stray_sign_is_passed_over() -> None:
    record = make_titled("X", "Stem cells for the heart")
    assert not finds("-", record)
    assert finds("stem - cells", record)
