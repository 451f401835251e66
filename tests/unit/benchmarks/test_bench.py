"""The benchmark runs as `make bench` runs it, on a handful of the sample records."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RECORDS = 30


@pytest.fixture(scope="module")
def result() -> dict:
    source = ROOT / "src" / "trialbook" / "samples" / "records.jsonl"
    command = [sys.executable, "benchmarks/bench.py", "--records", str(RECORDS), "--runs", "1", "--json"]
    done = subprocess.run(
        [*command, "--source", str(source)], cwd=ROOT, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_each_phase_has_a_rate_and_its_own_memory(result: dict) -> None:
    assert result["records"] == RECORDS
    for phase in ("store", "store_and_index", "unchanged"):
        assert result[phase]["records_a_second"] == pytest.approx(RECORDS / result[phase]["seconds"])
        assert 10 < result[phase]["peak_mb"] < 2_000


def test_both_searches_find_what_was_imported(result: dict) -> None:
    placebo = result["read"]["found"][5], result["fts5"]["found"][5]
    assert 0 < placebo[0] <= RECORDS
    assert 0 < placebo[1] <= RECORDS


def test_latencies_are_ordered_percentiles(result: dict) -> None:
    long = (result["history"][name] for name in ("record", "cold", "history", "diff"))
    for timed in (
        *(result["read"][name] for name in ("page", "json", "search")),
        *long,
        result["fts5"]["search"],
    ):
        assert 0 < timed["p50_ms"] <= timed["p95_ms"]
