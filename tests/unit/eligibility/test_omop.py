"""An OMOP CDM says the same of its persons, whatever it lies in: CSV, archive, SQLite, DuckDB, Parquet."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.conftest import find_shared

from trialbook.eligibility.days import Days
from trialbook.eligibility.readers.files import read_patients
from trialbook.eligibility.readers.omop import read_omop
from trialbook.errors import SourceReadError

DAY = date(2026, 11, 29)
TABLES = {
    "person": "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n"
    "10,8507,1980,,\n2,8532,1970,5,20\n3,0,1990,7,\n",
    "concept": "concept_id,concept_name,vocabulary_id,concept_code\n"
    "201826,Type 2 diabetes mellitus,SNOMED,44054006\n1503297,metformin,RxNorm,6809\n"
    "3004410,Hemoglobin A1c,LOINC,4548-4\n8554,percent,UCUM,%\n9189,Negative,SNOMED,260385009\n"
    "3000001,HIV 1 Ab,LOINC,7917-8\n4336464,CABG,SNOMED,232717009\n43054909,Tobacco smoking status,LOINC,72166-2\n",
    "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
    "condition_end_date,condition_source_value\n"
    "1,2,201826,2015-01-02,,E11\n2,10,0,2015-01-02,2016-01-02,Q99\n3,99,201826,2015-01-02,,E11\n",
    "drug_exposure": "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,"
    "drug_exposure_end_date,drug_source_value\n"
    "7,2,1503297,2026-01-01,2026-03-31,met\n",
    "procedure_occurrence": "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date\n5,2,4336464,2012-02-08\n",
    "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,operator_concept_id,"
    "value_as_number,value_as_concept_id,unit_concept_id,unit_source_value,range_low,range_high\n"
    "1,2,3004410,2026-10-01,4172703,8.2,0,8554,percent,4,6\n2,2,3004410,2026-09-01,4172704,14,0,0,%,,\n3,2,3000001,2026-10-01,0,,9189,0,,,\n",
    "observation": "observation_id,person_id,observation_concept_id,observation_date,value_as_string\n8,2,43054909,2026-10-01,\n",
    "visit_occurrence": "visit_occurrence_id,person_id\n1,2\n",
}
OF_2 = [
    "female",
    "Type 2 diabetes mellitus, since 2015-01-02",
    "metformin, 2026-01-01 to 2026-03-31",
    "CABG, 2012-02-08",
    "Hemoglobin A1c 8.2 %, 2026-10-01",
    "Hemoglobin A1c > 14 %, 2026-09-01",
    "no HIV 1 Ab, 2026-10-01",
]


def as_folder(folder: Path) -> Path:
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def as_archive(folder: Path) -> Path:
    path = folder / "cdm.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._PERSON.csv", b"\0\5\x16")
        for name, text in TABLES.items():
            # As OHDSI's own downloads: parted by tabs.
            archive.writestr(f"cdm/{name.upper()}.csv", text.replace(",", "\t"))
    return path


def list_rows(text: str) -> tuple[list[str], list[list[str | None]]]:
    head, *rows = csv.reader(io.StringIO(text))
    return head, [[cell or None for cell in row] for row in rows]


def as_sqlite(folder: Path) -> Path:
    path = folder / "cdm.sqlite"
    database = sqlite3.connect(path)
    for name, text in TABLES.items():
        head, rows = list_rows(text)
        database.execute(f"CREATE TABLE {name} ({', '.join(head)})")
        database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(head))})", rows)
    database.commit()
    database.close()
    return path


def as_duckdb(folder: Path) -> Path:
    duckdb = pytest.importorskip("duckdb")
    path = folder / "cdm.duckdb"
    with duckdb.connect(str(path)) as database:
        for name in TABLES:
            database.execute(
                f"CREATE TABLE {name} AS SELECT * FROM read_csv('{as_folder(folder) / name}.csv')"
            )
    for name in TABLES:
        (folder / f"{name}.csv").unlink()
    return path


def as_parquet(folder: Path) -> Path:
    duckdb = pytest.importorskip("duckdb")
    as_folder(folder)
    with duckdb.connect() as database:
        for name in TABLES:
            database.execute(
                f"COPY (SELECT * FROM read_csv('{folder / name}.csv')) TO '{folder / name}.parquet' (FORMAT parquet)"
            )
            (folder / f"{name}.csv").unlink()
    return folder


@pytest.mark.parametrize("make", [as_folder, as_archive, as_sqlite, as_duckdb, as_parquet])
def test_a_cdm_says_the_same_whatever_it_lies_in(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = list(read_patients(make(tmp_path), DAY))
    assert [(each.person_id, each.sex) for each in found] == [("2", "female"), ("3", None), ("10", "male")]
    assert found[0].birth == Days(date(1970, 5, 20), date(1970, 5, 20))
    assert found[1].birth == Days(date(1990, 7, 1), date(1990, 7, 31))
    assert found[2].birth == Days(date(1980, 1, 1), date(1980, 12, 31))
    assert [one.describe() for one in found[0].facts] == OF_2
    assert [one.describe() for one in found[2].facts] == ["male", "Q99, 2015-01-02 to 2016-01-02"]
    hba1c = found[0].facts[4]
    assert (hba1c.lower_normal, hba1c.upper_normal) == (4, 6)
    assert hba1c.concept.ids == ("omop:3004410", "loinc:4548-4")
    assert hba1c.source.where == "MEASUREMENT 1"


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("concept", None, "no table CONCEPT"),
        ("person", "id,sex\n1,f\n", "no columns person_id"),
        ("person", "", "no columns person_id"),
    ],
)
def test_what_lacks_its_tables_is_refused_in_a_sentence(
    table: str, text: str | None, said: str, tmp_path: Path
) -> None:
    as_folder(tmp_path)
    if text is None:
        (tmp_path / f"{table}.csv").unlink()
    else:
        (tmp_path / f"{table}.csv").write_text(text)
    with pytest.raises(SourceReadError, match=said):
        list(read_omop(tmp_path, DAY))


def test_a_file_that_only_begins_as_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\1" * 5_000)
    with pytest.raises(SourceReadError, match=r"broken\.sqlite"):
        list(read_patients(path, DAY))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")
def test_a_device_without_end_is_no_cdm() -> None:
    with pytest.raises(SourceReadError, match="neither a file nor a folder"):
        list(read_omop(Path("/dev/zero"), DAY))


def test_a_database_is_read_and_not_written(tmp_path: Path) -> None:
    path = as_sqlite(tmp_path)
    before = path.read_bytes()
    path.chmod(0o400)
    list(read_patients(path, DAY))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["cdm.sqlite"]


def test_the_synthetic_persons_are_all_read() -> None:
    found = list(read_patients(find_shared("data/patients") / "omop_cdm54_synthea27.zip", DAY))
    assert len(found) == 28
    assert all(each.birth and each.sex for each in found)
    assert (
        sum(one.source.where.startswith("CONDITION_OCCURRENCE") for each in found for one in each.facts)
        == 470
    )
