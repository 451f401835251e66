"""Can a person fill a library from a live registry, follow it, and go on after it failed half-way?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialbook.samples import sample_paths

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.stand_in.registry import StandInRegistry, cut_in_the_middle, refuse

ASTHMA = {"NCT99000031", "NCT99000032", "NCT99000033"}


@pytest.fixture
def registry() -> Iterator[StandInRegistry]:
    with StandInRegistry(sample_paths()[0].read_bytes().splitlines()) as server:
        yield server


def run_trialbook(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "trialbook", "--home", str(home), *words],
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )


def pull(home: Path, registry: StandInRegistry, *words: str) -> subprocess.CompletedProcess[bytes]:
    return run_trialbook(
        home, "pull", "--condition", "asthma", "--registry", registry.address, *words, "--json"
    )


def read_counts(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr.decode()
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def export(home: Path) -> set[bytes]:
    done = run_trialbook(home, "export")
    assert done.returncode == 0, done.stderr.decode()
    return set(done.stdout.splitlines())


def find_asthma(registry: StandInRegistry) -> set[bytes]:
    return {body for body in registry.bodies if any(f'"nctId":"{i}"'.encode() in body for i in ASTHMA)}


def test_a_pull_fills_the_library_and_a_second_one_changes_nothing(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    counts = read_counts(pull(tmp_path, registry))
    assert (counts["read"], counts["stored"], counts["rejected"], counts["problems"]) == (3, 3, 0, [])
    assert export(tmp_path) == find_asthma(registry)
    found = run_trialbook(tmp_path, "search", "asthma", "--json")
    assert set(json.loads(found.stdout)["nct_ids"]) == ASTHMA

    registry.asked.clear()
    again = read_counts(pull(tmp_path, registry))
    assert "RANGE[2025-12-04,MAX]" in registry.asked[0]["filter.advanced"]
    assert (again["read"], again["stored"], again["unchanged"]) == (1, 0, 1)


def test_an_update_becomes_a_new_version(tmp_path: Path, registry: StandInRegistry) -> None:
    pull(tmp_path, registry)
    place = next(i for i, body in enumerate(registry.bodies) if b'"nctId":"NCT99000031"' in body)
    record = json.loads(registry.bodies[place])
    status = record["protocolSection"]["statusModule"]
    status["lastUpdateSubmitDate"] = status["lastUpdatePostDateStruct"]["date"] = "2026-05-30"
    registry.bodies[place] = json.dumps(record).encode()
    counts = read_counts(pull(tmp_path, registry))
    assert (counts["stored"], counts["new_versions"], counts["unchanged"]) == (1, 1, 1)


BUSY = refuse(503, "Service unavailable", {"Retry-After": "1"})


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (BUSY, "503: Service unavailable"),
        pytest.param(cut_in_the_middle, "the answer broke off", marks=pytest.mark.slow),
    ],
)
def test_a_pull_that_dies_half_way_keeps_what_came_and_is_completed_by_the_next(
    tmp_path: Path, registry: StandInRegistry, fault: Any, words: str
) -> None:
    registry.pages_left, registry.always = 2, fault
    done = pull(tmp_path, registry, "--page-size", "1")
    assert done.returncode == 1
    message = done.stderr.decode()
    assert words in message
    assert "What was stored is kept: give the same command again" in message
    assert "Traceback" not in message
    counts = json.loads(done.stdout)
    assert (counts["read"], counts["stored"], len(counts["problems"])) == (2, 2, 1)
    kept = export(tmp_path)
    assert len(kept) == 2
    assert kept < find_asthma(registry)

    registry.pages_left = None
    counts = read_counts(pull(tmp_path, registry, "--page-size", "1"))
    assert (counts["read"], counts["stored"]) == (1, 1)
    assert export(tmp_path) == find_asthma(registry)


def test_an_unknown_id_and_a_refusal_are_told_in_a_sentence(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    words = ("pull", "--registry", registry.address, "--json")
    done = run_trialbook(tmp_path, *words, "--ids", "NCT99000031,NCT00000404")
    assert done.returncode == 1
    assert json.loads(done.stdout)["stored"] == 1
    assert "NCT00000404: the registry has no study with this number" in done.stderr.decode()

    registry.faults = [refuse(400, "`query.term` has an error near `(`")]
    done = run_trialbook(tmp_path, *words, "--term", "(")
    assert done.returncode == 1
    assert "the registry answered 400: `query.term` has an error near `(`" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
