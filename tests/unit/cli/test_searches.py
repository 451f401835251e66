"""Do the commands take a search's answer away, and keep searches?"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.web.own_api.conftest import make_version, write_records

from trialbook.__main__ import main
from trialbook.library.build import import_paths
from trialbook.library.saved import get_search


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three studies."""
    folder: Path = tmp_path_factory.mktemp("cli")
    records = [
        make_version("NCT98000001", "2024-05-01"),
        make_version("NCT98000002", "2024-05-01", status="COMPLETED"),
        make_version("NCT98000003", "2024-05-01", status="COMPLETED", count=3),
    ]
    import_paths(folder / "library", [write_records(folder / "records.jsonl", records)])
    return folder / "library"


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments])


def find_lines(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_export_holds_everything_or_what_is_found(home: Path) -> None:
    assert len(find_lines(run(home, "export"))) == 3
    completed = ("--query", "AREA[OverallStatus]COMPLETED")
    assert len(find_lines(run(home, "export", *completed))) == 2
    assert len(find_lines(run(home, "export", *completed, "--ask", "?filter.ids=NCT98000003"))) == 1
    assert find_lines(run(home, "export", *completed, "--as-of", "2020")) == []
    assert (
        len(find_lines(run(home, "export", "--status", "completed", "--query", "AREA[EnrollmentCount]3")))
        == 1
    )
    assert len(find_lines(run(home, "export", "--status", "COMPLETED", "--status", "RECRUITING"))) == 3


def test_the_end_of_a_files_name_says_its_form(home: Path, tmp_path: Path) -> None:
    for name, begins in (
        ("a.csv", b"NCT Number,"),
        ("a.jsonl", b"{"),
        ("a.txt", b"{"),
        ("a.parquet", b"PAR1"),
    ):
        assert run(home, "export", "-o", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert run(home, "export", "-o", str(tmp_path / "b.csv"), "--format", "jsonl").exit_code == 0
    assert (tmp_path / "b.csv").read_bytes().startswith(b"{")


def test_a_table_goes_to_a_file(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    result = run(
        home, "export", "--format", "csv", "--fields", "NCT Number,Enrollment", "--ask", "query.cond=diabetes",
        "-o", str(target),
    )  # fmt: skip
    assert (result.exit_code, result.output) == (0, "")
    rows = list(csv.reader(io.StringIO(target.read_text())))
    assert rows == [
        ["NCT Number", "Enrollment"],
        ["NCT98000001", "26"],
        ["NCT98000002", "26"],
        ["NCT98000003", "3"],
    ]


def test_parquet_goes_to_a_file(home: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra `parquet`")
    target = tmp_path / "table.parquet"
    assert run(home, "export", "--format", "parquet", "-o", str(target)).exit_code == 0
    assert parquet.read_table(target).column("Enrollment").to_pylist() == [26, 26, 3]


def test_without_its_package_parquet_says_what_to_install(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run(home, "export", "--format", "parquet", "-o", str(tmp_path / "table.parquet"))
    assert result.exit_code == 1
    assert "pip install pyarrow" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--query", "("), "Error parsing query"),
        (("--status", "OPEN"), "`status`: `OPEN`\none of ACTIVE_NOT_RECRUITING"),
        (("--ask", "pageSize=3"), "`pageSize` is unknown parameter"),
        (("--ask", "query.term=a", "--query", "b"), "given more than once"),
        (("--format", "csv", "--fields", "NCTId"), "invalid CSV column name"),
    ],
)
def test_nonsense_is_declined_in_a_sentence(home: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(home, "export", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr


def test_searches_are_saved_listed_and_removed(home: Path) -> None:
    result = run(home, "saved", "add", "done", "--ask", "filter.overallStatus=COMPLETED", "--query", "sugar")
    assert result.output == "done: /api/trialbook/saved/done/feed\n"
    search = get_search(home, "done")
    assert (search.query, search.after) == ("filter.overallStatus=COMPLETED&query.term=sugar", 3)
    assert run(home, "saved", "list").output == f"done  {search.saved_at[:10]}  {search.query}\n"
    assert json.loads(run(home, "saved", "list", "--json").output)[0]["name"] == "done"
    assert run(home, "saved", "remove", "done").exit_code == 0
    run(home, "saved", "add", "children", "--age", "7.5", "--no-results", "--query", "asthma")
    assert get_search(home, "children").query == "age_years=7.5&has_results=false&query.term=asthma"
    assert run(home, "saved", "remove", "children").exit_code == 0
    assert run(home, "saved", "list").output == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "x"), "needs --query or --ask"),
        (("add", "X", "--query", "a"), "cannot be a name"),
        (("add", "x", "--query", "("), "Error parsing query"),
        (("add", "x", "--ask", "facets=Phase"), "`facets` is unknown parameter"),
        (("add", "x", "--ask", "filter.ids=1"), "Item 1 in parameter `filter.ids` has incorrect format"),
        (("remove", "nothing"), "no saved search called nothing"),
    ],
)
def test_what_cannot_be_saved_is_not(home: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(home, "saved", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert run(home, "saved", "list").output == ""
