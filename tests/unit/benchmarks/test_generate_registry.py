"""The made-up registry: each record decodes, one seed makes the same bytes, the shape is as measured."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialbook.model import parse_study

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
STUDIES = 3000

Compose = Callable[..., bytes]


@pytest.fixture(scope="module")
def compose() -> Compose:
    """Compose the i-th record of a registry whose words come from the samples alone."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from registry_records import compose_record
        from registry_stock import Stock
    finally:
        sys.path.remove(str(BENCHMARKS))
    stock = Stock(STUDIES, 5, None)
    return lambda number, **options: compose_record(stock, number, **options)


@pytest.fixture(scope="module")
def bodies(compose: Compose) -> list[bytes]:
    return [compose(number) for number in range(STUDIES)]


@pytest.fixture(scope="module")
def records(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "generate_registry.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)  # noqa: PLW1510


def test_every_record_decodes_as_a_study_without_a_field_that_the_model_lacks(
    bodies: list[bytes], records: list[dict[str, Any]]
) -> None:
    for body, record in zip(bodies, records, strict=True):
        study = parse_study(body)
        assert study.nct_id == record["protocolSection"]["identificationModule"]["nctId"]
        assert study.has_results == ("resultsSection" in record)
        assert study.unmodelled == {}


def test_ids_are_distinct_and_rise(records: list[dict[str, Any]]) -> None:
    ids = [record["protocolSection"]["identificationModule"]["nctId"] for record in records]
    assert ids == sorted(set(ids))


def test_sizes_have_the_registrys_mean_and_its_tail(bodies: list[bytes]) -> None:
    sizes = sorted(map(len, bodies))
    # 17.2 KB is the published mean; at 3,000 records the tail alone moves it by a few per cent.
    assert sum(sizes) / len(sizes) == pytest.approx(17_200, rel=0.12)
    assert 8_000 < sizes[STUDIES // 2] < 12_000
    assert sizes[-1] > 250_000


def test_shares_are_the_registrys(records: list[dict[str, Any]]) -> None:
    count = Counter(record["protocolSection"]["designModule"]["studyType"] for record in records)
    assert count["OBSERVATIONAL"] / STUDIES == pytest.approx(0.23, abs=0.03)
    assert sum(record["hasResults"] for record in records) / STUDIES == pytest.approx(0.12, abs=0.02)
    statuses = Counter(record["protocolSection"]["statusModule"]["overallStatus"] for record in records)
    assert statuses["COMPLETED"] > statuses["RECRUITING"] > statuses["NOT_YET_RECRUITING"] > 0


def test_a_record_depends_on_seed_and_number_alone(compose: Compose, bodies: list[bytes]) -> None:
    assert [compose(number) for number in (2999, 7, 1500)] == [bodies[2999], bodies[7], bodies[1500]]


def test_a_changed_record_is_the_same_study_a_day_later(
    compose: Compose, records: list[dict[str, Any]]
) -> None:
    for number in (0, 1234, 2999):
        old, new = (
            records[number]["protocolSection"],
            json.loads(compose(number, changed=True))["protocolSection"],
        )
        assert new["identificationModule"] == old["identificationModule"]
        assert new["statusModule"]["lastUpdateSubmitDate"] > old["statusModule"]["lastUpdateSubmitDate"]
        assert new["descriptionModule"] != old["descriptionModule"]


def test_the_command_writes_the_same_zip_twice_and_the_changes_asked_for(tmp_path: Path) -> None:
    changes = tmp_path / "changed.jsonl"
    common = ("--studies", "300", "--seed", "3", "--shared", tmp_path / "none")
    first = run(tmp_path / "a.zip", *common, "--changed", "20", "--out2", changes)
    assert first.returncode == 0, first.stderr
    assert run(tmp_path / "b.zip", *common).returncode == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert len(names) == 300
        for name in names:
            record = json.loads(archive.read(name))
            assert record["protocolSection"]["identificationModule"]["nctId"] + ".json" == name
    changed = [json.loads(line) for line in changes.read_text(encoding="utf-8").splitlines()]
    assert (
        len(
            {record["protocolSection"]["identificationModule"]["nctId"] for record in changed}
            & {n[:-5] for n in names}
        )
        == 20
    )


def test_the_command_refuses_senseless_numbers(tmp_path: Path) -> None:
    result = run(tmp_path / "a.zip", "--studies", "10", "--changed", "11", "--out2", tmp_path / "c.jsonl")
    assert result.returncode == 2
    assert "between 0 and --studies" in result.stderr


def test_the_committed_shape_holds_numbers_only() -> None:
    shape = json.loads((BENCHMARKS / "registry_shape.json").read_text(encoding="utf-8"))
    assert all(isinstance(value, int) for row in shape["rows"] for value in row)
    assert {len(row) for row in shape["rows"]} == {len(shape["columns"])}
    weights = [row[0] for row in shape["rows"]]
    results = [row[shape["columns"].index("results")] for row in shape["rows"]]
    share = sum(w * r for w, r in zip(weights, results, strict=True)) / sum(weights)
    assert share == pytest.approx(shape["targets"]["results"], abs=0.005)
