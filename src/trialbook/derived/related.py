"""The profiles by which related studies are found, as one of the things that are derived."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import tantivy

from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.derived.counting import WORTHWHILE, Answer, count_beside, count_study
from trialbook.errors import RecordDamagedError, StoreError
from trialbook.related.disk import (
    LEARNT_FILE,
    RELATED_VERSION,
    STATE_FILE,
    Feed,
    RelatedData,
    RelatedState,
    Snapshot,
    find_damage,
    make_beside,
    make_folder_name,
    read_state,
    save_state,
    update,
)
from trialbook.related.learnt import MOST_LEARNT_FROM, Learnt, Numbers, learn, load_learnt
from trialbook.related.profile import COUNTED_DECODER, Counted, list_learnable, make_profile
from trialbook.related.roads import build_document, get_schema
from trialbook.store import Store
from trialbook.store.file import FILE_NAME
from trialbook.store.store import OnDamage

FOLDER = "related"
# A library that has grown by half since its words were counted has others: they are counted anew.
GROWN = 1.5
# Profiles take some 3 ms of CPU a study. An import makes those of a library this small, in about a second; the
# command that first asks a larger one in a minute or two; who may not write, and servers, have them made in memory,
# in up to half a minute. Once they are on disk, imports keep them in step.
MADE_BY_IMPORT_BYTES = 5_000_000
MADE_BY_COMMAND_BYTES = 300_000_000
MADE_IN_MEMORY_BYTES = 50_000_000


def _is_below(home: Path, most_bytes: int) -> bool:
    try:
        return (home / FILE_NAME).stat().st_size < most_bytes
    except OSError:
        return False


def can_wait_for_profiles(home: Path) -> bool:
    """Whether a library is so small that a person who asks for its profiles can wait until they are made."""
    return _is_below(home, MADE_BY_COMMAND_BYTES)


class RelatedProfiles:
    """Profiles of all studies in force, and the rarities of their words, in a folder of the library."""

    name = "related"
    meaning = "which studies are like which, and why"
    version = RELATED_VERSION

    def __init__(self, home: Path) -> None:
        self._home, self._folder = home, home / FOLDER
        self.is_kept_in_step = (self._folder / STATE_FILE).exists() or _is_below(home, MADE_BY_IMPORT_BYTES)

    def open(self, library_id: str, find_store: Callable[[], Store]) -> RelatedData | ProfilesInMemory:
        """The profiles for reading; nothing is written. Where a small library has none, they are made in memory.

        `find_store` as in `ProfilesInMemory`. Raises StoreError where a larger one has none.
        """
        if read_state(self._folder, library_id) is None and _is_below(self._home, MADE_IN_MEMORY_BYTES):
            return ProfilesInMemory(find_store)
        return RelatedData(self._folder, library_id)

    def find_state(self, store: Store) -> DerivedState | None:
        """As `Derived.find_state`."""
        state = read_state(self._folder, store.library_id)
        if state is None:
            return None
        return DerivedState(
            state.seq,
            is_whole=not (state.is_dirty or state.is_due),
            is_of_this_past=store.went_through(state.seq, state.mark),
        )

    def find_damage(self, store: Store) -> Iterator[str]:
        """A sentence for each file that is not as it was written; reads all that is there."""
        state = read_state(self._folder, store.library_id)
        for problem in () if state is None else find_damage(self._folder, state):
            yield f"the profiles of related studies: {problem}; `trialbook rebuild related` makes them anew"

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """As `Derived.apply`: the studies that changed, or all of them where words are to be counted anew."""
        state = read_state(self._folder, store.library_id)
        try:
            if state is None or _is_outgrown(state, store):
                return self._make(store, on_study)
            if state.seq == store.seq and not state.is_dirty:
                return 0
            return self._update(store, state, on_study)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"cannot write the profiles of related studies in {self._folder}: {error}; make room and try"
                " `trialbook rebuild related`"
            ) from error

    def clear(self, store: Store) -> None:
        """As `Derived.clear`; what is there serves until the new one is whole."""
        state = read_state(self._folder, store.library_id)
        try:
            if state is None:
                (self._folder / STATE_FILE).unlink(missing_ok=True)
            else:
                save_state(self._folder, msgspec.structs.replace(state, is_due=True))
        except OSError as error:
            raise StoreError(f"cannot write {self._folder / STATE_FILE}: {error}") from error

    def _make(self, store: Store, on_study: OnStudy) -> int:
        state, learnt, held = _learn(store)
        with make_beside(self._folder, state, learnt) as feed:
            return _take_up(store, feed, learnt, 0, on_study, held)

    def _update(self, store: Store, state: RelatedState, on_study: OnStudy) -> int:
        learnt = load_learnt(self._folder / state.folder / LEARNT_FILE, state.learnt_sum)
        reached = _find_reached(store)
        with update(self._folder, state) as feed:
            taken = _take_up(store, feed, learnt, state.seq, on_study)
        save_state(self._folder, msgspec.structs.replace(state, **reached, is_dirty=False))
        return taken


class ProfilesInMemory:
    """The same of a small library that has none on disk: made when first asked for, then kept in step.

    Serves any number of threads, which wait for the one that makes them.

    Parameters
    ----------
    find_store
        Gives the library as the asking thread reads it.
    """

    def __init__(self, find_store: Callable[[], Store]) -> None:
        self._find_store = find_store
        self._lock = threading.Lock()
        self._index = tantivy.Index(get_schema())
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """As `RelatedData.snapshot`: the studies as they are now."""
        with self._lock:
            store, held = self._find_store(), self._snapshot
            if held is None or (held.state.seq != store.seq and _is_outgrown(held.state, store)):
                self._index = tantivy.Index(get_schema())
                self._snapshot = self._take_up(store, *_learn(store))
            elif held.state.seq != store.seq:
                state = msgspec.structs.replace(held.state, **_find_reached(store))
                self._snapshot = self._take_up(store, state, held.learnt, after=held.state.seq)
            else:
                return held
            return self._snapshot

    def _take_up(
        self,
        store: Store,
        state: RelatedState,
        learnt: Learnt,
        held: Mapping[str, bytes] = {},
        *,
        after: int = 0,
    ) -> Snapshot:
        with Feed(self._index, replaces=after > 0) as feed:
            _take_up(store, feed, learnt, after, lambda: None, held)
        self._index.reload()
        return Snapshot(state, self._index.searcher(), learnt)


def _learn(store: Store) -> tuple[RelatedState, Learnt, dict[str, bytes]]:
    """The state of profiles that are begun, the rarities to weigh by, and the studies counted for them."""
    # Read once: of a small library all, of a whole registry every so manyth.
    held: dict[str, bytes] = {}
    reached, learnt_at = _find_reached(store), datetime.now(UTC).isoformat(timespec="seconds")
    learnt = learn(_iter_learnable(store, held), seq=reached["seq"], learnt_at=learnt_at)
    folder, learnt_from = make_folder_name(), learnt.count
    state = RelatedState(store.library_id, folder, learnt_from=learnt_from, learnt_at=learnt_at, **reached)
    return state, learnt, held


def _find_reached(store: Store) -> dict[str, Any]:
    """What a state says of the library as it is now."""
    seq = store.seq
    return {"seq": seq, "mark": store.find_mark(seq), "count": store.count().studies}


def _is_outgrown(state: RelatedState, store: Store) -> bool:
    if state.is_due or not store.went_through(state.seq, state.mark):
        return True
    return state.learnt_from < min(MOST_LEARNT_FROM, store.count().studies / GROWN)


def _take_up(
    store: Store, feed: Feed, learnt: Learnt, after: int, on_study: OnStudy, held: Mapping[str, bytes] = {}
) -> int:
    """Add the studies that changed after a change; `held`: those that are counted already."""
    taken = 0
    for nct_id, counted in _iter_counted(store, after, held=held):
        profile = make_profile(counted, learnt)
        feed.add(nct_id, build_document(nct_id, profile, msgspec.msgpack.encode(profile), learnt))
        on_study()
        taken += 1
    return taken


def _iter_learnable(store: Store, held: dict[str, bytes]) -> Iterator[tuple[Numbers, Numbers]]:
    """The terms of every so manyth study, so that those learnt from are spread over all years."""
    every = -(-store.count().studies // MOST_LEARNT_FROM) or 1
    for nct_id, counted in _iter_counted(store, 0, every=every, on_damage=lambda error: None):
        held[nct_id] = msgspec.msgpack.encode(counted)
        yield list_learnable(counted)


def _iter_counted(
    store: Store,
    after: int,
    *,
    every: int = 1,
    held: Mapping[str, bytes] = {},
    on_damage: OnDamage | None = None,
) -> Iterator[tuple[str, Counted]]:
    """The studies that changed after a change, every so manyth, each with its numbers."""
    ids = [nct_id for _, nct_id in islice(store.iter_changed_ids(after), 0, None, every)]
    others = [nct_id for nct_id in ids if nct_id not in held]
    beside: Generator[Answer] = (
        count_beside(store.home, others)
        if len(others) >= WORTHWHILE
        else ((nct_id, None) for nct_id in others)
    )
    with closing(beside):
        for nct_id in ids:
            store.check_open()
            if nct_id in held:
                yield nct_id, COUNTED_DECODER.decode(held[nct_id])
                continue
            _, counted = next(beside)
            try:
                counted = counted or count_study(store, nct_id)
            except RecordDamagedError as error:
                (on_damage or store.pass_over)(error)
                continue
            if counted is not None:
                yield nct_id, counted
