"""Who reads an index changes nothing; who writes one makes it where there is none that it can use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tantivy
from tests.library import make_library, open_engine
from tests.naive.records import make_titled

from trialbook.derived.index import SearchIndex
from trialbook.errors import IndexMissingError, StoreBusyError, StoreError
from trialbook.library.build import import_paths
from trialbook.library.rebuild import bring_into_step, find_standings, rebuild
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.index.disk import STATE_FILE
from trialbook.search.index.document import MOST_LISTED, collect_values
from trialbook.search.index.schema import INDEX_VERSION
from trialbook.search.index.writable import WritableIndex
from trialbook.store import Store, Writer
from trialbook.terms import get_thesaurus

OWN = str(INDEX_VERSION)
OLDER, NEWER = str(INDEX_VERSION - 1), str(INDEX_VERSION + 1)
# Tantivy opens this one for the moment in which it opens the others.
TANTIVY_LOCK = ".tantivy-meta.lock"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_library(tmp_path / "home", [make_titled(f"NCT0000000{n}", "Asthma") for n in (1, 2, 3)])


def count(home: Path) -> int:
    return open_engine(home).search(SearchRequest()).total


def list_disk(home: Path) -> dict[str, tuple[int, int, int]]:
    """Everything in a library's folder for indexes: by path its inode, length and time of change."""
    found = {}
    for path in sorted((home / "index").rglob("*")):
        if path.name != TANTIVY_LOCK:
            entry = path.stat()
            found[str(path)] = (entry.st_ino, entry.st_size, entry.st_mtime_ns)
    return found


def list_forms(home: Path) -> list[str]:
    return sorted((path.name for path in (home / "index").iterdir()), key=int)


def find_place(home: Path) -> Path:
    """Where the files of a library's index lie."""
    folder = home / "index" / OWN
    return folder / str(msgspec.json.decode((folder / STATE_FILE).read_bytes())["folder"])


def write_state(home: Path, **changes: Any) -> None:
    state = home / "index" / OWN / STATE_FILE
    said = {**msgspec.json.decode(state.read_bytes()), **changes}
    del said["sum"]
    state.write_bytes(msgspec.json.encode(said))


def move_to_form(form: str) -> Callable[[Path], None]:
    def move(home: Path) -> None:
        shutil.move(home / "index" / OWN, home / "index" / form)

    return move


def move_to_earliest_place(home: Path) -> None:
    for path in (home / "index" / OWN).iterdir():
        path.rename(home / "index" / path.name)
    (home / "index" / OWN).rmdir()


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing at all": (lambda home: shutil.rmtree(home / "index"), "there is none"),
    "an empty folder": (lambda home: _empty(home / "index" / OWN), "is missing"),
    "no state": (lambda home: (home / "index" / OWN / STATE_FILE).unlink(), "is missing"),
    "a torn state": (lambda home: _write(home / "index" / OWN / STATE_FILE, "{not json"), "cannot be read"),
    "another library's": (lambda home: write_state(home, library_id="another"), "another library"),
    "another form in its place": (lambda home: write_state(home, index_version=99), "has form 99"),
    "an older form": (move_to_form(OLDER), rf"another Trialbook .*\(form {OLDER}\)"),
    "a newer form": (move_to_form(NEWER), rf"another Trialbook .*\(form {NEWER}\)"),
    "the earliest place": (move_to_earliest_place, r"another Trialbook .*\(form before 7\)"),
}


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_reader_refuses_what_it_cannot_use_and_leaves_it_as_it_is(home: Path, name: str) -> None:
    spoil, reason = UNUSABLE[name]
    spoil(home)
    before = list_disk(home)

    with pytest.raises(
        IndexMissingError, match=f"{reason}.*; make it with `trialbook rebuild index`"
    ) as refused:
        open_engine(home)

    assert refused.value.folder == home / "index" / OWN
    assert list_disk(home) == before
    assert (home / "index").exists() == (name != "nothing at all")


@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.parametrize("make", [bring_into_step, rebuild])
def test_a_writer_makes_anew_what_a_reader_refuses(
    home: Path, name: str, make: Callable[[Path], dict[str, int]]
) -> None:
    UNUSABLE[name][0](home)

    assert make(home)["index"] == 3
    assert count(home) == 3
    assert bring_into_step(home) == {}


def test_a_reader_of_a_good_index_changes_nothing(home: Path) -> None:
    before = list_disk(home)

    assert count(home) == 3
    assert list_disk(home) == before


