"""The index for the one process that writes: gone on with as it is, or made beside the old one.

What is made anew is put in place when all of it is there, in one step. Until then readers have the old
one, and so has whoever comes after a kill: what was begun beside it is removed by the next writer.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import msgspec
import tantivy

from trialbook.errors import StoreError
from trialbook.search.index.disk import STATE_FILE, IndexState, StudyIndex, open_index, read_state
from trialbook.search.index.schema import INDEX_VERSION, get_schema
from trialbook.settings import read_number
from trialbook.store.index_files import read_meta, seal
from trialbook.store.private import open_private
from trialbook.terms.known_names import NO_NAMES, KnownNames

BYTES_A_MEGABYTE = 1_000_000
WRITER_THREADS = 1


class WritableIndex:
    """The index of one library, for the process that holds the writer's lock.

    One that a reader could use is gone on with, in its place. Where there is none such, another is begun
    beside what lies there: `state.seq` 0 tells that all has to be applied, and `put_in_place` ends it.

    Parameters
    ----------
    folder, library_id
        As `StudyIndex`.
    names
        What documents are searched for; one whose documents were searched for others is not gone on with.
    is_anew
        Begin another in any case, whatever state the old one is in.

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
        self.folder = folder / str(INDEX_VERSION)
        self._home, self.names = folder, names
        found = None if is_anew else _find_usable(folder, library_id)
        if found is not None and found.names != names.version:
            found = None
        self.is_in_place = found is not None
        try:
            self.state = found or self._begin(library_id)
            self._index = open_index(self.place)
        except (OSError, ValueError) as error:
            raise StoreError(f"cannot make an index in {self.folder}: {error}") from error

    @property
    def place(self) -> Path:
        """Where its files lie."""
        return self.folder / self.state.folder

    def _begin(self, library_id: str) -> IndexState:
        self.folder.parent.mkdir(mode=0o700, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._remove_leftovers()
        state = IndexState(library_id, secrets.token_hex(8), names=self.names.version)
        place = self.folder / state.folder
        place.mkdir(mode=0o700)
        tantivy.Index(get_schema(), path=str(place))
        return state

    def put_in_place(self) -> None:
        """Let readers have it from now on; the old one goes. Nothing where it is in place already."""
        if self.is_in_place:
            return
        self.is_in_place = True
        self.save_state()
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Remove all of this form that is not in place: old ones, and those that a kill left half made.

        What cannot be removed now costs room and no answer; the next writer tries again.
        """
        state = read_state(self.folder)
        kept = {STATE_FILE} if state is None else {STATE_FILE, state.folder}
        for place in list(self.folder.iterdir()):
            if place.name not in kept:
                with contextlib.suppress(OSError):
                    _remove(place)

    def remove_older(self) -> None:
        """Remove the indexes of earlier forms; call it once this one holds all that the library has."""
        try:
            for place in list(self._home.iterdir()):
                # Before form 7 the folder was itself the index.
                if place.is_file() or (place.name.isdecimal() and int(place.name) < INDEX_VERSION):
                    _remove(place)
        except OSError as error:
            raise StoreError(
                f"cannot remove the index of an earlier Trialbook: {error}; the new one is whole: "
                f"remove all but {self.folder.name} in {self._home} by hand"
            ) from error

    def save_state(self, **changes: Any) -> None:
        """Note what it holds: once it is in place on disk, in one step that no kill can tear."""
        self.state = msgspec.structs.replace(self.state, **changes)
        if not self.is_in_place:
            return
        fresh = self.folder / f"{STATE_FILE}.new"
        try:
            with open_private(fresh, "wb") as file:
                file.write(seal(msgspec.json.encode(self.state)))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.folder / STATE_FILE)
            _sync(self.folder)
        except OSError as error:
            raise StoreError(
                f"cannot write to the index in {self.folder}: {error}; all records read so far are kept: "
                "make room and run the same command again"
            ) from error

    def note_commit(self, **changes: Any) -> None:
        """Note what the last commit brought; `changes` as `save_state`."""
        meta = read_meta(self.place)
        self.save_state(documents=meta.documents, opstamp=meta.opstamp, **changes)

    def open_writer(self) -> tantivy.IndexWriter:
        """What takes documents; raises StoreError where another process has it."""
        try:
            return self._index.writer(self._memory_bytes, WRITER_THREADS)
        except ValueError as error:
            raise StoreError(f"the index in {self.folder} is being written by another process") from error


def _find_usable(folder: Path, library_id: str) -> IndexState | None:
    try:
        return StudyIndex(folder, library_id).state
    except StoreError:
        return None


def _remove(place: Path) -> None:
    # What a link leads to is not ours to empty.
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()


def _sync(folder: Path) -> None:
    """Make sure that a power cut does not undo a replacement whose old file is removed next."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
