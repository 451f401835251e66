"""How do studies go into the index, so that a kill at any moment leaves one that can be completed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from types import TracebackType
from typing import Any, NamedTuple

import tantivy

from trialbook.errors import StoreError
from trialbook.model import PartialDate
from trialbook.search.index.document import EPOCH, build_document
from trialbook.search.index.schema import FOREVER
from trialbook.search.index.writable import WritableIndex
from trialbook.terms.known_names import KnownNames

COMMIT_EVERY = 20_000


class Dated(NamedTuple):
    """A version of a study: the day from which it was in force (None where unknown), and its JSON values.

    `findings` are values of our own pieces that other versions tell, by name.
    """

    day: str | None
    record: dict[str, Any]
    findings: tuple[tuple[str, str], ...] = ()


class IndexIntake:
    """Takes studies into an index one by one; use it in a `with` statement, at whose end all is in.

    From the first study on the index is marked dirty, and only a commit moves the change number that it
    has certainly reached. Whatever ends the statement before its end leaves it so: the next feed then
    replaces what it adds, and is to be given all changes after that number.

    Parameters
    ----------
    find_mark
        Gives the store's mark of the way to a change number, which is noted beside it.
    """

    def __init__(self, index: WritableIndex, find_mark: Callable[[int], str] = lambda seq: "") -> None:
        self.count = self._committed = 0
        self._index, self._find_mark = index, find_mark
        self._replaces = index.state.is_dirty
        self._holds_past = index.state.holds_past
        self._last_seq = index.state.seq
        self._writer: tantivy.IndexWriter | None = None

    def __enter__(self) -> IndexIntake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        writer, self._writer = self._writer, None
        if kind is not None:
            return
        if writer is not None:
            with _NamedErrors(self._index):
                writer.commit()
                writer.wait_merging_threads()
        # Also where a killed run had brought all in and nothing was left to add.
        if self._index.state.is_dirty:
            self._note(is_dirty=False)

    def add(self, seq: int, nct_id: str, versions: list[Dated], *, is_new: bool = False) -> None:
        """Take up a study with all its versions, oldest first; studies come in the order of `seq`.

        Of one that `is_new`, nothing can be in the index that would have to be replaced.
        """
        if self._writer is None:
            self._index.save_state(is_dirty=True)
            self._writer = self._index.open_writer()
        if self._replaces or not is_new:
            self._writer.delete_documents_by_term("nct_id", nct_id)
        for document in build_versions(nct_id, versions, self._index.names):
            with _NamedErrors(self._index):
                self._writer.add_document(document)
        self._holds_past = self._holds_past or len(versions) > 1
        self._last_seq = seq
        self.count += 1
        if self.count % COMMIT_EVERY == 0:
            self.commit()

    def commit(self) -> None:
        """Make what was taken up so far findable, and safe from a kill."""
        if self._writer is not None and self.count > self._committed:
            with _NamedErrors(self._index):
                self._writer.commit()
            self._note(is_dirty=True)
            self._committed = self.count

    def _note(self, *, is_dirty: bool) -> None:
        seq, mark = self._last_seq, self._find_mark(self._last_seq)
        with _NamedErrors(self._index):
            self._index.note_commit(seq=seq, mark=mark, is_dirty=is_dirty, holds_past=self._holds_past)


class _NamedErrors:
    """Turns what the index says of a full or broken disk into an error that says what to do."""

    def __init__(self, index: WritableIndex) -> None:
        self._folder = index.folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, (ValueError, OSError)):
            raise StoreError(
                f"cannot write to the index in {self._folder}: {error}; all records read so far are kept: "
                "make room and run the same command again"
            ) from error


def build_versions(nct_id: str, versions: list[Dated], names: KnownNames) -> Iterator[tantivy.Document]:
    """The documents of a study: the version in force, and each past one with the days of its force.

    Of several copies of one day only the last is ever in force.
    """
    days = [to_day_number(version.day, is_end=False) for version in versions]
    for position, version in enumerate(versions):
        is_last = position == len(versions) - 1
        until = min(days[position + 1 :], default=FOREVER)
        if is_last or until > days[position]:
            yield build_document(
                nct_id,
                version.record,
                names=names,
                from_day=days[position],
                to_day=until,
                findings=version.findings,
            )


def to_day_number(day: str | None, *, is_end: bool) -> int:
    """A partial date as days since 1970-01-01: its first day, or its last. 0 where it is none."""
    partial = PartialDate(day or "")
    bound: date | None = partial.latest if is_end else partial.earliest
    return 0 if bound is None else max(0, bound.toordinal() - EPOCH)
