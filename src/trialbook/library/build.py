"""How does a file become a searchable page? Read it, keep every record, bring the index up to date.

source ──► model ──► store ──► search
"""

from __future__ import annotations

import gc
import io
import math
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.model.study import decode_record
from trialbook.search.engine.engine import SearchEngine
from trialbook.search.engine.state import ReadRecord
from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.feed import Dated, IndexFeed
from trialbook.source.api_v2 import check_incoming
from trialbook.source.files import Progress, read_path
from trialbook.source.formats import get_format
from trialbook.source.history import read_history
from trialbook.source.incoming import HistoryNotice, Incoming, Item, Rejected
from trialbook.source.live.api import (
    ClientSettings,
    PullRequest,
    PullState,
    RegistryClient,
    RegistryRefusal,
    check_request,
    decode_state,
    encode_state,
    find_registry,
    pull_history,
    pull_studies,
)
from trialbook.store import Change, NewVersion, Store, Writer, compute_wire_hash
from trialbook.terms import Thesaurus, load_thesaurus

BATCH_RECORDS = 512
BATCH_BYTES = 32 << 20
# Every so many new objects Python looks for cycles among the newest.
RARE_COLLECTION = 200_000
INDEX_FOLDER = "index"
MAX_KEPT_REJECTIONS = 10_000
SHOWN_EVERY_S = 5.0
UNKNOWN_THERE = 404


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
    not_sent
        Records that a registry announced for this pull and did not send.
    skipped_files, skipped
        Files that were passed over (hidden ones, links, devices), and the first ten of them with why.
    problems
        Files that could not be read to their end, in words.
    reasons
        Why pieces were rejected, the first 10,000 of them.
    """

    read: int = 0
    stored: int = 0
    new_versions: int = 0
    unchanged: int = 0
    rejected: int = 0
    announced: int = 0
    not_sent: int = 0
    skipped_files: int = 0
    skipped: list[str] = []
    problems: list[str] = []
    reasons: list[str] = []


class Held(msgspec.Struct, frozen=True):
    """A record of which the library holds these very bytes; nobody has looked into it."""

    place: str


def check_new(
    items: Iterable[Item], writer: Writer
) -> Iterator[NewVersion | Held | Rejected | HistoryNotice]:
    """Look into each record that was read, unless the library knows it by its bytes."""
    for item in items:
        if not isinstance(item, Incoming):
            yield item
            continue
        wire_hash = compute_wire_hash(item.received)
        if writer.knows(wire_hash):
            yield Held(item.place)
            continue
        checked = check_incoming(item)
        if isinstance(checked, Rejected):
            yield checked
            continue
        yield NewVersion(
            nct_id=checked.nct_id,
            version_date=checked.version_date,
            body=item.body,
            record=checked.record,
            wire_hash=wire_hash,
            place=item.place,
            format=item.format,
            fidelity=get_format(item.format).fidelity,
            original=item.original,
        )


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
        self._shown_at = -math.inf

    def add(self, item: NewVersion | Held | Rejected | HistoryNotice) -> None:
        """Take one thing that was read; writes when enough has come together."""
        if isinstance(item, HistoryNotice):
            self.counts.announced += 1
            self._notices.append(
                (item.nct_id, item.version, item.date, item.overall_status, tuple(item.module_labels))
            )
            return
        self.counts.read += 1
        if isinstance(item, Held):
            self.counts.unchanged += 1
        elif isinstance(item, Rejected):
            self._reject(item)
        else:
            self._versions.append(item)
            self._size += len(item.body)
        if len(self._versions) >= BATCH_RECORDS or self._size >= BATCH_BYTES:
            self.flush()

    def _reject(self, item: Rejected) -> None:
        self.counts.rejected += 1
        if len(self.counts.reasons) < MAX_KEPT_REJECTIONS:
            self.counts.reasons.append(f"{item.place}: {item.reason}")
        self._rejections.append((item.place, item.reason, item.original))
        self._size += len(item.original)

    def flush(self) -> None:
        """Write what has come together, and hand it to the index."""
        changes = self.writer.save(self._versions)
        if self._rejections:
            self.writer.reject(self._rejections)
        if self._notices:
            self.writer.announce(self._notices)
        self.counts.stored += len(changes)
        self.counts.new_versions += sum(not change.is_first for change in changes)
        self.counts.unchanged += len(self._versions) - len(changes)
        if self.feed is not None:
            for change in changes:
                self.feed.add(change.seq, change.version.nct_id, self._find_versions(change))
        self._versions, self._rejections, self._notices, self._size = [], [], [], 0

    def _find_versions(self, change: Change) -> list[Dated]:
        """All versions of the study that changed; the first is in hand, others lie in the store."""
        if change.is_first:
            return [(change.day, change.version.record)]
        return _decode_all(self.writer.store.get_dated_bodies(change.version.nct_id))

    def show(self, *, every_s: float = 0.0) -> None:
        """Make what was written findable, unless that was done less than `every_s` seconds ago."""
        if self.feed is not None and time.monotonic() - self._shown_at >= every_s:
            self.feed.commit()
            self._shown_at = time.monotonic()


@contextmanager
def _open_batch(
    home: Path, location: str, *, note: str = "", on_index: Callable[[], None] = lambda: None
) -> Iterator[Batch]:
    """A library that takes up what one run brings, with its index in step; at the end all is findable."""
    with Store.create(home) as store, Writer(store, location, note=note) as writer:
        index = open_index(store)
        _catch_up(index, store, on_index)
        with _seldom_collected(), IndexFeed(index) as feed:
            yield Batch(writer, ImportCounts(), feed)


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
    progress = progress or Progress()
    with _open_batch(home, ", ".join(map(str, paths))[:2_000], on_index=on_index) as batch:
        counts = batch.counts
        for path in paths:
            try:
                for item in check_new(read_path(path, progress=progress), batch.writer):
                    batch.add(item)
                    on_step(counts)
            except SourceReadError as error:
                counts.problems.append(str(error))
            batch.flush()
    counts.skipped_files, counts.skipped = progress.skipped_files, progress.skipped
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
    What came is findable a few seconds later, while the run goes on. A registry that declines or cannot be
    read for now is named in `ImportCounts.problems`; what came is kept, counted and searchable.
    """
    address = find_registry(registry)
    fingerprint = request.compute_fingerprint(address)
    with _open_batch(home, address, note=fingerprint) as batch:
        writer, counts = batch.writer, batch.counts
        checkpoint = _read_checkpoint(writer.store.find_sync_state(fingerprint), counts)
        try:
            with _open_client(address, batch) as client:
                for page in pull_studies(client, request, checkpoint=checkpoint, page_size=page_size):
                    for item in check_new(page.records, writer):
                        batch.add(item)
                    batch.flush()
                    writer.save_sync_state(fingerprint, encode_state(page.state).decode())
                    counts.not_sent = page.state.shortfall
                    batch.show(every_s=SHOWN_EVERY_S)
                    on_page(counts)
        except SourceReadError as error:
            counts.problems.append(str(error))
    return counts


