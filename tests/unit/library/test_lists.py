"""Are lists kept with their notes, whatever happens to the library, and is what is new in them told once?"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.web.own_api.conftest import make_version, write_records

from trialbook.errors import NotFoundError, StoreDamagedError, StoreError, StoreReadOnlyError, UsageError
from trialbook.library import Library, kept, lists
from trialbook.library.backup import restore_backup
from trialbook.library.build import import_paths
from trialbook.library.lists import write_shared
from trialbook.store.file import FILE_NAME
from trialbook.store.lock import WriterLock

IDS = ("NCT98000001", "NCT98000002", "NCT98000003")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of three studies."""
    records = [make_version(nct_id, "2024-05-01") for nct_id in IDS]
    import_paths(tmp_path / "library", [write_records(tmp_path / "records.jsonl", records)])
    return tmp_path / "library"


def change(home: Path, nct_id: str, day: str, count: int) -> None:
    """Import a newer version of a study."""
    import_paths(
        home, [write_records(home.parent / f"{day}.jsonl", [make_version(nct_id, day, count=count)])]
    )


def list_told(library: Library, name: str) -> list[tuple[str, bool]]:
    (watched,) = library.find_watched(name=name)
    return [(each.nct_id, each.is_new) for each in watched.news]


def test_a_list_keeps_its_studies_in_order_with_their_notes(home: Path) -> None:
    with Library(home) as library:
        assert library.find_lists() == ()
        assert library.add_to_list("a", "nct98000002", IDS[0], note="Call them") == (IDS[1], IDS[0])
        assert library.add_to_list("a", IDS[1], IDS[2]) == (IDS[2],)
        assert [(each.nct_id, each.note) for each in library.get_list("a").entries] == [
            (IDS[1], "Call them"),
            (IDS[0], "Call them"),
            (IDS[2], ""),
        ]
        library.note_in_list("a", IDS[0], "")
        library.remove_from_list("a", IDS[1])
        library.rename_list("a", "b")
        assert [(each.nct_id, each.note) for each in library.get_list("b").entries] == [
            (IDS[0], ""),
            (IDS[2], ""),
        ]
        assert [(each.name, each.studies) for each in library.find_lists()] == [("b", 2)]
        assert library.find_lists_with(IDS[2]) == ("b",)
        library.delete_list("b")
        assert library.find_lists() == ()
        assert library.find_lists_with(IDS[2]) == ()


def test_what_cannot_be_done_is_said_and_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_STUDIES", 2)
    monkeypatch.setattr(lists, "MOST_LISTS", 2)
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
        library.add_to_list("b", IDS[0])
        for refused, error in (
            (lambda: library.add_to_list("a", "NCT00000009"), NotFoundError),
            (lambda: library.add_to_list("A b", IDS[1]), UsageError),
            (lambda: library.add_to_list("a", *IDS[1:]), UsageError),
            (lambda: library.add_to_list("c", IDS[1]), UsageError),
            (lambda: library.add_to_list("a", IDS[1], note="x" * 2_001), UsageError),
            (lambda: library.add_to_list("a"), UsageError),
            (lambda: library.remove_from_list("a", IDS[1]), NotFoundError),
            (lambda: library.note_in_list("a", IDS[1], "x"), NotFoundError),
            (lambda: library.rename_list("a", "b"), UsageError),
            (lambda: library.rename_list("none", "c"), NotFoundError),
            (lambda: library.delete_list("'; DROP TABLE list; --"), NotFoundError),
            (lambda: library.mark_seen("list", "a", number=9_999), UsageError),
            (lambda: library.mark_seen("list", "none"), NotFoundError),
        ):
            with pytest.raises(error):
                refused()
        assert [(each.name, each.studies) for each in library.find_lists()] == [("a", 1), ("b", 1)]


