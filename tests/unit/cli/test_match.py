"""`trialbook match`: studies in lines and as JSON, filters, and refusals in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import trialbook
from trialbook.__main__ import main

TOLD = {"person_id": "p1", "birth_date": "1962-05-01", "sex": "female", "conditions": ["heart failure"]}


def run(library: trialbook.Library, path: Path, told: Any, *more: str) -> Result:
    path = path / "patient.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    asked = ["--home", str(library.home), "match", "--patient", str(path), "--day", "2026-11-29"]
    return CliRunner().invoke(main, [*asked, *more])


def test_lines_say_what_was_asked_what_was_found_and_why(
    sample_library: trialbook.Library, tmp_path: Path
) -> None:
    told = {**TOLD, "conditions": ["breast cancer", "heart failure"]}
    done = run(sample_library, tmp_path, told, "--limit", "2")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "Person: p1    As of: 2026-11-29"
    assert lines[1] == "Looked for by: age 64 years; female; breast cancer, heart failure"
    assert sum(line.startswith(("1. NCT", "2. NCT")) for line in lines) == 2
    assert any(line.startswith("   About: breast cancer; ") for line in lines)
    assert "   For (" in done.output
    assert "   Open (" in done.output
    assert "no medical advice" in " ".join(done.output.split())


def test_json_has_the_studies_with_all_criteria(sample_library: trialbook.Library, tmp_path: Path) -> None:
    found = json.loads(run(sample_library, tmp_path, TOLD, "--json").output)
    assert found["person_id"] == "p1"
    assert found["compared"] == found["matching"] + found["excluded"] + found["aside"]
    best = found["studies"][0]
    assert best["shares"] == ["heart failure"]
    assert best["study"]["status"] in ("RECRUITING", "AVAILABLE")
    adult = next(each for each in best["speaks_for"] if each["name"] == "minimum_age")
    assert (adult["verdict"], adult["evidence"][0]["fact"]) == ("met", "age 64 years, 2026-11-29")
    for each in found["studies"]:
        assert each["score"] == pytest.approx(each["relevance"] * each["fit"], abs=1e-3)
        assert {one["verdict"] for one in each["open"]} <= {
            "unknown",
            "conflict",
            "judgement",
            "met",
            "not_met",
        }
    scores = [each["score"] for each in found["studies"]]
    assert scores == sorted(scores, reverse=True)


def test_a_note_and_filters_are_taken(sample_library: trialbook.Library, tmp_path: Path) -> None:
    told = "64-year-old woman with heart failure."
    every = json.loads(run(sample_library, tmp_path, told, "--json").output)
    done = json.loads(run(sample_library, tmp_path, told, "--json", "--status", "COMPLETED").output)
    assert {each["study"]["status"] for each in done["studies"]} <= {"COMPLETED"}
    assert every["fitting"] != done["fitting"]


@pytest.mark.parametrize(
    ("told", "more", "said"),
    [
        ({"sex": "robot"}, (), "no such sex, at sex, found 'robot'"),
        ([TOLD, TOLD], (), "the patient data tell of several persons"),
        ([], (), "the patient data tell of nobody"),
        (TOLD, ("--day", "soon"), "--day is no day: 'soon'"),
        (TOLD, ("--complete", "everything"), "--complete: there is no domain 'everything'"),
        (TOLD, ("--visit", "screening"), "--visit 'screening' has no equals sign"),
        (TOLD, ("--near", "Nowhere at all"), "Nowhere at all"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    told: Any, more: tuple[str, ...], said: str, sample_library: trialbook.Library, tmp_path: Path
) -> None:
    done = run(sample_library, tmp_path, told, *more)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output
