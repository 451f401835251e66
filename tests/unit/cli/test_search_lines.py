"""Does a list of studies say what a person or a program needs of each, with its status as old as it is?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.cli import main


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open study of long ago, and one that says nothing."""
    old = make_record("NCT97000001")
    old["protocolSection"]["statusModule"] |= {
        "statusVerifiedDate": "2015-01",
        "lastUpdateSubmitDate": "2015-01-20",
        "completionDateStruct": {"date": "2016-06"},
    }
    bare: dict[str, Any] = {"protocolSection": {"identificationModule": {"nctId": "NCT97000002"}}}
    return make_library(tmp_path_factory.mktemp("lines") / "library", [old, bare])


def search(home: Path, *words: str) -> str:
    done = CliRunner().invoke(main, ["--home", str(home), "search", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_json_tells_of_each_study_what_a_program_needs(home: Path) -> None:
    answer = json.loads(search(home, "--json", "--sort", "id"))
    assert answer["nct_ids"] == ["NCT97000001", "NCT97000002"]
    assert answer["studies"] == [
        {
            "nct_id": "NCT97000001",
            "title": "Sugar, and the heart",
            "status": "RECRUITING",
            "status_age": "as of January 2015, out of date",
            "is_outdated": True,
            "study_type": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "conditions": ["Diabetes", "Heart Failure"],
            "interventions": ["Glucose", "Spoon"],
            "sponsor": "A Hospital",
            "enrollment_count": 26,
            "start_date": "2021-08",
            "primary_completion_date": "",
            "completion_date": "2016-06",
            "last_update_posted": "2025-09-02",
            "has_results": False,
            "countries": ["United States", "France"],
            "sites": 2,
            "nearest_site": None,
            "evidence": [],
            "problem": "",
        },
        {
            "nct_id": "NCT97000002",
            "title": "",
            "status": "",
            "status_age": "",
            "is_outdated": False,
            "study_type": "",
            "phases": [],
            "conditions": [],
            "interventions": [],
            "sponsor": "",
            "enrollment_count": None,
            "start_date": "",
            "primary_completion_date": "",
            "completion_date": "",
            "last_update_posted": "",
            "has_results": False,
            "countries": [],
            "sites": 0,
            "nearest_site": None,
            "evidence": [],
            "problem": "",
        },
    ]


def test_as_of_a_day_the_status_was_not_old(home: Path) -> None:
    (study,) = json.loads(search(home, "sugar", "--json", "--as-of", "2015-03"))["studies"]
    assert (study["status_age"], study["is_outdated"]) == ("as of January 2015", False)


def test_lines_tell_the_same(home: Path) -> None:
    lines = search(home, "--sort", "id").splitlines()
    assert lines[1:5] == [
        "NCT97000001  Recruiting (as of January 2015, out of date), Phase 1/Phase 2",
        "    Sugar, and the heart",
        "    Diabetes; Heart Failure",
        "    A Hospital | 2021-08 – 2016-06 | United States, France (2 sites)",
    ]
    assert lines[5] == "NCT97000002  status not given"


def test_a_place_that_nothing_matches_is_answered_and_an_address_is_an_id(tmp_path: Path) -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"},
            "contactsLocationsModule": {"locations": [{"city": "Berlin", "country": "Germany"}]},
        }
    }
    home = make_library(tmp_path, [record])

    def find(*words: str) -> str:
        done = CliRunner().invoke(main, ["--home", str(home), "search", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "did you mean: --locn 'Germany'" in find("--locn", "Germny")
    assert "no site here is in 'Nowhereistan'" in find("--locn", "Nowhereistan")
    for address in (
        "https://clinicaltrials.gov/study/NCT00000001?tab=history",
        "clinicaltrials.gov/ct2/show/nct1",
    ):
        assert "NCT00000001" in find(address)