def test_another_library_takes_a_list_also_what_it_has_not(home: Path, tmp_path: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], note='"quoted"\nsecond line ü')
        library.add_to_list("a", IDS[1])
        text = write_shared(library.get_list("a"))
        with pytest.raises(UsageError, match="already"):
            library.take_list(text)
        assert library.take_list(text, name="copy").nct_ids == IDS[:2]
    import_paths(tmp_path / "other", [write_records(tmp_path / "x.jsonl", [make_version("NCT1", "2024")])])
    with Library(tmp_path / "other") as other:
        taken = other.take_list(text)
        assert [(each.nct_id, each.note) for each in taken.entries] == [
            (IDS[0], '"quoted"\nsecond line ü'),
            (IDS[1], ""),
        ]
        other.remove_from_list("a", IDS[0])
        assert other.get_list("a").nct_ids == (IDS[1],)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"form": "other", "name": "a", "made_at": "", "studies": []}',
        b'{"form": "trialbook-list-1", "name": "A B", "made_at": "", "studies": []}',
        b'{"form": "trialbook-list-1", "name": "a", "made_at": "", "studies": [{"nct_id": "../x"}]}',
        b'{"form": "trialbook-list-1", "name": "a", "made_at": "", "studies": [{"nct_id": 1}]}',
    ],
)
def test_a_file_that_is_no_list_is_refused_and_nothing_is_kept(home: Path, text: bytes) -> None:
    with Library(home) as library:
        with pytest.raises(UsageError):
            library.take_list(text)
        assert library.find_lists() == ()


def test_a_list_leaves_in_every_form_in_its_own_order(home: Path, tmp_path: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[2], IDS[0])
        library.export_list("a", tmp_path / "a.jsonl")
        library.export_list("a", tmp_path / "a.csv")
    ids = [
        json.loads(line)["protocolSection"]["identificationModule"]["nctId"]
        for line in (tmp_path / "a.jsonl").read_text().splitlines()
    ]
    assert ids == [IDS[2], IDS[0]]
    rows = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert [row[:11] for row in rows] == [IDS[2], IDS[0]]


def test_nothing_waits_for_an_import(home: Path) -> None:
    """Whoever holds the writer's lock, as an import does for hours, holds nobody up who stars a study."""
    with Library(home) as library, WriterLock(home):
        library.add_to_list("a", IDS[0])
        library.save_search("s", "query.term=heart")
        library.mark_seen("list", "a")
        assert library.get_list("a").nct_ids == (IDS[0],)


def test_several_at_once_lose_nothing(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])

        def add(number: int) -> None:
            for step in range(5):
                lists.add_studies(home, "a", {f"NCT0000{number}{step:03d}": ""}, after=0)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(library.get_list("a").entries) == 21


def test_lists_outlive_a_rebuild_a_backup_and_a_library_that_is_set_back(home: Path, tmp_path: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], note="Call them")
        old = library.get_list("a")
        library.rebuild()
        assert library.get_list("a") == old
        library.backup(tmp_path / "kept.zip")
        library.delete_list("a")
        # What a writer that was killed leaves behind is not brought into the file that comes back.
        (home / f"{kept.FILE_NAME}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" * 100)
    restore_backup(tmp_path / "kept.zip", home, is_replaced=True)
    with Library(home) as library:
        assert library.get_list("a") == old
        assert library.check() == ()


def test_a_change_in_a_file_that_a_backup_replaces_meanwhile_is_not_called_done(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
    other = home / "other"
    shutil.copy(home / kept.FILE_NAME, other)

    def delete_while_it_is_replaced() -> None:
        with kept.change_kept(home) as connection:
            connection.execute("DELETE FROM list")
            other.replace(home / kept.FILE_NAME)

    with pytest.raises(StoreError, match="do it again"):
        delete_while_it_is_replaced()
    assert [each.name for each in lists.find_lists(home)] == ["a"]


def test_news_are_told_until_they_are_seen_and_looking_is_not_seeing(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], IDS[1])
        library.save_search("s", "query.cond=Diabetes")
        assert list_told(library, "a") == list_told(library, "s") == []
        change(home, IDS[0], "2025-01-01", 27)
        change(home, IDS[2], "2025-01-02", 28)
        assert list_told(library, "a") == list_told(library, "a") == [(IDS[0], False)]
        assert {nct_id for nct_id, _ in list_told(library, "s")} <= {IDS[0], IDS[2]}
        seen = library.last_arrival
        change(home, IDS[1], "2025-01-03", 29)
        # What came between the look and the word "seen" stays news.
        library.mark_seen("list", "a", number=seen)
        assert list_told(library, "a") == [(IDS[1], False)]
        # A study's own past is no news of a list on which it is put later.
        library.add_to_list("a", IDS[2])
        assert list_told(library, "a") == [(IDS[1], False)]
        library.rename_list("a", "b")
        assert list_told(library, "b") == [(IDS[1], False)]
        library.mark_seen("list", "b")
        assert list_told(library, "b") == []
        with pytest.raises(NotFoundError):
            library.find_watched(name="none")


