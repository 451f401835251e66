"""A backup holds all that cannot be made again, as it stood at one moment, and brings all of it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trialbook.__main__ import main
from trialbook.derived.criteria import FILE_NAME as CRITERIA
from trialbook.derived.summaries import FILE_NAME as SUMMARIES
from trialbook.errors import StoreError, UsageError
from trialbook.library import Library, backup
from trialbook.library.backup import read_manifest, restore_backup, write_backup
from trialbook.library.build import import_paths
from trialbook.library.rebuild import DERIVED, rebuild
from trialbook.samples import sample_paths
from trialbook.store import Store, Writer
from trialbook.store.file import FILE_NAME, UNFINISHED


def run(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["--home", str(home), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with everything in it: two versions of a record, a rejection, announced versions, searches."""
    home: Path = tmp_path_factory.mktemp("kept") / "library"
    broken = tmp_path_factory.mktemp("records") / "broken.json"
    broken.write_text('{"protocolSection": {}}\n')
    import_paths(home, [*sample_paths(), broken])
    with Store.create(home) as store, Writer(store, "test") as writer:
        writer.announce([("NCT04776239", 0, "2021-02-25", "RECRUITING", ("Study Status",))])
        writer.save_sync_state("all of it", '{"since": "2026-01-01"}')
    with Library(home) as library:
        library.save_search("mine", "query.cond=heart")
        library.rebuild("statistics")
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "library"))


def read_everything(home: Path) -> dict[str, object]:
    """Every row of every table of what is no derived thing, whatever its number, and every saved search."""
    found: dict[str, object] = {}
    for name in (FILE_NAME, *backup.BESIDE):
        with closing(sqlite3.connect(home / name)) as connection:
            tables = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for table in tables:
                found[f"{name} {table}"] = sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)
    return found


