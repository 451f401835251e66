"""The index on disk: kept in step with the store, rebuilt when it is not."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import tantivy

from trialbook.errors import StoreError
from trialbook.model import PartialDate
from trialbook.search.document import EPOCH, build_document
from trialbook.search.fields import FOREVER, INDEX_VERSION, get_analyzer, get_schema

HEAP_BYTES = 200_000_000
COMMIT_EVERY = 20_000
RELOAD_SECONDS = 1.0

# A study that changed: its change number, its id, its versions oldest first as (day, bytes).
Changed = tuple[int, str, list[tuple[str | None, bytes]]]


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

    def _save_state(self, **changes: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)
        fresh = self._state_file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(self.state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state_file)

    def clear(self) -> None:
        """Empty the index; the next `apply` from 0 fills it."""
        writer = self._index.writer(HEAP_BYTES, 1)
        writer.delete_all_documents()
        writer.commit()
        writer.wait_merging_threads()
        self._save_state(seq=0, is_dirty=False, holds_past=False)

    def apply(
        self,
        changed: Iterator[Changed],
        decode: Callable[[bytes], dict[str, Any]],
        on_study: Callable[[], None] = lambda: None,
    ) -> int:
        """Take up studies in the order of their change numbers; returns how many.

        Killed at any moment, it leaves an index that the next call completes: the state names the
        last change that is certainly in, and whatever may have gone in after it is replaced.
        """
        first = next(changed, None)
        if first is None:
            return 0
        replace_all = self.state.is_dirty
        self._save_state(is_dirty=True)
        try:
            writer = self._index.writer(HEAP_BYTES, 1)
        except ValueError as error:
            raise StoreError(f"the index in {self.folder} is being written by another process") from error
        count, past, last = 0, self.state.holds_past, first[0]
        for seq, nct_id, versions in _chain(first, changed):
            if replace_all or len(versions) > 1:
                writer.delete_documents_by_term("nct_id", nct_id)
            for document in build_versions(nct_id, versions, decode):
                writer.add_document(document)
            past = past or len(versions) > 1
            count, last = count + 1, seq
            on_study()
            if count % COMMIT_EVERY == 0:
                writer.commit()
                self._save_state(seq=last, holds_past=past)
        writer.commit()
        writer.wait_merging_threads()
        self._save_state(seq=last, is_dirty=False, holds_past=past)
        return count

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


def _chain(first: Changed, rest: Iterator[Changed]) -> Iterator[Changed]:
    yield first
    yield from rest


def build_versions(
    nct_id: str, versions: list[tuple[str | None, bytes]], decode: Callable[[bytes], dict[str, Any]]
) -> Iterator[tantivy.Document]:
    """The documents of a study: the version in force, and each past one with the days of its force.

    Of several copies of one day only the last is ever in force.
    """
    days = [to_day_number(day, is_end=False) for day, _ in versions]
    for position, (_, body) in enumerate(versions):
        is_last = position == len(versions) - 1
        until = FOREVER if is_last else days[position + 1]
        if is_last or until > days[position]:
            yield build_document(nct_id, decode(body), from_day=days[position], to_day=until)


def to_day_number(day: str | None, *, is_end: bool) -> int:
    """A partial date as days since 1970-01-01: its first day, or its last. 0 where it is none."""
    partial = PartialDate(day or "")
    bound: date | None = partial.latest if is_end else partial.earliest
    return 0 if bound is None else max(0, bound.toordinal() - EPOCH)
