"""A new index is made beside the old one and put in its place in one step; what is no longer whole is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.library import make_library, open_engine
from tests.naive.records import make_titled

from trialbook.errors import StoreError
from trialbook.library import Library
from trialbook.library.check import find_problems
from trialbook.library.rebuild import bring_into_step, rebuild
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.index.disk import STATE_FILE, read_state
from trialbook.search.index.intake import IndexIntake
from trialbook.search.index.schema import INDEX_VERSION
from trialbook.search.language.parse import parse_query
from trialbook.store import Store, index_files

IDS = tuple(f"NCT0000000{number}" for number in range(6, 0, -1))
PHRASE = "bronchial asthma"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_library(tmp_path / "home", [make_titled(nct_id, f"On {PHRASE}") for nct_id in IDS])


def find_place(home: Path) -> Path:
    """Where the files of a library's index lie."""
    folder = home / "index" / str(INDEX_VERSION)
    return folder / str(msgspec.json.decode((folder / STATE_FILE).read_bytes())["folder"])


def list_places(home: Path) -> list[Path]:
    return [path for path in (home / "index" / str(INDEX_VERSION)).iterdir() if path.is_dir()]


def test_readers_have_the_old_index_until_the_new_one_is_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    add = IndexIntake.add
    with Library(home) as library:
        old = library.engine.state

        def look(self: IndexIntake, *study: Any, **how: Any) -> None:
            add(self, *study, **how)
            self.commit()
            seen.append(
                (library.search(f'"{PHRASE}"').total, open_engine(home).search(SearchRequest()).total)
            )

        monkeypatch.setattr(IndexIntake, "add", look)
        assert library.rebuild("index") == {"index": len(IDS)}

        assert seen == [(len(IDS), len(IDS))] * len(IDS)
        assert library.engine.state > old, "the new one answers now"
        assert library.search(f'"{PHRASE}"').total == len(IDS)
    assert list_places(home) == [find_place(home)]


def test_a_walk_in_pages_goes_on_in_the_index_that_was_removed(home: Path) -> None:
    with Library(home) as library:
        request = SearchRequest(queries=(parse_query(PHRASE),))
        first = library.engine.search_page(request, page_size=2)
        old = find_place(home)
        library.rebuild("index")
        assert not old.exists()
        walked = [*first.nct_ids]
        token = first.next_page_token
        while token:
            page = library.engine.search_page(request, page_size=2, page_token=token)
            walked += page.nct_ids
            token = page.next_page_token
    assert walked == list(IDS)


