"""Are studies found by what follows from their records on the day of asking?"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from trialbook.ask.filters import make_request
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.model import parse_record
from trialbook.results.due import derive_results_outlook
from trialbook.search.index.findings import find_own_values


def make_record(nct_id: str, status: dict[str, Any], **modules: Any) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": nct_id},
            "statusModule": {"lastUpdateSubmitDate": "2020-06-01", **status},
            "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE3"]},
            "contactsLocationsModule": {"locations": [{"country": "France"}, {"country": "Guam"}]},
        },
        "hasResults": False,
        **modules,
    }


ENDED = {
    "overallStatus": "COMPLETED",
    "primaryCompletionDateStruct": {"date": "2020-03-05", "type": "ACTUAL"},
}
TAKEN_BACK = {
    "miscInfoModule": {
        "submissionTracking": {
            "submissionInfos": [{"releaseDate": "2021-03-01", "unreleaseDate": "2021-03-20"}]
        }
    }
}
RETURNED = {
    "miscInfoModule": {
        "submissionTracking": {"submissionInfos": [{"releaseDate": "2021-03-01", "resetDate": "2021-04-20"}]}
    }
}
EVENTS = {
    "annotationModule": {
        "unpostedAnnotation": {"unpostedEvents": [{"type": "RELEASE", "date": "2021-01-05"}]}
    }
}
RECORDS = [
    make_record("NCT99000901", ENDED),
    make_record("NCT99000902", ENDED, derivedSection=TAKEN_BACK),
    make_record("NCT99000903", ENDED, derivedSection=RETURNED),
    make_record("NCT99000904", ENDED, annotationSection=EVENTS),
    make_record("NCT99000905", ENDED | {"dispFirstSubmitDate": "2021-01-01"}),
    make_record("NCT99000906", ENDED, resultsSection={"moreInfoModule": {}}),
    make_record(
        "NCT99000907",
        {
            "overallStatus": "RECRUITING",
            "statusVerifiedDate": "2020-06",
            "completionDateStruct": {"date": "2021-02-10"},
        },
    ),
    make_record("NCT99000908", {"overallStatus": "RECRUITING", "statusVerifiedDate": "2020-06"}),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    home = tmp_path_factory.mktemp("findings")
    (home / "r.jsonl").write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    import_paths(home / "library", [home / "r.jsonl"])
    return Library(home / "library")


def ask(library: Library, text: str, as_of: str | None = None, **given: Any) -> tuple[list[str], Any]:
    facets = ("ResultsOverdue", "StatusOutdated")
    found = library.engine.search(make_request(text, given, sort="id", as_of=as_of, facets=facets))
    return [nct_id[-1] for nct_id in found.nct_ids], found.facets


@pytest.mark.parametrize(
    ("as_of", "overdue"),
    [("2021-03-05", []), ("2021-03-06", ["1", "2"]), ("2023-01-01", ["1", "2"]), (None, ["1", "2", "5"])],
)
def test_overdue_results_are_found_as_of_the_day_of_asking(
    library: Library, as_of: str | None, overdue: list[str]
) -> None:
    found, facets = ask(library, "AREA[ResultsOverdue]true", as_of)
    assert found == overdue
    assert facets["ResultsOverdue"] == ({"true": len(overdue)} if overdue else {})
    others, facets = ask(library, "", as_of)
    assert facets["ResultsOverdue"] == {
        value: count
        for value, count in (("true", len(overdue)), ("false", len(others) - len(overdue)))
        if count
    }
    # A filter's own facet is counted without it.
    found, own = ask(library, "", as_of, results_overdue=True)
    assert found == overdue
    assert own["ResultsOverdue"] == facets["ResultsOverdue"]
    assert ask(library, "", as_of, results_overdue=False)[0] == [
        each for each in others if each not in overdue
    ]


@pytest.mark.parametrize(
    ("as_of", "outdated"),
    [("2021-02-10", []), ("2021-02-11", ["7"]), ("2022-06-30", ["7"]), ("2022-07-01", ["7", "8"])],
)
def test_a_status_that_time_has_passed_by_is_left_out(
    library: Library, as_of: str, outdated: list[str]
) -> None:
    assert ask(library, "AREA[StatusOutdated]true", as_of)[0] == outdated
    kept = ask(library, "", as_of, status_outdated=False, status="RECRUITING")[0]
    assert kept == [each for each in ("7", "8") if each not in outdated]


def test_the_days_themselves_can_be_asked(library: Library) -> None:
    assert ask(library, "AREA[ResultsOverdueFrom]RANGE[2021-03-06, 2021-03-06]")[0] == ["1", "2"]
    assert ask(library, "NOT AREA[ResultsOverdue]true")[0] == ["3", "4", "6", "7", "8"]


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda record: record["protocolSection"]["statusModule"]["overallStatus"]
)
def test_the_index_and_the_page_say_the_same(record: dict[str, Any]) -> None:
    first = dict(find_own_values(record)).get("ResultsOverdueFrom")
    state = derive_results_outlook(parse_record(record), today=date(2026, 1, 15)).state
    assert (first is not None) == (state == "overdue")


@pytest.mark.parametrize(
    "broken", [[], "x", {"statusModule": 7}, {"statusModule": {"overallStatus": ["RECRUITING"]}}]
)
def test_elements_of_the_wrong_type_are_no_findings(broken: Any) -> None:
    assert list(find_own_values({"protocolSection": broken, "derivedSection": 3})) == []
