"""Where do the tables of an OMOP CDM lie? In SQLite, DuckDB, a folder or archive of CSV or Parquet files.

Whatever it is, it is asked in SQL: CSV files are first put into a SQLite database in a temporary folder that
its owner alone may enter, and that is gone afterwards.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias

from trialbook.errors import SourceReadError

# The tables and columns that are read; a table may lack columns, but not its first two.
TABLES: dict[str, tuple[str, ...]] = {
    "person": (
        "person_id",
        "gender_concept_id",
        "year_of_birth",
        "month_of_birth",
        "day_of_birth",
        "birth_datetime",
    ),
    "condition_occurrence": (
        "person_id",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
        "condition_source_value",
        "condition_occurrence_id",
    ),
    "drug_exposure": (
        "person_id",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
        "drug_source_value",
        "drug_exposure_id",
    ),
    "procedure_occurrence": (
        "person_id",
        "procedure_concept_id",
        "procedure_date",
        "procedure_end_date",
        "procedure_source_value",
        "procedure_occurrence_id",
    ),
    "device_exposure": (
        "person_id",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
        "device_source_value",
        "device_exposure_id",
    ),
    "measurement": (
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "operator_concept_id",
        "value_as_number",
        "value_as_concept_id",
        "unit_concept_id",
        "unit_source_value",
        "range_low",
        "range_high",
        "measurement_source_value",
        "value_source_value",
        "measurement_id",
    ),
    "observation": (
        "person_id",
        "observation_concept_id",
        "observation_date",
        "value_as_number",
        "value_as_string",
        "value_as_concept_id",
        "unit_concept_id",
        "unit_source_value",
        "observation_source_value",
        "observation_id",
    ),
    "death": ("person_id", "death_date"),
    "concept": ("concept_id", "concept_name", "vocabulary_id", "concept_code"),
}
NEEDED = ("person", "concept")
Tables: TypeAlias = Mapping[str, tuple[str, ...]]
_MOST_BYTES = 50_000_000_000
_LONGEST_FIELD = 1_000_000
_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"


class Database(Protocol):
    """A connection of `sqlite3` or `duckdb`."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Rows of an answer, as an iterator or with `fetchmany`."""


def is_omop(path: Path) -> bool:
    """Whether a file or folder looks like an OMOP CDM."""
    if path.is_dir():
        return any(each.stem.lower() == "person" for each in path.iterdir())
    head = _read_head(path)
    if head.startswith(_SQLITE) or head[8:12] == _DUCKDB:
        return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(Path(each).name.lower() in ("person.csv", "person.parquet") for each in archive.namelist())


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(32)


