"""The records of a library: how it is opened, found in by id, and looked back into."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.changes.history import (
    Comparison,
    HistoryLine,
    compare_versions,
    find_history,
    list_versions,
    pick_version,
    was_known,
)
from trialbook.changes.state import KnownState, read_state
from trialbook.derived.criteria import Refusing
from trialbook.derived.index import FOLDER, SearchIndex
from trialbook.derived.related import RelatedProfiles
from trialbook.derived.summaries import ChangeSummaries
from trialbook.errors import (
    IndexMissingError,
    NotFoundError,
    RecordDamagedError,
    StoreDamagedError,
    StoreError,
    UsageError,
)
from trialbook.library.rebuild import bring_into_step
from trialbook.library.study import LibraryStudy
from trialbook.model.sentences import count_of
from trialbook.record.ids import cut_address, find_european_number, find_nct_id, looks_like_id
from trialbook.related.engine import RelatedEngine
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.parse import parse_query
from trialbook.settings import expand
from trialbook.store import AnnouncedVersion, ListedVersion, Store, Version
from trialbook.store.file import FILE_NAME
from trialbook.store.store import OnDamage, refuse_damage
from trialbook.store.taking_out import TakeOut, find_log, find_out
from trialbook.terms import get_thesaurus

LONGEST_ID = 100
# So many studies are looked at that give the same number of another register.
MOST_NAMESAKES = 20


class LibraryRecords:
    """What a library holds, whichever door asks; `Library` has the rest, and says what is raised."""

    def __init__(self, home: str | Path) -> None:
        self.home = home = expand(home)
        self._threads = threading.local()
        self._stores: weakref.WeakSet[Store] = weakref.WeakSet()
        self._lock = threading.Lock()
        # With the file of the library that it searches, see `Store.place`.
        self._engine: tuple[tuple[int, int], SearchEngine] | None = None
        self._related: RelatedEngine | None = None
        self._summaries = ChangeSummaries(home)
        self._is_closed = False
        # Read now, so that what cannot be opened is said now.
        self.library_id: str = self.store.library_id

    @classmethod
    def create(cls, home: str | Path) -> Self:
        """Open a library; where there is none, an empty one is made, which can be searched."""
        home = expand(home)
        is_new = not (home / FILE_NAME).exists()
        Store.create(home).close()
        if is_new:
            bring_into_step(home)
        return cls(home)

    @property
    def store(self) -> Store:
        """The records, through this thread's own connection, which ends with the thread or with `close`.

        Raises StoreError, once in each thread, where another library was put in the place of the one that
        it read from: an answer is never of both.
        """
        store: Store | None = getattr(self._threads, "store", None)
        if store is None or store.is_overtaken:
            with self._lock:
                self._check_open()
                store = self._threads.store = Store(self.home)
                self._stores.add(store)
        elif not store.is_in_place:
            # A walk that has begun may still read from it, so it is left to whoever holds it.
            self._threads.store = None
            raise StoreError(
                f"the library in {self.home} was replaced by another while it was read: ask again"
            )
        return store

    @property
    def engine(self) -> SearchEngine:
        """The search over the records, opened when it is first asked for.

        Raises IndexMissingError where the index was made from other records than those that are here.
        """
        store = self.store
        with self._lock:
            self._check_open()
            place, engine = self._engine or (None, None)
        if engine is None or place != store.place:
            opened = SearchEngine(
                SearchIndex(self.home).open(store.library_id),
                thesaurus=get_thesaurus(),
                read_record=self._read_record,
                find_refusing=self._find_refusing,
                count_refused=self._count_refused,
            )
            with self._lock:
                self._check_open()
                place, engine = self._engine or (None, None)
                if engine is None or place != store.place:
                    self._engine, engine = (store.place, opened), opened
        self._check_past(store, engine)
        return engine

    def _find_refusing(self, text: str, day: date) -> Refusing:
        # Rules about persons take a while to make, which few questions need.
        from trialbook.library.refusing import find_refusing

        return find_refusing(self.store, text, day)

    def _count_refused(self, nct_ids: Sequence[str], day: date) -> tuple[dict[str, int], int]:
        from trialbook.library.refusing import count_refused

        return count_refused(self.store, nct_ids, day)

    def _check_past(self, store: Store, engine: SearchEngine) -> None:
        seq, mark = engine.reached
        if store.went_through(seq, mark):
            return
        # For a walk that this thread has begun, its connection may look at an older state of the file.
        with Store(self.home) as newest:
            if newest.went_through(seq, mark):
                return
        raise IndexMissingError(
            self.home / FOLDER,
            "what lies there was made from another past of the library, whose file was set back or replaced",
        )

    @property
    def related_engine(self) -> RelatedEngine:
        """What finds related studies, opened when it is first asked for."""
        with self._lock:
            self._check_open()
            engine = self._related
        if engine is None:
            data = RelatedProfiles(self.home).open(self.library_id, lambda: self.store)
            opened = RelatedEngine(data, get_thesaurus(), self.find_body)
            with self._lock:
                self._check_open()
                engine = self._related = self._related or opened
        return engine

    @property
    def _open_home(self) -> Path:
        self._check_open()
        return self.home

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreError(f"the library in {self.home} was closed")

    def _read_record(self, nct_id: str, as_of: str | None) -> bytes:
        if as_of is None and self.store.is_of_one_copy(nct_id):
            return self.store.get_body(nct_id)
        return msgspec.json.encode(self.find_state(nct_id, as_of=as_of).record)

    def close(self) -> None:
        """Close every connection; what is asked afterwards raises StoreError."""
        with self._lock:
            self._is_closed = True
            stores, self._engine, self._related = list(self._stores), None, None
        for store in stores:
            store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._is_closed:
            return f"<Library {self.home}: closed>"
        counts = self.store.count()
        return f"<Library {self.home}: {counts.studies:,} studies in {counts.versions:,} versions>"

    # Find a record.

    def find_id(self, asked: str) -> str:
        """The id of a study as the library writes it, from any form of it.

        Any case, leading zeros left out, letters and digits apart, the address of a record page, a number that
        the registry has given up for another (NCTIdAlias), or an id of another register that one record alone
        gives. Raises NotFoundError for a study that is not here.
        """
        text = asked.strip().encode(errors="replace").decode()
        bare = text if self.store.has_study(text) else cut_address(text)
        if len(bare) > LONGEST_ID:
            raise NotFoundError(f"{bare[:LONGEST_ID]}… is not in this library")
        nct_id = find_nct_id(bare)
        for each in dict.fromkeys((bare, nct_id, bare.upper())):
            if each and self.store.has_study(each):
                return each
        alias = self._find_alias(nct_id) if nct_id else self._find_by_other_id(bare)
        if alias is None and (log := self.find_taken_out(bare)):
            raise NotFoundError(
                f"{log[-1].nct_id} is not in this library any more: {log[-1]}; `trialbook put-back"
                f" {log[-1].nct_id} {log[-1].number}` puts it back"
            )
        if alias is None:
            raise NotFoundError(f"{text or 'a study without an id'} is not in this library")
        return alias

    def find_by_id(self, text: str) -> str | None:
        """The study that a text names, as `find_id`; None where it has nothing of an id, or names no study here."""
        with contextlib.suppress(NotFoundError):
            return self.find_id(text) if looks_like_id(text.strip()) else None
        return None

    def _find_alias(self, nct_id: str) -> str | None:
        request = SearchRequest(filters=(parse_query(f"AREA[NCTIdAlias]EXPANSION[Term]{nct_id}"),), limit=1)
        # Where there is no index to look in, the record is not found: that the caller says.
        with contextlib.suppress(StoreError):
            return next(iter(self.engine.search(request).nct_ids), None)
        return None

    def _find_by_other_id(self, text: str) -> str | None:
        """The only study that gives an id of another register; of a European number first that register's own."""
        number = find_european_number(text)
        if not number and not looks_like_id(text):
            return None
        query = parse_query(f'AREA[SecondaryId]COVERAGE[FullMatch]EXPANSION[Term]"{number or text}"')
        with contextlib.suppress(StoreError):
            found = self.engine.search(SearchRequest(filters=(query,), limit=MOST_NAMESAKES)).nct_ids
            own = [each for each in found if number and find_european_number(each) == number]
            return own[0] if own else found[0] if len(found) == 1 else None
        return None

    def find_version(
        self, asked: str, *, version: int | None = None, as_of: str | None = None, copy: int | None = None
    ) -> Version:
        """Which version is meant: by number (the registry's where that is known), as of a day, or the one in force.

        `copy` asks for another copy of it than the fullest (1). Raises NotFoundError where there is no such
        study, version or copy, UsageError for a number and a day.
        """
        if version is not None and as_of:
            raise UsageError("name a version or a day, not both")
        copies = self._find_meant(self.find_id(asked), version, read_as_of(as_of or ""))
        if copy is not None and not 1 <= copy <= len(copies):
            raise NotFoundError(
                f"{copies[0].nct_id}: of version {copies[0].number} the library holds"
                f" {count_of(len(copies), 'copy', 'copies')}, there is no copy {copy}"
            )
        return copies[(copy or 1) - 1]

    def _find_meant(self, nct_id: str, number: int | None, day: str | None) -> tuple[Version, ...]:
        """The copies of the version that is meant, the fullest first."""
        found = self.store.find_copies(nct_id)
        fullest = [copies[0] for copies in found]
        if number is not None:
            return found[fullest.index(pick_version(fullest, nct_id, number))]
        known = [copies for copies in found if was_known(copies[0], day)]
        if not known:
            first = min(each.known_from for each in fullest)
            raise NotFoundError(f"{nct_id} has no version as old as {day}: the first known one is of {first}")
        return known[-1]

    def find_copies(self, asked: str, *, version: int | None = None) -> tuple[Version, ...]:
        """All copies of a version, the fullest first; raises NotFoundError."""
        return self._find_meant(self.find_id(asked), version, None)

    def find_state(
        self, asked: str, *, version: int | None = None, as_of: str | None = None, copy: int | None = None
    ) -> KnownState:
        """What is known of a study in the version that is meant, whichever copy says it; as `find_version`."""
        meant = self.find_version(asked, version=version, as_of=as_of, copy=copy)
        copies = list(self.store.find_copies(meant.nct_id))
        place = next(at for at, each in enumerate(copies) if each[0].number == meant.number)
        if meant.copy > 1:
            others = [each for each in copies[place] if each.copy != meant.copy]
            copies[place] = (copies[place][meant.copy - 1], *others)
        state = read_state(self.store, copies, place)
        assert state is not None  # damage is raised
        return state

    def get_body(
        self, asked: str, *, version: int | None = None, as_of: str | None = None, copy: int | None = None
    ) -> bytes:
        """The bytes of the version that is meant, as `find_version`; API v2 JSON."""
        if version is None and copy is None:
            return self.store.get_body(self.find_id(asked), as_of=read_as_of(as_of or ""))
        meant = self.find_version(asked, version=version, as_of=as_of, copy=copy)
        return self.store.get_version_body(meant.version_id)

    def get_original(
        self, asked: str, *, version: int | None = None, as_of: str | None = None, copy: int | None = None
    ) -> bytes:
        """The bytes of a version as they were received, in the form of their source (XML, CSV…)."""
        meant = self.find_version(asked, version=version, as_of=as_of, copy=copy)
        return self.store.get_original(meant.version_id)

    def get_study(self, asked: str, *, version: int | None = None, as_of: str | None = None) -> LibraryStudy:
        """The study, typed, of the version that is meant, as `find_version`."""
        found = self.find_version(asked, version=version, as_of=as_of)
        return LibraryStudy.make(self, found, self.store.get_version_body(found.version_id))

    def get_known_study(
        self, asked: str, *, version: int | None = None, as_of: str | None = None, copy: int | None = None
    ) -> LibraryStudy:
        """The study as `get_study` gives it, with what other copies say where the one in front cannot."""
        state = self.find_state(asked, version=version, as_of=as_of, copy=copy)
        is_own = not (state.resting or state.apart)
        version_id = state.version.version_id
        body = self.store.get_version_body(version_id) if is_own else msgspec.json.encode(state.record)
        return LibraryStudy.make(self, state.version, body, state=state)

    def __getitem__(self, asked: str) -> LibraryStudy:
        return self.get_study(asked)

    def __contains__(self, asked: object) -> bool:
        try:
            return isinstance(asked, str) and bool(self.find_id(asked))
        except NotFoundError:
            return False

    def __len__(self) -> int:
        return self.store.count().studies

    def __iter__(self) -> Iterator[LibraryStudy]:
        """All studies in force, by id; a library may change while one walks."""
        after = ""
        while part := self.store.find_after(after, 100):
            for nct_id, _ in part:
                yield self.get_study(nct_id)
            after = part[-1][0]

    def iter_bodies(
        self, *, as_of: str | None = None, on_damage: OnDamage = refuse_damage
    ) -> Iterator[bytes]:
        """The bytes of every record in force, now or at the end of a day, by id.

        Ends at the first damaged one, unless `on_damage` takes note of it and lets the walk go on.
        """
        day = read_as_of(as_of or "")
        return (body for _, body in self.store.iter_current(as_of=day, on_damage=on_damage))

    def find_body(self, nct_id: str, as_of: str | None = None) -> bytes | None:
        """The bytes of a record by the id that the library writes and a day (ISO); None where it is not here."""
        return self.store.find_body(nct_id, as_of=as_of)

    def find_ids_after(self, nct_id: str, limit: int) -> tuple[str, ...]:
        """The next ids of studies in force from one on (itself included, if it is one), in their order."""
        own = (nct_id,) if self.store.has_study(nct_id) else ()
        return (*own, *self.store.find_ids_after(nct_id, limit))[:limit]

    def read_hit(self, nct_id: str, as_of: str | None = None) -> bytes | RecordDamagedError | None:
        """The bytes of a record among others, as `find_body`; where it is damaged, what to say of it instead."""
        try:
            return self.store.find_body(nct_id, as_of=as_of)
        except RecordDamagedError as error:
            return error
        except StoreDamagedError:
            return RecordDamagedError(nct_id, "")

    def read_known(self, nct_id: str, as_of: str | None = None) -> bytes | RecordDamagedError | None:
        """What is known of a study whichever copy says it, as JSON; as `read_hit`, whose bytes most are."""
        try:
            if as_of is None and self.store.is_of_one_copy(nct_id):
                return self.store.find_body(nct_id)
            return msgspec.json.encode(self.find_state(nct_id, as_of=as_of).record)
        except NotFoundError:
            return None
        except RecordDamagedError as error:
            return error
        except StoreDamagedError:
            return RecordDamagedError(nct_id, "")

    # Look back.

    def find_history(self, asked: str, *, as_of: str | None = None) -> tuple[HistoryLine, ...]:
        """The versions of a study up to a day, oldest first, each with what changed in it.

        Raises NotFoundError where none is as old as that, nor any in the registry's list.
        """
        day, nct_id = read_as_of(as_of or ""), self.find_id(asked)
        lines = find_history(self.store, nct_id, summaries=self._summaries.find)
        known = tuple(line for line in lines if was_known(line.version, day))
        if not known and as_of and not self.find_announced(nct_id, as_of=as_of):
            self.store.get_body(nct_id, as_of=day)  # says which is the first
        return known

    def find_taken_out(self, asked: str) -> tuple[TakeOut, ...]:
        """What was taken out of a study, or put back, with the reasons, the first entry first."""
        text = asked.strip()
        ids = dict.fromkeys(filter(None, (text, find_nct_id(text), text.upper())))
        return find_log(self.store, [*ids]) if ids else ()

    def get_taken_out(self, asked: str, number: int, *, is_original: bool = False) -> bytes:
        """The bytes of a version that is out, as JSON or as they were received; raises NotFoundError."""
        log = self.find_taken_out(asked)
        entry = find_out(self.store, log[-1].nct_id if log else asked, number)
        get = self.store.get_original if is_original else self.store.get_version_body
        return get(entry.number)

    def find_announced(self, asked: str, *, as_of: str | None = None) -> tuple[AnnouncedVersion, ...]:
        """The versions that the registry's own history lists, up to a day, oldest first."""
        day = read_as_of(as_of or "")
        announced = self.store.find_announced(self.find_id(asked))
        return tuple(each for each in announced if day is None or each.version_date <= day)

    def list_versions(self, asked: str, *, as_of: str | None = None) -> tuple[ListedVersion, ...]:
        """All versions of a study that are known of, up to a day, oldest first: held here, or in the registry's list."""
        held = self.store.find_versions(self.find_id(asked))
        day = read_as_of(as_of or "")
        listed = list_versions(held, self.store.find_announced(self.find_id(asked)))
        return tuple(
            each
            for each in listed
            if (
                was_known(each.version, day)
                if each.version
                else day is None or (each.version_date or "") <= day
            )
        )

    def compare(
        self, asked: str, before: int | None = None, after: int | None = None, *, as_of: str | None = None
    ) -> Comparison:
        """What differs between two versions by number; without numbers, between the last two (as of a day)."""
        return compare_versions(self.store, self.find_id(asked), before, after, as_of=read_as_of(as_of or ""))