def pull_histories(
    home: Path,
    nct_ids: Iterable[str],
    *,
    registry: str | None = None,
    on_answer: Callable[[ImportCounts], None] = lambda counts: None,
) -> ImportCounts:
    """Fetch the past versions of records from the registry's own site; a run that was stopped goes on.

    Parameters
    ----------
    nct_ids
        NCT numbers. One that the registry does not know is named in `ImportCounts.problems`, and the
        others are still fetched; whatever else goes wrong with the registry ends the run, and is named too.
    registry
        The address of its API, which ends in `/api/v2`; its site is beside it.

    Raises
    ------
    UsageError
        An id or the address makes no sense.
    StoreBusyError, StoreError
        The library cannot be written.
    """
    address = find_registry(registry)
    ids = check_request(PullRequest(ids=tuple(nct_ids))).ids
    with _open_batch(home, address) as batch, _open_client(address, batch) as client:
        for nct_id in ids:
            try:
                known = {version.place for version in batch.writer.store.find_versions(nct_id)}
                for answer in pull_history(client, nct_id, known=known):
                    document = read_history(io.BytesIO(answer.body), answer.place)
                    for item in check_new(document, batch.writer):
                        batch.add(item)
                    batch.flush()
                    batch.show(every_s=SHOWN_EVERY_S)
                    on_answer(batch.counts)
            except SourceReadError as error:
                batch.counts.problems.append(str(error))
                if not (isinstance(error, RegistryRefusal) and error.status == UNKNOWN_THERE):
                    break
    return batch.counts


def _open_client(address: str, batch: Batch) -> RegistryClient:
    """A client that, before it waits for a registry that stumbles, shows what has come so far."""
    return RegistryClient(ClientSettings(registry=address), on_wait=lambda wait: batch.show())
