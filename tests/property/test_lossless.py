"""What is written equals what was read, for every real record; and the model has every element."""

from __future__ import annotations

import gzip
import json
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.model import Study, encode_study, parse_study
from trialbook.store.codec import Codec, train_dictionary

SAMPLES = Path(__file__).parents[2] / "src" / "trialbook" / "samples"
FILES = {"records": 900, "records_trimmed": 102, "records_stem_cells_2022": 1536}


def read_lines(path: Path) -> list[bytes]:
    body = path.read_bytes()
    return (gzip.decompress(body) if path.suffix == ".gz" else body).splitlines()


def check_lossless(body: bytes) -> Study:
    study = parse_study(body)
    expected = json.loads(body)
    # The text of the values is compared too, because 1, 1.0 and True are equal in Python.
    assert json.dumps(study.to_dict(), sort_keys=True) == json.dumps(expected, sort_keys=True), study.nct_id
    assert json.loads(encode_study(study)) == expected
    return study


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FILES)
def test_every_real_record_is_written_as_it_was_read(shared_data: Path, name: str, every: int) -> None:
    bodies = read_lines(shared_data / "ctgov" / f"{name}.jsonl.gz")

    studies = [check_lossless(body) for body in bodies[::every]]

    assert len(studies) >= FILES[name] // every
    assert all(study.nct_id for study in studies)


def test_the_reference_record_is_written_as_it_was_read_and_fits_the_model(shared_data: Path) -> None:
    study = check_lossless((shared_data / "ctgov" / "NCT04776239.json").read_bytes())

    assert study.unmodelled == {}


def test_only_what_the_registry_does_not_specify_stands_outside_the_typed_view(shared_data: Path) -> None:
    outside = {
        re.sub(r"/\d+", "/*", pointer)
        for body in read_lines(shared_data / "ctgov" / "records.jsonl.gz")
        for pointer in parse_study(body).unmodelled
    }

    assert outside == {
        "/Timestamp",
        "/derivedSection/conditionBrowseModule/ancestors",  # present and empty
        "/derivedSection/miscInfoModule/modelPredictions",
        "/protocolSection/armsInterventionsModule/interventions/*/armNames",
        "/protocolSection/armsInterventionsModule/interventions/*/interventionMappedName",
        "/protocolSection/contactsLocationsModule/locations_nested",
        "/protocolSection/designModule/patientRegistry",  # two records hold a text, not a boolean
        "/timestamp",
    }


def test_every_sample_record_is_written_as_it_was_read() -> None:
    bodies = read_lines(SAMPLES / "records.jsonl")

    assert len([check_lossless(body) for body in bodies]) >= 50


def test_packed_records_come_back_byte_for_byte(shared_data: Path) -> None:
    bodies = read_lines(shared_data / "ctgov" / "records.jsonl.gz")
    dictionary = train_dictionary(bodies[:512])
    assert dictionary is not None
    codec = Codec({1: dictionary})

    packed = [codec.pack(body) for body in bodies]

    assert [codec.unpack(*pair) for pair in packed] == bodies
    assert sum(len(data) for _, data in packed) < sum(map(len, bodies)) / 4


def list_leaves(schema: dict[str, Any], schemas: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Each leaf of a schema, as its path and its JSON type."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "array":
        yield from list_leaves(schema["items"], schemas, path)
    elif "properties" in schema:
        for name, part in schema["properties"].items():
            yield from list_leaves(part, schemas, f"{path}.{name}" if path else name)
    else:
        yield path, schema.get("type", "")


def list_model_leaves(kind: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each leaf of the typed model, as its path in the record and its JSON type."""
    inner = [part for part in typing.get_args(kind) if part not in (type(None), Ellipsis)]
    if inner:
        for part in inner:
            yield from list_model_leaves(part, path)
    elif issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            name = field.encode_name
            yield from list_model_leaves(field.type, f"{path}.{name}" if path else name)
    else:
        names = {bool: "boolean", int: "integer", float: "number"}
        yield path, names.get(kind, "string")


def test_the_model_has_every_leaf_of_the_registrys_specification_and_no_other(shared_spec: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="reads the registry's OpenAPI document")
    document = yaml.safe_load((shared_spec / "ctgov" / "openapi-2.0.5.yaml").read_text())
    schemas = document["components"]["schemas"]

    specified = dict(list_leaves(schemas["Study"], schemas, ""))
    modelled = dict(list_model_leaves(Study, ""))

    assert len(specified) > 250
    assert set(specified) - set(modelled) == set()
    assert set(modelled) - set(specified) == set()
    assert {path: modelled[path] for path in specified} == specified
