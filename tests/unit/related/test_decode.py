"""Is what is compared read from a record's bytes as from the whole record, whatever shape it has?"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.related.conftest import make_records, make_trial

from trialbook.errors import SourceFormatError
from trialbook.model.study import decode_record
from trialbook.record.extent import MOST_ENTRIES
from trialbook.related.decode import decode_compared
from trialbook.related.traits import read_traits
from trialbook.terms import get_thesaurus

ODD: list[Any] = [
    {},
    {"protocolSection": None},
    {"protocolSection": []},
    {"protocolSection": {"contactsLocationsModule": "odd", "conditionsModule": {"conditions": "Stroke"}}},
    {"protocolSection": {"contactsLocationsModule": {"overallOfficials": {"name": "Ada Lovelace"}}}},
    {"derivedSection": {"conditionBrowseModule": {"meshes": [{"term": "Stroke"}, 7]}}},
    {"resultsSection": {"a": [1]}},
    {"resultsSection": None, "hasResults": True},
    {**make_trial("NCT10000001", "aspirin", "Stroke"), "unknownSection": {"a": 1}},
]


def read_both(body: bytes) -> tuple[Any, Any]:
    thesaurus = get_thesaurus()
    return read_traits(decode_compared(body), thesaurus), read_traits(decode_record(body), thesaurus)


@pytest.mark.parametrize("record", [*ODD, *make_records()])
def test_a_record_of_any_shape_is_read_the_same(record: dict[str, Any]) -> None:
    ours, whole = read_both(msgspec.json.encode(record))
    assert ours == whole


def test_real_records_are_read_the_same(shared_data: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        for _, line in zip(range(60), lines, strict=False):
            ours, whole = read_both(line)
            assert ours == whole


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"protocolSection": {', b"\xff"])
def test_what_is_no_record_is_declined(body: bytes) -> None:
    with pytest.raises(SourceFormatError):
        decode_compared(body)


def test_of_a_giant_the_first_part_of_its_lists_is_compared() -> None:
    names = [f"n{number}" for number in range(MOST_ENTRIES + 9)]
    record = {"protocolSection": {"conditionsModule": {"conditions": names}}}
    found = decode_compared(msgspec.json.encode(record))
    assert found["protocolSection"]["conditionsModule"]["conditions"] == names[:MOST_ENTRIES]
