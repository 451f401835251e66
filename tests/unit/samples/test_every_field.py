"""Every field and every enumeration value of the registry's record is in use in the shipped samples."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from trialbook.samples import sample_paths

LEAF_PATHS = Path(__file__).with_name("leaf_paths.txt")


def read_samples() -> list[dict[str, Any]]:
    lines = sample_paths()[0].read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def walk_values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk_values(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from walk_values(item, path)
    else:
        yield path, value


def walk_schema(schemas: dict[str, Any], node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf path of a schema with the name of the schema that it refers to."""
    name = ""
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        node = schemas[name]
    if node.get("type") == "array":
        yield from walk_schema(schemas, node["items"], path)
    elif "properties" in node:
        for key, item in node["properties"].items():
            yield from walk_schema(schemas, item, f"{path}.{key}" if path else key)
    else:
        yield path, name


@pytest.fixture(scope="module")
def values_by_path() -> dict[str, set[Any]]:
    values: dict[str, set[Any]] = {}
    for record in read_samples():
        for path, value in walk_values(record):
            values.setdefault(path, set()).add(value)
    return values


@pytest.fixture(scope="module")
def schemas(shared_spec: Path) -> dict[str, Any]:
    text = (shared_spec / "ctgov" / "openapi-2.0.5.yaml").read_text(encoding="utf-8")
    schemas: dict[str, Any] = yaml.safe_load(text)["components"]["schemas"]
    return schemas


def test_each_leaf_path_is_in_use_and_no_other(values_by_path: dict[str, set[Any]]) -> None:
    assert sorted(values_by_path) == LEAF_PATHS.read_text(encoding="utf-8").split()


def test_leaf_paths_are_those_of_the_registrys_schema(schemas: dict[str, Any]) -> None:
    leaves = sorted({path for path, _ in walk_schema(schemas, schemas["Study"])})
    assert leaves == LEAF_PATHS.read_text(encoding="utf-8").split()


def test_each_leaf_path_is_a_piece_of_the_query_language(shared_spec: Path) -> None:
    with (shared_spec / "ctgov" / "pieces.tsv").open(encoding="utf-8") as file:
        pieces = {row["index_field"] for row in csv.DictReader(file, delimiter="\t")}
    # A geo point is one piece; the API writes it as two numbers.
    leaves = {path.removesuffix(".lat").removesuffix(".lon") for path in LEAF_PATHS.read_text().split()}
    # The schema shares one shape between milestones and drop-outs; only the former have a piece for units.
    assert leaves - pieces == {"resultsSection.participantFlowModule.periods.dropWithdraws.reasons.numUnits"}


def test_each_enumeration_value_is_in_use(
    schemas: dict[str, Any], values_by_path: dict[str, set[Any]]
) -> None:
    used: dict[str, set[Any]] = {}
    for path, name in walk_schema(schemas, schemas["Study"]):
        if "enum" in schemas.get(name, {}):
            used.setdefault(name, set()).update(values_by_path.get(path, ()))
    assert len(used) > 30
    assert [name for name in used if used[name] != set(schemas[name]["enum"])] == []
