"""The index on disk: kept in step with the store, rebuilt when it is not."""

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

from trialbook.errors import StoreError
from trialbook.search.index.schema import INDEX_VERSION, get_schema
from trialbook.terms.text import get_analyzer

HEAP_BYTES = 200_000_000
WRITER_THREADS = 1
RELOAD_SECONDS = 1.0


class IndexState(msgspec.Struct, frozen=True):
    """Which state of which library the index holds.

    `is_dirty` is set while changes go in: a run that was killed leaves it set, and the next one
    then replaces what it adds. `holds_past`: some study has versions that are no longer in force.
    """

    library_id: str
    index_version: int = INDEX_VERSION
    seq: int = 0
    is_dirty: bool = False
    holds_past: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """A committed state of the index: it answers the same for as long as it is held."""

    searcher: tantivy.Searcher
    number: int


class StudyIndex:
    """The index of one library.

    Parameters
    ----------
    folder
        Where it lies; made where it does not exist.
    library_id
        The library that it belongs to; an index of another one, or of an older Trialbook, is
        emptied, and `state.seq` 0 tells that all has to be applied again.

    Raises
    ------
    StoreError
        The folder cannot be read or written.
    """

    def __init__(self, folder: Path, library_id: str) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        try:
            self.state = self._read_state(library_id)
            self._index = tantivy.Index(get_schema(), path=str(folder))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"cannot open the index in {folder}: {error}; try `trialbook reindex`"
            ) from error
        self._index.register_tokenizer("words", get_analyzer())
        self._checked_at = 0.0
        self._mark = (0, 0)
        # Numbers of states differ between processes, so that one never takes another's for its own.
        self._snapshot = Snapshot(self._index.searcher(), secrets.randbits(24) << 8)

    def _read_state(self, library_id: str) -> IndexState:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            state = msgspec.json.decode(self._state_file.read_bytes(), type=IndexState)
        except FileNotFoundError:
            # Another process may be making it just now: what lies here is only ever replaced.
            return IndexState(library_id, is_dirty=any(self.folder.iterdir()))
        except msgspec.DecodeError:
            state = IndexState("")
        if (state.library_id, state.index_version) == (library_id, INDEX_VERSION):
            return state
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        return IndexState(library_id)

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

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
            return self._index.writer(HEAP_BYTES, WRITER_THREADS)
        except ValueError as error:
            raise StoreError(f"the index in {self.folder} is being written by another process") from error

    def snapshot(self) -> Snapshot:
        """The newest committed state, looked for at most once a second."""
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
            self._index.reload()
            self._mark = mark
            self._snapshot = Snapshot(self._index.searcher(), self._snapshot.number + 1)

    def _read_mark(self) -> tuple[int, int]:
        """What changes with every commit, whoever made it."""
        try:
            found = (self.folder / "meta.json").stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)
