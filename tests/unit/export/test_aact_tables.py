"""Do the tables hold a library as AACT's hold the registry, so that what reads these gets the same records back?"""

from __future__ import annotations

import builtins
import csv
import gzip
import io
import json
import sqlite3
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.cli import main
from trialbook.errors import UsageError
from trialbook.export.aact import files
from trialbook.export.aact.files import write_tables
from trialbook.export.aact.tables import TABLES, find_referred
from trialbook.model.present import decode_present
from trialbook.samples import sample_paths
from trialbook.source.aact.read import CARRIES
from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming

# What AACT has no column for, or what hangs on rows that a record does not have: events, measurements, counts.
WITHOUT_ROWS = (
    "protocolSection.designModule.nPtrsToThisExpAccNctId",
    "protocolSection.statusModule.resultsWaived",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.groups",
    "resultsSection.adverseEventsModule.frequencyThreshold",
    "resultsSection.adverseEventsModule.timeFrame",
    "resultsSection.adverseEventsModule.description",
    "resultsSection.baselineCharacteristicsModule.measures",
    "resultsSection.outcomeMeasuresModule.outcomeMeasures.classes.title",
)
REAL_RECORDS = 250


def read_samples() -> list[bytes]:
    return [
        line for path in sample_paths() if path.suffix == ".jsonl" for line in path.read_bytes().splitlines()
    ]


def pack(database: Path, archive: Path) -> Path:
    """The tables as an AACT export has them: text with bars between cells."""
    with sqlite3.connect(database) as connection, zipfile.ZipFile(archive, "w") as packed:
        for table in TABLES:
            rows = connection.execute(f"SELECT * FROM {table}")
            text = io.StringIO()
            writer = csv.writer(text, delimiter="|", lineterminator="\n")
            writer.writerow([column[0] for column in rows.description])
            writer.writerows(rows)
            packed.writestr(f"{table}.txt", text.getvalue())
    return archive


def list_leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What a record says where the tables can: each value with its path, white space and numbers alike."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from list_leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for below in value:
            yield from list_leaves(below, path)
    elif any(path == each or path.startswith(each + ".") for each in CARRIES):
        yield path, _simplify(value)


def _simplify(value: Any) -> Any:
    text = " ".join(str(value).replace("~", " ").split())
    try:
        return float(text)
    except ValueError:
        return text


def find_differences(bodies: list[bytes], folder: Path) -> tuple[Counter[str], Counter[str]]:
    """What a round trip loses and what it adds, by path."""
    write_tables(bodies, folder / "tables.sqlite")
    held = {json.loads(body)["protocolSection"]["identificationModule"]["nctId"]: body for body in bodies}
    lost: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for item in read_path(pack(folder / "tables.sqlite", folder / "export.zip")):
        assert isinstance(item, Incoming), item
        read = json.loads(item.body)
        nct_id = read["protocolSection"]["identificationModule"]["nctId"]
        before, after = (Counter(list_leaves(each)) for each in (decode_present(held.pop(nct_id)), read))
        lost.update(path for path, _ in (before - after).elements())
        added.update(path for path, _ in (after - before).elements())
    assert held == {}
    return lost, added


def test_what_the_tables_hold_is_read_back(tmp_path: Path) -> None:
    lost, added = find_differences(read_samples(), tmp_path)
    assert [path for path in lost if not path.startswith(WITHOUT_ROWS)] == []
    assert dict(added) == {}


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_real_records_are_read_back(shared_data: Path, tmp_path: Path, every: int) -> None:
    with gzip.open(shared_data / "ctgov/records.jsonl.gz") as file:
        bodies = list(islice(file, 0, REAL_RECORDS, every))
    lost, added = find_differences(bodies, tmp_path)
    odd = ("protocolSection.contactsLocationsModule.locations_nested",)
    assert [path for path in lost if not path.startswith(WITHOUT_ROWS + odd)] == []
    # Where an arm names an intervention that does not name the arm, or the other way round, either counts.
    said_once = ("armGroups.interventionNames", "interventions.armGroupLabels")
    assert [path for path in added if not path.endswith(said_once)] == []


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples' tables."""
    path: Path = tmp_path_factory.mktemp("tables") / "samples.sqlite"
    write_tables(read_samples(), path)
    return path


def test_keys_lead_to_rows(tables: Path) -> None:
    with sqlite3.connect(tables) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        filled = {name for name in TABLES if connection.execute(f"SELECT 1 FROM {name}").fetchone()}
        for table in filled:
            for column in TABLES[table]:
                if referred := find_referred(column):
                    key = "nct_id" if referred == "studies" else "id"
                    lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {referred})"
                    query = f"SELECT count(*) FROM {table} WHERE {lost}"
                    assert connection.execute(query).fetchone() == (0,), (table, column)
    assert len(filled) > 40


