"""How do the tables of any number of records get into one file, SQLite's or DuckDB's, in bounded memory?"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from trialbook.errors import UsageError
from trialbook.export.aact.protocol_rows import add_protocol
from trialbook.export.aact.result_rows import add_results
from trialbook.export.aact.rows import Rows
from trialbook.export.aact.tables import TABLES, Type, Value, find_referred
from trialbook.export.csv_table import ID
from trialbook.model.present import decode_present
from trialbook.record.texts import find_text

ENDINGS = {".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb"}
# So many rows of all tables are held before they are written.
ROWS_AT_ONCE = 20_000
MISSING = "DuckDB's files need the packages duckdb and pyarrow: `pip install duckdb pyarrow`"

_SQLITE_TYPES: dict[Type, str] = {
    "text": "TEXT",
    "number": "INTEGER",
    # What was written without a point has none.
    "decimal": "NUMERIC",
    "day": "TEXT",
    "yes_no": "INTEGER",
}
_DUCKDB_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "number": "BIGINT",
    "decimal": "DOUBLE",
    "day": "DATE",
    "yes_no": "BOOLEAN",
}


class Sink(Protocol):
    """A file that takes rows."""

    def add(self, table: str, rows: list[tuple[Value, ...]]) -> None:
        """Take rows of a table, with a value for each of its columns."""

    def finish(self) -> None:
        """Make what speeds up questions, and close the file."""

    def close(self) -> None:
        """Close the file as it is."""


def make_rows(record: dict[str, Any], numbers: Counter[str]) -> Rows:
    """All rows of a record; `numbers` holds how many rows each table has, and grows."""
    rows = Rows(find_text(record, ID), numbers)
    add_protocol(rows, record)
    add_results(rows, record)
    return rows


def find_kind(path: Path) -> str:
    """Whose file the end of a name stands for; raises UsageError."""
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{path.name} does not end as a file of tables does: {', '.join(ENDINGS)}")
    return kind


def write_tables(bodies: Iterable[bytes], path: Path, *, apart_from: Path | None = None) -> Counter[str]:
    """Write the tables of records to a file, which appears, or is another, when it is complete.

    Parameters
    ----------
    path
        Its end says whose file it is, one of `ENDINGS`; it may not lie in the folder `apart_from`.

    Returns
    -------
    Counter
        How many rows each table has.

    Raises
    ------
    UsageError
        The name ends otherwise, DuckDB is not installed, or the file cannot be written.
    """
    kind = find_kind(path)
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise UsageError(f"{path} is no file")
    if apart_from is not None and target.is_relative_to(apart_from.resolve()):
        raise UsageError(f"{path} lies in the library's own folder: name a file elsewhere")
    unfinished = target.with_name(f"{target.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        sink: Sink = SqliteSink(unfinished) if kind == "sqlite" else DuckdbSink(unfinished)
        try:
            counts = _fill(sink, bodies)
            sink.finish()
        finally:
            sink.close()
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"cannot write {path}: {error}") from error
    finally:
        for left in target.parent.glob(f"{unfinished.name}*"):
            left.unlink(missing_ok=True)
    return counts


def _fill(sink: Sink, bodies: Iterable[bytes]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for block in _gather(bodies):
        for table, rows in block.items():
            counts[table] += len(rows)
            sink.add(table, rows)
    return counts


def _gather(bodies: Iterable[bytes]) -> Iterator[dict[str, list[tuple[Value, ...]]]]:
    """Rows by table, some thousand at once."""
    numbers: Counter[str] = Counter()
    block: dict[str, list[tuple[Value, ...]]] = {}
    held = 0
    for body in bodies:
        for table, rows in make_rows(decode_present(body), numbers).iter_values():
            block.setdefault(table, []).extend(rows)
            held += len(rows)
        if held >= ROWS_AT_ONCE:
            yield block
            block, held = {}, 0
    yield block


def _list_indexes() -> Iterator[tuple[str, str]]:
    """What is looked up by: each study's rows, and the rows that others lead to."""
    for table, columns in TABLES.items():
        for column in columns:
            if find_referred(column) and table != "studies":
                yield table, column


class SqliteSink:
    """An SQLite file of the tables."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-64000"):
            self._connection.execute(f"PRAGMA {setting}")
        for table, columns in TABLES.items():
            keys = "".join(
                f", FOREIGN KEY ({column}) REFERENCES {referred}"
                for column in columns
                if (referred := find_referred(column)) and referred != table
            )
            written = ", ".join(
                f"{column} {_SQLITE_TYPES[kind]}{' PRIMARY KEY' if _is_key(table, column) else ''}"
                for column, kind in columns.items()
            )
            self._connection.execute(f"CREATE TABLE {table} ({written}{keys})")

    def add(self, table: str, rows: list[tuple[Value, ...]]) -> None:
        """As `Sink.add`."""
        places = ", ".join("?" * len(TABLES[table]))
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        self._connection.execute("COMMIT")

    def finish(self) -> None:
        """As `Sink.finish`."""
        for table, column in _list_indexes():
            self._connection.execute(f"CREATE INDEX index_{table}_{column} ON {table} ({column})")
        self._connection.execute("PRAGMA optimize")
        self.close()

    def close(self) -> None:
        """As `Sink.close`."""
        self._connection.close()


def _is_key(table: str, column: str) -> bool:
    return column == ("nct_id" if table == "studies" else "id")


class DuckdbSink:
    """A DuckDB file of the tables; raises UsageError where DuckDB is not installed."""

    def __init__(self, path: Path) -> None:
        try:
            import duckdb
            import pyarrow
        except ImportError as error:
            raise UsageError(MISSING) from error
        self._arrow = pyarrow
        self._connection = duckdb.connect(str(path))
        for table, columns in TABLES.items():
            written = ", ".join(f"{column} {_DUCKDB_TYPES[kind]}" for column, kind in columns.items())
            self._connection.execute(f"CREATE TABLE {table} ({written})")

    def add(self, table: str, rows: list[tuple[Value, ...]]) -> None:
        """As `Sink.add`; a block comes as columns, which DuckDB takes a hundred times faster than rows."""
        arrow, kinds = self._arrow, {"text": "string", "number": "int64", "decimal": "float64"}
        columns = {}
        for place, (name, kind) in enumerate(TABLES[table].items()):
            type_ = arrow.bool_() if kind == "yes_no" else getattr(arrow, kinds.get(kind, "string"))()
            columns[name] = arrow.array([row[place] for row in rows], type=type_)
        self._connection.register("block", arrow.table(columns))
        self._connection.execute(f"INSERT INTO {table} SELECT * FROM block")
        self._connection.unregister("block")

    def finish(self) -> None:
        """As `Sink.finish`; DuckDB needs no indexes to look up by."""
        self._connection.execute("CHECKPOINT")
        self.close()

    def close(self) -> None:
        """As `Sink.close`."""
        self._connection.close()
