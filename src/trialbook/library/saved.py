"""Which searches does someone want to follow?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from trialbook.errors import UsageError
from trialbook.library.kept import (
    Look,
    change_kept,
    check_as_kept,
    check_name,
    find_looks,
    keep_look,
    move_look,
    read_kept,
    refuse_missing,
    write_now,
)

LONGEST_QUERY = 8_000
MOST_SAVED = 1_000


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
        The number of the version that had come last by then: what came later is in its feed.
    seen
        The last look at its news, where someone said "seen"; else all in its feed is news.
    """

    name: str
    query: str
    saved_at: str
    after: int
    seen: Look | None = None


def save_search(home: Path, name: str, query: str, *, after: int) -> SavedSearch:
    """Save a search under a name that is free yet.

    Raises
    ------
    UsageError
        The name has another form or is taken, the query is too long, or there are 1,000 searches already.
    StoreError
        The file cannot be written; StoreReadOnlyError where this account may not.
    """
    check_name(name)
    if len(query) > LONGEST_QUERY:
        raise UsageError(f"a saved search may have {LONGEST_QUERY:,} characters; this one has {len(query):,}")
    saved = SavedSearch(name, query, write_now(), after)
    with change_kept(home) as connection:
        (count,) = connection.execute("SELECT count(*) FROM saved_search").fetchone()
        if count >= MOST_SAVED:
            raise UsageError(f"there are {MOST_SAVED:,} saved searches already: remove some")
        if connection.execute("SELECT 1 FROM saved_search WHERE name = ?", (name,)).fetchone():
            raise _refuse_taken(name)
        connection.execute(
            "INSERT INTO saved_search VALUES (?, ?, ?, ?)", (name, query, saved.saved_at, saved.after)
        )
    return saved


def _refuse_taken(name: str) -> UsageError:
    return UsageError(f"there is a saved search called {name} already: remove it, or choose another name")


def remove_search(home: Path, name: str) -> None:
    """Forget a search; raises NotFoundError where there is none of that name."""
    get_search(home, name)
    with change_kept(home) as connection:
        if connection.execute("DELETE FROM saved_search WHERE name = ?", (name,)).rowcount == 0:
            raise refuse_missing("search", name)
        move_look(connection, "search", name, None)


def rename_search(home: Path, name: str, new: str) -> None:
    """Call a search otherwise, which its feed's address says too; raises NotFoundError, UsageError."""
    check_name(new)
    get_search(home, name)
    with change_kept(home) as connection:
        if connection.execute("SELECT 1 FROM saved_search WHERE name = ?", (new,)).fetchone():
            raise _refuse_taken(new)
        if connection.execute("UPDATE saved_search SET name = ? WHERE name = ?", (new, name)).rowcount == 0:
            raise refuse_missing("search", name)
        move_look(connection, "search", name, new)


def see_search(home: Path, name: str, number: int) -> None:
    """Remember that all its news up to the version with a number are seen; raises NotFoundError."""
    get_search(home, name)
    with change_kept(home) as connection:
        keep_look(connection, "search", name, number)


def find_searches(home: Path) -> tuple[SavedSearch, ...]:
    """All saved searches, by name; raises StoreDamagedError where one is not what was kept."""
    with read_kept(home) as connection:
        check_as_kept(connection, "search")
        looks = find_looks(connection, "search")
        rows = connection.execute("SELECT * FROM saved_search ORDER BY name")
        return tuple(
            SavedSearch(name, query, saved_at, after, looks.get(name))
            for name, query, saved_at, after in rows
        )


def get_search(home: Path, name: str) -> SavedSearch:
    """The search of a name; raises NotFoundError."""
    found = next((each for each in find_searches(home) if each.name == name), None)
    if found is None:
        raise refuse_missing("search", name)
    return found
