"""Whatever is done to a record, it is held whole or refused with a reason that names the place."""

from __future__ import annotations

import copy
import functools
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trialbook.errors import SourceFormatError
from trialbook.model.study import Study, parse_record
from trialbook.source.api_v2 import check_record

SAMPLES = Path(__file__).parents[2] / "src" / "trialbook" / "samples" / "records.jsonl"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "ctgov"

Steps = tuple[str | int, ...]

ODD_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    17,
    2**40,
    2**70,
    -0.0,
    1.5,
    1e300,
    "",
    " ",
    "x",
    "NCT00000000",
    "2024-02-31",
    "2024-13",
    "99999-01-01",
    "0000-00-00",
    "1 Year",
    "-5 Years",
    "9" * 400 + " Years",
    "N/A",
    "a" * 5000,
    "<script>alert(1)</script>",
    "\x00\x1f\u2028\ud7ff\U0010ffff",
    [],
    {},
    [None],
    [[]],
    [{}],
    ["x", 1, None],
    {"": ""},
    {"date": 5},
    {"date": "2020", "type": "ACTUAL", "more": [1]},
]
ODD_KEYS = ["", "new", "a/b", "~1", "nctId", "protocolSection", "_unmodelled", "__class__", "snake_case", "é"]

# What the registry's own values say of a type: a wrong one there still leaves a record.
SETTINGS = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=400
)


@functools.cache
def load_records() -> tuple[dict[str, Any], ...]:
    """Load the sample records and, where they are, some real ones of every kind and size."""
    lines = SAMPLES.read_bytes().splitlines()
    for name in ("records", "records_trimmed", "records_stem_cells_2022"):
        path = SHARED / f"{name}.jsonl.gz"
        if path.exists():
            lines += gzip.decompress(path.read_bytes()).splitlines()[::25]
    return tuple(json.loads(line) for line in lines if len(line) < 60_000)


def records() -> st.SearchStrategy[dict[str, Any]]:
    """Draw a record; a failure shows its id, not all of it."""

    def find(index: int) -> Shown:
        return Shown(load_records()[index % len(load_records())])

    return st.integers(0, 2**16).map(find)


class Shown(dict[str, Any]):
    def __repr__(self) -> str:
        return f"<record of {len(msgspec.json.encode(dict(self)))} bytes>"

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)


def iter_paths(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield (*steps, key)
        yield from iter_paths(child, (*steps, key))


def find_parent(record: Any, steps: Steps) -> Any:
    for step in steps[:-1]:
        record = record[step]
    return record


def find_shallow(record: Any) -> list[Steps]:
    """List the paths of the first levels: chance would nearly always take deep ones."""
    return [steps for steps in iter_paths(record) if len(steps) <= 3]


@st.composite
def mutated_records(draw: st.DrawFn) -> dict[str, Any]:
    record = copy.deepcopy(draw(records()))
    for _ in range(draw(st.integers(1, 4))):
        paths = find_shallow(record) if draw(st.booleans()) else list(iter_paths(record))
        if not paths:
            break
        steps = paths[draw(st.integers(0, len(paths) - 1))]
        parent = find_parent(record, steps)
        action = draw(st.sampled_from(["replace", "delete", "insert", "wrap", "repeat"]))
        odd = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
        if action == "replace":
            parent[steps[-1]] = odd
        elif action == "delete":
            del parent[steps[-1]]
        elif action == "wrap":
            parent[steps[-1]] = [parent[steps[-1]]]
        elif isinstance(parent, dict):
            parent[draw(st.sampled_from(ODD_KEYS))] = odd
        else:
            parent.insert(0, copy.deepcopy(parent[0]) if action == "repeat" else odd)
    return record


def read(body: bytes) -> Study | SourceFormatError:
    try:
        return parse_record(check_record(body))
    except SourceFormatError as error:
        return error


def assert_held_or_refused(body: bytes) -> None:
    found = read(body)
    if isinstance(found, SourceFormatError):
        assert found.reason
        assert len(str(found)) < 2000
        assert found.path or "JSON" in str(found) or "UTF-8" in str(found) or "duplicate" in str(found), found
    else:
        # Values that Python takes for equal (1 and true) differ when written.
        assert write(found.to_dict()) == write(msgspec.json.decode(body))


@SETTINGS
@given(mutated_records())
def test_a_record_with_odd_values_is_held_whole_or_refused_with_the_place(record):
    assert_held_or_refused(msgspec.json.encode(record))


@SETTINGS
@given(mutated_records())
def test_what_is_asked_of_a_study_with_odd_values_has_an_answer(record):
    try:
        study = parse_record(record)
    except SourceFormatError:
        return
    names = [name for name in dir(Study) if isinstance(getattr(Study, name), property)]
    assert len(names) > 10
    for name in names:
        getattr(study, name)
    assert repr(study)
    assert study._repr_html_()


@SETTINGS
@given(records(), st.data())
def test_bytes_changed_at_random_are_held_or_refused(record, data):
    body = bytearray(msgspec.json.encode(record))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, max(0, len(body) - 1)))
        end = start + data.draw(st.sampled_from([0, 0, 1, 1, 2, 40]))
        body[start:end] = data.draw(
            st.sampled_from(
                [b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\0", b"\xff", b"\xc3", b"9"]
            )
        )
    assert_held_or_refused(bytes(body))


@SETTINGS
@given(records(), st.data())
def test_a_doubled_key_is_always_found_and_named(record, data):
    objects = [(), *(steps for steps in iter_paths(record))]
    objects = [steps for steps in objects if isinstance(get(record, steps), dict) and get(record, steps)]
    steps = objects[data.draw(st.integers(0, len(objects) - 1))]
    target = get(record, steps)
    key = data.draw(st.sampled_from(sorted(target)))
    mark = "\ue000mark\ue000"
    changed = copy.deepcopy(record)
    get(changed, steps)[mark] = data.draw(st.sampled_from([target[key], 1, None]))
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    ascii_only = data.draw(st.booleans())
    text = json.dumps(changed, separators=separators, ensure_ascii=ascii_only)
    body = text.replace(json.dumps(mark, ensure_ascii=ascii_only), json.dumps(key), 1).encode()
    with pytest.raises(SourceFormatError, match="duplicate key") as caught:
        check_record(body)
    assert repr(key) in caught.value.reason
    expected = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    assert caught.value.path == expected.removeprefix(".")


def get(record: Any, steps: Steps) -> Any:
    for step in steps:
        record = record[step]
    return record


@SETTINGS
@example(b"[" * 100_000)
@example(b'{"protocolSection":' * 50_000)
@example(b'{"":"","":""}')
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_that_are_no_record_are_refused(data):
    with pytest.raises(SourceFormatError):
        check_record(data)
    # An object without any element of the registry is held whole all the same; anything else is refused.
    assert_held_or_refused(data)


def write(value: Any) -> str:
    """Write JSON values so that only equal ones are equal: 34 and 34.0 are one number in JSON."""
    # A whole number beyond 2**53 in a field of floats is the same number in another spelling.
    value = json.loads(
        json.dumps(value), parse_int=lambda digits: int(digits) if len(digits) < 16 else float(digits)
    )
    return re.sub(r"(?<=\d)\.0\b", "", json.dumps(value, sort_keys=True))
