"""The library's tables: what is kept of each record, and how an older library becomes this one."""

from __future__ import annotations

import sqlite3
import uuid

from trialbook.errors import StoreError, StoreVersionError
from trialbook.store.dictionaries import COPIES
from trialbook.store.marks import MARKS

SCHEMA_VERSION = 1
# By which rule the versions in force were chosen: 2 does not believe dates that lie after the arrival, 3 lays
# copies to their versions.
ORDER_VERSION = "3"

TABLES = """
CREATE TABLE IF NOT EXISTS library (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One run of a command that brought records in.
CREATE TABLE IF NOT EXISTS source (
    source_id INTEGER PRIMARY KEY,
    location TEXT NOT NULL,
    started_at TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);

CREATE TABLE IF NOT EXISTS dictionary (dictionary_id INTEGER PRIMARY KEY, body BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS study (
    study_id INTEGER PRIMARY KEY,
    nct_id TEXT NOT NULL UNIQUE,
    current_version_id INTEGER NOT NULL,
    changed_seq INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS study_changed ON study (changed_seq);

-- Every version of every record, in the bytes that were received. `extent` is the length of what
-- the sponsor wrote (all but the derived section): of two copies of one version the fuller counts.
CREATE TABLE IF NOT EXISTS version (
    version_id INTEGER PRIMARY KEY,
    study_id INTEGER NOT NULL REFERENCES study,
    version_date TEXT,
    fidelity INTEGER NOT NULL,
    extent INTEGER NOT NULL,
    learnt_at TEXT NOT NULL,
    source_id INTEGER NOT NULL REFERENCES source,
    place TEXT NOT NULL,
    format TEXT NOT NULL,
    wire_hash BLOB NOT NULL,
    content_hash BLOB NOT NULL,
    dictionary_id INTEGER NOT NULL,
    body BLOB NOT NULL,
    original BLOB
);
CREATE INDEX IF NOT EXISTS version_study ON version (study_id, version_date);
CREATE INDEX IF NOT EXISTS version_wire ON version (wire_hash);

-- Versions that the registry's history lists; their bodies may be unknown.
CREATE TABLE IF NOT EXISTS announced_version (
    nct_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    version_date TEXT NOT NULL,
    overall_status TEXT NOT NULL,
    module_labels TEXT NOT NULL,
    PRIMARY KEY (nct_id, number)
) WITHOUT ROWID;

-- Input that could not be understood, as it was received.
CREATE TABLE IF NOT EXISTS rejection (
    rejection_id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source,
    place TEXT NOT NULL,
    reason TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    original BLOB NOT NULL,
    UNIQUE (content_hash, reason)
);

-- How far each synchronisation with a live registry has come.
CREATE TABLE IF NOT EXISTS sync_state (
    request TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    saved_at TEXT NOT NULL
) WITHOUT ROWID;
"""


# The few studies of which all versions are taken out, so that they need not be looked for among all.
EMPTY_STUDIES = "CREATE INDEX IF NOT EXISTS study_empty ON study (nct_id) WHERE current_version_id = 0;"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty library, with an identity of its own, in one transaction.

    Where another process was quicker, its library stays as it is.
    """
    connection.executescript(f"BEGIN IMMEDIATE;{TABLES}{MARKS};{COPIES};{EMPTY_STUDIES}")
    connection.executemany(
        "INSERT OR IGNORE INTO library VALUES (?, ?)",
        [
            ("library_id", uuid.uuid4().hex),
            ("schema_version", str(SCHEMA_VERSION)),
            ("seq", "0"),
            ("order", ORDER_VERSION),
        ],
    )
    connection.commit()


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise StoreVersionError where a newer Trialbook wrote the library, StoreError where it is none."""
    row = None
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'library'").fetchone():
        row = connection.execute("SELECT value FROM library WHERE key = 'schema_version'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise StoreError("its file is no library of Trialbook: use another --home")
    if int(row[0]) > SCHEMA_VERSION:
        raise StoreVersionError(
            f"this library has schema {row[0]}, this Trialbook reads up to {SCHEMA_VERSION}: update Trialbook"
        )
