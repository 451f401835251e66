"""The index on disk: read as it is, or kept in step with the store by the one process that writes.

index/7/           the index of this form (`INDEX_VERSION`); another form lies beside it, and neither
                   is touched by the other's readers
index/7/state.json what the index holds; written last, so that an index without it is none
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import tantivy

from trialbook.errors import IndexMissingError, StoreError
from trialbook.search.index.linked import OpenedFolder
from trialbook.search.index.schema import INDEX_VERSION, get_schema
from trialbook.settings import read_number
from trialbook.terms.known_names import NO_NAMES, KnownNames
from trialbook.terms.text import get_analyzer

BYTES_A_MEGABYTE = 1_000_000
WRITER_THREADS = 1
# How long a state is taken for the newest without a look at the disk; a look costs some microseconds.
RELOAD_SECONDS = 0.0
STATE_FILE = "state.json"


class IndexState(msgspec.Struct, frozen=True):
    """Which state of which library the index holds.

    `is_dirty` is set while changes go in: a run that was killed leaves it set, and the next one
    then replaces what it adds. `holds_past`: some study has versions that are no longer in force.
    `names`: the version of the names that its documents were searched for.
    """

    library_id: str
    index_version: int = INDEX_VERSION
    seq: int = 0
    is_dirty: bool = False
    holds_past: bool = False
    names: str = ""


# Made here: that several threads work out a type at once can end the process.
_STATE = msgspec.json.Decoder(IndexState)


class Snapshot(msgspec.Struct, frozen=True):
    """A committed state of the index: it answers the same for as long as it is held.

    `names` is the version of the names that its documents were searched for.
    """

    searcher: tantivy.Searcher
    number: int
    names: str


class StudyIndex:
    """The index of one library, for reading: nothing that lies on disk is made, emptied or changed.

    Parameters
    ----------
    folder
        The library's folder for indexes; the index lies in the part of it that `INDEX_VERSION` names.
    library_id
        The library that it must belong to.

    Raises
    ------
    IndexMissingError
        There is no index of this form and library; carries folder and reason.
    StoreError
        The index is damaged, or the folder cannot be read.

    Notes
    -----
    An index that is behind its library, or that is being written, is read as it is. Opening holds
    tantivy's own lock for a moment, so that a writer does not remove meanwhile what is being opened.
    """

    def __init__(self, folder: Path, library_id: str) -> None:
        self.folder = folder / str(INDEX_VERSION)
        self._lock = threading.Lock()
        try:
            self.state = self._prepare(folder, library_id)
            self._index = self._open()
        except (OSError, ValueError) as error:
            raise StoreError(
                f"cannot open the index in {self.folder}: {error}; try `trialbook rebuild index`"
            ) from error
        self._index.register_tokenizer("words", get_analyzer())
        self._checked_at = 0.0
        self._mark = (0, 0)
        # Numbers of states differ between processes, so that one never takes another's for its own.
        number = secrets.randbits(24) << 8
        self._snapshot = Snapshot(self._index.searcher(), number, self.state.names)

    def _prepare(self, folder: Path, library_id: str) -> IndexState:
        state = self._read_state()
        if state is None:
            raise IndexMissingError(self.folder, self._describe_what_lies_there(folder))
        if state.index_version != INDEX_VERSION:
            raise IndexMissingError(self.folder, f"what lies there has form {state.index_version}")
        if state.library_id != library_id:
            raise IndexMissingError(self.folder, "what lies there belongs to another library")
        return state

    def _open(self) -> tantivy.Index:
        self._place = OpenedFolder(self.folder)
        index = self._place.open()
        if index.schema != get_schema():
            raise ValueError("it has other fields")
        return index

    def _read_state(self) -> IndexState | None:
        """What the state file says; None where it is missing or cannot be read."""
        try:
            return _STATE.decode(self._state_file.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def find_position(self) -> int:
        """The number of the last change that is certainly in now; 0 while it is made anew."""
        state = self._read_state()
        return 0 if state is None else state.seq

    def _describe_what_lies_there(self, folder: Path) -> str:
        if self.folder.exists():
            return f"its {STATE_FILE} is missing or cannot be read"
        forms = sorted(place.parent.name for place in folder.glob(f"*/{STATE_FILE}"))
        if (folder / STATE_FILE).exists():
            forms.insert(0, "before 7")
        if not forms:
            return "there is none"
        return f"another Trialbook made what lies beside it (form {', '.join(forms)})"

    @property
    def _state_file(self) -> Path:
        return self.folder / STATE_FILE

    def snapshot(self) -> Snapshot:
        """The newest committed state."""
        with self._lock:
            if time.monotonic() - self._checked_at > RELOAD_SECONDS:
                self._checked_at = time.monotonic()
                self._reload()
            return self._snapshot

    def _reload(self) -> None:
        mark = self._read_mark()
        if mark == self._mark:
            return
        # While the index is made anew there is nothing to load: the last state answers on.
        with contextlib.suppress(ValueError):
            self._place.refresh()
            self._index.reload()
            self._mark = mark
            number = self._snapshot.number + 1
            self._snapshot = Snapshot(self._index.searcher(), number, self.state.names)

    def _read_mark(self) -> tuple[int, int]:
        """What changes with every commit, whoever made it."""
        try:
            found = (self.folder / "meta.json").stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)


class WritableIndex(StudyIndex):
    """The same for the process that holds the library's writer lock: made where there is none.

    An index of another library, or one that was not made to its end, is emptied; `state.seq` 0 tells
    that all has to be applied again.

    Parameters
    ----------
    folder, library_id
        As `StudyIndex`.
    names
        What documents are searched for; an index whose documents were searched for others is emptied.
    is_anew
        Empty it in any case, whatever state it is in.

    Raises
    ------
    StoreError
        The folder cannot be read or written.
    UsageError
        The setting `index_memory_mb` is no number within its bounds.
    """

    def __init__(
        self, folder: Path, library_id: str, *, names: KnownNames = NO_NAMES, is_anew: bool = False
    ) -> None:
        # Before anything is touched: a setting that makes no sense leaves all as it is.
        self._memory_bytes = read_number("index_memory_mb") * BYTES_A_MEGABYTE
        self._is_anew, self.names = is_anew, names
        self._home = folder
        super().__init__(folder, library_id)

    def _prepare(self, folder: Path, library_id: str) -> IndexState:
        state = None if self._is_anew else self._read_state()
        wanted = (library_id, INDEX_VERSION, self.names.version)
        if state is not None and (state.library_id, state.index_version, state.names) == wanted:
            return state
        # The state goes first and comes last: whatever ends this between leaves no index, not half of one.
        self._state_file.unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700)
        tantivy.Index(get_schema(), path=str(self.folder))
        self.state = IndexState(library_id, names=self.names.version)
        self.save_state()
        return self.state

    def _open(self) -> tantivy.Index:
        self._place = OpenedFolder(self.folder)
        return tantivy.Index(get_schema(), path=str(self.folder))

    def remove_older(self) -> None:
        """Remove the indexes of earlier forms; call it once this one holds all that the library has."""
        try:
            for place in self._home.iterdir():
                if place.is_file():  # before form 7 the folder was itself the index
                    place.unlink()
                elif place.name.isdecimal() and int(place.name) < INDEX_VERSION:
                    shutil.rmtree(place)
        except OSError as error:
            raise StoreError(
                f"cannot remove the index of an earlier Trialbook: {error}; the new one is whole: "
                f"remove all but {self.folder.name} in {self._home} by hand"
            ) from error

    def save_state(self, **changes: Any) -> None:
        """Replace the state file, in one step that no kill can tear."""
        self.state = msgspec.structs.replace(self.state, **changes)
        fresh = self._state_file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(self.state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state_file)

    def clear(self) -> None:
        """Empty the index, to be filled with all changes from 0."""
        writer = self.open_writer()
        writer.delete_all_documents()
        writer.commit()
        writer.wait_merging_threads()
        self.save_state(seq=0, is_dirty=False, holds_past=False)

    def open_writer(self) -> tantivy.IndexWriter:
        """What takes documents; raises StoreError where another process has it."""
        try:
            return self._index.writer(self._memory_bytes, WRITER_THREADS)
        except ValueError as error:
            raise StoreError(f"the index in {self.folder} is being written by another process") from error
