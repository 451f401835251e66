"""The measurement of a large registry runs to its end on a small one, and asks SQLite the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
STUDIES = 120
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("registry")
    command = [sys.executable, "benchmarks/bench_registry.py", "--studies", str(STUDIES), "--json"]
    done = subprocess.run(
        [*command, "--folder", str(folder), "--load-seconds", "0.3"],
        cwd=ROOT,
        capture_output=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index(b"{\n") :])
    return answer


def test_every_line_of_the_table_is_measured(result: dict[str, Any]) -> None:
    assert result["studies"] == STUDIES
    assert result["import"]["seconds"] > 0 < result["again"]["seconds"]
    assert 10 < result["import"]["peak_mb"] < 2_000
    assert result["cold"]["seconds"] > 0
    assert result["api"]["requests_a_second"] > 0
    assert result["related"]["build"]["seconds"] > 0 < result["related"]["list"]["p95_ms"]
    parts = {"import", "again", "searches", "bare", "related", "cold", "api", "update", "sqlite"}
    assert set(result["load"]) == parts


def test_no_search_fails_while_the_next_day_comes_in(result: dict[str, Any]) -> None:
    assert result["update"]["failed"] == 0 < result["update"]["asked"]
    assert result["update"]["visible_after_s"] < 10


def test_sqlite_is_asked_every_kind_of_question(result: dict[str, Any]) -> None:
    assert set(result["searches"]) == set(result["sqlite"]) - {"build_seconds"}
    for timed in (*result["searches"].values(), *map(result["sqlite"].get, result["searches"])):
        assert 0 < timed["p50_ms"] <= timed["p95_ms"]
