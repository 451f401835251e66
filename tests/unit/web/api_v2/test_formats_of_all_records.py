"""Does every record, real or deformed, leave in every format?"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.web.api_v2.conftest import RECORDS

from trialbook.export.csv_table import COLUMNS, write_table
from trialbook.export.fhir import make_bundle
from trialbook.export.projection import cut_fields, project, replace_markup, select_fields
from trialbook.export.ris import TAGS, write_reference
from trialbook.record.pieces import get_areas
from trialbook.samples import sample_paths

Record = dict[str, Any]
WRONG = (None, 7, 1.5, True, "x", "", [], {}, [[]], [None], {"x": []})
LINE = re.compile(r"[A-Z][A-Z0-9]  - \S.*|ER  - ")


def check_csv(record: Record) -> None:
    table = write_table([record], list(COLUMNS), is_header_due=True)
    assert [len(row) for row in csv.reader(table.splitlines())] == [30, 30]


def check_ris(record: Record) -> None:
    *lines, last = write_reference(record, list(TAGS)).split("\r\n")
    assert last == ""
    assert [line for line in lines if not LINE.fullmatch(line)] == []


def check_fhir(record: Record) -> None:
    def walk(value: Any) -> None:
        assert value not in ("", None, [], {})
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(each)

    bundle = make_bundle(record)
    msgspec.json.encode(bundle)
    for entry in bundle["entry"]:
        walk(entry["resource"].get("associatedParty", "-"))
        walk(entry["resource"].get("contained", "-"))


def check_projection(record: Record) -> None:
    before = msgspec.json.encode(record)
    for names in (
        [*get_areas(), "Location"],
        ["NCTId", "LocationCity", "EligibilityModule"],
        ["ResultsSection"],
    ):
        selection = select_fields(names)
        projected = project(record, selection)
        for body in (before, json.dumps(record, indent=1).encode()):
            assert msgspec.json.decode(cut_fields(body, selection)) == projected
    msgspec.json.encode(replace_markup(record))
    assert msgspec.json.encode(record) == before


CHECKS = (check_csv, check_ris, check_fhir, check_projection)


def deform(value: Any) -> Iterator[tuple[Callable[[Any], None], Callable[[], None]]]:
    """Each place in a value, as a function that puts something there and one that puts it right again."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in list(items):

        def put(thing: Any, key: Any = key) -> None:
            value[key] = thing

        yield put, lambda put=put, held=held: put(held)
        yield from deform(held)


def test_a_record_with_anything_anywhere_leaves_in_every_format() -> None:
    record = deepcopy(RECORDS[0])
    for put, restore in deform(record):
        for wrong in WRONG:
            put(deepcopy(wrong))
            for check in (check_ris, check_fhir, check_projection, check_csv):
                check(record)
            restore()
    assert record == RECORDS[0]


@pytest.mark.parametrize("check", CHECKS)
def test_every_sample_leaves_in_every_format(check: Callable[[Record], None]) -> None:
    for path in sample_paths():
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            check(json.loads(line))


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_every_real_record_leaves_in_every_format(check: Callable[[Record], None], shared_data: Path) -> None:
    files = ("records.jsonl.gz", "records_stem_cells_2022.jsonl.gz", "records_trimmed.jsonl.gz")
    for name in files:
        with gzip.open(shared_data / "ctgov" / name) as lines:
            for line in lines:
                check(msgspec.json.decode(line))
