"""The profiles by which related studies are found, as one of the things that are derived."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.derived.counting import WORTHWHILE, Answer, count_beside, count_study
from trialbook.errors import RecordDamagedError, StoreError
from trialbook.related.disk import (
    RELATED_VERSION,
    STATE_FILE,
    Feed,
    RelatedData,
    RelatedState,
    make_beside,
    make_folder_name,
    read_state,
    save_state,
    update,
)
from trialbook.related.learnt import MOST_LEARNT_FROM, Learnt, Numbers, learn, load_learnt
from trialbook.related.profile import COUNTED_DECODER, Counted, list_learnable, make_profile
from trialbook.related.roads import build_document
from trialbook.store import Store
from trialbook.store.file import FILE_NAME
from trialbook.store.store import OnDamage

FOLDER = "related"
# A library that has grown by half since its words were counted has others: they are counted anew.
GROWN = 1.5
# Profiles of the whole registry take a quarter of an hour: an import waits for those of a small library only.
# The larger one's are made when they are asked for, and from then on kept in step.
SMALL_LIBRARY_BYTES = 300_000_000


class RelatedProfiles:
    """Profiles of all studies in force, and the rarities of their words, in a folder of the library."""

    name = "related"
    meaning = "which studies are like which, and why"
    version = RELATED_VERSION

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self.is_kept_in_step = (self._folder / STATE_FILE).exists() or _is_small(home / FILE_NAME)

    def open(self, library_id: str) -> RelatedData:
        """The profiles as they are, for reading; raises StoreError where there are none."""
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
        seq = store.seq
        # Read once: of a small library all, of a whole registry every so manyth.
        held: dict[str, bytes] = {}
        learnt_at = datetime.now(UTC).isoformat(timespec="seconds")
        learnt = learn(_iter_learnable(store, held), seq=seq, learnt_at=learnt_at)
        count = store.count().studies
        state = RelatedState(
            store.library_id,
            make_folder_name(),
            seq=seq,
            mark=store.find_mark(seq),
            count=count,
            learnt_from=learnt.count,
            learnt_at=learnt_at,
        )
        with make_beside(self._folder, state, learnt) as feed:
            return _take_up(store, feed, learnt, 0, on_study, held)

    def _update(self, store: Store, state: RelatedState, on_study: OnStudy) -> int:
        learnt = load_learnt(self._folder / state.folder / "learnt.msgpack")
        seq, count = store.seq, store.count().studies
        with update(self._folder, state) as feed:
            taken = _take_up(store, feed, learnt, state.seq, on_study)
        reached = {"seq": seq, "mark": store.find_mark(seq), "count": count}
        save_state(self._folder, msgspec.structs.replace(state, **reached, is_dirty=False))
        return taken


def _is_small(path: Path) -> bool:
    try:
        return path.stat().st_size < SMALL_LIBRARY_BYTES
    except OSError:
        return False


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


def _iter_learnable(store: Store, held: dict[str, bytes]) -> Iterator[Numbers]:
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
