"""The dictionaries that unpack a library's records: each is kept twice, since without it all of them are lost."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

COPIES = """
CREATE TABLE IF NOT EXISTS dictionary_copy (
    dictionary_id INTEGER PRIMARY KEY, digest BLOB NOT NULL, body BLOB NOT NULL
)
"""


def read_dictionaries(connection: sqlite3.Connection) -> dict[int, bytes]:
    """The dictionaries by their numbers; where one is no longer what was kept, its copy stands in."""
    digests = _read_digests(connection)
    try:
        found: dict[int, Any] = dict(connection.execute("SELECT dictionary_id, body FROM dictionary"))
    except sqlite3.DatabaseError:
        if not digests:
            raise
        found = {}
    for number in find_altered(found, digests):
        row = connection.execute(
            "SELECT body FROM dictionary_copy WHERE dictionary_id = ?", (number,)
        ).fetchone()
        if row is not None and compute_digest(row[0]) == digests[number]:
            found[number] = row[0]
    return found


def find_altered(found: dict[int, Any], digests: dict[int, bytes]) -> list[int]:
    """The numbers of those that are missing, or are not what was kept."""
    return [number for number, digest in digests.items() if compute_digest(found.get(number)) != digest]


def compute_digest(body: Any) -> bytes:
    """A 16-byte fingerprint of a dictionary; nothing for what is none."""
    return hashlib.blake2b(body, digest_size=16).digest() if isinstance(body, bytes) else b""


def _read_digests(connection: sqlite3.Connection) -> dict[int, bytes]:
    """What the dictionaries must be; nothing in a library of before they were kept twice."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'dictionary_copy'").fetchone():
        return {}
    try:
        rows = connection.execute("SELECT dictionary_id, digest FROM dictionary_copy").fetchall()
    except sqlite3.DatabaseError:
        return {}
    return {number: digest for number, digest in rows if isinstance(digest, bytes) and len(digest) == 16}


def find_altered_dictionaries(connection: sqlite3.Connection) -> list[int]:
    """The numbers of the dictionaries that are not what was kept, whether or not a copy stands in."""
    digests = _read_digests(connection)
    try:
        found = dict(connection.execute("SELECT dictionary_id, body FROM dictionary"))
    except sqlite3.DatabaseError:
        found = {}
    return find_altered(found, digests)


def keep_copies(connection: sqlite3.Connection) -> None:
    """Keep a second copy of each dictionary that has none yet, elsewhere in the file; within a transaction."""
    connection.execute(COPIES)
    rows = connection.execute(
        "SELECT dictionary_id, body FROM dictionary WHERE dictionary_id NOT IN"
        " (SELECT dictionary_id FROM dictionary_copy)"
    ).fetchall()
    connection.executemany(
        "INSERT INTO dictionary_copy VALUES (?, ?, ?)",
        [(number, compute_digest(body), body) for number, body in rows],
    )
