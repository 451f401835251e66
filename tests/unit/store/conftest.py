"""An empty library, and records to put into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trialbook.store import NewVersion, Store, compute_wire_hash

MakeVersion = Callable[..., NewVersion]


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "library") as store:
        yield store


@pytest.fixture
def make_version() -> MakeVersion:
    """Make a record with a date, a title and a day on which it was served."""

    def make(
        number: int = 1,
        *,
        day: str | None = "2024-01-01",
        title: str = "Rest for cough",
        served: str = "2025-01-01",
        format: str = "api_v2",
        fidelity: int = 4,
        original: bytes | None = None,
    ) -> NewVersion:
        nct_id = f"NCT{number:08d}"
        record: dict[str, Any] = {
            "protocolSection": {"identificationModule": {"nctId": nct_id, "briefTitle": title}},
            "derivedSection": {"miscInfoModule": {"versionHolder": served}},
        }
        if day is not None:
            record["protocolSection"]["statusModule"] = {"lastUpdateSubmitDate": day}
        body = json.dumps(record).encode()
        return NewVersion(
            nct_id=nct_id,
            version_date=day,
            body=body,
            record=record,
            wire_hash=compute_wire_hash(original or body),
            place=f"records.jsonl:{number}",
            format=format,
            fidelity=fidelity,
            original=original,
        )

    return make
