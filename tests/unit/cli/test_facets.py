"""Does `trialbook facets` count with alternatives, and does a search that finds nothing say why?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.library import make_library
from tests.naive.records import make_record

from trialbook.__main__ import main

TITLE, PHASES, CONDITIONS = (
    "identificationModule.briefTitle",
    "designModule.phases",
    "conditionsModule.conditions",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = (
        {TITLE: "Heart", PHASES: ["PHASE1"], CONDITIONS: ["Asthma"]},
        {TITLE: "Heart", PHASES: ["PHASE2"]},
        {TITLE: "Heart"},
        {TITLE: "Lung", PHASES: ["PHASE2"]},
    )
    records = [make_record(f"NCT{number:08d}", each) for number, each in enumerate(parts, 1)]
    return make_library(tmp_path_factory.mktemp("facets") / "library", records)


def run(home: Path, *words: str) -> str:
    done = CliRunner().invoke(main, ["--home", str(home), *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_field_is_counted_with_the_values_beside_the_chosen_one(home: Path) -> None:
    assert run(home, "facets", "heart", "--by", "Phase", "--phase", "PHASE2").splitlines() == [
        "1 study",
        "Phase",
        "        1  PHASE1",
        "        1  PHASE2",
        "        1  not stated",
    ]
    told = json.loads(run(home, "facets", "heart", "--by", "Phase", "--json"))
    assert told == {"total": 3, "facets": {"Phase": {"PHASE1": 1, "PHASE2": 1}}, "missing": {"Phase": 1}}


def test_boxes_ask_beside_the_words(home: Path) -> None:
    assert run(home, "search", "heart", "--cond", "asthma").startswith("1 study")
    assert run(home, "facets", "--cond", "asthma", "--by", "Phase").startswith("1 study")


def test_nothing_found_says_what_each_part_finds(home: Path) -> None:
    told = run(home, "search", "lung", "--phase", "PHASE1").splitlines()[1:]
    assert told == [
        "what each part finds alone, and all others without it:",
        "    text: 1 alone, 1 without it",
        "    phase: 1 alone, 1 without it",
    ]
    assert "    zzzq: 0 alone, 3 without it" in run(home, "search", "heart zzzq")