@contextmanager
def open_tables(
    path: Path, tables: Tables = TABLES, needed: tuple[str, ...] = NEEDED
) -> Iterator[tuple[Database, dict[str, tuple[str, ...]]]]:
    """A connection in which the tables have their names, and the columns that each has.

    Raises SourceReadError where a table that is needed lacks, or a file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise SourceReadError("is neither a file nor a folder", place=str(path))
    try:
        with _connect(path, tables) as database:
            columns = {name: _list_columns(database, name, tables[name]) for name in tables}
            for name in needed:
                if not columns[name]:
                    raise SourceReadError(
                        f"no table {name.upper()}: an OMOP CDM has {', '.join(each.upper() for each in needed)}",
                        place=str(path),
                    )
            yield database, columns
    except (sqlite3.Error, zipfile.BadZipFile, csv.Error, UnicodeDecodeError) as error:
        raise SourceReadError(f"cannot be read as an OMOP CDM: {error}", place=str(path)) from error


@contextmanager
def _connect(path: Path, tables: Tables) -> Iterator[Database]:
    if path.is_file() and not zipfile.is_zipfile(path):
        if _read_head(path).startswith(_SQLITE):
            found = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            try:
                yield found
            finally:
                found.close()
            return
        with _open_duckdb(path) as duck:
            yield duck
        return
    files = _list_files(path, tables)
    if any(each.endswith(".parquet") for each in files.values()) and path.is_dir():
        with _open_duckdb(None) as duck:
            for name, file in files.items():
                place = str(path / file).replace("'", "''")
                duck.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{place}')")  # noqa: S608
            yield duck
        return
    with tempfile.TemporaryDirectory(prefix="trialbook-") as folder:
        made = sqlite3.connect(Path(folder) / "cdm.sqlite")
        try:
            made.execute("PRAGMA synchronous=OFF")
            made.execute("PRAGMA journal_mode=OFF")
            for name, file in files.items():
                with _open_file(path, file) as stream:
                    _take_csv(made, name, tables[name], stream, f"{path}: {file}")
            made.commit()
            yield made
        finally:
            made.close()


@contextmanager
def _open_duckdb(path: Path | None) -> Iterator[Any]:
    try:
        import duckdb
    except ImportError as error:
        raise SourceReadError(
            "to read DuckDB and Parquet, install it: pip install 'trialbook[duckdb]'",
            place=str(path or "Parquet"),
        ) from error
    try:
        found = duckdb.connect(str(path), read_only=True) if path else duckdb.connect(":memory:")
    except duckdb.Error as error:
        raise SourceReadError(f"cannot be read as DuckDB: {error}", place=str(path)) from error
    try:
        yield found
    except duckdb.Error as error:
        raise SourceReadError(f"cannot be read: {error}", place=str(path or "Parquet")) from error
    finally:
        found.close()


def _list_files(path: Path, tables: Tables) -> dict[str, str]:
    """The file of each table that is there."""
    if path.is_dir():
        names = [each.name for each in path.iterdir() if each.is_file()]
    else:
        with zipfile.ZipFile(path) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
                raise SourceReadError("holds more than 50 GB: unpack it and name the folder", place=str(path))
            names = [each for each in archive.namelist() if not Path(each).name.startswith("._")]
    found: dict[str, str] = {}
    for name in sorted(names):
        table, _, kind = Path(name).name.lower().partition(".")
        if table in tables and kind in ("csv", "parquet"):
            found.setdefault(table, name)
    return found


@contextmanager
def _open_file(path: Path, name: str) -> Iterator[IO[bytes]]:
    if path.is_dir():
        with (path / name).open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        yield stream


def _take_csv(
    database: sqlite3.Connection, name: str, columns: tuple[str, ...], stream: IO[bytes], place: str
) -> None:
    """Put the columns of a CSV that are read into a table; fields may be parted by tabs, as OHDSI's downloads are."""
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
        head = text.readline()
        parted = "\t" if "\t" in head else ","
        fields = [each.strip().strip('"').lower() for each in next(csv.reader([head], delimiter=parted), [])]
        kept = [(fields.index(each), each) for each in columns if each in fields]
        if len(kept) < 2 or kept[0][1] != columns[0]:
            raise SourceReadError(
                f"has no columns {columns[0]} and {columns[1]}: its first line names {', '.join(fields[:8])}",
                place=place,
            )
        database.execute(f"CREATE TABLE {name} ({', '.join(each for _, each in kept)})")
        marks = ", ".join("?" * len(kept))
        rows = csv.reader(text, delimiter=parted)
        database.executemany(f"INSERT INTO {name} VALUES ({marks})", _pick(rows, [at for at, _ in kept]))  # noqa: S608
    finally:
        csv.field_size_limit(limit)


def _pick(rows: Iterable[list[str]], places: list[int]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if row:
            yield tuple(row[at] if at < len(row) else "" for at in places)


def _list_columns(database: Database, name: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    try:
        told = database.execute(f"SELECT * FROM {name} LIMIT 0").description  # noqa: S608
    except Exception:
        return ()
    have = {str(each[0]).lower() for each in told}
    return tuple(each for each in columns if each in have)