def test_a_list_that_is_made_anew_under_an_old_name_has_no_old_look(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
        library.mark_seen("list", "a")
        library.delete_list("a")
        library.add_to_list("a", IDS[0])
        assert library.get_list("a").seen is None


def test_after_a_library_was_set_back_what_comes_anew_is_news(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers are given out a second time: the moment of the look decides."""
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
    copy = home.parent / "yesterday.sqlite"
    with closing(sqlite3.connect(home / FILE_NAME)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        change(home, IDS[1], day, int(day[-2:]))
    with Library(home) as library:
        library.mark_seen("list", "a")
        assert library.get_list("a").seen == kept.Look(6, library.get_list("a").seen.at)  # type: ignore[union-attr]
    for path in home.glob(f"{FILE_NAME}*"):
        path.unlink()
    shutil.copy(copy, home / FILE_NAME)
    with closing(sqlite3.connect(home / kept.FILE_NAME)) as connection, connection:
        connection.execute("UPDATE seen SET seen_at = '2026-01-01T00:00:00+00:00'")
        connection.execute("UPDATE list_entry SET added_at = '2026-01-01T00:00:00+00:00'")
    with closing(sqlite3.connect(home / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE version SET learnt_at = '2025-12-31T00:00:00+00:00'")
    change(home, IDS[0], "2025-02-01", 31)
    with Library(home) as library:
        assert library.last_arrival < 6
        assert list_told(library, "a") == [(IDS[0], False)]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_library_that_may_not_be_written_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
        assert kept.find_refusal(home) == ""

    def refuse(path: Path) -> None:
        raise (
            PermissionError(13, "Permission denied")
            if kind == "folder"
            else OSError(30, "Read-only file system")
        )

    monkeypatch.setattr(kept, "make_private_file", refuse)
    with Library(home) as library:
        with pytest.raises(StoreReadOnlyError, match="read-only or another's"):
            library.add_to_list("a", IDS[1])
        assert library.get_list("a").nct_ids == (IDS[0],)


def alter(home: Path, statement: str) -> None:
    """Change rows as a disk does: the sums beside them stay."""
    with closing(sqlite3.connect(home / kept.FILE_NAME)) as connection:
        sums = connection.execute("SELECT * FROM row_sum").fetchall()
        connection.execute(statement)
        connection.executemany("INSERT OR REPLACE INTO row_sum VALUES (?, ?, ?)", sums)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE list_entry SET note = 'Cull them' WHERE entry_id = 1",
        "UPDATE list_entry SET list_name = 'c' WHERE entry_id = 1",
        "UPDATE list_entry SET after_number = 0 WHERE entry_id = 2",
        "UPDATE list SET name = 'c' WHERE name = 'a'",
        "UPDATE seen SET number = 1 WHERE key = 'list/a'",
        "DELETE FROM list_entry WHERE entry_id = 2",
        "DELETE FROM seen",
    ],
)
def test_a_list_that_was_altered_is_named_and_never_shown(home: Path, statement: str) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], IDS[1], note="Call them")
        library.add_to_list("b", IDS[2])
        library.mark_seen("list", "a")
        alter(home, statement)

        for ask in (
            lambda: library.get_list("a"),
            library.find_lists,
            lambda: library.find_lists_with(IDS[0]),
        ):
            with pytest.raises(StoreDamagedError, match="the list a is not what was kept"):
                ask()
        assert library.get_list("b").nct_ids == (IDS[2],)
        library.add_to_list("b", IDS[0])
        assert [each for each in library.check() if "list a" in each]
        lists.add_studies(home, "a", {IDS[2]: ""}, after=0)
        with pytest.raises(StoreDamagedError):
            library.get_list("a")


def test_a_repair_keeps_an_altered_list_and_says_so(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], note="Call them")
        library.add_to_list("b", IDS[1])
        alter(home, "UPDATE list_entry SET note = 'Cull them' WHERE entry_id = 1")

    assert [each for each in Library.repair(home).lost if each.startswith("the list a was altered")]
    with Library(home) as library:
        assert library.get_list("a").entries[0].note == "Cull them"
        assert library.check() == ()


def test_what_another_trialbook_wrote_is_read_and_gains_a_sum(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0], note="Call them")
        with closing(sqlite3.connect(home / kept.FILE_NAME)) as connection:
            connection.execute("UPDATE list_entry SET note = 'By an older one'")
            connection.commit()
        assert library.get_list("a").entries[0].note == "By an older one"
        library.add_to_list("b", IDS[1])
        alter(home, "UPDATE list_entry SET note = 'By a dying disk' WHERE list_name = 'a'")
        with pytest.raises(StoreDamagedError):
            library.get_list("a")