def test_questions_in_sql_are_answered_as_in_aact(tables: Path) -> None:
    with sqlite3.connect(tables) as connection:
        asked = """
            SELECT s.overall_status, s.phase, s.enrollment, s.start_date, d.masking, e.minimum_age, f.country, p.name
            FROM studies s JOIN designs d USING (nct_id) JOIN eligibilities e USING (nct_id)
            JOIN facilities f USING (nct_id) JOIN sponsors p USING (nct_id)
            WHERE s.nct_id = 'NCT99000003' AND p.lead_or_collaborator = 'lead'
        """
        assert connection.execute(asked).fetchall()[0] == (
            "ACTIVE_NOT_RECRUITING",
            "PHASE4",
            412,
            "2022-01-31",
            "NONE",
            "18 Years",
            "Denmark",
            "Granskog Research Hospital",
        )
        joined = """
            SELECT count(*) FROM outcome_measurements m
            JOIN outcomes o ON o.id = m.outcome_id JOIN result_groups g ON g.id = m.result_group_id
            WHERE g.ctgov_group_code = m.ctgov_group_code AND o.nct_id = m.nct_id
        """
        total = connection.execute("SELECT count(*) FROM outcome_measurements").fetchone()
        assert connection.execute(joined).fetchone() == total


def test_a_month_is_its_last_day_beside_what_is_given(tmp_path: Path) -> None:
    write_tables([json.dumps(make_record("NCT97000001")).encode()], tmp_path / "a.db")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        asked = "SELECT start_month_year, start_date, number_of_arms FROM studies"
        assert connection.execute(asked).fetchall() == [("2021-08", "2021-08-31", 1)]


def test_odd_records_break_nothing(tmp_path: Path) -> None:
    record = make_record("NCT97000001")
    record["protocolSection"]["designModule"] = {"phases": 7, "enrollmentInfo": {"count": 10**30}}
    record["protocolSection"]["contactsLocationsModule"]["locations"] = ["x", {"geoPoint": {"lat": "north"}}]
    record["resultsSection"] = {
        "outcomeMeasuresModule": {"outcomeMeasures": [{"groups": [7], "classes": "x"}]}
    }
    assert write_tables([json.dumps(record).encode()], tmp_path / "a.sqlite")["facilities"] == 1


def test_duckdb_holds_the_same_with_its_types(tables: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs the extra `duckdb`")
    write_tables(read_samples(), tmp_path / "samples.duckdb")
    with (
        duckdb.connect(str(tmp_path / "samples.duckdb"), read_only=True) as other,
        sqlite3.connect(tables) as one,
    ):
        for table in TABLES:
            counted = f"SELECT count(*) FROM {table}"
            assert other.execute(counted).fetchone() == one.execute(counted).fetchone(), table
        asked = "SELECT nct_id, brief_title, enrollment FROM studies ORDER BY nct_id"
        assert other.execute(asked).fetchall() == one.execute(asked).fetchall()
        kinds = "SELECT typeof(start_date), typeof(has_dmc), typeof(enrollment) FROM studies LIMIT 1"
        assert other.execute(kinds).fetchone() == ("DATE", "BOOLEAN", "BIGINT")


def test_without_its_package_duckdb_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match=r"pip install duckdb pyarrow"):
        write_tables([], tmp_path / "a.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_off_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_text("what was there")

    def break_off() -> Iterator[bytes]:
        yield json.dumps(make_record("NCT97000001")).encode()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tables(break_off(), path)
    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_memory_does_not_grow_with_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS_AT_ONCE", 500)
    body = json.dumps(make_record("NCT97000001")).encode()
    numbered = (body.replace(b"NCT97000001", b"NCT%08d" % number) for number in range(1, 1_501))
    write_tables([], tmp_path / "warm.sqlite")
    tracemalloc.start()
    counts = write_tables(numbered, tmp_path / "a.sqlite")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts["studies"] == 1_500
    assert peak < 3_000_000


def test_the_command_line_writes_tables(tmp_path: Path) -> None:
    home = make_library(
        tmp_path / "library", [make_record("NCT97000001"), make_record("NCT97000002", conditionsModule=None)]
    )

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["--home", str(home), "export", *words])

    done = run("--tables", "-o", str(tmp_path / "all.sqlite"))
    assert (done.exit_code, done.stdout.startswith("2 studies in ")) == (0, True)
    done = run("--tables", "--query", "AREA[Condition]diabetes", "-o", str(tmp_path / "some.sqlite"))
    assert done.stdout.startswith("1 studies in ")
    for words in (
        ["--tables"],
        ["--tables", "-o", str(tmp_path / "a.csv")],
        ["--tables", "--format", "csv", "-o", "x.db"],
    ):
        assert run(*words).exit_code == 1
    assert run("--tables", "-o", str(home / "a.sqlite")).exit_code == 1
