"""No input, however broken, ends in an error that Trialbook does not raise on purpose.

Every input that once did is fed again; then some thousand new ones, the same in each run. `run.py` feeds millions.
"""

from __future__ import annotations

import pytest
from tests.fuzz.run import CORPUS, KINDS, feed, load_seeds, make_target, run
from tests.fuzz.targets import Target

SHORT = {"readers": 600, "outputs": 60, "grammar": 5_000, "queries": 600, "addresses": 400, "criteria": 150}
LONG = {
    "readers": 60_000, "outputs": 4_000, "grammar": 500_000, "queries": 60_000, "addresses": 40_000, "criteria": 10_000,
}  # fmt: skip
# On whatever machine, the numbers above are what ends a run.
NO_END_S = 1e9


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    return {kind: make_target(kind, folder) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_kept_inputs_are_answered(targets: dict[str, Target], kind: str) -> None:
    seeds = load_seeds(kind)
    assert len(seeds) > 10
    assert [(seed, failure) for seed in seeds if (failure := feed(targets[kind], seed))] == []


def test_inputs_that_failed_lie_where_they_are_fed_again() -> None:
    assert {path.name for path in (CORPUS / "found").glob("*")} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_some_changed_inputs_are_answered(targets: dict[str, Target], kind: str) -> None:
    outcome = run(kind, targets[kind], inputs=SHORT[kind], seconds=NO_END_S, seed=1)
    assert (outcome.inputs, outcome.failures) == (SHORT[kind], {})


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_changed_inputs_are_answered(targets: dict[str, Target], kind: str) -> None:
    outcome = run(kind, targets[kind], inputs=LONG[kind], seconds=NO_END_S, seed=2)
    assert (outcome.inputs, outcome.failures) == (LONG[kind], {})


def test_a_failure_is_seen_named_and_made_short() -> None:
    def fail(data: bytes) -> None:
        if b'"' in data:
            raise ZeroDivisionError

    outcome = run("readers", fail, inputs=50, seconds=NO_END_S, seed=1)
    assert outcome.inputs == 50
    assert list(outcome.failures.values()) == [b'"']
