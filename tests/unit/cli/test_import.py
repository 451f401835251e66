"""`trialbook import` says which files it passed over and why, and counts those that it does not name."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trialbook.cli.main import main
from trialbook.samples import sample_paths


def run(home: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "import", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One record, a hidden file, a link that leads out, and a zip with what its system hides in it."""
    folder = tmp_path / "in"
    folder.mkdir()
    body = sample_paths()[2].read_bytes()
    (folder / "record.json").write_bytes(body)
    (folder / ".hidden.json").write_bytes(body)
    (folder / "out.json").symlink_to(sample_paths()[1])
    with zipfile.ZipFile(folder / "old.zip", "w") as archive:
        archive.writestr("__MACOSX/._a.json", b"x")
        archive.writestr("a.json", sample_paths()[1].read_bytes())
    return folder


def test_files_that_were_passed_over_are_named_with_why(tmp_path: Path, folder: Path) -> None:
    done = run(tmp_path / "library", folder)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        f"skipped: {folder}/.hidden.json: hidden",
        f"skipped: {folder}/old.zip!__MACOSX/._a.json: hidden",
        f"skipped: {folder}/out.json: a link that leads to a folder, out of the folder or nowhere",
    ]
    assert done.stdout == "2 read = 2 stored (1 of them new versions) + 0 unchanged + 0 rejected\n"


def test_beyond_ten_they_are_counted(tmp_path: Path, folder: Path) -> None:
    for number in range(10):
        (folder / f".more{number}").write_bytes(b"")
    done = run(tmp_path / "library", folder)
    *named, rest = done.stderr.splitlines()
    assert len(named) == 10
    assert all(line.startswith(f"skipped: {folder}/") for line in named)
    assert rest == "… 3 more files skipped"
    counts = json.loads(run(tmp_path / "library", folder, "--json").stdout)
    assert (counts["skipped_files"], len(counts["skipped"]), counts["not_sent"]) == (13, 10, 0)
    assert (counts["read"], counts["unchanged"], counts["problems"]) == (2, 2, [])


def test_where_nothing_was_passed_over_nothing_is_said(tmp_path: Path) -> None:
    done = run(tmp_path / "library", sample_paths()[2])
    assert done.stderr == ""
    assert json.loads(run(tmp_path / "library", sample_paths()[2], "--json").stdout)["skipped"] == []