def test_a_making_that_breaks_off_leaves_the_old_one_and_the_next_writer_removes_its_half(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = find_place(home)

    def break_off(self: object, *_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(IndexIntake, "commit", break_off)
        patched.setattr("trialbook.search.index.writable.WritableIndex.put_in_place", break_off)
        with pytest.raises(KeyboardInterrupt):
            rebuild(home, ["index"])
    assert len(list_places(home)) == 2
    assert find_place(home) == old
    assert open_engine(home).search(SearchRequest()).total == len(IDS)

    rebuild(home, ["index"])
    assert list_places(home) == [find_place(home)]
    assert find_place(home) != old


def damage_part(part: str, harm: Callable[[Path], None]) -> Callable[[Path], None]:
    def damage(home: Path) -> None:
        (path,) = find_place(home).glob(f"*.{part}")
        harm(path)

    return damage


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def put_an_empty_one_in_its_place(home: Path) -> None:
    """As when the files of an index are restored from a copy of another day."""
    state = (home / "index" / str(INDEX_VERSION) / STATE_FILE).read_bytes()
    place = find_place(home)
    empty = make_library(home / "empty", [make_titled(IDS[0], PHRASE)])
    shutil.rmtree(place)
    shutil.copytree(find_place(empty), place)
    (home / "index" / str(INDEX_VERSION) / STATE_FILE).write_bytes(state)


def take_a_segment_away(home: Path) -> None:
    meta = find_place(home) / "meta.json"
    said = msgspec.json.decode(meta.read_bytes())
    meta.write_bytes(msgspec.json.encode({**said, "segments": said["segments"][:-1]}))


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    **{
        f"no .{part}": (damage_part(part, Path.unlink), rf"\.{part}")
        for part in ("pos", "fast", "idx", "store")
    },
    **{f"a cut .{part}": (damage_part(part, cut), rf"\.{part} was cut short") for part in ("pos", "term")},
    "no meta.json": (lambda home: (find_place(home) / "meta.json").unlink(), "meta.json"),
    "a cut meta.json": (lambda home: cut(find_place(home) / "meta.json"), "meta.json|EOF"),
    "no files": (lambda home: shutil.rmtree(find_place(home)), "No such file"),
    "those of another day": (put_an_empty_one_in_its_place, "not those of its last commit"),
    "fewer documents than its state says": (take_a_segment_away, "it holds 0 of 6 documents"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_not_whole_is_named_never_answered_from_and_made_anew_by_a_writer(
    home: Path, name: str
) -> None:
    damage, reason = DAMAGE[name]
    damage(home)

    with pytest.raises(StoreError, match=rf"cannot open the index in .*({reason}).*rebuild index"):
        open_engine(home)
    with Store(home) as store:
        assert any("index" in problem for problem in find_problems(store))
    assert bring_into_step(home)["index"] == len(IDS)
    with Library(home) as library:
        assert library.search(f'"{PHRASE}"').total == len(IDS)
        assert library.check() == ()


@pytest.mark.parametrize(
    "name", sorted(set(DAMAGE) - {"a cut .pos", "a cut .term"})
)  # whose bytes are mapped
def test_an_open_library_answers_on_from_what_it_has_and_takes_up_what_is_made_anew(
    home: Path, name: str
) -> None:
    with Library(home) as library:
        before = library.search(f'"{PHRASE}"').nct_ids
        DAMAGE[name][0](home)
        assert library.search(f'"{PHRASE}"').nct_ids == before == IDS
        library.bring_into_step()
        place = find_place(home)
        assert library.search(f'"{PHRASE}"').nct_ids == IDS
        (home / "index" / str(INDEX_VERSION) / STATE_FILE).unlink()
        shutil.rmtree(place)
        assert library.search(f'"{PHRASE}"').nct_ids == IDS


def test_a_bit_that_flipped_in_the_index_is_found_by_a_check(home: Path) -> None:
    (path,) = find_place(home).glob("*.idx")
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 3] ^= 4
    path.write_bytes(bytes_)

    with Library(home) as library:
        (problem,) = library.check()
    assert f"{path.name} is not as it was written" in problem
    assert "rebuild index" in problem


def test_no_bit_of_a_small_index_may_flip(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = find_place(home).glob("*.idx")
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 3] ^= 4
    path.write_bytes(bytes_)

    with pytest.raises(
        StoreError, match=f"{path.name} is not as it was written; try `trialbook rebuild index`"
    ):
        open_engine(home)
    # All of a large one is not read at each opening.
    monkeypatch.setattr(index_files, "MOST_COMPARED_BYTES", path.stat().st_size)
    open_engine(home)


def test_no_bit_of_what_an_index_says_of_itself_may_flip(home: Path) -> None:
    folder = home / "index" / str(INDEX_VERSION)
    whole, right = (folder / STATE_FILE).read_bytes(), read_state(folder)
    assert right is not None
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        (folder / STATE_FILE).write_bytes(changed)
        # Where the name of the sum is lost, the rest is whole.
        assert read_state(folder) in (None, right)


def test_an_index_on_another_disk_behind_a_link_is_used_and_made_anew_there(
    home: Path, tmp_path: Path
) -> None:
    shutil.move(home / "index", tmp_path / "other disk")
    (home / "index").symlink_to(tmp_path / "other disk")
    assert open_engine(home).search(SearchRequest()).total == len(IDS)

    assert rebuild(home, ["index"]) == {"index": len(IDS)}

    assert (home / "index").is_symlink()
    assert find_place(home).resolve().is_relative_to(tmp_path / "other disk")
    assert open_engine(home).search(SearchRequest()).total == len(IDS)


def test_a_state_never_leads_out_of_the_folder(home: Path) -> None:
    state = home / "index" / str(INDEX_VERSION) / STATE_FILE
    said = msgspec.json.decode(state.read_bytes())
    state.write_bytes(msgspec.json.encode({**said, "folder": "../../elsewhere"}))
    with pytest.raises(StoreError, match="cannot be read"):
        open_engine(home)
