"""What can be read of a damaged library's file is brought out and kept, whatever page is broken."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trialbook.errors import StoreBusyError, StoreError
from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.store import Store, Writer, wreck
from trialbook.store.check import find_damage
from trialbook.store.file import FILE_NAME
from trialbook.store.repair import repair_file
from trialbook.store.wreck import PAGE_BYTES

Kept = dict[tuple[str, str | None, str], bytes]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample records five times over, under other ids: enough pages to lose some."""
    home: Path = tmp_path_factory.mktemp("kept") / "library"
    records = tmp_path_factory.mktemp("records") / "records.jsonl"
    (path,) = (path for path in sample_paths() if path.suffix == ".jsonl")
    text = path.read_text()
    records.write_text("".join(text.replace("NCT99", f"NCT9{number}") for number in range(5, 10)) + "{}\n")
    assert import_paths(home, [records]).rejected == 1
    import_paths(home, [path for path in sample_paths() if path.suffix != ".jsonl"])
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "library"))


def read_all(home: Path) -> Kept:
    """All versions, with their bytes and when they were learnt."""
    with Store(home) as store:
        rows = store.fetch_all("SELECT nct_id FROM study")
        return {
            (version.nct_id, version.version_date, version.learnt_at): store.get_version_body(
                version.version_id
            )
            for (nct_id,) in rows
            for version in store.find_versions(nct_id)
        }


def break_page(home: Path, page: int, fill: bytes = b"\xa5") -> None:
    with (home / FILE_NAME).open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(fill * PAGE_BYTES)


def count_pages(home: Path) -> int:
    return (home / FILE_NAME).stat().st_size // PAGE_BYTES


def test_nothing_is_lost_of_a_whole_library(home: Path) -> None:
    before = read_all(home)
    with Store(home) as store:
        counts, library_id, rejected = store.count(), store.library_id, store.find_rejections()
    repaired = repair_file(home)
    assert repaired.lost == ()
    assert read_all(home) == before
    with Store(home) as store:
        assert (store.count(), store.library_id, store.find_rejections()) == (counts, library_id, rejected)
        assert list(find_damage(store)) == []
    assert repaired.kept_as.is_file()
    assert (home / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_whatever_page_is_broken_all_else_is_brought_out_and_what_is_lost_is_named(
    kept: Path, tmp_path: Path
) -> None:
    before = read_all(kept)
    days = {(nct_id, day) for nct_id, day, _ in before}
    worst = 0
    pages = count_pages(kept)
    for page in [*range(1, 16), *range(16, pages + 1, 17)]:
        home = tmp_path / f"library-{page}"
        shutil.copytree(kept, home)
        break_page(home, page, b"\xa5" if page % 2 else b"\0")
        repaired = repair_file(home)

        after = read_all(home)
        assert {key[:2] for key in after} <= days, f"page {page}"
        assert set(after.values()) <= set(before.values()), f"page {page}: an altered record"
        lost = {key[:2] for key in before} - {key[:2] for key in after}
        for nct_id, day in lost:
            named = any(
                sentence.startswith(f"{nct_id}, version of {day}: lost") or "nothing can be read" in sentence
                for sentence in repaired.lost
            )
            assert named, f"page {page}: {nct_id} is lost and not named: {repaired.lost}"
        worst = max(worst, len(lost))
        with Store(home) as store:
            assert list(find_damage(store)) == [], f"page {page}"
        with Store.create(home) as store, Writer(store, "test"):
            assert store.fetch_one("PRAGMA journal_mode") == ("wal",)
        shutil.rmtree(home)
    # No page holds more than some records, also none of those that lead to others.
    assert 0 < worst < len(before) // 20


def test_a_broken_dictionary_costs_nothing_since_it_is_kept_twice(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM dictionary").fetchone() == (1,)
        (body,) = connection.execute("SELECT body FROM dictionary").fetchone()
        altered = bytes([*body[:60_000], body[60_000] ^ 1, *body[60_001:]])
        connection.execute("UPDATE dictionary SET body = ?", (altered,))
        connection.commit()
    with Store(home) as store:
        (problem,) = find_damage(store)
        assert "dictionary 1" in problem
        assert len(dict(store.iter_current())) == store.count().studies
    assert repair_file(home).lost == ()
    with Store(home) as store:
        assert list(find_damage(store)) == []


def test_altered_rows_are_put_right_by_what_the_records_say(home: Path) -> None:
    before = read_all(home)
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        for statement in (
            "UPDATE version SET version_date = '2031-01-01', content_hash = x'00' WHERE version_id = 2",
            "UPDATE study SET nct_id = 'NCT00000000' WHERE study_id = 3",
            "UPDATE study SET current_version_id = 5 WHERE study_id = 4",
            "DELETE FROM study WHERE study_id = 6",
            "DELETE FROM library WHERE key = 'seq'",
        ):
            connection.execute(statement)
        connection.commit()
    assert repair_file(home).lost == ()
    assert read_all(home) == before
    with Store(home) as store:
        assert list(find_damage(store)) == []


def test_a_body_that_is_altered_is_named_with_its_day(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("UPDATE version SET body = x'28b52ffd' WHERE version_id = 7")
        nct_id, day = connection.execute(
            "SELECT nct_id, version_date FROM study JOIN version USING (study_id) WHERE version_id = 7"
        ).fetchone()
        connection.commit()
    assert repair_file(home).lost == (
        f"{nct_id}, version of {day}: lost; import it again, or restore a backup",
    )


def test_while_another_process_writes_nothing_is_repaired(home: Path) -> None:
    before = (home / FILE_NAME).read_bytes()
    with Store.create(home) as store, Writer(store, "test"), pytest.raises(StoreBusyError):
        repair_file(home)
    assert (home / FILE_NAME).read_bytes() == before
    assert not list(home.glob("*.part"))


def test_a_file_of_which_nothing_can_be_read_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wreck, "NUMBERS_BEYOND", 1_000)
    (tmp_path / FILE_NAME).write_bytes(b"no library at all " * 2_000)
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StoreError, match="nothing of a library can be read"):
        repair_file(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {FILE_NAME, "writer.lock"}
