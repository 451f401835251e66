"""How is a library's file opened, asked, and named when it is broken?"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import zstandard

from trialbook.errors import (
    NoLibraryError,
    RecordDamagedError,
    StoreDamagedError,
    StoreError,
    StoreVersionError,
)
from trialbook.store.codec import Codec
from trialbook.store.dictionaries import read_dictionaries
from trialbook.store.marks import FIND_MARK, HAS_MARKS
from trialbook.store.private import make_private_file, make_private_folder
from trialbook.store.schema import check_schema, create_tables

FILE_NAME = "library.sqlite"
# Lies in the folder while a backup is put in its place there, and holds the backup's name.
UNFINISHED = "restore-unfinished"
WAL_TRIES = 200
# A walk reads so many rows at a time; they hold packed records.
ROWS_AT_ONCE = 32
# What reading a file in which anything may be altered raises, the words of SQLite's own messages included.
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
# SQLite takes at least 999 values in one statement.
VALUES_AT_ONCE = 900


def has_library(home: Path) -> bool:
    """Whether there is a library in a folder; raises StoreError where one may not look."""
    try:
        return (home / FILE_NAME).exists()
    except OSError as error:
        raise StoreError(f"cannot open the library in {home}: {error}") from error


def find_unfinished(home: Path) -> str:
    """The backup that is being restored in a folder, or whose restore broke off there; "" where none is."""
    try:
        return os.fsdecode((home / UNFINISHED).read_bytes()) or "FILE"
    except OSError:
        return ""


def _refuse_unfinished(home: Path) -> None:
    if backup := find_unfinished(home):
        raise StoreError(
            f"a backup is being restored in {home}: wait until it is done. If that was broken off, begin it"
            f" again: `trialbook --home {home} restore {backup}`"
        )


def _connect(home: Path, mode: str) -> sqlite3.Connection:
    address = f"{(home / FILE_NAME).absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)


class LibraryFile:
    """The file of one library: a connection, questions in SQL, and the dictionaries that unpack its bodies."""

    def __init__(self, home: Path) -> None:
        self.home = home
        _refuse_unfinished(home)
        if not has_library(home):
            raise NoLibraryError(home)
        self._open(home)

    @classmethod
    def create(cls, home: Path) -> Self:
        """Open a library for a writer; where there is none yet, an empty one is made."""
        store = cls.__new__(cls)
        store.home = home
        _refuse_unfinished(home)
        store._open(home, creates=True)
        return store

    def _open(self, home: Path, *, creates: bool = False) -> None:
        self.passed: list[RecordDamagedError] = []
        self._has_marks = self._is_closed = False
        self._tables: set[str] = set()
        # Whoever closes a library may do so while other threads ask: SQLite itself does not survive that.
        self.guard = threading.RLock()
        try:
            if creates:
                make_private_folder(home)
                make_private_file(home / FILE_NAME)
            # Kept, since every request looks whether the file is still there.
            self._path = home / FILE_NAME
            self.place = _find_place(self._path)
            self.is_watched = False
            self.connection = _connect(home, "rwc" if creates else "rw")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot open the library in {home}: {error}") from error
        try:
            if not creates:
                self._open_as_can_be(home)
            self._identity = self._identify()
            self._prepare(creates=creates)
            self.reload_codec()
        except (*UNREADABLE, StoreError) as error:
            self.connection.close()
            if isinstance(error, StoreVersionError | StoreDamagedError):
                raise
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                raise self._explain(error) from error
            raise StoreError(f"cannot open the library in {home}: {error}") from error

    def _open_as_can_be(self, home: Path) -> None:
        """Where nothing may be written beside the file, open it as one that nobody writes to, and watch that.

        To read while others write, SQLite needs files beside the library's. Where they cannot be made (a
        read-only disk, another user's folder, a full disk), all that was written must be in the file itself;
        if it is, nothing but the file is needed, as long as it stays the same.
        """
        try:
            self.connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            return
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            log = home / f"{FILE_NAME}-wal"
            if log.exists() and log.stat().st_size:
                raise StoreError(
                    f"its last changes lie in {log.name} beside it, and to read them SQLite has to write into the"
                    f" folder, which cannot be done ({error}): make room there, let whoever may write there run"
                    " `trialbook check` once, or copy the folder"
                ) from error
        self.connection.close()
        self.connection = _connect(home, "ro&immutable=1")
        self.is_watched = True

    def _prepare(self, *, creates: bool) -> None:
        self.connection.execute("PRAGMA page_size = 8192")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA mmap_size = 268435456")
        if creates and self.connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
            self._switch_to_wal()
            create_tables(self.connection)
        check_schema(self.connection)

    @property
    def is_overtaken(self) -> bool:
        """Whether the file was written to that was opened as one that nobody writes to."""
        return self.is_watched and self._identify() != self._identity

    def _identify(self) -> tuple[int, ...] | None:
        """What tells one file in a place from another; of one that is watched, one state from another."""
        try:
            found = (self.home / FILE_NAME).stat()
            log = (self.home / f"{FILE_NAME}-wal") if self.is_watched else None
            size = log.stat().st_size if log is not None and log.exists() else 0
        except OSError:
            return None
        whole = (found.st_mtime_ns, found.st_size, size) if self.is_watched else ()
        return found.st_dev, found.st_ino, *whole

    def _check_watched(self) -> None:
        if self.is_overtaken:
            raise StoreError(f"the library in {self.home} was written to while it was read: ask again")

    def give_log(self) -> None:
        """Let the file be written while others read, if it is one that was put in place; for a writer."""
        try:
            if self.fetch_one("PRAGMA journal_mode")[0] != "wal":
                self._switch_to_wal()
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to the library in {self.home}: {error}") from error

    def _switch_to_wal(self) -> None:
        """SQLite does not wait where another process is making the same switch: we do, for 10 seconds."""
        for attempt in range(WAL_TRIES):
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == WAL_TRIES - 1:
                    raise
                time.sleep(0.05)

    def fetch_all(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """All rows of a question in SQL; what SQLite says of a broken file becomes a StoreError."""
        try:
            with self.guard:
                rows = self.connection.execute(sql, values).fetchall()
        except UNREADABLE as error:
            self._check_watched()
            raise self._explain(error) from error
        self._check_watched()
        return rows

    def fetch_one(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """The first row, or None; as `fetch_all`."""
        try:
            with self.guard:
                row = self.connection.execute(sql, values).fetchone()
        except UNREADABLE as error:
            self._check_watched()
            raise self._explain(error) from error
        self._check_watched()
        return row

    def fetch_each(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[Any]:
        """The rows one by one, however many; as `fetch_all`."""
        try:
            with self.guard:
                cursor = self.connection.execute(sql, values)
                rows = cursor.fetchmany(ROWS_AT_ONCE)
            while rows:
                self._check_watched()
                yield from rows
                with self.guard:
                    rows = cursor.fetchmany(ROWS_AT_ONCE)
        except UNREADABLE as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StoreError:
        if isinstance(error, sqlite3.ProgrammingError):
            return StoreError(f"the library in {self.home} is closed: {error}")
        if isinstance(error, sqlite3.OperationalError):
            return StoreError(f"the library in {self.home} cannot be read now: {error}")
        return StoreDamagedError(
            f"the library in {self.home} is damaged: {error}; `trialbook check --repair` brings out what is"
            " whole, or restore a backup"
        )

    def reload_codec(self) -> None:
        """Take up the dictionaries that a writer has added."""
        try:
            self.codec = Codec(read_dictionaries(self.connection))
        except (TypeError, ValueError, zstandard.ZstdError) as error:
            raise self._explain(error) from error

    def close(self) -> None:
        """Close the file, once nobody is within a question to it; further calls raise StoreError."""
        with self.guard:
            self._is_closed = True
            self.connection.close()

    def check_open(self) -> None:
        """Raise StoreError where the file was closed: for long work that asks it nothing meanwhile."""
        if self._is_closed:
            raise StoreError(f"the library in {self.home} was closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one that lies there, not one put in its place."""
        try:
            return _find_place(self._path) == self.place
        except OSError:
            return False

    @property
    def library_id(self) -> str:
        """The library's identity, made once."""
        return self._value("library_id")

    @property
    def seq(self) -> int:
        """The number of the last change; an index that has applied it is in step."""
        try:
            return int(self._value("seq"))
        except ValueError as error:
            raise self._explain(error) from error

    def find_mark(self, seq: int) -> str:
        """The random mark of the way to a change number; "" before the first change and where none is known."""
        self._has_marks = self._has_marks or self.has_marks
        if seq == 0 or not self._has_marks:
            return ""
        row = self.fetch_one(FIND_MARK, (seq,))
        return "" if row is None else str(row[0])

    def went_through(self, seq: int, mark: str) -> bool:
        """Whether this library came to a change number on the way that a mark tells of."""
        return seq <= self.seq and mark == self.find_mark(seq)

    @property
    def has_marks(self) -> bool:
        """Whether a Trialbook that knows marks has written here."""
        return self.fetch_one(HAS_MARKS) is not None

    def has_table(self, name: str) -> bool:
        """Whether a table is there that only writers make which need it."""
        if name not in self._tables:
            asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
            if self.fetch_one(asked, (name,)) is None:
                return False
            self._tables.add(name)
        return True

    def _value(self, key: str) -> str:
        row = self.fetch_one("SELECT value FROM library WHERE key = ?", (key,))
        if row is None:
            raise self._explain(LookupError(f"it has no {key}"))
        return str(row[0])


def _find_place(path: Path) -> tuple[int, int]:
    """What tells a file from every other: its disk and its number there; raises OSError."""
    found = path.stat()
    return found.st_dev, found.st_ino
