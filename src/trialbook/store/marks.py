"""Which past led to a change number? A random mark for each transaction that moved it.

What is derived notes the mark beside the number to which it came. Where the library's file was set back
and went on from there, the same number has another mark, and what was derived is known to be of another
past. A Trialbook that knows no marks reads and writes beside their table, so it makes no new version of
the schema; the next writer marks what such a one left out.
"""

from __future__ import annotations

import secrets
import sqlite3

MARKS = "CREATE TABLE IF NOT EXISTS mark (seq INTEGER PRIMARY KEY, mark TEXT NOT NULL)"
# The mark of a number is that of the transaction in which it came: a row has the last number of one.
FIND_MARK = "SELECT mark FROM mark WHERE seq >= ? ORDER BY seq LIMIT 1"
HAS_MARKS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'mark'"


def move_to(connection: sqlite3.Connection, seq: int) -> None:
    """Note, within a transaction, that the changes have come to a number, and mark the way to it."""
    connection.execute("UPDATE library SET value = ? WHERE key = 'seq'", (str(seq),))
    connection.execute("INSERT OR IGNORE INTO mark VALUES (?, ?)", (seq, secrets.token_hex(8)))
