"""What can still be read of a library's file in which any page may be damaged? Row by row, past what cannot."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from trialbook.store.leaves import iter_leaf_rows
from trialbook.store.schema import create_tables

IDS_AT_ONCE = 64
# Of a table whose last row cannot be found so many further numbers are tried.
NUMBERS_BEYOND = 100_000
# A row of a version takes more room than this.
LEAST_ROW_BYTES = 60
PAGE_BYTES = 8192
# Where the head of a file of SQLite says how many pages it has, and which of them are free.
PAGES_AT, FREE_AT, CHANGES_AT, VALID_FOR_AT = slice(28, 32), slice(32, 40), slice(24, 28), slice(92, 96)


class Wreck:
    """The file of a library, for reading whatever can be read; use it in a `with` statement.

    Nothing in it is changed. Where its first page is broken, without which SQLite reads nothing, a copy is
    read that has the first page of an empty library.

    Attributes
    ----------
    unreadable
        Of each table, the numbers of rows on pages that cannot be read.
    has_other_head
        Whether the first page is that of an empty library.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._copy = path.with_name(f"{path.name}.wreck")
        self.unreadable: dict[str, list[int]] = {}
        self.known_last = 0
        self.has_other_head = False

    def __enter__(self) -> Self:
        self.connection = _open(self.path)
        if not self._can_be_read():
            self.connection.close()
            self.has_other_head = True
            # In a library that is older than some of its tables, these lie on other pages.
            for with_later in (True, False):
                _copy_with_a_new_head(self.path, self._copy, with_later=with_later)
                self.connection = _open(self._copy)
                if self.has_sums or not with_later:
                    break
                self.connection.close()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._copy.unlink(missing_ok=True)

    @property
    def has_sums(self) -> bool:
        """Whether sums of what is noted can be read."""
        rows = self.fetch("SELECT typeof(sum) FROM row_sum LIMIT 1")
        return rows is not None and [*map(tuple, rows)] == [("integer",)]

    def _can_be_read(self) -> bool:
        try:
            names = {row[0] for row in self.connection.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error:
            return False
        return {"library", "study", "version", "dictionary"} <= names

    def fetch(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any] | None:
        """The rows of a question; None where it cannot be answered to its end."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except (sqlite3.Error, OverflowError):
            return None

    def find_last(self) -> int:
        """A number beyond which there is no version, as far as can be said; `known_last` is one that there is."""
        asked = (
            "SELECT max(version_id) FROM version",
            "SELECT max(version_id) FROM version INDEXED BY version_wire",
            "SELECT max(current_version_id) FROM study",
            "SELECT max(study_id) FROM study",
        )
        answers = [self.fetch(sql) for sql in asked]
        known = [rows[0][0] for rows in answers if rows and isinstance(rows[0][0], int)]
        most = self.path.stat().st_size // LEAST_ROW_BYTES + NUMBERS_BEYOND
        self.known_last = min(max(known, default=0), most)
        return min(self.known_last + (NUMBERS_BEYOND if answers[0] is None else 0), most)

    def read_numbered(self, table: str, columns: str, key: str, last: int) -> Iterator[tuple[Any, ...]]:
        """The rows of a table that are numbered from 1 to `last`, those on damaged pages left out."""
        lost = self.unreadable.setdefault(table, [])
        question = f"SELECT {columns} FROM {table} WHERE {key} BETWEEN ? AND ? ORDER BY {key}"
        for start in range(1, last + 1, IDS_AT_ONCE):
            end = min(start + IDS_AT_ONCE - 1, last)
            rows = self.fetch(question, (start, end))
            if rows is not None:
                yield from rows
                continue
            for number in range(start, end + 1):
                row = self.fetch(question, (number, number))
                if row is None:
                    lost.append(number)
                else:
                    yield from row

    def iter_leaf_rows(self, columns: int) -> Iterator[tuple[int, list[Any]]]:
        """Rows of so many columns wherever they lie in the file; see `leaves`."""
        path = self._copy if self._copy.exists() else self.path
        return iter_leaf_rows(path, columns, PAGE_BYTES)

    def read_from_both_ends(self, table: str, columns: str, order: str) -> tuple[list[tuple[Any, ...]], bool]:
        """The rows of a small table up to a damaged page, from either end, and whether that is all of it."""
        found = list(self._read_until_it_breaks(f"SELECT {columns} FROM {table} ORDER BY {order}"))
        count = self.fetch(f"SELECT count(*) FROM {table}")
        if count is not None and count[0][0] == len(found):
            return found, True
        backwards = ", ".join(f"{name.strip()} DESC" for name in order.split(","))
        others = self._read_until_it_breaks(f"SELECT {columns} FROM {table} ORDER BY {backwards}")
        return list(dict.fromkeys((*found, *others))), False

    def _read_until_it_breaks(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with contextlib.suppress(sqlite3.Error):
            yield from self.connection.execute(sql)

    def find_noted_versions(self) -> dict[int, tuple[int, str | None]]:
        """Of each version that an index knows: its study's number and its day; for what the table lost."""
        columns = "version_id, study_id, version_date"
        found: dict[int, tuple[int, str | None]] = {}
        for direction in ("ASC", "DESC"):
            order = f"study_id {direction}, version_date {direction}"
            sql = f"SELECT {columns} FROM version INDEXED BY version_study ORDER BY {order}"
            found |= {number: (study, day) for number, study, day in self._read_until_it_breaks(sql)}
        return found


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    # A text of which a byte was altered is still read, and compared with the record.
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def _copy_with_a_new_head(path: Path, copy: Path, *, with_later: bool) -> None:
    """The tables of every library begin at the same pages, since they were made in the same order."""
    copy.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        create_tables(connection, with_later=with_later)
    head = bytearray(copy.read_bytes()[:PAGE_BYTES])
    head[PAGES_AT] = (path.stat().st_size // PAGE_BYTES).to_bytes(4, "big")
    head[FREE_AT] = bytes(8)
    head[VALID_FOR_AT] = head[CHANGES_AT]
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        file.write(head)
