"""The index as one of the things that are derived: who opens it, feeds it, brings it into step."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trialbook.changes.state import read_states
from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.errors import IndexMissingError, StoreError
from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.intake import Dated, IndexIntake
from trialbook.search.index.schema import INDEX_VERSION
from trialbook.search.index.writable import WritableIndex
from trialbook.store import Store
from trialbook.store.index_files import find_changed_files
from trialbook.terms import get_thesaurus

FOLDER = "index"
# The state of an index that is there and cannot be opened.
DAMAGED = DerivedState(-1, is_whole=False)
# Every so many new objects Python looks for cycles among the newest.
RARE_COLLECTION = 200_000


class SearchIndex:
    """The index of a library, in a folder of its own for each version of its form."""

    name = "index"
    meaning = "what is searched and counted"
    version = INDEX_VERSION
    is_kept_in_step = True

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._is_cleared = False

    def open(self, library_id: str) -> StudyIndex:
        """The index as it is, for reading; raises IndexMissingError where there is none."""
        return StudyIndex(self._folder, library_id)

    def find_state(self, store: Store) -> DerivedState | None:
        """As `Derived.find_state`."""
        try:
            state = self.open(store.library_id).state
        except IndexMissingError:
            return None
        except StoreError:
            return DAMAGED
        is_of_this_past = store.went_through(state.seq, state.mark)
        is_whole = not state.is_dirty and state.names == get_thesaurus().version
        return DerivedState(state.seq, is_whole=is_whole, is_of_this_past=is_of_this_past)

    def find_damage(self, store: Store) -> Iterator[str]:
        """A sentence for each thing that is wrong with an index that is there; reads all of it."""
        try:
            index = self.open(store.library_id)
            problems = list(find_changed_files(index.folder / index.state.folder))
        except IndexMissingError:
            return
        except (StoreError, OSError, ValueError) as error:
            problems = [str(error)]
        for problem in problems:
            yield f"the index: {problem}; `trialbook rebuild index` makes it anew"

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """As `Derived.apply`; readers have the old one until another is whole."""
        return _catch_up(self._open_for_writing(store), store, on_study)

    def clear(self, store: Store) -> None:
        """As `Derived.clear`."""
        self._is_cleared = True

    def _open_for_writing(self, store: Store) -> WritableIndex:
        """The index for a writer: another where a reader can use none, or only one of another past."""
        is_anew, self._is_cleared = self._is_cleared, False
        if not is_anew:
            state = self.find_state(store)
            is_anew = state is None or state == DAMAGED or not state.is_of_this_past
        names = get_thesaurus().known_names
        return WritableIndex(self._folder, store.library_id, names=names, is_anew=is_anew)

    @contextmanager
    def take_in(self, store: Store, on_study: OnStudy) -> Iterator[IndexIntake]:
        """Bring it into step, then take up what a writer hands over while it has it in hand."""
        index = self._open_for_writing(store)
        _catch_up(index, store, on_study)
        with _seldom_collected(), IndexIntake(index, store.find_mark) as intake:
            yield intake


def _catch_up(index: WritableIndex, store: Store, on_study: OnStudy) -> int:
    is_empty = index.state.seq == 0
    with _seldom_collected(), IndexIntake(index, store.find_mark) as intake:
        for seq, nct_id in store.iter_changed_ids(index.state.seq):
            versions = [
                Dated(state.day, state.record, state.findings)
                for state in read_states(store, nct_id, on_damage=store.pass_over)
            ]
            intake.add(seq, nct_id, versions, is_new=is_empty)
            on_study()
    index.put_in_place()
    index.remove_older()
    return intake.count


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Records are trees: to look for cycles as often as Python does costs more than decoding them."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(RARE_COLLECTION, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
