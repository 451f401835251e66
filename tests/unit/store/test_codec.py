"""Bytes come back as they went in, and two copies of one version are known for such."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from trialbook.store.codec import (
    MIN_TRAINING_RECORDS,
    Codec,
    compute_content,
    compute_wire_hash,
    train_dictionary,
)

RECORD: dict[str, Any] = {
    "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}},
    "derivedSection": {"miscInfoModule": {"versionHolder": "2025-01-01", "removedCountries": ["Chad"]}},
    "hasResults": False,
}


def make_bodies(count: int, *, seed: int = 1) -> list[bytes]:
    rng = random.Random(seed)
    words = [f"word{n}" for n in range(500)]
    return [json.dumps({"briefTitle": rng.choices(words, k=80)}).encode() for _ in range(count)]


def test_bytes_come_back_with_and_without_a_dictionary() -> None:
    bodies = make_bodies(MIN_TRAINING_RECORDS)
    dictionary = train_dictionary(bodies)
    assert dictionary is not None

    plain, trained = Codec({}), Codec({7: dictionary})

    for body in [*bodies[:5], b"", b"\x00\xff" * 1000]:
        assert plain.unpack(*plain.pack(body)) == body
        assert trained.pack(body)[0] == 7
        assert trained.unpack(*trained.pack(body)) == body
        assert trained.unpack(*plain.pack(body)) == body
        assert plain.unpack(0, plain.pack_plain(body)) == body


def test_a_dictionary_makes_records_smaller() -> None:
    bodies = make_bodies(MIN_TRAINING_RECORDS)
    dictionary = train_dictionary(bodies)
    assert dictionary is not None

    sizes = [
        sum(len(codec.pack(body)[1]) for body in bodies) for codec in (Codec({}), Codec({1: dictionary}))
    ]

    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    "bodies", [[], make_bodies(MIN_TRAINING_RECORDS - 1), [b"{}"] * 400, [b""] * 400, [b'{"a":1}' * 3] * 300]
)
def test_records_that_teach_nothing_make_no_dictionary_or_one_that_works(bodies: list[bytes]) -> None:
    dictionary = train_dictionary(bodies)

    if len(bodies) < MIN_TRAINING_RECORDS:
        assert dictionary is None
    codec = Codec({1: dictionary} if dictionary else {})
    assert codec.unpack(*codec.pack(b"record")) == b"record"


def test_the_day_of_serving_is_no_part_of_a_version_and_everything_else_is() -> None:
    served_later = json.loads(json.dumps(RECORD).replace("2025-01-01", "2025-02-02"))
    other_country = json.loads(json.dumps(RECORD).replace("Chad", "Mali"))

    assert compute_content(served_later) == compute_content(RECORD)
    assert compute_content(other_country)[0] != compute_content(RECORD)[0]
    assert compute_content({**RECORD, "hasResults": True})[0] != compute_content(RECORD)[0]


@pytest.mark.parametrize("derived", [None, "", "text", [], {}, {"miscInfoModule": None}])
def test_an_odd_derived_section_is_still_a_part_of_the_record(derived: Any) -> None:
    without = {"hasResults": False}

    assert compute_content({**without, "derivedSection": derived})[0] != compute_content(without)[0]


def test_the_order_of_keys_makes_no_other_version() -> None:
    assert compute_content(dict(reversed(RECORD.items()))) == compute_content(RECORD)


def test_bytes_are_recognised_whichever_day_they_were_served() -> None:
    body = json.dumps(RECORD, indent=1).encode()

    assert compute_wire_hash(body) == compute_wire_hash(body.replace(b"2025-01-01", b"2025-12-31"))
    assert compute_wire_hash(body) != compute_wire_hash(body.replace(b"Chad", b"Mali"))
    assert compute_wire_hash(body) != compute_wire_hash(body.replace(b"NCT00000001", b"NCT00000002"))
    assert compute_wire_hash(b"<xml/>") != compute_wire_hash(b"<xml />")


def test_the_fullness_of_a_copy_counts_what_the_sponsor_wrote_alone() -> None:
    plain = {key: value for key, value in RECORD.items() if key != "derivedSection"}

    assert (
        compute_content(RECORD)[1]
        == compute_content(plain)[1]
        == len(json.dumps(plain, separators=(",", ":")))
    )
