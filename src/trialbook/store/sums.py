"""Are the rows that belong together still those that were kept, and all there? A sum of them, kept beside them.

SQLite notices a broken page, not a bit that changed in a row, nor a row that an altered index no longer leads to.
So a table beside the others holds one sum for each owner of rows: a study of its versions, a list of its entries.
A Trialbook that knows no sums reads and writes beside that table; what it changes loses its sum (triggers see to
that), is read without one, and gains one when it is written again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

TABLE = """
CREATE TABLE IF NOT EXISTS row_sum (
    part TEXT NOT NULL, owner NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (part, owner)
) WITHOUT ROWID;
"""
# A sum that no rows have: they were altered already when they were written again.
ALTERED = -1

# Puts a question in SQL; gives its rows.
Ask = Callable[[str, Sequence[Any]], Iterable[Any]]
_encode = msgspec.msgpack.Encoder().encode


class Part(NamedTuple):
    """Rows that belong together.

    `rows` are the questions for those of one owner (?1), `owners` is the one for all that there are.
    """

    name: str
    rows: tuple[str, ...]
    owners: str


def write_trigger(part: str, event: str, table: str, owner: str) -> str:
    """SQL: whoever changes a table so lets the owner of the row lose its sum."""
    name = f"{part}_{table}_{event.split(maxsplit=1)[0].lower()}"
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {table} BEGIN"
        f" DELETE FROM row_sum WHERE part = '{part}' AND owner IN ({owner}); END;"
    )


def has_sums(ask: Ask) -> bool:
    """Whether a Trialbook that knows sums has written here."""
    return any(True for _ in ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'row_sum'", ()))


def sum_up(rows: Iterable[Sequence[Any]]) -> int:
    """The sum of some rows, in whatever order; 0 of none."""
    return sum(crc32(_encode(tuple(row))) for row in rows)


def compute(ask: Ask, part: Part, owner: Any) -> int:
    """The sum of an owner's rows as they are."""
    return sum(sum_up(ask(sql, (owner,))) for sql in part.rows)


def is_as_kept(ask: Ask, part: Part, owner: Any) -> bool:
    """Whether an owner's rows have the sum that was kept of them, or none was."""
    for (kept,) in ask("SELECT sum FROM row_sum WHERE part = ? AND owner = ?", (part.name, owner)):
        return bool(kept == compute(ask, part, owner))
    return True


def keep(connection: sqlite3.Connection, part: str, sums: Mapping[Any, int]) -> None:
    """Keep sums by their owners; an owner of no rows (0) has none. Within a transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO row_sum VALUES (?, ?, ?)",
        [(part, owner, found) for owner, found in sums.items() if found],
    )
    gone = [(part, owner) for owner, found in sums.items() if not found]
    connection.executemany("DELETE FROM row_sum WHERE part = ? AND owner = ?", gone)


def add(
    connection: sqlite3.Connection, part: str, rows: Iterable[tuple[Any, Sequence[Any]]], *, sign: int = 1
) -> None:
    """Add rows to the sums of their owners, or take them away (-1), where an owner has too many to read them all."""
    found: dict[Any, int] = {}
    for owner, row in rows:
        found[owner] = found.get(owner, 0) + sign * sum_up([row])
    connection.executemany(
        "INSERT INTO row_sum VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sum = sum + excluded.sum",
        [(part, owner, change) for owner, change in found.items()],
    )


@contextmanager
def changing(connection: sqlite3.Connection, part: Part, owners: Iterable[Any]) -> Iterator[None]:
    """Keep the sums of owners whose rows are changed within the statement; within a transaction.

    What was not as it was kept stays marked so: nobody knows what it said.
    """
    ask = connection.execute
    are_sound = {owner: is_as_kept(ask, part, owner) for owner in owners}
    yield
    found = {
        owner: compute(ask, part, owner) if is_sound else ALTERED for owner, is_sound in are_sound.items()
    }
    keep(connection, part.name, found)


def keep_missing(connection: sqlite3.Connection, part: Part, *, altered: Iterable[Any] = ()) -> None:
    """Keep the sums of all owners that have none; of those that were `altered` before, one that says so."""
    missing = f"SELECT * FROM ({part.owners}) EXCEPT SELECT owner FROM row_sum WHERE part = ?"
    owners = [owner for (owner,) in connection.execute(missing, (part.name,))]
    spoilt = set(altered)
    keep(
        connection,
        part.name,
        {each: ALTERED if each in spoilt else compute(connection.execute, part, each) for each in owners},
    )


def find_altered(ask: Ask, part: Part) -> Iterator[Any]:
    """The owners whose rows are not those that were kept; of those of which a sum was."""
    for owner, kept in list(ask("SELECT owner, sum FROM row_sum WHERE part = ?", (part.name,))):
        if kept != compute(ask, part, owner):
            yield owner
