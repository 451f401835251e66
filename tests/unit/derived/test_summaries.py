"""Are summaries of changes worked out once, right whatever happens to the store, and never in a reader's way?"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from tests.unit.changes.test_history import make_record

from trialbook.changes import history
from trialbook.derived.summaries import FILE_NAME, _pack
from trialbook.library import Library
from trialbook.library.rebuild import bring_into_step, rebuild

ID = "NCT00000063"


def write(folder: Path, number: int, count: int) -> Path:
    record = make_record(
        ID,
        {
            "designModule.enrollmentInfo.count": count,
            "statusModule.lastUpdateSubmitDate": f"2024-01-{number:02}",
        },
    )
    path = folder / f"{number}-{count}.json"
    path.write_bytes(msgspec.json.encode(record))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library with one study in three versions, imported one by one."""
    library = tmp_path / "library"
    for number in (1, 2, 3):
        with Library.create(library) as opened:
            opened.import_files(write(tmp_path, number, number * 10))
    return library


def tell(home: Path) -> list[tuple[tuple[str, str], ...]]:
    with Library(home) as library:
        return [line.changes for line in library.find_history(ID)]


EXPECTED = [(), (("Enrolment", "Participants: 10 → 20"),), (("Enrolment", "Participants: 20 → 30"),)]


def forbid_comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "summarise_pair", lambda *_, **__: pytest.fail("compared anew"))


def test_a_look_compares_nothing_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tell(home) == EXPECTED
    forbid_comparing(monkeypatch)
    assert tell(home) == EXPECTED


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5_000])
def test_what_is_missing_or_broken_stops_nobody_and_is_made_again(home: Path, content: bytes | None) -> None:
    for path in home.glob(FILE_NAME + "*"):
        path.unlink()
    if content is not None:
        (home / FILE_NAME).write_bytes(content)
    before = sorted(home.iterdir())
    assert tell(home) == EXPECTED
    assert sorted(home.iterdir()) == before
    assert bring_into_step(home)["summaries"] == 1
    assert tell(home) == EXPECTED


def test_a_store_set_back_never_shows_what_another_version_changed(home: Path, tmp_path: Path) -> None:
    with Library(home) as library:
        library.import_files(write(tmp_path, 4, 40))
    kept = tmp_path / "kept"
    kept.mkdir()
    for path in home.glob("summaries-*"):
        shutil.copy(path, kept / path.name)
    # Take the last version out as if the store's file were that of the day before.
    with sqlite3.connect(home / "library.sqlite") as store:
        store.execute("DELETE FROM version WHERE version_id = (SELECT max(version_id) FROM version)")
        store.execute(
            "UPDATE study SET current_version_id = (SELECT max(version_id) FROM version), changed_seq = 3"
        )
        store.execute("UPDATE library SET value = '3' WHERE key = 'seq'")
    store.close()
    with Library(home) as library:
        library.import_files(write(tmp_path, 4, 77))
    assert tell(home) == [*EXPECTED, (("Enrolment", "Participants: 30 → 77"),)]


def test_an_older_version_that_comes_late_is_compared_with_its_neighbours(home: Path, tmp_path: Path) -> None:
    late = make_record(
        ID, {"designModule.enrollmentInfo.count": 15, "statusModule.lastUpdateSubmitDate": "2024-01-01T12:00"}
    )
    late["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2023-12-31"
    (tmp_path / "late.json").write_bytes(msgspec.json.encode(late))
    with Library(home) as library:
        library.import_files(tmp_path / "late.json")
    assert tell(home) == [(), (("Enrolment", "Participants: 15 → 10"),), *EXPECTED[1:]]


def test_a_rebuild_makes_them_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(home / FILE_NAME) as file:
        wrong = [
            (_pack(pair, (("Wrong", "wrong"),)), pair) for (pair,) in file.execute("SELECT pair FROM summary")
        ]
        file.executemany("UPDATE summary SET changes = ? WHERE pair = ?", wrong)
    file.close()
    assert tell(home)[1] == (("Wrong", "wrong"),)
    assert rebuild(home, ["summaries"]) == {"summaries": 1}
    forbid_comparing(monkeypatch)
    assert tell(home) == EXPECTED


def test_a_changed_bit_in_what_is_held_is_never_shown(home: Path) -> None:
    with sqlite3.connect(home / FILE_NAME) as connection:
        held = connection.execute("SELECT pair, changes FROM summary").fetchall()
        altered = [(changes.replace(b"10 ", b"90 "), pair) for pair, changes in held if b"10 " in changes]
        connection.executemany("UPDATE summary SET changes = ? WHERE pair = ?", altered)
    connection.close()
    assert len(altered) == 1
    assert tell(home) == EXPECTED
