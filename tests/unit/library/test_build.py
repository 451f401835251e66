"""Does what is read take the straight path into the store and what is derived from it?"""

from __future__ import annotations

import gc
import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.library import open_engine
from tests.unit.changes.test_history import make_record

from trialbook.derived.summaries import ChangeSummaries
from trialbook.library import build
from trialbook.library.build import BATCH_RECORDS, Held, check_new, import_paths
from trialbook.library.rebuild import bring_into_step
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.index.intake import IndexIntake
from trialbook.source import api_v2
from trialbook.source.incoming import Incoming, Item
from trialbook.store import Store, Writer


def test_many_versions_of_a_study_in_one_batch_go_into_the_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, int]] = []
    add = IndexIntake.add

    def count(self: IndexIntake, seq: int, nct_id: str, versions: list[Any], **more: Any) -> None:
        taken.append((nct_id, len(versions)))
        add(self, seq, nct_id, versions, **more)

    monkeypatch.setattr(IndexIntake, "add", count)
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


def test_a_record_at_which_the_look_into_it_fails_is_rejected_and_those_around_it_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = api_v2.read_typed

    def fail_at_second(record: dict[str, Any]) -> Any:
        if record["protocolSection"]["identificationModule"]["nctId"] == "NCT00000002":
            raise ZeroDivisionError("division by zero")
        return look(record)

    monkeypatch.setattr(api_v2, "read_typed", fail_at_second)
    lines = [msgspec.json.encode(make_record(f"NCT0000000{number}", {})) for number in (1, 2, 3)]
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join(lines))
    counts = import_paths(tmp_path / "library", [path])
    assert (counts.read, counts.stored, counts.rejected, counts.problems) == (3, 2, 1, [])
    reason = "a reader failed: ZeroDivisionError: division by zero; please report it with this file"
    assert counts.reasons == [f"{path}:2: {reason}"]
    with Store(tmp_path / "library") as store:
        assert store.find_versions("NCT00000001")
        assert store.find_versions("NCT00000003")
        ((place, said),) = store.connection.execute("SELECT place, reason FROM rejection").fetchall()
        assert (place, said) == (f"{path}:2", reason)


@pytest.mark.parametrize("line", [b'{"n":%d}', b"%d"], ids=["objects", "numbers"])
def test_rejections_are_written_some_at_a_time_and_records_still_in_full_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    sizes: dict[str, list[int]] = {"reject": [], "save": []}

    def count_calls(name: str) -> None:
        write = getattr(Writer, name)

        def count(self: Writer, items: list[Any]) -> Any:
            sizes[name].append(len(items))
            return write(self, items)

        monkeypatch.setattr(Writer, name, count)

    for name in sizes:
        count_calls(name)
    records = [msgspec.json.encode(make_record(f"NCT{number:08}", {})) for number in range(3)]
    path = tmp_path / "records.jsonl"
    lines = [line % number for number in range(2000)]
    path.write_bytes(b"\n".join([records[0], *lines[:1000], records[1], *lines[1000:], records[2]]))
    counts = import_paths(tmp_path / "library", [path])
    assert (counts.read, counts.stored, counts.rejected) == (2003, 3, 2000)
    assert sizes["reject"] == [BATCH_RECORDS] * 3 + [2000 - 3 * BATCH_RECORDS]
    assert [size for size in sizes["save"] if size] == [3]
    with Store(tmp_path / "library") as store:
        assert store.connection.execute("SELECT count(*) FROM rejection").fetchone() == (2000,)


def test_a_giant_is_let_go_before_the_next_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def count_held() -> int:
        return sum(type(each) is dict and "giant" in each for each in gc.get_objects())

    def read(path: Path, **_: Any) -> Iterator[Item]:
        for number in range(1, 4):
            held.append(count_held())
            body = msgspec.json.encode({**make_record(f"NCT0000000{number}", {}), "giant": number})
            yield Incoming(body, f"{path}:{number}", "api_v2")

    monkeypatch.setattr(build, "read_path", read)
    monkeypatch.setattr(build, "BATCH_MEMORY", 0)
    assert import_paths(tmp_path / "library", [tmp_path]).stored == 3
    assert held == [0, 0, 0]


def test_what_is_known_is_let_go_too_before_the_next_is_read(tmp_path: Path) -> None:
    bodies = [msgspec.json.encode(make_record(f"NCT0000000{number}", {})) for number in (1, 2)]
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join(bodies))
    import_paths(tmp_path / "library", [path])

    def read() -> Iterator[Item]:
        for body in bodies:
            item = Incoming(body, "here", "api_v2")
            held = sys.getrefcount(item)
            yield item
            assert sys.getrefcount(item) == held

    with Store(tmp_path / "library") as store, Writer(store, "here") as writer:
        assert [type(each) for each in check_new(read(), writer)] == [Held, Held]


MEASURE = """
import re, sys
from pathlib import Path
from trialbook.library.build import import_paths
counts = import_paths(Path(sys.argv[1]), [Path(sys.argv[2])])
peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(counts.rejected, len(counts.reasons), peak_kb // 1024)
"""


@pytest.mark.slow
def test_a_million_lines_that_are_no_records_are_rejected_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "lines.gz"
    path.write_bytes(gzip.compress(b"{}\n" * 1_000_000))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "library"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    rejected, reasons, peak_mib = map(int, done.stdout.split())
    assert (rejected, reasons) == (50_001, 10_000)
    assert peak_mib < 200  # 404 where they waited for records to be written with


def test_what_fails_in_a_derived_thing_costs_no_record_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise AttributeError("no such thing")

    (tmp_path / "record.json").write_bytes(msgspec.json.encode(make_record("NCT00000001", {})))
    with monkeypatch.context() as patched:
        patched.setattr(ChangeSummaries, "apply", fail)
        counts = import_paths(tmp_path / "library", [tmp_path / "record.json"])
    assert counts.stored == 1
    (problem,) = counts.problems
    assert "the summaries could not be brought into step (AttributeError: no such thing)" in problem
    assert bring_into_step(tmp_path / "library") == {"summaries": 0}


def test_a_file_of_which_most_is_no_record_is_given_up_and_the_next_one_read(tmp_path: Path) -> None:
    junk, good = tmp_path / "junk.jsonl", tmp_path / "good.json"
    junk.write_bytes(b"{}\n" * 200_000)
    good.write_bytes(msgspec.json.encode(make_record("NCT00000001", {})))
    counts = import_paths(tmp_path / "library", [junk, good])
    assert (counts.stored, counts.rejected) == (1, 50_001)
    assert counts.problems == [
        f"{junk}: 50,001 pieces, most of what was read, are no records: it was given up there; take out"
        " what is none, or import the parts that are"
    ]
