"""Which studies does someone keep together? Named lists, with a note for each study."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from trialbook.errors import NotFoundError, UsageError
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
    show_name,
    write_now,
)
from trialbook.model.sentences import count_of

MOST_LISTS = 200
MOST_STUDIES = 1_000
LONGEST_NOTE = 2_000
FORM = "trialbook-list-1"
_ENTRIES = "SELECT nct_id, note, added_at, after_number FROM list_entry WHERE list_name = ? ORDER BY entry_id"


class ListLine(msgspec.Struct, frozen=True):
    """A list in short: its name, when it was made (UTC, ISO), and how many studies are on it."""

    name: str
    made_at: str
    studies: int


class ListEntry(msgspec.Struct, frozen=True):
    """A study on a list.

    Attributes
    ----------
    nct_id
        Its id; it stays on the list also where the library has it no more.
    note
        What the person wrote, "" for nothing.
    added_at
        When, UTC, ISO 8601.
    after
        The number of the version that had come last by then: what came later is its news.
    """

    nct_id: str
    note: str
    added_at: str
    after: int


class KeptList(msgspec.Struct, frozen=True):
    """A list, its studies in the order in which they were added; `seen` as in `SavedSearch`."""

    name: str
    made_at: str
    entries: tuple[ListEntry, ...]
    seen: Look | None = None

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """The ids of its studies."""
        return tuple(each.nct_id for each in self.entries)


class SharedEntry(msgspec.Struct, frozen=True):
    """A study of a list that is handed over."""

    nct_id: str
    note: str = ""


class SharedList(msgspec.Struct, frozen=True):
    """A list as a file that another library can take."""

    form: str
    name: str
    made_at: str
    studies: tuple[SharedEntry, ...]


_SHARED = msgspec.json.Decoder(SharedList)


def find_lists(home: Path) -> tuple[ListLine, ...]:
    """All lists, by name; raises StoreDamagedError where one is not what was kept."""
    with read_kept(home) as connection:
        check_as_kept(connection, "list")
        rows = connection.execute(
            "SELECT name, made_at, (SELECT count(*) FROM list_entry WHERE list_name = name) FROM list ORDER BY name"
        )
        return tuple(ListLine(*row) for row in rows)


def get_list(home: Path, name: str) -> KeptList:
    """The list of a name; raises NotFoundError, and StoreDamagedError where it is not what was kept."""
    with read_kept(home) as connection:
        check_as_kept(connection, "list", show_name(name))
        row = connection.execute("SELECT made_at FROM list WHERE name = ?", (show_name(name),)).fetchone()
        if row is None:
            raise refuse_missing("list", name)
        entries = tuple(ListEntry(*each) for each in connection.execute(_ENTRIES, (name,)))
        return KeptList(name, row[0], entries, find_looks(connection, "list").get(name))


def find_lists_with(home: Path, nct_id: str) -> tuple[str, ...]:
    """The names of the lists on which a study is; raises StoreDamagedError where a list is not what was kept."""
    with read_kept(home) as connection:
        check_as_kept(connection, "list")
        rows = connection.execute(
            "SELECT list_name FROM list_entry WHERE nct_id = ? ORDER BY list_name", (nct_id,)
        )
        return tuple(name for (name,) in rows)


def add_studies(
    home: Path, name: str, notes: Mapping[str, str], *, after: int, is_new: bool = False
) -> tuple[str, ...]:
    """Put studies on a list, which is made where there is none; says which were not on it yet.

    Parameters
    ----------
    notes
        Id -> note; of a study that is on the list a note takes the place of its own, "" leaves that.
    is_new
        Whether there must be no list of that name yet.

    Raises
    ------
    UsageError
        The name has another form or is taken, a note is too long, or there are too many studies or lists.
    StoreError
        As `kept.change_kept`.
    """
    check_name(name)
    for note in notes.values():
        _check_note(note)
    now = write_now()
    with change_kept(home) as connection:
        if not _has_list(connection, name):
            _make_list(connection, name, now, after)
        elif is_new:
            raise _refuse_taken(name)
        known = {nct_id for (nct_id, *_) in connection.execute(_ENTRIES, (name,))}
        added = tuple(nct_id for nct_id in notes if nct_id not in known)
        if len(known) + len(added) > MOST_STUDIES:
            raise UsageError(
                f"a list holds up to {MOST_STUDIES:,} studies; {name} has {len(known):,}, these are {len(added):,} more"
            )
        connection.executemany(
            "INSERT INTO list_entry (list_name, nct_id, note, added_at, after_number) VALUES (?, ?, ?, ?, ?)",
            [(name, nct_id, notes[nct_id].strip(), now, after) for nct_id in added],
        )
        connection.executemany(
            "UPDATE list_entry SET note = ? WHERE list_name = ? AND nct_id = ?",
            [(note.strip(), name, nct_id) for nct_id, note in notes.items() if note.strip()],
        )
    return added


def _has_list(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM list WHERE name = ?", (name,)).fetchone() is not None


def _make_list(connection: sqlite3.Connection, name: str, now: str, after: int) -> None:
    (count,) = connection.execute("SELECT count(*) FROM list").fetchone()
    if count >= MOST_LISTS:
        raise UsageError(f"there are {MOST_LISTS:,} lists already: delete some")
    connection.execute("INSERT INTO list VALUES (?, ?, ?)", (name, now, after))


def _refuse_taken(name: str) -> UsageError:
    return UsageError(f"there is a list called {name} already: choose another name")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"a note may have {LONGEST_NOTE:,} characters; this one has {len(note):,}")
    if not note.isascii() and note != note.encode(errors="replace").decode():
        raise UsageError("a note has whole characters, as Unicode text; this one has half a character")


def remove_study(home: Path, name: str, nct_id: str) -> None:
    """Take a study off a list, with its note; raises NotFoundError."""
    get_list(home, name)
    with change_kept(home) as connection:
        gone = connection.execute(
            "DELETE FROM list_entry WHERE list_name = ? AND nct_id = ?", (name, nct_id)
        ).rowcount
        if not gone:
            raise _refuse_entry(name, nct_id)


def _refuse_entry(name: str, nct_id: str) -> NotFoundError:
    return NotFoundError(f"{show_name(nct_id)} is not on the list {name}")


def note_study(home: Path, name: str, nct_id: str, note: str) -> None:
    """Write a note for a study on a list in the place of what was there, "" for none; raises NotFoundError, UsageError."""
    _check_note(note)
    get_list(home, name)
    with change_kept(home) as connection:
        changed = connection.execute(
            "UPDATE list_entry SET note = ? WHERE list_name = ? AND nct_id = ?", (note.strip(), name, nct_id)
        ).rowcount
        if not changed:
            raise _refuse_entry(name, nct_id)


def rename_list(home: Path, name: str, new: str) -> None:
    """Call a list otherwise; raises NotFoundError, UsageError."""
    check_name(new)
    get_list(home, name)
    with change_kept(home) as connection:
        if _has_list(connection, new):
            raise _refuse_taken(new)
        if connection.execute("UPDATE list SET name = ? WHERE name = ?", (new, name)).rowcount == 0:
            raise refuse_missing("list", name)
        connection.execute("UPDATE list_entry SET list_name = ? WHERE list_name = ?", (new, name))
        move_look(connection, "list", name, new)


def delete_list(home: Path, name: str) -> None:
    """Forget a list with all its notes; raises NotFoundError."""
    get_list(home, name)
    with change_kept(home) as connection:
        if connection.execute("DELETE FROM list WHERE name = ?", (name,)).rowcount == 0:
            raise refuse_missing("list", name)
        connection.execute("DELETE FROM list_entry WHERE list_name = ?", (name,))
        move_look(connection, "list", name, None)


def see_list(home: Path, name: str, number: int) -> None:
    """Remember that all its news up to the version with a number are seen; raises NotFoundError."""
    get_list(home, name)
    with change_kept(home) as connection:
        keep_look(connection, "list", name, number)


def write_shared(kept: KeptList) -> bytes:
    """A list as a file that another library can take: JSON, with ids and notes."""
    studies = tuple(SharedEntry(each.nct_id, each.note) for each in kept.entries)
    shared = SharedList(FORM, kept.name, kept.made_at, studies)
    return msgspec.json.format(msgspec.json.encode(shared), indent=1) + b"\n"


def read_shared(text: bytes) -> SharedList:
    """Read such a file; raises UsageError where it is none."""
    try:
        shared = _SHARED.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"this is no list of Trialbook: {str(error)[:200]}") from error
    if shared.form != FORM:
        raise UsageError(f"this is no list of Trialbook: it has the form {shared.form[:40]!r}, not {FORM!r}")
    if len(shared.studies) > MOST_STUDIES:
        raise UsageError(
            f"a list holds up to {MOST_STUDIES:,} studies; this one has {count_of(len(shared.studies), 'study', 'studies')}"
        )
    return shared
