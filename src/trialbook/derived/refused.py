"""Which studies keep a person out by one thing? A table beside the trees, by what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from trialbook.eligibility.refused import MODES, Asked, Refusal
from trialbook.eligibility.tree import Interval

TABLES = """
CREATE TABLE IF NOT EXISTS thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
    thing INTEGER NOT NULL, mode INTEGER NOT NULL, tree INTEGER NOT NULL, PRIMARY KEY (thing, mode, tree)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused_value (
    thing INTEGER NOT NULL, unit TEXT NOT NULL, tree INTEGER NOT NULL,
    low REAL, high REAL, low_included INTEGER NOT NULL, high_included INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS refused_tree ON refused (tree);
CREATE INDEX IF NOT EXISTS refused_value_thing ON refused_value (thing, unit);
"""

# Gives a told value in the unit of the refused ones; None where it cannot be turned.
Convert = Callable[[str], Interval | None]

_WITHIN = """
SELECT DISTINCT tree FROM refused_value WHERE thing = :thing AND unit = :unit
AND (low IS NULL OR low < :low OR (low = :low AND (low_included OR NOT :has_low)))
AND (high IS NULL OR high > :high OR (high = :high AND (high_included OR NOT :has_high)))
"""

# What most of some studies keep people out by who have it now, in the words of a criterion.
_MOST_REFUSED = """
SELECT thing.words FROM json_each(:ids) JOIN study ON study.nct_id = json_each.value JOIN tree USING (text)
JOIN refused ON refused.tree = tree.id JOIN thing ON thing.id = refused.thing
WHERE refused.mode = :mode GROUP BY thing.words COLLATE NOCASE
ORDER BY COUNT(DISTINCT study.nct_id) DESC, thing.words LIMIT :most
"""


def save_refusals(connection: sqlite3.Connection, tree: int, refusals: Iterable[Refusal]) -> None:
    """Keep what the criteria of a tree refuse."""
    for each in refusals:
        for name in each.names:
            thing = _find_thing(connection, name, each.words)
            rows = [(thing, MODES.index(mode), tree) for mode in each.modes]
            connection.executemany("INSERT OR IGNORE INTO refused VALUES (?, ?, ?)", rows)
            if not each.modes:
                row = (thing, each.unit, tree, each.low, each.high, each.low_included, each.high_included)
                connection.execute("INSERT INTO refused_value VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def forget_refusals(connection: sqlite3.Connection, trees: Sequence[int]) -> None:
    """Leave out what trees refuse that are left out."""
    rows = [(each,) for each in trees]
    for table in ("refused", "refused_value"):
        connection.executemany(f"DELETE FROM {table} WHERE tree = ?", rows)  # noqa: S608 - names of our own


def find_refusing(connection: sqlite3.Connection, asked: Asked, convert: Convert) -> set[int]:
    """The trees whose criteria refuse what is told of a person."""
    found: set[int] = set()
    for thing in _list_things(connection, asked.names):
        if asked.mode is not None:
            rows = connection.execute(
                "SELECT tree FROM refused WHERE thing = ? AND mode = ?", (thing, MODES.index(asked.mode))
            )
            found.update(tree for (tree,) in rows)
        if asked.value is not None:
            units = connection.execute("SELECT DISTINCT unit FROM refused_value WHERE thing = ?", (thing,))
            for (unit,) in units.fetchall():
                value = convert(unit)
                if value is not None and value.low is not None and value.high is not None:
                    found.update(_find_within(connection, thing, unit, value))
    return found


def list_most_refused(connection: sqlite3.Connection, nct_ids: Sequence[str], most: int) -> list[str]:
    """What most of some studies keep people out by who have it now, in the words of a criterion."""
    given = {"ids": json.dumps(list(nct_ids)), "mode": MODES.index("now"), "most": most}
    return [words for (words,) in connection.execute(_MOST_REFUSED, given) if words]


def _find_within(connection: sqlite3.Connection, thing: int, unit: str, value: Interval) -> Iterable[int]:
    given = {
        "thing": thing,
        "unit": unit,
        "low": value.low,
        "high": value.high,
        "has_low": value.low_included,
        "has_high": value.high_included,
    }
    return (tree for (tree,) in connection.execute(_WITHIN, given))


def _find_thing(connection: sqlite3.Connection, name: str, words: str) -> int:
    row = connection.execute("SELECT id FROM thing WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    made = connection.execute("INSERT INTO thing (name, words) VALUES (?, ?)", (name, words))
    return int(made.lastrowid or 0)


def _list_things(connection: sqlite3.Connection, names: Sequence[str]) -> list[int]:
    return [
        int(row[0])
        for each in names
        if (row := connection.execute("SELECT id FROM thing WHERE name = ?", (each,)).fetchone())
    ]
