"""Does one object answer for a library, for every form of an id, in every thread, without changing anything?"""

from __future__ import annotations

import copy
import os
import pickle
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from tests.library import make_library

import trialbook
from trialbook.cli.main import main
from trialbook.errors import NoLibraryError, NotFoundError, StoreDamagedError, UsageError
from trialbook.library import Library
from trialbook.search.index.schema import INDEX_VERSION
from trialbook.store import Store, Writer
from trialbook.store.file import FILE_NAME

ACESO = "NCT04776239"


def make_record(nct_id: str, **identification: Any) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": "Rest for cough", **identification},
            "statusModule": {"lastUpdateSubmitDate": "2024-05-01"},
            "conditionsModule": {"conditions": ["Cough"]},
        }
    }


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A library with ids of several registers, and one study that has a former number."""
    records = [
        make_record("ChiCTR2000029308"),
        make_record("EUCTR2016-000370-90-DE"),
        make_record("NCT00000007", nctIdAliases=["NCT00000003"]),
    ]
    return make_library(tmp_path / "others", records)


@pytest.mark.parametrize(
    "asked",
    [
        ACESO,
        "nct04776239",
        "NCT4776239",
        f"  {ACESO}\n",
        f"https://clinicaltrials.gov/study/{ACESO}",
        f"https://clinicaltrials.gov/study/{ACESO}/",
        f"https://clinicaltrials.gov/study/{ACESO}?cond=x#more",
        f"clinicaltrials.gov/study/{ACESO}",
    ],
)
def test_any_form_of_an_id_finds_the_study(sample_library: Library, asked: str) -> None:
    assert sample_library.find_id(asked) == ACESO
    assert asked in sample_library


def test_ids_of_other_registers_are_as_they_were_received(others: Path) -> None:
    with Library(others) as library:
        assert library.find_id("ChiCTR2000029308") == "ChiCTR2000029308"
        assert len(library.find_history("ChiCTR2000029308")) == 1
        assert library.compare("EUCTR2016-000370-90-DE", 0, 0).changes == ()
        with pytest.raises(trialbook.NotFoundError, match="is not in this library"):
            library.find_id("ISRCTN10041098")


def test_a_former_number_finds_the_study_that_has_it_now(others: Path) -> None:
    with Library(others) as library:
        assert library.find_id("nct3") == "NCT00000007"
        with pytest.raises(trialbook.NotFoundError, match=r"^nct4 is not in this library"):
            library.find_id("nct4")


@pytest.mark.parametrize("asked", ["", "  ", "NCT" + "9" * 400, "x' OR 1=1 --", "nct0", "\ud800"])
def test_what_is_no_id_is_not_here(sample_library: Library, asked: str) -> None:
    assert asked not in sample_library
    with pytest.raises(trialbook.NotFoundError, match="not in this library"):
        sample_library.find_id(asked)


def test_a_version_is_meant_by_number_by_day_or_as_the_one_in_force(sample_library: Library) -> None:
    find = sample_library.find_version
    assert [find(ACESO, version=number).number for number in (0, 1)] == [0, 1]
    assert find(ACESO).is_current
    assert find(ACESO, as_of="2023").number == 0
    assert find(ACESO, as_of="2025-09-02").number == 1
    assert find(ACESO, as_of="2025-09-01").number == 0
    for wrong, words in (
        ({"version": 2}, "no version 2 is held here; held: 0 to 1"),
        ({"copy": 2}, "of version 1 the library holds 1 copy, there is no copy 2"),
        ({"as_of": "1999"}, "no version as old as 1999-12-31: the first known one is of 2022-07-07"),
    ):
        with pytest.raises(trialbook.NotFoundError, match=words):
            find(ACESO, **wrong)
    with pytest.raises(trialbook.TrialbookError, match="a version or a day, not both"):
        find(ACESO, version=1, as_of="2023")
    with pytest.raises(trialbook.QueryError, match="as_of is no date"):
        find(ACESO, as_of="soon")


def test_a_study_knows_its_past_and_its_criteria(sample_library: Library) -> None:
    study = sample_library[ACESO]
    assert isinstance(study, trialbook.Study)
    assert repr(study).startswith("<Study NCT04776239")
    assert "<table>" in study._repr_html_()
    assert [line.version.number for line in study.history] == [0, 1]
    assert study.diff("2022", "2025").changes == study.diff(0, 1).changes == study.diff().changes != ()
    assert sum(each.kind != "other" for each in study.criteria) == 23
    older = sample_library.get_study(ACESO, as_of="2023")
    assert (older.version.number, older.enrollment_count) == (0, 30)
    assert older.diff().before.number == 0
    assert study.to_dict() == msgspec.json.decode(study.body)


def test_a_search_is_a_sequence_of_studies_and_a_table(sample_library: Library) -> None:
    found = sample_library.search("heart failure", limit=3)
    assert len(found) == 3 < found.total
    assert [study.nct_id for study in found] == list(found.nct_ids)
    assert sum(found.facets["OverallStatus"].values()) == found.total
    assert found.find_passages(found.nct_ids[0])
    table = found.to_arrow(["NCTId", "Condition", "EnrollmentCount"])
    assert table.column_names == ["NCTId", "Condition", "EnrollmentCount"]
    assert table["NCTId"].to_pylist() == list(found.nct_ids)
    assert all(isinstance(each, list) for each in table["Condition"].to_pylist())
    assert list(found.to_pandas(["NCTId"])["NCTId"]) == list(found.nct_ids)
    with pytest.raises(trialbook.QueryError, match="no piece with values called 'DesignModule'"):
        found.to_rows(["DesignModule"])
    assert "<table>" in found._repr_html_()


def test_facets_count_all_that_match_as_of_a_day(sample_library: Library) -> None:
    found = sample_library.search(ACESO, as_of="2023", limit=1)
    assert found.facets["OverallStatus"] == {"RECRUITING": 1}
    assert found[0].enrollment_count == 30


def test_opening_what_is_no_library_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoLibraryError, match=r"there is no library in .*typo: `trialbook --home"):
        trialbook.open(tmp_path / "typo")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoLibraryError):
        Library(tmp_path / "empty")
    assert [each.name for each in tmp_path.iterdir()] == ["empty"]
    assert not list((tmp_path / "empty").iterdir())


def take_stock(home: Path) -> dict[str, tuple[int, int]]:
    """Every file of a library with its size and time of change, but SQLite's own two beside it."""
    return {
        str(path.relative_to(home)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_reading_changes_no_file(others: Path) -> None:
    before = take_stock(others)
    with Library(others) as library:
        library.search("cough")
        library.find_history("NCT00000007")
        library.find_id("nct3")
        list(library)
        library.find_saved()
    assert take_stock(others) == before


def test_everything_is_answered_while_another_process_holds_the_writers_lock(others: Path) -> None:
    program = [sys.executable, "-m", "trialbook", "--home", str(others)]
    with Store(others) as store, Writer(store, "a long import"):
        for command in (["search", "cough"], ["export", "--query", "cough"], ["show", "nct7"]):
            done = subprocess.run([*program, *command], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            assert "NCT00000007" in done.stdout


def test_threads_share_a_library_and_close_ends_all_of_their_connections(others: Path) -> None:
    library = Library(others)
    answers: list[int] = []
    may_end = threading.Event()
    asked = threading.Barrier(9)

    def ask() -> None:
        answers.append(library.search("cough").total)
        library.get_body("NCT00000007")
        asked.wait()
        may_end.wait()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    asked.wait()
    assert answers == [3] * 8
    library.close()
    may_end.set()
    for thread in threads:
        thread.join()
    held = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert not [name for name in held if str(others) in name and FILE_NAME in name]
    with pytest.raises(trialbook.StoreError, match="closed"):
        library.get_body("NCT00000007")
    assert "closed" in repr(library)


def test_a_damaged_library_is_named_and_no_question_is_blamed(others: Path) -> None:
    with Store(others) as store:
        store.connection.execute("UPDATE version SET body = x'00ff' WHERE version_id = 1")
    with Library(others) as library:
        with pytest.raises(StoreDamagedError, match=r"ChiCTR2000029308, version of .* restore a backup"):
            library.get_body("ChiCTR2000029308")
        assert library.get_body("NCT00000007")


def test_an_export_goes_through_a_link_and_into_a_pipe(others: Path, tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.jsonl", tmp_path / "link.jsonl", tmp_path / "pipe.jsonl"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    os.mkfifo(pipe)
    with Library(others) as library:
        library.export(link)
        assert link.is_symlink()
        assert (target.read_bytes().count(b"\n"), stat.S_IMODE(target.stat().st_mode)) == (3, 0o640)
        reader = subprocess.Popen(["/bin/cat", str(pipe)], stdout=subprocess.PIPE)
        library.export(pipe)
        assert reader.communicate(timeout=30)[0] == target.read_bytes()
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        library.export("/dev/null", form="csv")
        with pytest.raises(trialbook.TrialbookError, match="name a form"):
            library.export(tmp_path / "studies.docx")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert sorted(each.name for each in tmp_path.glob("*.jsonl*")) == [
        "link.jsonl",
        "pipe.jsonl",
        "target.jsonl",
    ]


def test_what_a_library_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = make_library(tmp_path / "new" / "library", [make_record("NCT00000007")])
    (tmp_path / "here").mkdir(mode=0o755)
    beside = make_library(tmp_path / "here", [make_record("NCT00000007")])
    for folder in (home, beside):
        with Library(folder) as library:
            library.save_search("cough", "query.term=cough")
            library.rebuild()
    assert stat.S_IMODE(beside.stat().st_mode) == 0o755
    for path in beside.rglob("*"):
        # The folder of an index is its owner's alone, so what lies in it need not be.
        if path.name != "records.jsonl" and path.parent.parent.name not in (str(INDEX_VERSION), "related"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


SHARED = """
import sys, threading, time
import trialbook
library = trialbook.open(sys.argv[1])
walk = library.iter_bodies()
def read():
    try:
        while True:
            library.get_body("NCT00000007")
            library.search("cough")
            next(walk, None)
    except trialbook.StoreError as error:
        print(error)
    except ValueError as error:
        assert "generator already executing" in str(error)
        read()
threads = [threading.Thread(target=read) for _ in range(6)]
for thread in threads: thread.start()
time.sleep(0.6)
library.close()
for thread in threads: thread.join(20)
print(sum(thread.is_alive() for thread in threads), "left")
"""


def test_a_library_can_be_closed_while_threads_read_from_it(others: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHARED, str(others)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("0 left\n")
    assert len(done.stdout.splitlines()) == 6 + 1


def test_what_is_asked_of_a_closed_library_is_refused(others: Path) -> None:
    library = Library(others)
    library.search("cough")
    library.close()
    for ask in (
        lambda: library.search("cough"),
        lambda: library.get_body("NCT00000007"),
        lambda: len(library),
    ):
        with pytest.raises(trialbook.StoreError, match="closed"):
            ask()


def test_a_table_has_the_names_that_were_asked_for(sample_library: Library) -> None:
    found = sample_library.search("heart failure", limit=2)
    path = "protocolSection.identificationModule.nctId"
    assert (
        list(found.to_pandas([path])[path]) == found.to_arrow([path])[path].to_pylist() == list(found.nct_ids)
    )
    with pytest.raises(TypeError, match="taken by its place"):
        found[0:1]  # type: ignore[index]


def test_an_export_refuses_what_says_nothing_there(sample_library: Library, tmp_path: Path) -> None:
    with pytest.raises(trialbook.TrialbookError, match="limit says nothing here"):
        sample_library.export(tmp_path / "x.jsonl", limit=1)
    assert not list(tmp_path.iterdir())


def test_a_search_after_an_import_sees_it_and_the_lag_is_that_of_the_answer(tmp_path: Path) -> None:
    home = make_library(tmp_path / "library", [make_record("NCT00000001")])
    with Library(home) as library:
        for number in range(2, 6):
            path = tmp_path / f"{number}.json"
            path.write_bytes(msgspec.json.encode(make_record(f"NCT0000000{number}")))
            library.import_files(path)
            assert (library.search().total, library.index_lag) == (number, 0)


def test_an_export_never_touches_what_the_library_keeps(others: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(others / FILE_NAME)
    with Library(others) as library:
        for target in (others / FILE_NAME, others / "index" / "x.jsonl", link):
            with pytest.raises(trialbook.TrialbookError, match="lies in the library's own folder"):
                library.export(target, form="jsonl")
        with pytest.raises(trialbook.TrialbookError, match="there is no form 'nope': jsonl, json, csv"):
            library.export(tmp_path / "x.csv", form="nope")
        assert len(library) == 3


def test_a_walk_as_of_a_year_is_that_of_its_last_day(sample_library: Library) -> None:
    bodies = sample_library.iter_bodies(as_of="2022")
    assert len(list(bodies)) == sample_library.search(as_of="2022").total > 0
    with pytest.raises(trialbook.QueryError, match="as_of is no date"):
        sample_library.iter_bodies(as_of="soon")


def test_a_copy_of_a_study_is_a_study_of_the_library(sample_library: Library) -> None:
    study = sample_library[ACESO]
    assert copy.copy(study).history == study.history
    plain = pickle.loads(pickle.dumps(study))
    assert (type(plain), plain) == (trialbook.Study, trialbook.parse_study(study.body))


def test_half_a_character_and_an_unknown_home_are_refused_in_words(sample_library: Library) -> None:
    with pytest.raises(trialbook.QueryError, match="country holds half of a character"):
        sample_library.search(country="\ud800")
    with pytest.raises(trialbook.TrialbookError, match="there is no folder ~nobody-of-that-name/x"):
        trialbook.open("~nobody-of-that-name/x")


def test_a_folder_may_be_told_as_text(sample_library: Library) -> None:
    with Library(str(sample_library.home)) as library:
        assert library.home == sample_library.home
        assert ACESO in library


@pytest.mark.parametrize(
    "ask",
    [
        lambda library: library.export("~nobody-here/out.jsonl"),
        lambda library: library.export_tables("~nobody-here/out.sqlite"),
        lambda library: library.import_files("~nobody-here/records.jsonl"),
        lambda library: library.backup("~nobody-here/backup.zip"),
        lambda library: library.restore("~nobody-here/backup.zip", library.home),
        lambda library: library.export_list("a", "~nobody-here/out.csv"),
        lambda library: Library("~nobody-here/library"),
        lambda library: library.repair("~nobody-here/library"),
        lambda library: trialbook.open("~nobody-here/library"),
    ],
)
def test_a_home_that_nobody_has_is_said(sample_library: Library, ask: Any) -> None:
    with pytest.raises(UsageError, match=r"there is no folder ~nobody-here/.*write the whole path"):
        ask(sample_library)


def test_a_history_of_a_day_before_all_says_which_version_is_the_first(sample_library: Library) -> None:
    with pytest.raises(NotFoundError, match=r"no version as old as 1900.*the first known one is of 2022"):
        sample_library.find_history(ACESO, as_of="1900")
    assert sample_library.find_history(ACESO, as_of="2100")


def test_what_is_derived_is_listed_by_name(sample_library: Library) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(sample_library.home), "rebuild", "--list", *words])

    assert [line.split(":")[0] for line in run("summaries", "index").stdout.splitlines()] == [
        "index",
        "summaries",
    ]
    assert len(run().stdout.splitlines()) == 5
    assert run("indez").exit_code == 1
    assert "nothing derived is called 'indez'" in run("indez").stderr
