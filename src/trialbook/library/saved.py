"""Which searches does someone want to follow? Kept beside the library, in a small file of their own."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from trialbook.errors import NotFoundError, StoreError, UsageError
from trialbook.store.private import make_private_file

FILE_NAME = "saved.sqlite"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
LONGEST_QUERY = 8_000
MOST_SAVED = 1_000
SCHEMA_VERSION = 1

COLUMNS = "name, query, saved_at, after_number"
TABLE = """
CREATE TABLE IF NOT EXISTS saved_search (
    name TEXT PRIMARY KEY,
    query TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    after_number INTEGER NOT NULL
) WITHOUT ROWID
"""


class SavedSearch(msgspec.Struct, frozen=True):
    """A search under a name.

    Attributes
    ----------
    name
        1 to 60 letters a to z, digits and hyphens.
    query
        What it asks for, as the parameters of an address (`query.cond=heart+failure`).
    saved_at
        When it was saved, UTC, ISO 8601.
    after
        The number of the version that had come last by then: what came later is new.
    """

    name: str
    query: str
    saved_at: str
    after: int


def save_search(home: Path, name: str, query: str, *, after: int) -> SavedSearch:
    """Save a search under a name that is free yet.

    Raises
    ------
    UsageError
        The name has another form or is taken, the query is too long, or there are 1,000 searches already.
    StoreError
        The file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name[:80]!r} cannot be a name: write 1 to 60 letters a to z, digits and hyphens")
    if len(query) > LONGEST_QUERY:
        raise UsageError(f"a saved search may have {LONGEST_QUERY:,} characters; this one has {len(query):,}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    saved = SavedSearch(name, query, now, after)
    with _opened(home, is_made=True) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (count,) = connection.execute("SELECT count(*) FROM saved_search").fetchone()
        if count >= MOST_SAVED:
            raise UsageError(f"there are {MOST_SAVED:,} saved searches already: remove some")
        if connection.execute("SELECT 1 FROM saved_search WHERE name = ?", (name,)).fetchone():
            raise UsageError(
                f"there is a saved search called {name} already: remove it, or choose another name"
            )
        connection.execute(
            "INSERT INTO saved_search VALUES (?, ?, ?, ?)", (name, query, saved.saved_at, saved.after)
        )
        connection.execute("COMMIT")
    return saved


def remove_search(home: Path, name: str) -> None:
    """Forget a search; raises NotFoundError where there is none of that name."""
    if not NAME.fullmatch(name):
        raise _refuse_name(name)
    with _opened(home) as connection:
        if connection.execute("DELETE FROM saved_search WHERE name = ?", (name,)).rowcount == 0:
            raise _refuse_name(name)


def find_searches(home: Path) -> tuple[SavedSearch, ...]:
    """All saved searches, by name."""
    with _opened(home) as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM saved_search ORDER BY name"  # noqa: S608
        )
        return tuple(SavedSearch(*row) for row in rows)


def get_search(home: Path, name: str) -> SavedSearch:
    """The search of a name; raises NotFoundError."""
    if not NAME.fullmatch(name):
        raise _refuse_name(name)
    with _opened(home) as connection:
        row = connection.execute(
            f"SELECT {COLUMNS} FROM saved_search WHERE name = ?",  # noqa: S608
            (name,),
        ).fetchone()
    if row is None:
        raise _refuse_name(name)
    return SavedSearch(*row)


def _refuse_name(name: str) -> NotFoundError:
    shown = name[:80].encode(errors="backslashreplace").decode()
    return NotFoundError(f"there is no saved search called {shown}")


def repair_searches(home: Path) -> tuple[tuple[str, ...], Path]:
    """Put what can be read of damaged saved searches into a new file; says what is lost, and where the old one lies.

    Raises StoreError where the folder cannot be written.
    """
    path = home / FILE_NAME
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    old = path.with_name(f"{FILE_NAME}.damaged-{moment}")
    found: dict[str, tuple[object, ...]] = {}
    try:
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=30)) as connection:
                sql = f"SELECT {COLUMNS} FROM saved_search ORDER BY name {order}"  # noqa: S608
                for row in connection.execute(sql):
                    found[str(row[0])] = row
        path.replace(old)
        if found:
            with _opened(home, is_made=True) as connection:
                connection.executemany("INSERT INTO saved_search VALUES (?, ?, ?, ?)", found.values())
    except OSError as error:
        raise StoreError(f"cannot repair the saved searches in {path}: {error}") from error
    names = ", ".join(sorted(found)) or "none"
    return (f"saved searches may be lost; those that could be read: {names}",), old


@contextmanager
def _opened(home: Path, *, is_made: bool = False) -> Iterator[sqlite3.Connection]:
    """The file; an empty table stands for one that does not exist, unless it is to be made."""
    path = home / FILE_NAME
    try:
        if is_made:
            make_private_file(path)
        connection = sqlite3.connect(
            path if is_made or path.exists() else ":memory:", timeout=30, isolation_level=None
        )
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot open the saved searches in {path}: {error}") from error
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(f"a newer Trialbook wrote {path}: update Trialbook")
        if version < SCHEMA_VERSION:
            connection.execute(TABLE)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        yield connection
    except sqlite3.Error as error:
        raise StoreError(f"cannot use the saved searches in {path}: {error}") from error
    finally:
        connection.close()
