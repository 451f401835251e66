"""A library's file that was set back, or replaced, is noticed: no study is lost to a search without a word."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from tests.library import make_library
from tests.naive.records import make_titled

from trialbook.derived.statistics import DerivedStatistics, load_statistics
from trialbook.errors import IndexMissingError, StoreError
from trialbook.library import Library
from trialbook.library.build import check_new, import_paths, open_batch
from trialbook.library.rebuild import bring_into_step, find_standings, rebuild
from trialbook.source.files import read_path
from trialbook.store import Store, Writer
from trialbook.store.file import FILE_NAME

FIRST = ("NCT00000001", "NCT00000002", "NCT00000003")
LOST = ("NCT00000004", "NCT00000005")
LATER = ("NCT00000006", "NCT00000007")


def write(path: Path, nct_ids: tuple[str, ...]) -> Path:
    path.write_bytes(b"\n".join(msgspec.json.encode(make_titled(nct_id, "Asthma")) for nct_id in nct_ids))
    return path


def copy_file(home: Path, target: Path) -> Path:
    """A copy of a library's file as a backup makes it."""
    with (
        closing(sqlite3.connect(home / FILE_NAME)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
    return target


def put_back(home: Path, copy: Path) -> None:
    for path in home.glob(f"{FILE_NAME}*"):
        path.unlink()
    shutil.copy(copy, home / FILE_NAME)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library whose file was set back by two studies that its index has."""
    home = make_library(tmp_path / "home", [make_titled(nct_id, "Asthma") for nct_id in FIRST])
    copy = copy_file(home, tmp_path / "yesterday.sqlite")
    import_paths(home, [write(tmp_path / "lost.jsonl", LOST)])
    put_back(home, copy)
    return home


def search(home: Path) -> tuple[str, ...]:
    with Library(home) as library:
        return tuple(sorted(library.search("asthma").nct_ids))


def import_without_catching_up(home: Path, path: Path) -> None:
    """As an import of a Trialbook does that brings an index into step only at its end."""
    with Store(home) as store, Writer(store, "later") as writer:
        writer.save([each for each in check_new(read_path(path), writer) if hasattr(each, "body")])  # type: ignore[misc]


def test_a_reader_refuses_an_index_of_another_past_and_the_next_import_makes_it_anew(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(IndexMissingError, match=r"another past.*rebuild index"):
        search(home)
    with Library(home) as library:
        assert [line for line in library.check() if line.startswith("index: it is of another past")]

    import_paths(home, [write(tmp_path / "later.jsonl", LATER)])

    assert search(home) == (*FIRST, *LATER)
    with Library(home) as library:
        assert library.check() == ()


def test_a_file_that_was_set_back_and_came_to_the_same_number_otherwise_is_noticed(
    home: Path, tmp_path: Path
) -> None:
    """The totals agree and nothing is behind: only the mark tells."""
    import_without_catching_up(home, write(tmp_path / "later.jsonl", LATER))
    with Store(home) as store:
        index, summaries, related, *_ = find_standings(store)
        assert (index.behind, summaries.behind, related.behind) == (0, 0, 0)
        assert (index.is_due, summaries.is_due, related.is_due) == (True, True, True)
    with pytest.raises(IndexMissingError, match="another past"):
        search(home)

    assert bring_into_step(home) == {"index": 5, "summaries": 0, "related": 5}
    assert search(home) == (*FIRST, *LATER)
    assert bring_into_step(home) == {}


def test_an_open_library_notices_it_too(home: Path, tmp_path: Path) -> None:
    rebuild(home)
    copy = copy_file(home, tmp_path / "copy.sqlite")
    import_paths(home, [write(tmp_path / "later.jsonl", LATER)])
    with Library(home) as library:
        assert library.search("asthma").total == 5
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(home / FILE_NAME)) as target:
            source.backup(target)  # into the same file, under its readers
        with pytest.raises(IndexMissingError, match="another past"):
            library.search("asthma")
        library.bring_into_step()
        assert set(library.search("asthma").nct_ids) == set(FIRST)


def test_statistics_of_another_past_do_not_count(home: Path, tmp_path: Path) -> None:
    copy = copy_file(home, tmp_path / "copy.sqlite")
    import_paths(home, [write(tmp_path / "later.jsonl", LATER)])
    rebuild(home, ["statistics"])
    with Store(home) as store:
        assert load_statistics(home, store) is not None
    put_back(home, copy)
    import_without_catching_up(home, write(tmp_path / "other.jsonl", LOST))

    with Store(home) as store:
        assert load_statistics(home, store) is None
        assert DerivedStatistics(home).find_state(store) is None
        assert DerivedStatistics(home).apply(store, lambda: None) == 5


def test_each_batch_has_a_mark_of_its_own_and_no_two_ways_share_one(tmp_path: Path) -> None:
    homes = [make_library(tmp_path / name, [make_titled(FIRST[0], "Asthma")]) for name in ("a", "b")]
    for home in homes:
        import_paths(home, [write(tmp_path / "more.jsonl", FIRST[1:])])
    marks = []
    for home in homes:
        with Store(home) as store:
            one, two, three = (store.find_mark(seq) for seq in (1, 2, 3))
            assert one != two == three, "the last two came in one transaction"
            assert store.find_mark(0) == store.find_mark(4) == ""
            assert store.went_through(2, two)
            assert not store.went_through(2, one)
            assert not store.went_through(4, "")
            marks += [one, two]
    assert len(set(marks)) == 4
    assert all(len(mark) == 16 for mark in marks)


def test_a_library_without_marks_is_read_as_it_is_and_marked_by_the_next_writer(home: Path) -> None:
    rebuild(home)
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("DROP TABLE mark")
    with Store(home) as store:
        assert (store.find_mark(3), store.has_marks, store.went_through(3, "")) == ("", False, True)
    with Store(home) as store, Writer(store, "now"):
        assert store.find_mark(3) == store.find_mark(1) != ""


def test_what_a_trialbook_without_marks_wrote_beside_them_is_marked_by_the_next_writer(home: Path) -> None:
    rebuild(home)
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("UPDATE library SET value = '5' WHERE key = 'seq'")
        connection.commit()
    with Store(home) as store:
        before = store.find_mark(3)
        assert store.find_mark(5) == ""
        with Writer(store, "now"):
            assert store.find_mark(5) == store.find_mark(4) not in ("", before)
            assert store.find_mark(3) == before


def replace_library(home: Path, tmp_path: Path) -> None:
    """Another library takes the folder's place, as after `mv` of a new one."""
    other = make_library(tmp_path / "other", [make_titled("NCT00000009", "Asthma of another library")])
    home.rename(tmp_path / "old")
    other.rename(home)


def test_a_library_that_is_replaced_while_it_is_open_is_said_once_and_then_read(tmp_path: Path) -> None:
    home = make_library(tmp_path / "home", [make_titled(nct_id, "Asthma") for nct_id in FIRST])
    answers: list[tuple[str, ...]] = []

    def ask_in_a_new_thread(library: Library) -> None:
        thread = threading.Thread(target=lambda: answers.append(library.search("asthma").nct_ids))
        thread.start()
        thread.join()

    with Library(home) as library:
        found = library.search("asthma")
        walk = library.iter_bodies()
        next(walk)
        replace_library(home, tmp_path)
        with pytest.raises(StoreError, match=r"was replaced by another while it was read: ask again"):
            found[0].brief_title  # noqa: B018
        assert len(list(walk)) == 2, "what was begun is of the old one"
        ask_in_a_new_thread(library)
        assert library.search("asthma").nct_ids == ("NCT00000009",)
        assert library["NCT00000009"].brief_title == "Asthma of another library"
        assert FIRST[0] not in library
        ask_in_a_new_thread(library)
    assert answers == [("NCT00000009",)] * 2


def test_a_library_that_is_taken_away_is_said(tmp_path: Path) -> None:
    home = make_library(tmp_path / "home", [make_titled(FIRST[0], "Asthma")])
    with Library(home) as library:
        library.search("asthma")
        home.rename(tmp_path / "elsewhere")
        for _ in range(2):
            with pytest.raises(StoreError, match=r"replaced|there is no library"):
                library.search("asthma")


def test_an_import_goes_on_with_a_library_that_is_marked(home: Path, tmp_path: Path) -> None:
    with open_batch(home, "nothing"):
        pass
    assert search(home) == FIRST
