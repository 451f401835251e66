"""How verdicts change the order of trials for a patient, and that what was judged decides of no order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from eval_pools import Pool
from eval_verdict_ranking import (
    DEPTH,
    LAST,
    SETTINGS,
    WITHOUT,
    Held,
    Ranked,
    Setting,
    choose,
    count_violated,
    leave_out,
    rank_anew,
    rank_pool,
)
from trialbook.terms import load_thesaurus

HELD = {"NCT1": Held(4, 0.5, 1), "NCT2": Held(4, 0.5, 0), "NCT3": Held(4, 1.0, 0)}
RANKED = Ranked("t", ["NCT1", "NCT2", "NCT3"], HELD)


@pytest.mark.parametrize(
    ("setting", "order"),
    [
        (WITHOUT, ["NCT1", "NCT2", "NCT3"]),
        (LAST, ["NCT2", "NCT3", "NCT1"]),
        (Setting(60.0, 2.0, 1.0), ["NCT3", "NCT1", "NCT2"]),
        (Setting(60.0, 0.0, 0.9), ["NCT2", "NCT3", "NCT1"]),
    ],
)
def test_a_setting_gives_an_order(setting: Setting, order: list[str]) -> None:
    assert rank_anew(RANKED, setting) == order


def test_what_lies_further_down_stays() -> None:
    found = [f"NCT{number}" for number in range(DEPTH + 2)]
    held = {nct_id: Held(1, 0.0, 1) for nct_id in found[:DEPTH]}
    assert rank_anew(Ranked("t", found, held), LAST)[DEPTH:] == found[DEPTH:]
    assert leave_out(Ranked("t", found, held)) == found[DEPTH:]


def test_the_setting_that_does_best_is_chosen_and_of_equal_ones_the_first() -> None:
    pool = Pool("p", judgements={"t": {"NCT3": 2, "NCT1": 0, "NCT2": 0}})
    chosen = choose(pool, [RANKED])
    assert rank_anew(RANKED, chosen)[0] == "NCT3"
    alike = Pool("p", judgements={"t": {"NCT9": 2}})
    assert choose(alike, [RANKED]) == SETTINGS[0]


class _Found:
    """A search that finds the trials of a pool in their order."""

    nct_ids = ("NCT1", "NCT2")

    def search(self, request: object) -> _Found:
        return self


class _Engines:
    engine: Any = _Found()


def test_a_patient_is_held_against_the_criteria_of_each_trial() -> None:
    def record(text: str) -> dict[str, Any]:
        return {"protocolSection": {"eligibilityModule": {"eligibilityCriteria": text}}}

    pool = Pool(
        "p",
        {
            "NCT1": record(
                "Inclusion Criteria:\n\n1. Age 18 or older\n2. HbA1c > 8 %\n\nExclusion Criteria:\n\n1. Stroke"
            ),
            "NCT2": record("Inclusion Criteria:\n\n1. HbA1c < 8 %"),
        },
        {"t": "A 58-year-old man with type 2 diabetes, HbA1c 8.2%."},
        {"t": {"NCT1": 2, "NCT2": 1}},
    )
    (ranked,) = rank_pool(pool, _Engines(), load_thesaurus())  # type: ignore[arg-type]
    assert ranked.held["NCT1"] == Held(3, pytest.approx(2.5 / 3), 0)
    assert ranked.held["NCT2"] == Held(1, 0.0, 1)
    counted = count_violated(pool, [ranked])
    assert (counted["eligible, violated"], counted["excluded, violated"]) == (0.0, 1.0)
