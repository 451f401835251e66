"""Does what is read take the straight path into the store and what is derived from it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.library import open_engine
from tests.unit.changes.test_history import make_record

from trialbook.library.build import import_paths
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.index.feed import IndexFeed


def test_many_versions_of_a_study_in_one_batch_go_into_the_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, int]] = []
    add = IndexFeed.add

    def count(self: IndexFeed, seq: int, nct_id: str, versions: list[Any]) -> None:
        taken.append((nct_id, len(versions)))
        add(self, seq, nct_id, versions)

    monkeypatch.setattr(IndexFeed, "add", count)
    records = [
        make_record(f"NCT0000000{study}", {"statusModule.lastUpdateSubmitDate": f"2024-01-{day:02}"})
        for day in range(1, 21)
        for study in (1, 2)
    ]
    (tmp_path / "records.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    counts = import_paths(tmp_path / "library", [tmp_path / "records.jsonl"])
    assert (counts.stored, counts.new_versions) == (40, 38)
    assert taken == [("NCT00000001", 20), ("NCT00000002", 20)]
    engine = open_engine(tmp_path / "library")
    assert engine.search(SearchRequest()).total == 2
    assert engine.search(SearchRequest(as_of="2024-01-07")).total == 2
    assert engine.search(SearchRequest(as_of="2023-12-31")).total == 0
