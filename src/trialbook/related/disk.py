"""What related studies are found in, on disk: made beside the old one and swapped in, then kept in step.

related/state.json        which folder is in force, of which library, up to which change; written last
related/<token>/          the index of profiles, and `learnt.msgpack`, the rarities by which they were made
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import tantivy

from trialbook.errors import StoreDamagedError, StoreError
from trialbook.related.learnt import Learnt, load_learnt, save_learnt
from trialbook.related.roads import get_schema
from trialbook.store.index_files import check_files, find_changed_files, is_as_sealed, read_meta, seal
from trialbook.store.private import open_private

# Raise whenever the same records would give other profiles.
RELATED_VERSION = 5
STATE_FILE = "state.json"
LEARNT_FILE = "learnt.msgpack"
WRITER_BYTES = 150_000_000
WRITER_THREADS = 1


class RelatedState(msgspec.Struct, frozen=True):
    """Which folder is in force, and which state of which library it holds.

    `mark` is the store's of the way to `seq`. `learnt_sum` is that of the file of rarities, 0 where none is known.
    `is_dirty` is set while changes go in; `is_due` where all is
    to be made anew, while this one still serves.
    """

    library_id: str
    folder: str
    version: int = RELATED_VERSION
    seq: int = 0
    mark: str = ""
    count: int = 0
    learnt_from: int = 0
    learnt_at: str = ""
    learnt_sum: int = 0
    is_dirty: bool = False
    is_due: bool = False


_STATE = msgspec.json.Decoder(RelatedState)


def read_state(home: Path, library_id: str) -> RelatedState | None:
    """The state of what lies there; None where there is none of this form and library."""
    try:
        said = (home / STATE_FILE).read_bytes()
        state = _STATE.decode(said)
    except (OSError, ValueError):
        return None
    is_ours = is_as_sealed(said) and (state.library_id, state.version) == (library_id, RELATED_VERSION)
    # A name of ours has no separators: a file that was altered leads nowhere else.
    return state if is_ours and state.folder.isalnum() and (home / state.folder).is_dir() else None


def save_state(home: Path, state: RelatedState) -> None:
    """Replace the state in one step; raises OSError."""
    fresh = home / f"{STATE_FILE}.new"
    with open_private(fresh, "wb") as file:
        file.write(seal(msgspec.json.encode(state)))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home / STATE_FILE)


def find_damage(home: Path, state: RelatedState) -> Iterator[str]:
    """Each file of what is in force that is not as it was written, and why; reads them all."""
    folder = home / state.folder
    try:
        load_learnt(folder / LEARNT_FILE, state.learnt_sum)
        yield from find_changed_files(folder)
    except (OSError, ValueError) as error:
        yield str(error)


class Snapshot(msgspec.Struct, frozen=True):
    """A committed state: it answers the same for as long as it is held."""

    state: RelatedState
    searcher: tantivy.Searcher
    learnt: Learnt


class RelatedData:
    """Profiles and rarities of one library, for reading by any number of threads; nothing is made or changed.

    Raises StoreError where there are none of this form and library, or they are damaged.
    """

    def __init__(self, home: Path, library_id: str) -> None:
        self._home, self._library_id = home, library_id
        self._lock = threading.Lock()
        self._mark: tuple[int, ...] = ()
        self._held: tuple[str, tantivy.Index, Learnt] | None = None
        self._checked: set[str] = set()
        self._snapshot: Snapshot | None = None
        self.snapshot()

    def snapshot(self) -> Snapshot:
        """The newest committed state, whoever made it."""
        with self._lock:
            mark = self._read_mark()
            if self._snapshot is None or mark != self._mark:
                # Read before it is opened: what comes meanwhile is seen at the next look.
                self._snapshot = self._open() or self._snapshot
                self._mark = mark
            if self._snapshot is None:
                raise StoreError(
                    f"nothing is there yet to find related studies by in {self._home}: run"
                    " `trialbook rebuild related`; for a whole registry it takes some twenty minutes"
                )
            return self._snapshot

    def _open(self) -> Snapshot | None:
        state = read_state(self._home, self._library_id)
        if state is None:
            return None
        folder = self._home / state.folder
        try:
            check_files(folder, read_meta(folder), self._checked)
            if self._held is None or self._held[0] != state.folder:
                index = tantivy.Index.open(str(folder))
                if index.schema != get_schema():
                    raise ValueError("it has other fields")
                self._held = (state.folder, index, load_learnt(folder / LEARNT_FILE, state.learnt_sum))
            _, index, learnt = self._held
            index.reload()
            return Snapshot(state, index.searcher(), learnt)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"cannot open the profiles of related studies in {folder}: {error}; try `trialbook rebuild related`"
            ) from error

    def _read_mark(self) -> tuple[int, ...]:
        try:
            found = (self._home / STATE_FILE).stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_ino, found.st_size)


@contextlib.contextmanager
def explain_damage() -> Iterator[None]:
    """Raise StoreDamagedError where the index breaks off within the statement: what lies on disk is not what was written.

    It is opened without all of it being read, and tells of a broken part when it comes upon it, in many ways.
    """
    try:
        yield
    except BaseException as error:
        # An assertion of tantivy's that fails comes as an exception that is none of Python's.
        if not isinstance(error, (ValueError, IndexError)) and type(error).__name__ != "PanicException":
            raise
        raise StoreDamagedError(
            f"the profiles of related studies are damaged ({error}): `trialbook rebuild related` makes them anew"
        ) from error


@contextlib.contextmanager
def make_beside(home: Path, state: RelatedState, learnt: Learnt) -> Iterator[Feed]:
    """Fill a new folder beside the one in force; at the end of the statement it is swapped in.

    Whatever ends it before leaves the old one in force; the next one clears away what was begun.
    """
    home.mkdir(mode=0o700, exist_ok=True)
    kept = read_state(home, state.library_id)
    _remove_all_but(home, kept.folder if kept else "")
    folder = home / state.folder
    folder.mkdir(mode=0o700)
    learnt_sum = save_learnt(folder / LEARNT_FILE, learnt)
    feed = Feed(tantivy.Index(get_schema(), path=str(folder)))
    with feed:
        yield feed
    save_state(home, msgspec.structs.replace(state, learnt_sum=learnt_sum))
    _remove_all_but(home, state.folder)


@contextlib.contextmanager
def update(home: Path, state: RelatedState) -> Iterator[Feed]:
    """Replace studies in the folder in force; until the end of the statement it is marked as being changed."""
    save_state(home, msgspec.structs.replace(state, is_dirty=True))
    feed = Feed(tantivy.Index(get_schema(), path=str(home / state.folder)), replaces=True)
    with feed:
        yield feed


def make_folder_name() -> str:
    """A name that no folder had before."""
    return secrets.token_hex(8)


class Feed:
    """Takes documents into an index; at the end of a `with` statement that was not broken off they are in."""

    def __init__(self, index: tantivy.Index, *, replaces: bool = False) -> None:
        self._writer = index.writer(WRITER_BYTES, WRITER_THREADS)
        self._replaces = replaces
        self._index = index

    def add(self, nct_id: str, document: tantivy.Document) -> None:
        """Take one study, in the place of what was there of it."""
        if self._replaces:
            self._writer.delete_documents_by_term("nct_id", nct_id)
        self._writer.add_document(document)

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self._writer.commit()
        self._writer.wait_merging_threads()


def _remove_all_but(home: Path, folder: str) -> None:
    for place in home.iterdir():
        if place.is_dir() and place.name != folder and place.name.isalnum():
            shutil.rmtree(place, ignore_errors=True)
