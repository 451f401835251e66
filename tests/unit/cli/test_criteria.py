"""Does the command say what each criterion asks, in words and as JSON?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.library import make_library

from trialbook.__main__ import main
from trialbook.library import Library

TEXT = "Inclusion Criteria:\n\n1. Age 21 years or older\n\nExclusion Criteria:\n\n1. AST or ALT > 3 x ULN"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    def make(nct_id: str, criteria: str) -> dict[str, object]:
        identification = {"nctId": nct_id, "briefTitle": "Study"}
        eligibility = {"eligibilityCriteria": criteria} if criteria else {}
        return {"protocolSection": {"identificationModule": identification, "eligibilityModule": eligibility}}

    return make_library(tmp_path / "home", [make("NCT10000001", TEXT), make("NCT10000002", "")])


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "criteria", *arguments])


def test_the_tree_stands_below_the_words(home: Path) -> None:
    result = run(home, "nct10000001")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "inclusion 1. Age 21 years or older",
        "    age ≥ 21 years",
        "exclusion 1. AST or ALT > 3 x ULN",
        "    any of",
        "      AST > 3 × ULN",
        "      ALT > 3 × ULN",
    ]


def test_json_has_places_in_the_text_and_trees(home: Path) -> None:
    first, second = json.loads(run(home, "NCT10000001", "--json").stdout)
    assert TEXT[second["start"] : second["end"]] == second["text"] == "AST or ALT > 3 x ULN"
    assert (first["kind"], first["tree"]["type"]) == ("inclusion", "atom")
    assert first["tree"]["interval"] == {"low": 21.0, "unit": "a"}
    assert [each["concepts"][0]["ids"] for each in second["tree"]["parts"]] == [
        ["loinc:1920-8"],
        ["loinc:1742-6"],
    ]


def test_python_says_the_same(home: Path) -> None:
    with Library(home) as library:
        found = library["NCT10000001"].parsed_criteria
    assert [each.text for each in found] == ["Age 21 years or older", "AST or ALT > 3 x ULN"]


def test_a_cut_record_without_criteria(home: Path) -> None:
    told = run(home, "NCT10000002").stdout
    assert told == "The criteria are not known: no copy in this library can carry them.\n"
    assert json.loads(run(home, "NCT10000002", "--json").stdout) == []
