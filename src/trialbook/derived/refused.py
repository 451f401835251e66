"""Which studies keep a person out by one thing? A table beside the trees, by what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from trialbook.eligibility.refused import MODES, Asked, Refusal
from trialbook.eligibility.tree import Interval
from trialbook.errors import StoreDamagedError
from trialbook.store import sums
from trialbook.store.sums import Part

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

# A thing's words, and all that refuses it, each with a sum, by its name.
WORDS = Part("words", ("SELECT id, words FROM thing WHERE name = ?1",), "SELECT name FROM thing")
REFUSED = Part(
    "refused",
    (
        "SELECT mode, tree FROM thing JOIN refused ON thing.id = refused.thing WHERE name = ?1",
        "SELECT unit, tree, low, high, low_included, high_included FROM thing JOIN refused_value"
        " ON thing.id = refused_value.thing WHERE name = ?1",
    ),
    "SELECT name FROM thing",
)

# The same by the tree that refuses it, for those that count what some studies refuse.
BY_TREE = Part(
    "by tree", ("SELECT thing, mode FROM refused WHERE tree = ?1",), "SELECT DISTINCT tree FROM refused"
)

# Gives a told value in the unit of the refused ones; None where it cannot be turned.
Convert = Callable[[str], Interval | None]

_WITHIN = """
SELECT DISTINCT tree FROM refused_value WHERE thing = :thing AND unit = :unit
AND (low IS NULL OR low < :low OR (low = :low AND (low_included OR NOT :has_low)))
AND (high IS NULL OR high > :high OR (high = :high AND (high_included OR NOT :has_high)))
"""

# What most of some studies keep people out by who have it now, in the words of a criterion.
_MOST_REFUSED = """
SELECT thing.words, json_group_array(DISTINCT thing.name) FROM json_each(:ids)
JOIN study ON study.nct_id = json_each.value JOIN tree USING (text)
JOIN refused ON refused.tree = tree.id JOIN thing ON thing.id = refused.thing
WHERE refused.mode = :mode GROUP BY thing.words COLLATE NOCASE
ORDER BY COUNT(DISTINCT study.nct_id) DESC, thing.words LIMIT :most
"""


def save_refusals(connection: sqlite3.Connection, tree: int, refusals: Iterable[Refusal]) -> None:
    """Keep what the criteria of a tree refuse."""
    added: list[tuple[str, tuple[object, ...]]] = []
    for each in refusals:
        for name in each.names:
            thing = _find_thing(connection, name, each.words)
            for mode in map(MODES.index, each.modes):
                row = (thing, mode, tree)
                if connection.execute("INSERT OR IGNORE INTO refused VALUES (?, ?, ?)", row).rowcount:
                    added.append((name, (mode, tree)))
            if not each.modes:
                said = _write_value(each, tree)
                connection.execute("INSERT INTO refused_value VALUES (?, ?, ?, ?, ?, ?, ?)", (thing, *said))
                added.append((name, said))
    sums.add(connection, REFUSED.name, added)
    sums.keep(connection, BY_TREE.name, {tree: sums.compute(connection.execute, BY_TREE, tree)})


def _write_value(each: Refusal, tree: int) -> tuple[object, ...]:
    """What a row has of a refused value, as SQLite gives it back."""
    bounds = (None if bound is None else float(bound) for bound in (each.low, each.high))
    return (each.unit, tree, *bounds, int(each.low_included), int(each.high_included))


def forget_refusals(connection: sqlite3.Connection, trees: Sequence[int]) -> None:
    """Leave out what trees refuse that are left out."""
    for tree in trees:
        for table, columns in (
            ("refused", "mode, tree"),
            ("refused_value", "unit, tree, low, high, low_included, high_included"),
        ):
            rows = connection.execute(
                f"SELECT name, {columns} FROM {table} JOIN thing ON thing.id = thing WHERE tree = ?",  # noqa: S608
                (tree,),
            ).fetchall()
            sums.add(connection, REFUSED.name, [(row[0], row[1:]) for row in rows], sign=-1)
            connection.execute(f"DELETE FROM {table} WHERE tree = ?", (tree,))  # noqa: S608 - names of our own
        sums.keep(connection, BY_TREE.name, {tree: 0})


def find_refusing(connection: sqlite3.Connection, asked: Asked, convert: Convert) -> set[int]:
    """The trees whose criteria refuse what is told of a person; raises StoreDamagedError."""
    found: set[int] = set()
    check_sums(connection, REFUSED, asked.names)
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
    """What most of some studies keep people out by who have it now, in the words of a criterion.

    Raises StoreDamagedError.
    """
    given = {"ids": json.dumps(list(nct_ids)), "mode": MODES.index("now"), "most": most}
    found = connection.execute(_MOST_REFUSED, given).fetchall()
    check_sums(connection, WORDS, [name for _, names in found for name in json.loads(names)])
    return [words for words, _ in found if words]


def check_sums(connection: sqlite3.Connection, part: Part, owners: Iterable[object]) -> None:
    """Raise StoreDamagedError where what is kept of one of some owners is not what was kept."""
    for owner in owners:
        if not sums.is_as_kept(connection.execute, part, owner):
            raise refuse_altered()


def refuse_altered() -> StoreDamagedError:
    """What was read of criteria is no longer what was kept."""
    return StoreDamagedError(
        "what was read of the studies' criteria is not what was kept: `trialbook rebuild criteria` reads them anew"
    )


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
    made = int(
        connection.execute("INSERT INTO thing (name, words) VALUES (?, ?)", (name, words)).lastrowid or 0
    )
    sums.add(connection, WORDS.name, [(name, (made, words))])
    return made


def _list_things(connection: sqlite3.Connection, names: Sequence[str]) -> list[int]:
    return [
        int(row[0])
        for each in names
        if (row := connection.execute("SELECT id FROM thing WHERE name = ?", (each,)).fetchone())
    ]
