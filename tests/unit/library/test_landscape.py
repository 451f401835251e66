"""Who works on related studies, what do they share, what do they measure? Counted as a person would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.related.conftest import make_trial, write_records

from trialbook.errors import NotFoundError
from trialbook.library import Library
from trialbook.library.landscape import Landscape
from trialbook.library.measured import find_when, group_outcomes

OWN, FIRST, SECOND, THIRD = (f"NCT3000000{number}" for number in range(4))


def make(nct_id: str, drug: str, sponsor: str, **more: Any) -> dict[str, Any]:
    return make_trial(nct_id, drug, "Heart Failure", sponsor=sponsor, **more)


def make_outcome(measure: str, time_frame: str) -> dict[str, str]:
    return {"measure": measure, "timeFrame": time_frame}


RECORDS = [
    make(
        OWN,
        "aspirin",
        "Clinic A",
        outcomesModule={"primaryOutcomes": [make_outcome("Ejection fraction", "1 year")]},
    ),
    make(
        FIRST,
        "aspirin",
        "CLINIC A.",
        contactsLocationsModule={
            "overallOfficials": [
                {"name": "Ann Example, MD", "affiliation": "Clinic A"},
                {"name": "Medical Monitor", "affiliation": "Clinic A"},
            ],
            "locations": [
                {"facility": "Example Hospital", "city": "Oslo", "country": "Norway"},
                {"facility": "Example hospital", "city": "Oslo", "country": "Norway"},
                {"facility": "Research Site 12", "city": "Oslo", "country": "Norway"},
            ],
        },
        outcomesModule={
            "primaryOutcomes": [make_outcome("Change in Ejection Fraction (EF)", "Baseline, Week 12")],
            "secondaryOutcomes": [make_outcome("Death from any cause", "five years")],
        },
    ),
    make(
        SECOND,
        "aspirin",
        "Clinic B",
        contactsLocationsModule={
            "overallOfficials": [{"name": "Ann Example", "affiliation": "Clinic B"}],
            "locations": [{"facility": "Example Hospital", "city": "Bergen", "country": "Norway"}],
        },
        outcomesModule={"secondaryOutcomes": [make_outcome("Ejection fraction change", "1 year")]},
    ),
    make(THIRD, "warfarin", "Clinic B", outcomesModule={"primaryOutcomes": "not a list"}),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("landscape")
    library = Library.create(folder / "library")
    library.import_files(write_records(folder / "records.jsonl", RECORDS))
    return library


@pytest.fixture(scope="module")
def landscape(library: Library) -> Landscape:
    return library.find_landscape([FIRST, SECOND, THIRD, OWN], OWN)


def test_what_was_asked_for_is_not_counted(landscape: Landscape) -> None:
    assert landscape.nct_ids == (FIRST, SECOND, THIRD)


def test_sponsors_are_ranked_by_their_studies_whatever_their_spelling(landscape: Landscape) -> None:
    assert [(each.name, each.nct_ids, each.is_own) for each in landscape.sponsors] == [
        ("Clinic B", (SECOND, THIRD), False),
        ("CLINIC A.", (FIRST,), True),
    ]


def test_people_are_named_without_degrees_and_roles_are_no_people(landscape: Landscape) -> None:
    assert [(each.name, each.nct_ids) for each in landscape.investigators] == [
        ("Ann Example", (FIRST, SECOND))
    ]


def test_sites_are_told_apart_by_city_and_count_once_a_study(landscape: Landscape) -> None:
    assert [(each.name, each.place, each.nct_ids) for each in landscape.sites] == [
        ("Example Hospital", "Bergen, Norway", (SECOND,)),
        ("Example Hospital", "Oslo, Norway", (FIRST,)),
    ]


def test_outcomes_are_grouped_by_what_is_measured_and_when(landscape: Landscape) -> None:
    first, second = landscape.outcomes
    assert (first.measure, first.nct_ids, first.primary_in, first.is_own) == (
        "Ejection fraction change",
        (FIRST, SECOND),
        (FIRST,),
        True,
    )
    assert [(each.when, each.nct_ids, each.time_frames) for each in first.times] == [
        ("up to 3 months", (FIRST,), ("Baseline, Week 12",)),
        ("up to a year", (SECOND,), ("1 year",)),
    ]
    assert (second.measure, second.is_own) == ("Death from any cause", False)
    assert [each.when for each in second.times] == ["up to 5 years"]


def test_what_is_shared_is_told_with_the_studies_that_share_it(landscape: Landscape) -> None:
    shared = {(each.kind, each.name.lower()): (each.nct_ids, each.is_own) for each in landscape.shared}
    assert shared["condition", "heart failure"] == ((FIRST, SECOND, THIRD), True)
    assert shared["intervention", "aspirin"] == ((FIRST, SECOND), True)
    assert ("intervention", "warfarin") not in shared


def test_outcomes_that_only_share_some_words_stay_apart() -> None:
    outcomes = [
        "Major adverse cardiac events",
        "Adverse events",
        "Overall survival",
        "Progression-free survival",
    ]
    record = {
        "protocolSection": {"outcomesModule": {"primaryOutcomes": [{"measure": text} for text in outcomes]}}
    }
    assert {each.measure for each in group_outcomes({"NCT1": record}, {})} == set(outcomes)


@pytest.mark.parametrize(
    ("time_frame", "when"),
    [
        ("", "time not given"),
        ("24 hours", "within a day"),
        ("2-year follow-up", "up to 2 years"),
        ("Months 3, 6 and 12", "up to a year"),
        ("Day 1 to day 28", "up to a month"),
        ("up to 120 months", "more than 5 years"),
    ],
)
def test_times_are_read_from_the_words(time_frame: str, when: str) -> None:
    assert find_when(time_frame) == when


def test_a_record_that_is_in_no_library_can_be_asked_for(library: Library) -> None:
    record = make("NCT39999999", "aspirin", "Clinic A")
    found = library.find_related(records=[record])
    assert {FIRST, SECOND, OWN} <= {each.nct_id for each in found.studies}
    landscape = library.find_landscape([FIRST, SECOND], records=[record])
    assert landscape.nct_ids == (FIRST, SECOND)
    assert [each.name for each in landscape.sponsors if each.is_own] == ["CLINIC A."]


def test_a_study_that_is_not_here_is_said(library: Library) -> None:
    with pytest.raises(NotFoundError, match="NCT77777777 is not in this library"):
        library.find_landscape(["NCT77777777"])
    with pytest.raises(NotFoundError, match="NCT77777777 is not in this library"):
        library.find_landscape([FIRST], "NCT77777777")
    # One that was taken out between the list and the count is left out.
    assert library.find_landscape([FIRST, "NCT77777777", SECOND], OWN).nct_ids == (FIRST, SECOND)


def test_lists_know_how_far_they_have_come(tmp_path: Path) -> None:
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "r.jsonl", RECORDS))
        assert library.related_lag == 0