def test_an_index_that_is_behind_or_dirty_is_read_as_it_is_until_it_is_mended(home: Path) -> None:
    write_state(home, seq=0, mark="", is_dirty=True)
    before = list_disk(home)

    assert count(home) == 3
    assert list_disk(home) == before
    assert bring_into_step(home)["index"] == 3
    assert count(home) == 3
    assert bring_into_step(home) == {}


def test_an_index_that_is_ahead_of_its_library_is_refused_and_filled_again_from_the_start(home: Path) -> None:
    """As when a copy of the library's file from yesterday is put back beside the index of today."""
    write_state(home, seq=99)

    with pytest.raises(IndexMissingError, match="another past of the library"):
        open_engine(home)
    assert bring_into_step(home)["index"] == 3
    assert count(home) == 3
    assert SearchIndex(home).open(Store(home).library_id).state.seq == 3


def test_a_damaged_index_is_named_as_such_and_made_anew(home: Path) -> None:
    (find_place(home) / "meta.json").unlink()

    with pytest.raises(StoreError, match=r"cannot open the index.*rebuild index") as refused:
        open_engine(home)
    assert not isinstance(refused.value, IndexMissingError)
    with Store(home) as store:
        assert find_standings(store)[0].is_due
    assert bring_into_step(home)["index"] == 3
    assert count(home) == 3


def test_an_index_with_other_fields_is_not_read(home: Path) -> None:
    _empty(find_place(home))
    tantivy.Index(tantivy.SchemaBuilder().build(), path=str(find_place(home)))

    with pytest.raises(StoreError, match="it has other fields; try `trialbook rebuild index`"):
        open_engine(home)
    assert rebuild(home, ["index"])["index"] == 3


def test_what_needs_no_mending_is_not_held_up_by_a_writer_and_what_does_is(home: Path) -> None:
    with Store(home) as store, Writer(store, "a long import"):
        assert bring_into_step(home) == {}
        write_state(home, is_dirty=True)
        with pytest.raises(StoreBusyError):
            bring_into_step(home)


def test_a_library_without_records_has_an_index_once_it_was_written_to(tmp_path: Path) -> None:
    Store.create(tmp_path).close()
    assert bring_into_step(tmp_path) == {"index": 0, "summaries": 0, "related": 0}
    assert count(tmp_path) == 0


def test_a_new_index_can_be_read_before_the_first_record_is_in_it(tmp_path: Path) -> None:
    with Store.create(tmp_path) as store:
        WritableIndex(tmp_path / "index", store.library_id, names=get_thesaurus().known_names).put_in_place()
        assert SearchIndex(tmp_path).open(store.library_id).state.seq == 0


def test_a_writer_removes_older_forms_and_never_a_newer_one(home: Path, tmp_path: Path) -> None:
    index = home / "index"
    for form in (OLDER, NEWER):
        shutil.copytree(index / OWN, index / form)
    (index / STATE_FILE).write_text("{}")

    more = tmp_path / "more.jsonl"
    more.write_bytes(msgspec.json.encode(make_titled("NCT00000004", "Asthma")))
    import_paths(home, [more])

    assert list_forms(home) == [OWN, NEWER]
    assert count(home) == 4


def test_older_forms_stay_until_the_new_one_is_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_to_form(OLDER)(home)

    def break_off(self: object, *_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("trialbook.search.index.intake.IndexIntake.add", break_off)
        with pytest.raises(KeyboardInterrupt):
            bring_into_step(home)
    assert (home / "index" / OLDER / STATE_FILE).exists()

    assert bring_into_step(home)["index"] == 3
    assert list_forms(home) == [OWN]


def test_an_old_index_that_cannot_be_removed_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "index" / OLDER).mkdir()

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("trialbook.search.index.writable.shutil.rmtree", refuse)
    with Store(home) as store:
        index = WritableIndex(home / "index", store.library_id, names=get_thesaurus().known_names)
    with pytest.raises(StoreError, match=r"Permission denied.*by hand"):
        index.remove_older()


def test_of_a_list_of_names_without_end_the_first_are_looked_at_and_all_are_counted() -> None:
    names = [f"name {number}" for number in range(MOST_LISTED + 9)]
    values, lengths = collect_values({"protocolSection": {"conditionsModule": {"keywords": names}}})
    assert len(values["Keyword"]) == MOST_LISTED
    assert lengths["Keyword"] == MOST_LISTED + 9


def test_of_sites_without_end_the_first_are_looked_at_and_all_are_counted() -> None:
    sites = [{"city": f"Town {number}"} for number in range(MOST_LISTED + 9)]
    values, lengths = collect_values({"protocolSection": {"contactsLocationsModule": {"locations": sites}}})
    assert len(values["LocationCity"]) == MOST_LISTED
    assert lengths["Location"] == MOST_LISTED + 9
