"""Are criteria parsed once, right whatever happens to the library, and never in a reader's way?"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import pytest

from trialbook.derived import criteria
from trialbook.derived.criteria import FILE_NAME, CriteriaTrees, pack, unpack
from trialbook.eligibility import parse
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.library import Library
from trialbook.library.rebuild import bring_into_step, find_standings, list_wanted, rebuild
from trialbook.store import Store
from trialbook.terms import get_thesaurus

FIRST = "Inclusion Criteria:\n\n* Age 18 years or older\n* Stroke or HbA1c > 9 %"
SECOND = "Exclusion Criteria:\n\n1. Pregnancy\n2. Platelets < 100,000/uL within 30 days"
THIRD = "Inclusion Criteria:\n\n* Heart failure, NYHA class II or III"


def write(path: Path, texts: dict[int, str | None], *, day: str = "2024-01-01") -> Path:
    """A file of records with these eligibility texts."""
    lines = []
    for number, text in texts.items():
        module = {} if text is None else {"eligibilityModule": {"eligibilityCriteria": text}}
        protocol = {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": "A study"},
            "statusModule": {"lastUpdateSubmitDate": day, "overallStatus": "RECRUITING"},
            **module,
        }
        lines.append(msgspec.json.encode({"protocolSection": protocol}))
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of four studies with two texts, whose trees were made."""
    home = tmp_path / "library"
    with Library.create(home) as library:
        library.import_files(write(tmp_path / "first.jsonl", {1: FIRST, 2: SECOND, 3: FIRST, 4: None}))
    assert rebuild(home, ["criteria"]) == {"criteria": 4}
    return home


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test where anything is parsed."""
    monkeypatch.setattr(parse.Parser, "parse_all", lambda *_: pytest.fail("parsed anew"))


def find(home: Path, *texts: str) -> dict[str, tuple[parse.ParsedCriterion, ...]]:
    return CriteriaTrees(home).find(texts)


def count(home: Path) -> int:
    with sqlite3.connect(home / FILE_NAME) as connection:
        return int(connection.execute("SELECT count(*) FROM tree").fetchone()[0])


def find_standing(home: Path) -> tuple[int | None, bool]:
    with Store(home) as store:
        (found,) = (each for each in find_standings(store) if each.name == "criteria")
    return found.behind, found.is_due


def test_trees_are_those_of_the_parser(home: Path) -> None:
    assert find(home, FIRST, SECOND, THIRD) == {text: parse_criteria(text) for text in (FIRST, SECOND)}
    assert count(home) == 2
    assert find_standing(home) == (0, False)
    assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600


def test_every_sample_is_the_same_after_it_was_kept(sample_library: Library) -> None:
    for study in sample_library:
        text = study.eligibility.eligibility_criteria or ""
        read = parse_criteria(text)
        assert unpack(pack(read), text) == read


def test_a_library_that_never_made_them_has_none_and_imports_make_none(
    tmp_path: Path, no_parser: None
) -> None:
    with Library.create(tmp_path / "library") as library:
        library.import_files(write(tmp_path / "first.jsonl", {1: FIRST}))
    assert not (tmp_path / "library" / FILE_NAME).exists()
    assert find(tmp_path / "library", FIRST) == {}
    assert find_standing(tmp_path / "library") == (None, False)


def test_a_repair_makes_them_where_they_were_made(home: Path, tmp_path: Path) -> None:
    others = ["index", "summaries", "related", "statistics"]
    assert list_wanted(tmp_path / "another") == others
    assert sorted(list_wanted(home)) == sorted(["criteria", *others])


def test_all_is_made_anew_and_criteria_only_where_they_were_made(home: Path, tmp_path: Path) -> None:
    assert "criteria" in rebuild(home)
    with Library.create(tmp_path / "another") as library:
        library.import_files(write(tmp_path / "first.jsonl", {1: FIRST}))
    assert set(rebuild(tmp_path / "another")) == {"index", "summaries", "related", "statistics"}
    assert not (tmp_path / "another" / FILE_NAME).exists()


def test_once_made_imports_keep_them_in_step(home: Path, tmp_path: Path) -> None:
    with Library(home) as library:
        counts = library.import_files(write(tmp_path / "next.jsonl", {2: THIRD, 5: FIRST}, day="2024-02-01"))
    assert counts.problems == []
    assert set(find(home, FIRST, SECOND, THIRD)) == {FIRST, SECOND, THIRD}
    assert find_standing(home) == (0, False)
    before = find(home, FIRST, THIRD)
    rebuild(home, ["criteria"])
    # Made anew it is the same, without the text that no study has any more.
    assert find(home, FIRST, SECOND, THIRD) == before


def test_nothing_is_parsed_that_is_held(home: Path, tmp_path: Path, no_parser: None) -> None:
    with Library(home) as library:
        library.import_files(write(tmp_path / "next.jsonl", {1: SECOND, 6: FIRST}, day="2024-02-01"))
    assert rebuild(home, ["criteria"]) == {"criteria": 5}
    assert count(home) == 2


def test_an_import_leaves_a_great_many_to_a_rebuild(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(criteria, "MOST_BY_IMPORT", 1)
    texts: dict[int, str | None] = {number: f"* HbA1c > {number} %" for number in range(10, 13)}
    with Library(home) as library:
        counts = library.import_files(write(tmp_path / "next.jsonl", texts))
    assert counts.problems == []
    assert count(home) == 2
    # It is behind, and no import tries again until it is made.
    assert find_standing(home) == (3, False)
    assert rebuild(home, ["criteria"]) == {"criteria": 7}
    assert (count(home), find_standing(home)) == (5, (0, False))


def test_a_run_that_broke_off_is_gone_on_with(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / FILE_NAME).unlink()
    monkeypatch.setattr(criteria, "TEXTS_AT_ONCE", 1)
    texts = iter((FIRST,))

    class Breaking(parse.Parser):
        def parse_all(self, asked: Sequence[str]) -> list[tuple[ParsedCriterion, ...]]:
            if next(texts, None) is None:
                raise KeyboardInterrupt
            return super().parse_all(asked)

    with monkeypatch.context() as patched:
        patched.setattr(parse, "get_parser", cache(lambda: Breaking(get_thesaurus())))
        with pytest.raises(KeyboardInterrupt):
            rebuild(home, ["criteria"])
    assert count(home) == 1
    assert find_standing(home) == (None, True)
    assert bring_into_step(home) == {"criteria": 4}
    assert set(find(home, FIRST, SECOND)) == {FIRST, SECOND}


def test_a_text_that_was_damaged_is_parsed_again(home: Path) -> None:
    with sqlite3.connect(home / FILE_NAME) as connection:
        connection.execute("UPDATE tree SET packed = substr(packed, 1, length(packed) - 3)")
    assert find(home, FIRST, SECOND) == {}
    rebuild(home, ["criteria"])
    assert set(find(home, FIRST, SECOND)) == {FIRST, SECOND}


def test_a_file_that_is_none_is_made_anew(home: Path) -> None:
    (home / FILE_NAME).write_bytes(b"no database" * 1_000)
    assert find(home, FIRST) == {}
    assert rebuild(home, ["criteria"]) == {"criteria": 4}
    assert set(find(home, FIRST)) == {FIRST}


def test_trees_of_another_form_or_library_are_none(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(criteria, "find_form", lambda: "another")
    assert find(home, FIRST) == {}
    assert find_standing(home)[0] is None
    rebuild(home, ["criteria"])
    assert set(find(home, FIRST, SECOND)) == {FIRST, SECOND}
    with Library.create(tmp_path / "other") as library:
        library.import_files(write(tmp_path / "other.jsonl", {1: FIRST}))
    (tmp_path / "other" / FILE_NAME).write_bytes((home / FILE_NAME).read_bytes())
    assert find_standing(tmp_path / "other")[0] is None
    assert rebuild(tmp_path / "other", ["criteria"]) == {"criteria": 1}
    assert count(tmp_path / "other") == 1


def test_many_are_parsed_in_other_processes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / FILE_NAME).unlink()
    expected = {text: parse_criteria(text) for text in (FIRST, SECOND)}
    monkeypatch.setattr(criteria, "WORTHWHILE", 1)
    # What is parsed here would be noticed.
    monkeypatch.setattr(parse.Parser, "parse", lambda *_: pytest.fail("parsed here"))
    rebuild(home, ["criteria"])
    assert find(home, FIRST, SECOND) == expected


def test_a_reader_waits_for_no_writer_and_writes_nothing(home: Path) -> None:
    connection = sqlite3.connect(home / FILE_NAME, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    assert find(home, FIRST) == {}
    connection.execute("ROLLBACK")
    connection.close()
    before = sorted(home.iterdir())
    home.joinpath(FILE_NAME).chmod(0o400)
    assert set(find(home, FIRST)) == {FIRST}
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize("name", ["criteria", "summaries"])
def test_what_a_newer_trialbook_made_stays_and_what_an_older_one_made_goes(home: Path, name: str) -> None:
    older, newer = home / f"{name}-1.sqlite", home / f"{name}-999.sqlite"
    older.write_bytes(b"")
    newer.write_bytes(b"theirs")
    rebuild(home, [name])
    assert not older.exists()
    assert newer.read_bytes() == b"theirs"
    assert len(list(home.glob(f"{name}-*.sqlite"))) == 2
