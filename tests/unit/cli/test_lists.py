"""Do the commands keep lists, set studies side by side and tell what is new?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.web.own_api.conftest import make_version, write_records

from trialbook.__main__ import main
from trialbook.library.build import import_paths

IDS = ("NCT98000001", "NCT98000002", "NCT98000003")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of three studies."""
    records = [
        make_version(IDS[0], "2024-05-01"),
        make_version(IDS[1], "2024-05-01", status="COMPLETED"),
        make_version(IDS[2], "2024-05-01", count=3),
    ]
    import_paths(tmp_path / "library", [write_records(tmp_path / "records.jsonl", records)])
    return tmp_path / "library"


def run(home: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["--home", str(home), *arguments])
    assert result.exit_code == code, result.output
    return result


def test_a_list_is_made_shown_changed_and_deleted(home: Path) -> None:
    assert (
        run(home, "list", "add", "a", *IDS[:2], "--note", "Call\nthem").stdout
        == "a: 2 studies more, 2 in all\n"
    )
    run(home, "list", "note", "a", IDS[1])
    shown = run(home, "list", "show", "a").stdout.splitlines()
    assert [line[:11] for line in shown] == [IDS[0], "    Call", "    them", IDS[1]]
    run(home, "list", "remove", "a", IDS[0])
    run(home, "list", "rename", "a", "b")
    assert run(home, "list", "show").stdout.split()[0::4] == ["b"]
    assert [
        each["nct_id"] for each in json.loads(run(home, "list", "show", "b", "--json").stdout)["entries"]
    ] == [IDS[1]]
    run(home, "list", "delete", "b")
    assert run(home, "list", "show").stdout == ""
    assert "there is no list called b" in run(home, "list", "show", "b", code=1).stderr


def test_a_list_leaves_in_any_form_and_comes_into_another_library(home: Path, tmp_path: Path) -> None:
    run(home, "list", "add", "a", IDS[2], IDS[0], "--note", "Ask")
    for name, begins in (
        ("a.csv", b"NCT Number,"),
        ("a.ris", b"TY  - "),
        ("a.list.json", b"{"),
        ("a.xlsx", b"PK"),
    ):
        run(home, "list", "export", "a", "-o", str(tmp_path / name))
        assert (tmp_path / name).read_bytes().lstrip(b"\xef\xbb\xbf").startswith(begins), name
    other = tmp_path / "other"
    import_paths(other, [write_records(tmp_path / "x.jsonl", [make_version(IDS[0], "2024-05-01")])])
    assert run(other, "list", "take", str(tmp_path / "a.list.json")).stdout == "a: 2 studies\n"
    shown = run(other, "list", "show", "a").stdout
    assert f"{IDS[2]}  (not in this library)\n    Ask\n" in shown
    exported = run(other, "list", "export", "a", "--format", "jsonl")
    assert IDS[2] in exported.stderr
    assert len(exported.stdout.splitlines()) == 1
    assert "already" in run(other, "list", "take", str(tmp_path / "a.list.json"), code=1).stderr


def test_studies_stand_side_by_side(home: Path) -> None:
    text = run(home, "compare", *IDS).stdout
    assert f"Status: different\n  {IDS[0]}  Recruiting" in text
    told = json.loads(run(home, "compare", *IDS[:2], "--json").stdout)
    assert [each["nct_id"] for each in told["studies"]] == list(IDS[:2])
    assert "2 to 6" in run(home, "compare", IDS[0], code=1).stderr
    assert "Kind of study" not in run(home, "compare", *IDS, "--different").stdout
    assert "no version as old" in run(home, "compare", *IDS, "--as-of", "2020", code=1).stderr


def test_news_are_told_until_they_are_seen(home: Path, tmp_path: Path) -> None:
    run(home, "list", "add", "a", IDS[0])
    run(home, "saved", "add", "s", "--status", "COMPLETED")
    newer = [make_version(IDS[0], "2025-05-01", status="COMPLETED")]
    import_paths(home, [write_records(tmp_path / "newer.jsonl", newer)])
    for _ in range(2):
        told = run(home, "news").stdout
        assert "list a: 1 new or changed" in told
        assert "saved search s: 1 new or changed" in told
        assert f"  {IDS[0]} changed" in told
    run(home, "news", "a", "--list", "--seen")
    assert [len(each["news"]) for each in json.loads(run(home, "news", "--json").stdout)] == [0, 1]
    run(home, "saved", "rename", "s", "t")
    assert "saved search t: 1 new" in run(home, "news", "t").stdout
    assert "neither a list nor a saved search called none" in run(home, "news", "none", code=1).stderr
