"""Where does what a person keeps lie? Saved searches and lists, in a small file of their own beside the library.

Nothing in it can be made again, and nothing that is made anew touches it. It has a lock of its own, so that
whoever saves a search or stars a study never waits for an import.
"""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from trialbook.errors import NotFoundError, StoreDamagedError, StoreError, StoreReadOnlyError, UsageError
from trialbook.store import sums
from trialbook.store.private import make_private_file
from trialbook.store.sums import Part, write_trigger

FILE_NAME = "saved.sqlite"
SCHEMA_VERSION = 2
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
WAIT_S = 30

Kind = Literal["search", "list"]
NAMES: dict[Kind, str] = {"search": "saved search", "list": "list"}

# Table -> its columns, as each is made, in the order in which rows are written out and read back.
TABLES = {
    "saved_search": (
        "name TEXT PRIMARY KEY",
        "query TEXT NOT NULL",
        "saved_at TEXT NOT NULL",
        "after_number INTEGER NOT NULL",
    ),
    "list": ("name TEXT PRIMARY KEY", "made_at TEXT NOT NULL", "after_number INTEGER NOT NULL"),
    "list_entry": (
        "entry_id INTEGER PRIMARY KEY",
        "list_name TEXT NOT NULL",
        "nct_id TEXT NOT NULL",
        "note TEXT NOT NULL",
        "added_at TEXT NOT NULL",
        "after_number INTEGER NOT NULL",
    ),
    "seen": ("key TEXT PRIMARY KEY", "number INTEGER NOT NULL", "seen_at TEXT NOT NULL"),
}
# Each saved search and each list has a sum of all that is kept of it.
PARTS: dict[Kind, Part] = {
    "search": Part(
        "search",
        (
            "SELECT * FROM saved_search WHERE name = ?1",
            "SELECT * FROM seen WHERE key = 'search/' || ?1",
        ),
        "SELECT name FROM saved_search",
    ),
    "list": Part(
        "list",
        (
            "SELECT * FROM list WHERE name = ?1",
            "SELECT * FROM list_entry WHERE list_name = ?1",
            "SELECT * FROM seen WHERE key = 'list/' || ?1",
        ),
        "SELECT name FROM list",
    ),
}
# Part -> its tables, each with the owner of a row.
_OWNERS = {
    "search": {"saved_search": "{}.name", "seen": "replace({}.key, 'search/', '')"},
    "list": {"list": "{}.name", "list_entry": "{}.list_name", "seen": "replace({}.key, 'list/', '')"},
}
_EVENTS = {"INSERT": ("new",), "UPDATE": ("old", "new"), "DELETE": ("old",)}
TRIGGERS = tuple(
    write_trigger(part, event, table, ", ".join(owner.format(row) for row in rows))
    for part, tables in _OWNERS.items()
    for table, owner in tables.items()
    for event, rows in _EVENTS.items()
)
INDEXES = ("CREATE UNIQUE INDEX IF NOT EXISTS one_entry_each ON list_entry (list_name, nct_id)",)


class Look(msgspec.Struct, frozen=True):
    """When a person last looked: the number of the version that had come last by then, and the moment (UTC, ISO)."""

    number: int
    at: str


def write_now() -> str:
    """This moment, UTC, ISO 8601, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def check_name(name: str) -> None:
    """Refuse what is no name; raises UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{show_name(name)!r} cannot be a name: write 1 to 60 letters a to z, digits and hyphens"
        )


def show_name(name: str) -> str:
    """A name that may be anything, as it can be shown."""
    return name[:80].encode(errors="backslashreplace").decode()


def refuse_missing(kind: Kind, name: str) -> NotFoundError:
    """There is nothing of that name."""
    return NotFoundError(f"there is no {NAMES[kind]} called {show_name(name)}")


def find_refusal(home: Path) -> str:
    """Why this account can save nothing in a library, in a sentence; "" where it can."""
    path = home / FILE_NAME
    places = [home, *([path] if path.exists() else [])]
    return (
        ""
        if all(os.access(each, os.W_OK) for each in places)
        else str(_refuse_writing(path, PermissionError()))
    )


def make_name(text: str) -> str:
    """The name that is nearest to what a person typed; raises UsageError where it has no letter or digit that one may have.

    >>> make_name(" Mother's trials: Miami & Köln ")
    'mother-s-trials-miami-koln'
    """
    plain = unicodedata.normalize("NFKD", text[:1_000]).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if not name:
        raise UsageError("a name needs letters a to z or digits")
    return name


@contextmanager
def read_kept(home: Path) -> Iterator[sqlite3.Connection]:
    """What is kept, for reading; empty tables stand for those that are not there. Raises StoreError."""
    path = home / FILE_NAME
    with _opened(path, path if path.exists() else ":memory:") as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        present = {name for (name,) in rows}
        for name in TABLES:
            if name not in present:
                connection.execute(_write_table(name, "TEMP TABLE"))
        yield connection


@contextmanager
def change_kept(home: Path) -> Iterator[sqlite3.Connection]:
    """What is kept, for a change that is made whole or not at all; the file is made where there is none.

    Raises
    ------
    StoreReadOnlyError
        This account may not write to it.
    StoreError
        It cannot be written, or another was put in its place meanwhile.
    """
    path = home / FILE_NAME
    try:
        make_private_file(path)
    except OSError as error:
        raise _refuse_writing(path, error) from error
    with _opened(path, path) as connection:
        place = _find_place(path)
        connection.execute("BEGIN IMMEDIATE")
        for name in TABLES:
            connection.execute(_write_table(name, "TABLE IF NOT EXISTS"))
        for statement in (*INDEXES, sums.TABLE, *TRIGGERS):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        altered = {kind: list(sums.find_altered(connection.execute, part)) for kind, part in PARTS.items()}
        try:
            yield connection
            for kind, part in PARTS.items():
                sums.keep_missing(connection, part, altered=altered[kind])
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        if _find_place(path) != place:
            raise StoreError(f"{path} was replaced by a backup while it was written: do it again")


