"""`trialbook screen`: a sheet, JSON, counts and a log, and refusals in a sentence."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import trialbook
from trialbook.__main__ import main

GROWN_UP = {"person_id": "p1", "birth_date": "1970-05-20", "sex": "male"}
CHILD = {"person_id": "p2", "birth_date": "2020-05-20"}


def run(library: trialbook.Library, path: Path, told: Any, *more: str) -> Result:
    path = path / "patient.json"
    path.write_text(json.dumps(told))
    asked = [
        "--home",
        str(library.home),
        "screen",
        "NCT04776239",
        "--patient",
        str(path),
        "--day",
        "2026-11-29",
    ]
    return CliRunner().invoke(main, [*asked, *more])


def test_one_person_makes_a_sheet(sample_library: trialbook.Library, tmp_path: Path) -> None:
    done = run(sample_library, tmp_path, CHILD)
    assert done.exit_code == 0
    assert "Person: p2    As of: 2026-11-29" in done.output
    assert "Overall: ineligible because of: Minimum age: 18 Years" in done.output
    assert "Signature" in done.output


def test_json_has_overall_and_the_criteria_with_their_words(
    sample_library: trialbook.Library, tmp_path: Path
) -> None:
    found = json.loads(run(sample_library, tmp_path, GROWN_UP, "--json").output)
    assert found["overall"] in ("eligible", "ineligible", "open")
    # The record's fields, then the 4 inclusion and 19 exclusion criteria of the text.
    kinds = [each["kind"] for each in found["criteria"] if each["start"] >= 0]
    assert (kinds.count("inclusion"), kinds.count("exclusion")) == (4, 19)
    for each in found["criteria"]:
        assert {"kind", "text", "verdict", "evidence"} <= set(each)
        assert each["verdict"] in ("met", "not_met", "unknown", "conflict", "judgement")
    adult = next(each for each in found["criteria"] if each["name"] == "exclusion_1")
    assert (adult["verdict"], adult["evidence"][0]["fact"]) == ("not_met", "age 56 years, 2026-11-29")


def test_many_persons_make_lines_and_counts(sample_library: trialbook.Library, tmp_path: Path) -> None:
    told = run(sample_library, tmp_path, [GROWN_UP, CHILD]).output
    assert "p2  ineligible because of: Minimum age: 18 Years" in told
    assert "Assessed for eligibility (n = 2)" in told
    lines = run(sample_library, tmp_path, [GROWN_UP, CHILD], "--json").output.splitlines()
    assert [json.loads(line)["person_id"] for line in lines] == ["p1", "p2"]


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_a_log_is_its_owners_alone(name: str, sample_library: trialbook.Library, tmp_path: Path) -> None:
    path = tmp_path / name
    done = run(sample_library, tmp_path, [GROWN_UP, CHILD], "--log", str(path))
    assert done.exit_code == 0, done.output
    assert "Excluded (n = 1)" in done.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_said_beside_the_data_counts(sample_library: trialbook.Library, tmp_path: Path) -> None:
    before = json.loads(run(sample_library, tmp_path, GROWN_UP, "--json").output)
    after = json.loads(run(sample_library, tmp_path, GROWN_UP, "--json", "--complete", "condition").output)
    unknown = [sum(one["verdict"] == "unknown" for one in each["criteria"]) for each in (before, after)]
    assert unknown[1] < unknown[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--day", "soon"), "--day is no day: 'soon'"),
        (("--complete", "everything"), "there is no domain 'everything'"),
        (("--answer", "mdrd=175"), "there is no question 'mdrd'"),
        (("--answer", "mdrd_constant"), "has no equals sign"),
        (("--visit", "screening=soon"), "visit screening=soon"),
        (("--visit", "party=2026-11-02"), "visit party=2026-11-02"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    more: tuple[str, ...], said: str, sample_library: trialbook.Library, tmp_path: Path
) -> None:
    done = run(sample_library, tmp_path, GROWN_UP, *more)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_patient_data_that_say_nothing_are_refused(sample_library: trialbook.Library, tmp_path: Path) -> None:
    done = run(sample_library, tmp_path, {"sex": "robot"})
    assert (done.exit_code, "no such sex, at sex, found 'robot'" in done.output) == (1, True)
    done = run(sample_library, tmp_path, [])
    assert (done.exit_code, "tells of nobody" in done.output) == (1, True)
