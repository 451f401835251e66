"""What stands in the file of criteria, and with which sums: trees by their texts, and which study has which text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from trialbook.derived.refused import (
    BY_TREE,
    REFUSED,
    WORDS,
    check_sums,
    forget_refusals,
    refuse_altered,
    save_refusals,
)
from trialbook.derived.refused import TABLES as REFUSED_TABLES
from trialbook.eligibility.refused import Refusal
from trialbook.store import sums
from trialbook.store.sums import Part

# In place of the text of a study whose record is damaged.
DAMAGED = b"damaged"

TABLES = """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tree (id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE, packed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS study (nct_id TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS study_text ON study (text);
"""

# Which studies have a text, and the number of its tree; and the state, which has no owner.
TREE = Part(
    "tree",
    ("SELECT id FROM tree WHERE text = ?1", "SELECT nct_id FROM study WHERE text = ?1"),
    "SELECT text FROM tree UNION SELECT text FROM study",
)
STATE = Part("state", ("SELECT key, value FROM state WHERE ?1 IS NOT NULL",), "SELECT 0 FROM state LIMIT 1")
TEXT = Part("text", ("SELECT text FROM study WHERE nct_id = ?1",), "SELECT nct_id FROM study")
PARTS = (TREE, TEXT, STATE, WORDS, REFUSED, BY_TREE)
ALL_TABLES = TABLES + REFUSED_TABLES + sums.TABLE
TREES_AT_ONCE = 1_000
_STUDIES = """
SELECT tree.id, study.nct_id, row_sum.sum FROM json_each(?) JOIN tree ON tree.id = json_each.value
LEFT JOIN study ON study.text = tree.text LEFT JOIN row_sum ON row_sum.part = 'tree' AND row_sum.owner = tree.text
"""


def find_studies(connection: sqlite3.Connection, trees: Sequence[int]) -> set[str]:
    """The studies that have some trees; raises StoreDamagedError."""
    found: set[str] = set()
    for start in range(0, len(trees), TREES_AT_ONCE):
        left: dict[int, int] = {}
        for tree, nct_id, kept in connection.execute(
            _STUDIES, (json.dumps(trees[start : start + TREES_AT_ONCE]),)
        ):
            if tree not in left:
                left[tree] = (kept or 0) - sums.sum_up([(tree,)])
            if nct_id is not None:
                found.add(nct_id)
                left[tree] -= sums.sum_up([(nct_id,)])
        if len(left) < len(trees[start : start + TREES_AT_ONCE]) or any(left.values()):
            raise refuse_altered()
    return found


def check_studies(connection: sqlite3.Connection, nct_ids: Sequence[str]) -> None:
    """Raise StoreDamagedError where the texts of some studies, or what these refuse, are not what was kept."""
    check_sums(connection, TEXT, nct_ids)
    rows = connection.execute(
        "SELECT DISTINCT tree.id, text FROM json_each(?) JOIN study ON study.nct_id = json_each.value"
        " JOIN tree USING (text)",
        (json.dumps(list(nct_ids)),),
    ).fetchall()
    check_sums(connection, TREE, [text for _, text in rows])
    check_sums(connection, BY_TREE, [tree for tree, _ in rows])


def save_studies(connection: sqlite3.Connection, texts: Mapping[str, bytes], *, is_whole: bool) -> None:
    """Keep which study has which text."""
    changed = {key for key in texts.values() if key}
    for nct_id in texts:
        changed.update(
            key for (key,) in connection.execute("SELECT text FROM study WHERE nct_id = ?", (nct_id,))
        )
    with sums.changing(connection, TREE, changed), sums.changing(connection, TEXT, texts):
        if is_whole:
            connection.execute("DELETE FROM study")
        gone = [(nct_id,) for nct_id, key in texts.items() if not key]
        connection.executemany("DELETE FROM study WHERE nct_id = ?", gone)
        connection.executemany(
            "INSERT OR REPLACE INTO study VALUES (?, ?)",
            [(nct_id, key) for nct_id, key in texts.items() if key],
        )
    if is_whole:
        _sum_up_all(connection)


def _sum_up_all(connection: sqlite3.Connection) -> None:
    """Keep the sums of which study has which text, when all are noted anew."""
    for part in (TREE, TEXT):
        connection.execute("DELETE FROM row_sum WHERE part = ?", (part.name,))
        sums.keep_missing(connection, part)


def save_tree(connection: sqlite3.Connection, key: bytes, packed: bytes, refusals: Sequence[Refusal]) -> None:
    """Keep the trees of a text, and what they refuse."""
    with sums.changing(connection, TREE, [key]):
        row = connection.execute("SELECT id FROM tree WHERE text = ?", (key,)).fetchone()
        if row is not None:
            forget_refusals(connection, [row[0]])
            connection.execute("DELETE FROM tree WHERE id = ?", row)
        made = connection.execute("INSERT INTO tree (text, packed) VALUES (?, ?)", (key, packed))
    save_refusals(connection, int(made.lastrowid or 0), refusals)


def leave_out(connection: sqlite3.Connection) -> None:
    """Leave out what no study has any more."""
    rows = connection.execute(
        "SELECT id, text FROM tree WHERE text NOT IN (SELECT text FROM study)"
    ).fetchall()
    forget_refusals(connection, [tree for tree, _ in rows])
    connection.executemany("DELETE FROM tree WHERE id = ?", [(tree,) for tree, _ in rows])
    sums.keep(connection, TREE.name, {text: 0 for _, text in rows})


def load_state(connection: sqlite3.Connection) -> dict[str, str]:
    """What is noted of how far it has come; nothing where that is not what was kept."""
    if not sums.is_as_kept(connection.execute, STATE, 0):
        return {}
    return dict(connection.execute("SELECT key, value FROM state"))


def load_form(connection: sqlite3.Connection) -> str:
    """In which form the trees are; a state that was altered otherwise is no reason to parse all anew."""
    rows = connection.execute("SELECT value FROM state WHERE key = 'form'").fetchall()
    return str(rows[0][0]) if rows else ""


def save_state(connection: sqlite3.Connection, **values: str | int) -> None:
    """Note how far it has come."""
    connection.executemany(
        "INSERT OR REPLACE INTO state VALUES (?, ?)", [(key, str(value)) for key, value in values.items()]
    )
    sums.keep(connection, STATE.name, {0: sums.compute(connection.execute, STATE, 0)})


def forget_state(connection: sqlite3.Connection, key: str) -> None:
    """Note one thing less."""
    connection.execute("DELETE FROM state WHERE key = ?", (key,))
    save_state(connection)
