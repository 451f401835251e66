"""How does a file become a searchable page? Read it, keep every record, bring the index up to date.

source ──► model ──► store ──► search
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.model.study import decode_record, read_typed
from trialbook.search.engine.engine import SearchEngine
from trialbook.search.engine.state import ReadRecord
from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.feed import Dated, IndexFeed
from trialbook.source.api_v2 import check_record
from trialbook.source.files import Progress, read_path
from trialbook.source.history import HistoryNotice
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.live.api import (
    ClientSettings,
    PullRequest,
    PullState,
    RegistryClient,
    decode_state,
    encode_state,
    find_registry,
    pull_studies,
)
from trialbook.store import Change, NewVersion, Store, Writer, compute_wire_hash
from trialbook.terms import Thesaurus, load_thesaurus

BATCH_RECORDS = 512
BATCH_BYTES = 32 << 20
# Every so many new objects Python looks for cycles among the newest.
RARE_COLLECTION = 200_000
INDEX_FOLDER = "index"
KEPT_OF_A_REJECTION = 1 << 20
MAX_KEPT_REJECTIONS = 10_000


class ImportCounts(msgspec.Struct):
    """What became of the records of a run: `read` = `stored` + `unchanged` + `rejected`.

    Attributes
    ----------
    stored
        Records kept, `new_versions` of them further versions of a record that was here before.
    unchanged
        Records that the library held already.
    rejected
        Pieces of input that could not be understood; kept with their reason.
    announced
        Versions that a registry's history lists; they are no records, so not among `read`.
    problems
        Files that could not be read to their end, in words.
    """

    read: int = 0
    stored: int = 0
    new_versions: int = 0
    unchanged: int = 0
    rejected: int = 0
    announced: int = 0
    problems: list[str] = []
    reasons: list[str] = []


class Batch:
    """Collects what is read and keeps it in the store, one transaction at a time.

    With a `feed`, what was kept goes from here into the index, without being unpacked and decoded again.
    """

    def __init__(self, writer: Writer, counts: ImportCounts, feed: IndexFeed | None = None) -> None:
        self.writer, self.counts, self.feed = writer, counts, feed
        self._versions: list[NewVersion] = []
        self._rejections: list[tuple[str, str, bytes]] = []
        self._notices: list[tuple[str, int, str, str, tuple[str, ...]]] = []
        self._size = 0

    def add(self, item: Incoming | Rejected | HistoryNotice) -> None:
        """Take one thing that was read; writes when enough has come together."""
        if isinstance(item, HistoryNotice):
            self.counts.announced += 1
            self._notices.append(
                (item.nct_id, item.version, item.date, item.overall_status, tuple(item.module_labels))
            )
            return
        self.counts.read += 1
        if isinstance(item, Rejected):
            self._reject(item)
        else:
            self._add_record(item)
        if len(self._versions) >= BATCH_RECORDS or self._size >= BATCH_BYTES:
            self.flush()

    def _add_record(self, item: Incoming) -> None:
        wire_hash = compute_wire_hash(item.body if item.original is None else item.original)
        if self.writer.knows(wire_hash):
            self.counts.unchanged += 1
            return
        try:
            record = check_record(item.body)
            study, _ = read_typed(record)
        except SourceFormatError as error:
            received = item.body if item.original is None else item.original
            self._reject(Rejected(str(error), item.place, received[:KEPT_OF_A_REJECTION]))
            return
        version_date = None if study.version_date is None else str(study.version_date)
        self._versions.append(
            NewVersion(
                study.nct_id,
                version_date,
                item.body,
                record,
                wire_hash,
                item.place,
                item.format,
                item.original,
            )
        )
        self._size += len(item.body)

    def _reject(self, item: Rejected) -> None:
        self.counts.rejected += 1
        if len(self.counts.reasons) < MAX_KEPT_REJECTIONS:
            self.counts.reasons.append(f"{item.place}: {item.reason}")
        self._rejections.append((item.place, item.reason, item.original))
        self._size += len(item.original)

    def flush(self) -> None:
        """Write what has come together."""
        saved = self.writer.save(self._versions, on_change=self._take_up)
        if self._rejections:
            self.writer.reject(self._rejections)
        if self._notices:
            self.writer.announce(self._notices)
        self.counts.stored += saved.new_studies + saved.new_versions
        self.counts.new_versions += saved.new_versions
        self.counts.unchanged += saved.unchanged
        self._versions, self._rejections, self._notices, self._size = [], [], [], 0

    def _take_up(self, change: Change) -> None:
        if self.feed is None:
            return
        nct_id = change.version.nct_id
        if change.is_first:
            self.feed.add(change.seq, nct_id, [(change.day, change.version.record)])
        else:
            self.feed.add(change.seq, nct_id, _decode_all(self.writer.store.get_dated_bodies(nct_id)))


def import_paths(
    home: Path,
    paths: Iterable[Path],
    *,
    progress: Progress | None = None,
    on_step: Callable[[ImportCounts], None] = lambda counts: None,
    on_index: Callable[[], None] = lambda: None,
) -> ImportCounts:
    """Read files of any known form into a library and make them searchable.

    Parameters
    ----------
    home
        The library's folder.
    paths
        Files or folders; `-` is standard input. One that cannot be read to its end does not keep
        the others from being read: it is named in `ImportCounts.problems`.
    progress
        Counts the bytes read, for showing.
    on_step, on_index
        Called after each record, and for each study that an earlier run had left out of the index.

    Raises
    ------
    StoreBusyError, StoreError
        The library cannot be written.
    """
    paths = list(paths)
    counts = ImportCounts()
    with Store.create(home) as store, Writer(store, ", ".join(map(str, paths))[:2_000]) as writer:
        index = open_index(store)
        _catch_up(index, store, on_index)
        with _seldom_collected(), IndexFeed(index) as feed:
            batch = Batch(writer, counts, feed)
            for path in paths:
                try:
                    for item in read_path(path, progress=progress):
                        batch.add(item)
                        on_step(counts)
                except SourceReadError as error:
                    counts.problems.append(str(error))
                batch.flush()
    open_thesaurus()  # the first on a machine takes some seconds: better now than at a search
    return counts


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


def update_index(store: Store, on_study: Callable[[], None] = lambda: None) -> int:
    """Bring the index into step with the store; returns how many studies it took up."""
    return _catch_up(open_index(store), store, on_study)


def _catch_up(index: StudyIndex, store: Store, on_study: Callable[[], None]) -> int:
    if index.state.seq > store.seq:
        index.clear()
    with _seldom_collected(), IndexFeed(index) as feed:
        for seq, nct_id, bodies in store.iter_changed(index.state.seq):
            feed.add(seq, nct_id, _decode_all(bodies))
            on_study()
    return feed.count


def _decode_all(bodies: list[tuple[str | None, bytes]]) -> list[Dated]:
    return [(day, decode_record(body)) for day, body in bodies]


def open_index(store: Store) -> StudyIndex:
    """The library's index, as it is."""
    return StudyIndex(store.home / INDEX_FOLDER, store.library_id)