def test_all_that_is_not_derived_is_brought_back(home: Path, tmp_path: Path) -> None:
    before = read_everything(home)
    assert len(before) >= 9
    file = tmp_path / "backup.zip"
    assert run(home, "backup", str(file)).stdout.startswith(f"{file} holds 71 studies in 72 versions")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".trialbook-*"))

    other = tmp_path / "other"
    assert run(other, "restore", str(file)).exit_code == 0
    assert read_everything(other) == before
    assert run(other, "check").exit_code == 0
    assert run(other, "saved", "list").stdout == run(home, "saved", "list").stdout
    for asked in (
        ("search", "heart", "--sort", "id"),
        ("export",),
        ("history", "NCT04776239"),
        ("rejections",),
    ):
        shown, first = (run(each, *asked).stdout.splitlines()[1:] for each in (other, home))
        assert shown == first
    assert (other / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert other.stat().st_mode & 0o777 == 0o700


def test_whatever_lies_in_a_library_is_in_its_backup_or_derived(home: Path) -> None:
    """What a later Trialbook keeps beside the library has to be named in `BESIDE`."""
    rebuild(home, ["criteria"])
    derived = {"index", SUMMARIES, "related", CRITERIA, "statistics.json"}
    assert len(derived) == len(DERIVED)
    of_sqlite = {f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"}
    found = {path.name for path in home.iterdir()} - of_sqlite
    assert found == {FILE_NAME, *backup.BESIDE, *derived, "writer.lock"}


def test_a_backup_holds_one_moment_while_a_writer_runs(tmp_path: Path) -> None:
    home, records = tmp_path / "library", tmp_path / "records"
    records.mkdir()
    (path,) = (path for path in sample_paths() if path.suffix == ".jsonl")
    for number in range(5, 8):
        (records / f"{number}.jsonl").write_text(path.read_text().replace("NCT99", f"NCT9{number}"))
    whole = tmp_path / "whole"
    import_paths(whole, [records])
    with Library.create(home) as library:
        library.save_search("mine", "query.cond=heart")

    command = [sys.executable, "-m", "trialbook", "--home", str(home), "import"]
    manifests = []
    with subprocess.Popen([*command, *sorted(map(str, records.iterdir()))], stdout=subprocess.PIPE) as writer:
        while writer.poll() is None or not manifests:
            file = tmp_path / f"backup-{len(manifests)}.zip"
            manifests.append((file, write_backup(home, file)))
    assert writer.returncode == 0

    with Store(whole) as store:
        right = dict(store.iter_current())
    for number, (file, manifest) in enumerate(manifests[:: max(1, len(manifests) // 2)]):
        other = tmp_path / f"other-{number}"
        restore_backup(file, other)
        with Library(other) as library:
            assert library.check() == ()
            assert len(library) == manifest.studies == library.search().total
            assert dict(library.store.iter_current()).items() <= right.items()
            assert [each.name for each in library.find_saved()] == ["mine"]
        import_paths(other, [records])
        with Store(other) as store:
            assert dict(store.iter_current()) == right


def test_a_library_that_is_there_is_replaced_only_when_told(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    run(home, "backup", str(file))
    other = tmp_path / "other"
    (small,) = (path for path in sample_paths() if path.suffix == ".jsonl")
    import_paths(other, [small])
    run(other, "saved", "add", "theirs", "--query", "lung")
    before = read_everything(other)

    refused = run(other, "restore", str(file))
    assert refused.exit_code == 1
    assert "there is a library" in refused.stderr
    assert read_everything(other) == before

    with Library(other) as open_library:
        assert len(open_library) == 70
        assert run(other, "restore", str(file), "--replace").exit_code == 0
        assert read_everything(other) == read_everything(home)
    assert run(other, "search", "NCT04776239", "--json").exit_code == 0
    assert run(other, "check").exit_code == 0
    assert run(other, "saved", "list").stdout.startswith("mine ")


def test_an_older_state_of_the_same_library_has_an_index_of_its_own(home: Path, tmp_path: Path) -> None:
    file, later = tmp_path / "backup.zip", tmp_path / "later.jsonl"
    run(home, "backup", str(file))
    (path,) = (path for path in sample_paths() if path.suffix == ".jsonl")
    later.write_text(path.read_text().replace("NCT99", "NCT98"))
    import_paths(home, [later])
    run(home, "restore", str(file), "--replace")
    with Library(home) as library:
        assert library.search().total == len(library) == 71
    other = tmp_path / "other.jsonl"
    other.write_text(path.read_text().replace("NCT99", "NCT97"))
    import_paths(home, [other])
    with Library(home) as library:
        assert library.search().total == len(library) == 141
        assert library.check() == ()


def alter(file: Path, at: float) -> None:
    data = bytearray(file.read_bytes())
    data[int(len(data) * at)] ^= 1
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("at", [0.001, 0.02, 0.3, 0.6, 0.9, 0.9995])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(home: Path, tmp_path: Path, at: float) -> None:
    file = tmp_path / "backup.zip"
    write_backup(home, file)
    before = read_everything(home)
    alter(file, at)
    result = run(home, "restore", str(file), "--replace")
    if result.exit_code == 0:  # a byte of the archive's own that stands for nothing, such as a time
        assert read_everything(home) == before
        return
    assert "backup" in result.stderr
    assert read_everything(home) == before
    assert run(home, "check").exit_code == 0
    assert run(tmp_path / "none", "restore", str(file)).exit_code == 1
    assert not (tmp_path / "none" / FILE_NAME).exists()


def test_a_backup_that_was_cut_off_and_a_foreign_file_are_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    write_backup(home, file)
    file.write_bytes(file.read_bytes()[:-5_000])
    with pytest.raises(UsageError, match="no backup of Trialbook, or is damaged"):
        restore_backup(file, tmp_path / "none")
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("../library.sqlite", "x")
    with pytest.raises(UsageError, match="no backup of Trialbook"):
        restore_backup(foreign, tmp_path / "none")
    before = foreign.read_bytes()
    refused = run(home, "backup", str(foreign))
    assert (refused.exit_code, foreign.read_bytes()) == (1, before)
    assert "is no backup of Trialbook" in refused.stderr
    assert run(home, "backup", str(home / "backup.zip")).exit_code == 1
    assert run(home, "backup", str(tmp_path / "missing" / "backup.zip")).exit_code == 1


def test_a_record_that_is_damaged_already_is_named_and_the_rest_is_kept(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("UPDATE version SET body = x'28b52ffd' WHERE version_id = 3")
        connection.commit()
    file = tmp_path / "backup.zip"
    result = run(home, "backup", str(file))
    assert result.exit_code == 1
    assert "its bytes are not those that were kept" in result.stderr
    (problem,) = read_manifest(file).damaged
    assert problem in result.stderr
    assert run(tmp_path / "other", "restore", str(file)).stdout.count(problem) == 1


@pytest.mark.parametrize("step", ["clear", "put_in_place", "unlink"])
def test_a_restore_that_breaks_off_leaves_no_half_of_two_libraries(
    home: Path, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.zip"
    write_backup(home, file)
    other = tmp_path / "other"
    import_paths(other, [path for path in sample_paths() if path.suffix != ".jsonl"])

    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "clear":
            patched.setattr("trialbook.derived.summaries.ChangeSummaries.clear", break_off)
        elif step == "put_in_place":
            patched.setattr(backup, "put_in_place", break_off)
        else:
            patched.setattr("trialbook.store.replace._sync_folder", break_off)
        with pytest.raises(KeyboardInterrupt):
            restore_backup(file, other, is_replaced=True)

    assert os.fsdecode((other / UNFINISHED).read_bytes()) == str(file)
    with pytest.raises(StoreError, match=r"begin it again: `trialbook --home .* restore"):
        Library(other)
    assert run(other, "import", str(file)).exit_code == 1
    assert run(other, "restore", str(file)).exit_code == 0
    assert read_everything(other) == read_everything(home)
    assert run(other, "check").exit_code == 0
