"""The library's tables: what is kept of each record, and how an older library becomes this one."""

from __future__ import annotations

import sqlite3
import uuid

from trialbook.errors import StoreError, StoreVersionError
from trialbook.store import sums
from trialbook.store.dictionaries import COPIES
from trialbook.store.marks import MARKS
from trialbook.store.sums import Part, write_trigger

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


# What came after the first libraries: a writer makes it in those that lack it.
LATER = {
    # By what copies are arranged, of studies that have several: their length and the days that they give.
    "copy_fact": """
CREATE TABLE IF NOT EXISTS copy_fact (
    version_id INTEGER PRIMARY KEY,
    length INTEGER NOT NULL,
    submitted TEXT NOT NULL,
    posted TEXT NOT NULL,
    verified TEXT NOT NULL,
    served TEXT NOT NULL
);
""",
    # The numbers that the registry gave to single versions that came with one.
    "registry_number": """
CREATE TABLE IF NOT EXISTS registry_number (
    nct_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    version_id INTEGER NOT NULL,
    PRIMARY KEY (nct_id, number)
) WITHOUT ROWID;
""",
    # The log of what a person took out.
    "take_out": """
CREATE TABLE IF NOT EXISTS take_out (
    entry_id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL,
    nct_id TEXT NOT NULL,
    version_date TEXT,
    is_out INTEGER NOT NULL,
    reason TEXT NOT NULL,
    noted_at TEXT NOT NULL
);
""",
}

# All that is noted of a study's versions beside their bodies, which have sums of their own.
VERSION_NOTES = (
    "version_id, version.study_id, version_date, fidelity, extent, learnt_at, source_id, place, format, wire_hash,"
    " content_hash"
)
_VERSIONS_OF = "FROM study JOIN version ON version.study_id IN (study.study_id, -study.study_id)"
STUDY = Part(
    "study",
    (
        "SELECT study_id, nct_id, current_version_id FROM study WHERE nct_id = ?1",
        f"SELECT {VERSION_NOTES} {_VERSIONS_OF} WHERE nct_id = ?1",
        f"SELECT copy_fact.* {_VERSIONS_OF} JOIN copy_fact USING (version_id) WHERE nct_id = ?1",
        "SELECT * FROM registry_number WHERE nct_id = ?1",
    ),
    "SELECT nct_id FROM study",
)
ANNOUNCED = Part(
    "announced",
    ("SELECT * FROM announced_version WHERE nct_id = ?1",),
    "SELECT DISTINCT nct_id FROM announced_version",
)
SOURCE = Part("source", ("SELECT * FROM source WHERE source_id = ?1",), "SELECT source_id FROM source")
REJECTION = Part(
    "rejection",
    ("SELECT source_id, place, reason, content_hash FROM rejection WHERE rejection_id = ?1",),
    "SELECT rejection_id FROM rejection",
)
SYNC = Part("sync", ("SELECT * FROM sync_state WHERE request = ?1",), "SELECT request FROM sync_state")
TAKE_OUT = Part(
    "take_out", ("SELECT * FROM take_out WHERE nct_id = ?1",), "SELECT DISTINCT nct_id FROM take_out"
)
PARTS = (STUDY, ANNOUNCED, SOURCE, REJECTION, SYNC, TAKE_OUT)
_OF_VERSION = "SELECT nct_id FROM study WHERE study_id = abs(new.study_id)"
SUMS = "".join(
    (
        *LATER.values(),
        sums.TABLE,
        write_trigger("study", "UPDATE", "study", "new.nct_id"),
        write_trigger("study", "INSERT", "version", _OF_VERSION),
        write_trigger("study", "UPDATE", "version", _OF_VERSION),
        write_trigger("study", "INSERT", "registry_number", "new.nct_id"),
        write_trigger("take_out", "INSERT", "take_out", "new.nct_id"),
        write_trigger("announced", "INSERT", "announced_version", "new.nct_id"),
        write_trigger("sync", "INSERT", "sync_state", "new.request"),
    )
)

# The few studies of which all versions are taken out, so that they need not be looked for among all.
EMPTY_STUDIES = "CREATE INDEX IF NOT EXISTS study_empty ON study (nct_id) WHERE current_version_id = 0;"


def create_tables(connection: sqlite3.Connection, *, with_later: bool = True) -> None:
    """Lay out an empty library, with an identity of its own, in one transaction.

    Where another process was quicker, its library stays as it is. Without `SUMS` it begins as every library does.
    """
    later = SUMS if with_later else ""
    connection.executescript(f"BEGIN IMMEDIATE;{TABLES}{MARKS};{COPIES};{EMPTY_STUDIES}{later}")
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