@cache
def open_thesaurus() -> Thesaurus:
    """The vocabularies, read once in a process and held for all that search in it."""
    return load_thesaurus()


def open_engine(home: Path, library_id: str, read_record: ReadRecord) -> SearchEngine:
    """The search of a library, for all threads of a process; it reads records through `read_record`."""
    index = StudyIndex(home / INDEX_FOLDER, library_id)
    return SearchEngine(index, thesaurus=open_thesaurus(), read_record=read_record)


def rebuild_index(home: Path, on_study: Callable[[], None] = lambda: None) -> int:
    """Make the index anew from the store; returns how many studies it holds."""
    with Store(home) as store, Writer(store, "reindex"):
        shutil.rmtree(store.home / INDEX_FOLDER, ignore_errors=True)
        return update_index(store, on_study)


def mend_index(home: Path) -> int:
    """Bring an index into step that a killed run left behind; 0 where nothing was to do."""
    with Store(home) as store:
        index = open_index(store)
        if index.state.seq == store.seq and not index.state.is_dirty:
            return 0
        with Writer(store, "mend"):
            return update_index(store)


def _read_checkpoint(saved: str | None, counts: ImportCounts) -> PullState | None:
    """Where the last pull stood; a state that cannot be read costs a new walk, and is told."""
    if saved is None:
        return None
    try:
        return decode_state(saved.encode())
    except SourceFormatError as error:
        counts.problems.append(f"the state of the last pull cannot be read, so it starts anew: {error}")
        return None


def pull_records(
    home: Path,
    request: PullRequest,
    *,
    registry: str | None = None,
    page_size: int = 1000,
    on_page: Callable[[ImportCounts], None] = lambda counts: None,
) -> ImportCounts:
    """Fetch records from a live registry into a library; a run that was stopped goes on where it stood.

    Raises
    ------
    UsageError
        The request makes no sense.
    StoreBusyError, StoreError
        The library cannot be written.

    Notes
    -----
    A registry that declines or cannot be read for now is named in `ImportCounts.problems`; what came
    is kept, counted and searchable.
    """
    address = find_registry(registry)
    fingerprint = request.compute_fingerprint(address)
    counts = ImportCounts()
    with Store.create(home) as store, Writer(store, address, note=fingerprint) as writer:
        saved = store.find_sync_state(fingerprint)
        checkpoint = _read_checkpoint(saved, counts)
        batch = Batch(writer, counts)
        try:
            with RegistryClient(ClientSettings(registry=address)) as client:
                for page in pull_studies(client, request, checkpoint=checkpoint, page_size=page_size):
                    for record in page.records:
                        batch.add(record)
                    batch.flush()
                    writer.save_sync_state(fingerprint, encode_state(page.state).decode())
                    on_page(counts)
        except SourceReadError as error:
            counts.problems.append(str(error))
        finally:
            batch.flush()
            update_index(store)
    return counts
