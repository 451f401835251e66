"""The library answers with the version in force, now or on a day, and keeps every other one."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from trialbook.errors import NoLibraryError, NotFoundError, StoreError, StoreVersionError
from trialbook.store import Counts, NewVersion, Store, Writer
from trialbook.store.file import FILE_NAME
from trialbook.store.schema import create_tables

MakeVersion = Callable[..., NewVersion]
FORK = multiprocessing.get_context("fork")


def save(store: Store, *versions: NewVersion) -> None:
    """Save each in a batch of its own, as runs on different days would."""
    for version in versions:
        with Writer(store, "test") as writer:
            writer.save([version])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_version_takes_its_place_by_its_own_date_in_whatever_order_it_comes(
    empty_store: Store, make_version: MakeVersion, order: tuple[int, ...]
) -> None:
    versions = [make_version(day=day, title=day) for day in ("2020-05", "2021-03-02", "2022-01-01")]

    save(empty_store, *(versions[index] for index in order))

    assert empty_store.get_body("NCT00000001") == versions[2].body
    history = empty_store.find_versions("NCT00000001")
    assert [(v.number, v.version_date, v.is_current) for v in history] == [
        (0, "2020-05", False),
        (1, "2021-03-02", False),
        (2, "2022-01-01", True),
    ]
    assert [empty_store.get_version_body(v.version_id) for v in history] == [v.body for v in versions]


def test_a_record_can_be_read_as_it_stood_on_a_day(empty_store: Store, make_version: MakeVersion) -> None:
    old, new, other = (
        make_version(day="2021-03-02", title="old"),
        make_version(day="2022-01-01", title="new"),
        make_version(2, day="2022-06-01"),
    )
    save(empty_store, new, old, other)

    assert empty_store.get_body("NCT00000001", as_of="2021-03-02") == old.body
    assert empty_store.get_body("NCT00000001", as_of="2021-12-31") == old.body
    assert empty_store.get_body("NCT00000001", as_of="2022-01-01") == new.body
    assert dict(empty_store.iter_current(as_of="2022-01-31")) == {"NCT00000001": new.body}
    assert dict(empty_store.iter_current(as_of="2021-03-01")) == {}
    assert dict(empty_store.iter_current()) == {"NCT00000001": new.body, "NCT00000002": other.body}
    with pytest.raises(
        NotFoundError, match="no version as old as 2021-03-01: the first known one is of 2021-03-02"
    ):
        empty_store.get_body("NCT00000001", as_of="2021-03-01")


@pytest.mark.parametrize("undated_first", [True, False])
def test_an_undated_version_never_displaces_a_dated_one(
    empty_store: Store, make_version: MakeVersion, undated_first: bool
) -> None:
    dated, undated = make_version(day="2019-01-01"), make_version(day=None, title="no date", served="")

    save(empty_store, *((undated, dated) if undated_first else (dated, undated)))

    assert empty_store.get_body("NCT00000001") == dated.body
    assert empty_store.get_body("NCT00000001", as_of="2999-01-01") == dated.body
    (copies,) = empty_store.find_copies("NCT00000001")
    assert [(copy.version_date, empty_store.get_version_body(copy.version_id)) for copy in copies] == [
        ("2019-01-01", dated.body),
        ("2019-01-01", undated.body),
    ]


def test_an_undated_version_counts_from_the_day_on_which_it_was_learnt(
    empty_store: Store, make_version: MakeVersion
) -> None:
    first, second = (make_version(day=None, title=title, served="") for title in ("first", "second"))
    save(empty_store, first, second)

    assert b"second" in empty_store.get_body("NCT00000001")
    learnt = empty_store.find_versions("NCT00000001")[0].learnt_at[:10]
    assert b"second" in empty_store.get_body("NCT00000001", as_of=learnt)
    with pytest.raises(NotFoundError, match=f"the first known one is of {learnt}"):
        empty_store.get_body("NCT00000001", as_of="2000-01-01")


@pytest.mark.parametrize("full_first", [True, False])
def test_of_two_copies_of_one_date_the_fuller_counts(
    empty_store: Store, make_version: MakeVersion, full_first: bool
) -> None:
    full, trimmed = make_version(title="Rest and tea for cough"), make_version(title="Rest")

    save(empty_store, *((full, trimmed) if full_first else (trimmed, full)))

    assert empty_store.get_body("NCT00000001") == full.body
    assert empty_store.count() == Counts(studies=1, versions=2, rejections=0)


@pytest.mark.parametrize("api_first", [True, False])
def test_of_two_copies_of_one_date_the_more_faithful_format_counts(
    empty_store: Store, make_version: MakeVersion, api_first: bool
) -> None:
    api = make_version(title="Rest")
    page = make_version(title="Rest, and a longer text", format="page_text", fidelity=1)

    save(empty_store, *((api, page) if api_first else (page, api)))

    assert empty_store.get_body("NCT00000001") == api.body


def test_what_was_received_is_kept_beside_what_was_made_of_it(
    empty_store: Store, make_version: MakeVersion
) -> None:
    version = make_version(format="legacy_xml", original=b"<clinical_study/>")
    save(empty_store, version)

    (kept,) = empty_store.find_versions("NCT00000001")

    assert empty_store.get_original(kept.version_id) == b"<clinical_study/>"
    assert (kept.location, kept.place, kept.format) == ("test", "records.jsonl:1", "legacy_xml")
    assert kept.learnt_at.endswith("+00:00")
    for get in (empty_store.get_original, empty_store.get_version_body):
        with pytest.raises(NotFoundError, match="there is no version 99"):
            get(99)


def test_an_unknown_study_is_not_found_and_has_no_versions(empty_store: Store) -> None:
    assert not empty_store.has_study("NCT00000009")
    assert empty_store.find_versions("NCT00000009") == ()
    for as_of in (None, "2024-01-01"):
        with pytest.raises(NotFoundError, match="NCT00000009 is not in this library"):
            empty_store.get_body("NCT00000009", as_of=as_of)


def test_changes_are_told_once_in_their_order(empty_store: Store, make_version: MakeVersion) -> None:
    with Writer(empty_store, "test") as writer:
        writer.save([make_version(1), make_version(2), make_version(3)])
        seen = empty_store.seq
        writer.save([make_version(2, day="2024-02-01"), make_version(3), make_version(4)])

    changed = list(empty_store.iter_changed_ids(seen))

    assert changed == [(seen + 1, "NCT00000002"), (seen + 2, "NCT00000004")]
    assert empty_store.seq == seen + 2
    assert [nct_id for _, nct_id in empty_store.iter_changed_ids(0)] == [f"NCT{n:08d}" for n in (1, 3, 2, 4)]


def test_a_library_stays_the_same_library_when_it_is_opened_again(
    empty_store: Store, make_version: MakeVersion
) -> None:
    save(empty_store, make_version())

    with Store(empty_store.home) as again:
        assert again.library_id == empty_store.library_id
        assert again.seq == 1
        assert again.has_study("NCT00000001")


def open_and_name(home: str) -> str:
    with Store.create(Path(home)) as store:
        return store.library_id


def test_processes_that_open_a_new_library_at_once_get_the_same_one(tmp_path: Path) -> None:
    for attempt in range(5):
        with FORK.Pool(6) as pool:
            names = pool.map(open_and_name, [str(tmp_path / str(attempt))] * 12, chunksize=1)
        assert len(set(names)) == 1


def test_a_library_that_another_process_made_meanwhile_keeps_its_identity(
    empty_store: Store, make_version: MakeVersion
) -> None:
    save(empty_store, make_version())
    before = empty_store.library_id

    create_tables(empty_store.connection)

    assert (empty_store.library_id, empty_store.seq) == (before, 1)


class BusyConnection:
    """Refuses so many times to switch to WAL, with the words of SQLite."""

    def __init__(self, refusals: int, words: str = "database is locked") -> None:
        self.refusals, self.words = refusals, words

    def execute(self, _: str) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise sqlite3.OperationalError(self.words)


def test_a_switch_that_another_process_makes_is_waited_for_and_no_other_fault(
    empty_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialbook.store.file.WAL_TRIES", 4)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for refusals, words, left in (
        (3, "database is locked", -1),
        (4, "is locked", 0),
        (9, "disk I/O error", 8),
    ):
        busy = BusyConnection(refusals, words)
        with monkeypatch.context() as patched:
            patched.setattr(empty_store, "connection", busy)
            with pytest.raises(sqlite3.OperationalError, match=words) if left >= 0 else nullcontext():
                empty_store._switch_to_wal()
        assert busy.refusals == left


def test_a_reader_learns_the_dictionary_of_a_writer_that_came_later(
    empty_store: Store, make_version: MakeVersion
) -> None:
    with Store(empty_store.home) as reader, Writer(empty_store, "test") as writer:
        versions = [make_version(n, title=f"Trial {n} of rest " + "x y z " * n) for n in range(1, 301)]
        writer.save(versions)

        assert empty_store.codec.newest_id == 1
        assert reader.codec.newest_id == 0
        assert dict(reader.iter_current()) == {version.nct_id: version.body for version in versions}


def test_a_library_of_a_newer_trialbook_is_left_alone(empty_store: Store) -> None:
    empty_store.connection.execute("UPDATE library SET value = '99' WHERE key = 'schema_version'")

    with pytest.raises(StoreVersionError, match="schema 99, this Trialbook reads up to 1: update Trialbook"):
        Store(empty_store.home)


def test_a_database_of_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="no library of Trialbook"):
        Store(tmp_path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database at all\n" * 500, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_damaged_file_is_refused_with_its_folder_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(StoreError, match=f"the library in {tmp_path}"):
        Store(tmp_path)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")

    with pytest.raises(StoreError, match="cannot open the library"):
        Store.create(tmp_path / "home")
    with pytest.raises(NoLibraryError, match="import FILE` makes one"):
        Store(tmp_path / "home")


def open_as_nobody(home: str) -> str:
    if os.getuid() == 0:
        os.setuid(65534)
    try:
        Store.create(Path(home)).close()
    except StoreError as error:
        return str(error)
    return ""


def test_a_folder_that_cannot_be_written_gets_a_clear_message(tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    sealed.chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)

    with FORK.Pool(1) as pool:
        messages = pool.map(open_as_nobody, [str(sealed), str(sealed / "new")])

    assert all(message.startswith(f"cannot open the library in {sealed}") for message in messages)
    assert list(sealed.iterdir()) == []


def test_a_registrys_list_that_begins_after_the_first_version_held_numbers_none(
    empty_store: Store, make_version: MakeVersion
) -> None:
    with Writer(empty_store, "test") as writer:
        for day in ("2024-01-01", "2024-03-01"):
            writer.save([make_version(day=day, title=day)])
        writer.announce([("NCT00000001", number, f"2024-0{number + 2}-15", "", ()) for number in range(2)])
    assert [(each.number, each.is_numbered) for each in empty_store.find_versions("NCT00000001")] == [
        (0, False),
        (1, False),
    ]