def check_as_kept(connection: sqlite3.Connection, kind: Kind, name: str | None = None) -> None:
    """Raise StoreDamagedError where a saved search or a list, or any of them, is not what was kept."""
    if not sums.has_sums(connection.execute):
        return
    part = PARTS[kind]
    if name is None:
        altered = list(sums.find_altered(connection.execute, part))
    else:
        altered = [] if sums.is_as_kept(connection.execute, part, name) else [name]
    if altered:
        named = ", ".join(show_name(str(each)) for each in altered)
        raise StoreDamagedError(
            f"the {NAMES[kind]} {named} is not what was kept: `trialbook check --repair` keeps what can be read of it,"
            " or restore a backup"
        )


def _find_place(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _write_table(name: str, kind: str) -> str:
    return f"CREATE {kind} {name} ({', '.join(TABLES[name])})"


@contextmanager
def _opened(path: Path, target: Path | str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(target, timeout=WAIT_S, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot open the saved searches and lists in {path}: {error}") from error
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(f"a newer Trialbook wrote {path}: update Trialbook")
        yield connection
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY"):
            raise _refuse_writing(path, error) from error
        raise StoreError(f"cannot use the saved searches and lists in {path}: {error}") from error
    finally:
        connection.close()


def _refuse_writing(path: Path, error: Exception) -> StoreError:
    if isinstance(error, PermissionError | sqlite3.Error) or getattr(error, "strerror", "").startswith(
        "Read-only"
    ):
        return StoreReadOnlyError(
            f"cannot write to {path}: the library is read-only or another's, so this account can save nothing in it"
        )
    return StoreError(f"cannot write the saved searches and lists in {path}: {error}")


def find_looks(connection: sqlite3.Connection, kind: Kind) -> dict[str, Look]:
    """The last looks at what is of a kind, by name."""
    start = f"{kind}/"
    rows = connection.execute("SELECT key, number, seen_at FROM seen")
    return {key.removeprefix(start): Look(number, at) for key, number, at in rows if key.startswith(start)}


def keep_look(connection: sqlite3.Connection, kind: Kind, name: str, number: int) -> None:
    """Remember that a person has seen all up to the version with this number."""
    values = (f"{kind}/{name}", number, write_now())
    connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", values)


def move_look(connection: sqlite3.Connection, kind: Kind, name: str, new: str | None) -> None:
    """The look goes with a new name, or goes."""
    if new is None:
        connection.execute("DELETE FROM seen WHERE key = ?", (f"{kind}/{name}",))
    else:
        connection.execute("UPDATE seen SET key = ? WHERE key = ?", (f"{kind}/{new}", f"{kind}/{name}"))


def check_kept(home: Path) -> None:
    """Read all that is kept; raises StoreError where that cannot be done."""
    with read_kept(home) as connection:
        for name in TABLES:
            for _ in connection.execute(f"SELECT * FROM {name}"):  # noqa: S608
                pass
        for kind in PARTS:
            check_as_kept(connection, kind)


def repair_kept(home: Path) -> tuple[tuple[str, ...], Path]:
    """Put what can be read of a damaged file into a new one; says what is lost, and where the old one lies.

    Raises StoreError where the folder cannot be written.
    """
    path = home / FILE_NAME
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    old = path.with_name(f"{FILE_NAME}.damaged-{moment}")
    found = {table: _read_what_can_be(path, table) for table in TABLES}
    altered = [f"the {each} was altered: look at what stands in it" for each in _name_altered(path)]
    try:
        path.replace(old)
        (path.with_name(f"{FILE_NAME}-journal")).unlink(missing_ok=True)
        if any(found.values()):
            with change_kept(home) as connection:
                for table, rows in found.items():
                    marks = ", ".join("?" * len(TABLES[table]))
                    connection.executemany(
                        f"INSERT OR IGNORE INTO {table} VALUES ({marks})",  # noqa: S608
                        rows.values(),
                    )
    except OSError as error:
        raise StoreError(f"cannot repair the saved searches and lists in {path}: {error}") from error
    searches = ", ".join(sorted(map(str, found["saved_search"]))) or "none"
    lists = ", ".join(sorted(map(str, found["list"]))) or "none"
    lost = (
        f"saved searches may be lost; those that could be read: {searches}",
        f"lists and what is on them may be lost; those that could be read: {lists},"
        f" with {len(found['list_entry']):,} studies",
        *altered,
    )
    return lost, old


def _name_altered(path: Path) -> list[str]:
    """The searches and lists that are not what was kept, and can be read."""
    found: list[str] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=WAIT_S)) as connection:
        if sums.has_sums(connection.execute):
            for kind, part in PARTS.items():
                altered = sums.find_altered(connection.execute, part)
                found += [f"{NAMES[kind]} {show_name(str(each))}" for each in altered]
    return found


def _read_what_can_be(path: Path, table: str) -> dict[object, tuple[object, ...]]:
    """The rows of a table that can be read from its beginning and from its end, by key."""
    found: dict[object, tuple[object, ...]] = {}
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=WAIT_S)) as connection:
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1 {order}"):  # noqa: S608
                found[row[0]] = row
    return found
