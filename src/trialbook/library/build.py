"""How does a file become a searchable page? Read it, keep every record, bring the index up to date.

source ──► record ──► store ──► derived: index, summaries
 bytes     checked    every
                      version
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from trialbook.changes.state import is_complete, read_states
from trialbook.derived.contract import Derived, OnStudy
from trialbook.derived.index import SearchIndex
from trialbook.errors import SourceReadError
from trialbook.library.rebuild import DERIVED
from trialbook.model.present import has_entities, make_present
from trialbook.search.index.intake import Dated, IndexIntake
from trialbook.source.api_v2 import check_incoming
from trialbook.source.carried import find_fidelity
from trialbook.source.files import Progress, name_file, read_path
from trialbook.source.incoming import HistoryNotice, Incoming, Item, Rejected
from trialbook.source.limits import estimate_memory
from trialbook.store import KeptVersion, NewVersion, Store, Writer, compute_wire_hash
from trialbook.terms import get_thesaurus

BATCH_RECORDS = 512
# As `estimate_memory` counts: 512 records of the usual length take less.
BATCH_MEMORY = 128 << 20
# A record that takes so much by itself is written out of the index's memory before the next is read.
GIANT_MEMORY = 64 << 20
MAX_KEPT_REASONS = 10_000
MOST_TAKEN_OUT = 10
# So many pieces of one file are rejected, at some 40 µs each, before it is given up where most of it is no record.
MAX_REJECTED = 50_000


class ImportCounts(msgspec.Struct):
    """What became of the records of a run: `read` = `stored` + `unchanged` + `rejected`.

    Attributes
    ----------
    stored
        Records kept, `new_versions` of them further versions of a record that was here before, `mended` of
        them in the place of a version whose bytes were damaged.
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
    taken_out
        Of those unchanged, the first ten that a person took out of the library, in words.
    problems
        Files that could not be read to their end, and damaged versions that stay out of the index, in words.
    reasons
        Why pieces were rejected, the first 10,000 of them.
    """

    read: int = 0
    stored: int = 0
    new_versions: int = 0
    mended: int = 0
    unchanged: int = 0
    rejected: int = 0
    announced: int = 0
    not_sent: int = 0
    skipped_files: int = 0
    skipped: list[str] = []
    taken_out: list[str] = []
    problems: list[str] = []
    reasons: list[str] = []


class Held(msgspec.Struct, frozen=True):
    """A record of which the library holds these very bytes; nobody has looked into it."""

    place: str


def check_new(
    items: Iterable[Item], writer: Writer
) -> Iterator[NewVersion | Held | Rejected | HistoryNotice]:
    """Look into each record that was read, unless the library knows it by its bytes.

    Nothing of a record is held here once the next is asked for: two giants together would take twice the memory.
    """
    for item in items:
        if not isinstance(item, Incoming):
            yield item
            continue
        wire_hash = compute_wire_hash(item.received)
        is_known = writer.knows(wire_hash, item.received)
        yield Held(item.place) if is_known else _look_into(item, wire_hash)
        del item


def _look_into(item: Incoming, wire_hash: bytes) -> NewVersion | Rejected:
    checked = check_incoming(item)
    if isinstance(checked, Rejected):
        return checked
    return NewVersion(
        nct_id=checked.nct_id,
        version_date=checked.version_date,
        body=item.body,
        record=checked.record,
        wire_hash=wire_hash,
        place=item.place,
        format=item.format,
        fidelity=find_fidelity(item.format, checked.record),
        original=item.original,
        registry_number=item.number,
    )


class Batch:
    """Collects what is read and keeps it in the store, one transaction at a time.

    With an `intake`, what was kept goes from here into the index, without being unpacked and decoded again.
    """

    def __init__(self, writer: Writer, counts: ImportCounts, intake: IndexIntake | None = None) -> None:
        self.writer, self.counts, self.intake = writer, counts, intake
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
            if len(self._notices) >= BATCH_RECORDS:
                self._flush_others()
            return
        self.counts.read += 1
        if isinstance(item, Held):
            self.counts.unchanged += 1
        elif isinstance(item, Rejected):
            self._reject(item)
        else:
            self._versions.append(item)
            self._size += estimate_memory(item.body)
        if len(self._versions) >= BATCH_RECORDS or self._size >= BATCH_MEMORY:
            self.flush()

    def _reject(self, item: Rejected) -> None:
        self.counts.rejected += 1
        if len(self.counts.reasons) < MAX_KEPT_REASONS:
            self.counts.reasons.append(f"{item.place}: {item.reason}")
        self._rejections.append((item.place, item.reason, item.original))
        self._size += len(item.original)
        # Without the records: the first of these teach the library its dictionary, so they go in full batches.
        if len(self._rejections) >= BATCH_RECORDS:
            self._flush_others()

    def flush(self) -> None:
        """Write what has come together, and hand it to the index."""
        changes = self.writer.save(self._versions)
        self._flush_others()
        self.counts.stored += len(changes)
        mended = sum(change.is_mended for change in changes)
        self.counts.mended += mended
        self.counts.new_versions += sum(not change.is_first for change in changes) - mended
        self.counts.unchanged += len(self._versions) - len(changes)
        self.counts.taken_out += self.writer.taken_out[: MOST_TAKEN_OUT - len(self.counts.taken_out)]
        self.writer.taken_out.clear()
        if self.intake is not None:
            # The last change of a study brings all of its versions with it.
            last = {change.version.nct_id: change for change in changes}
            for change in sorted(last.values(), key=lambda change: change.seq):
                versions = self._find_versions(change)
                self.intake.add(change.seq, change.version.nct_id, versions, is_new=change.is_first)
            if any(estimate_memory(each.body) >= GIANT_MEMORY for each in self._versions):
                self.intake.commit()
        self._versions, self._size = [], 0

    def _flush_others(self) -> None:
        """Write what came together beside the records."""
        if self._rejections:
            self.writer.reject(self._rejections)
            self._size -= sum(len(original) for _, _, original in self._rejections)
        if self._notices:
            self.writer.announce(self._notices)
        self._rejections, self._notices = [], []

    def _find_versions(self, change: KeptVersion) -> list[Dated]:
        """All versions of the study that changed; the first is in hand, others lie in the store."""
        if change.is_first and is_complete(change.version.format, change.version.record):
            given = change.version
            return [Dated(change.day, make_present(given.record, has_entities=has_entities(given.body)))]
        store = self.writer.store
        return [
            Dated(state.day, state.record, state.findings)
            for state in read_states(store, change.version.nct_id, on_damage=store.pass_over)
        ]

    def show(self, *, every_s: float = 0.0) -> None:
        """Make what was written findable, unless that was done less than `every_s` seconds ago."""
        if self.intake is not None and time.monotonic() - self._shown_at >= every_s:
            self.intake.commit()
            self._shown_at = time.monotonic()


@contextmanager
def open_batch(
    home: Path, location: str, *, note: str = "", on_index: Callable[[], None] = lambda: None
) -> Iterator[Batch]:
    """A library that takes up what one run brings; at the end all of it is findable.

    The index is fed with what is in hand; whatever else is kept in step catches up at the end.
    """
    with Store.create(home) as store, Writer(store, location, note=note) as writer:
        with SearchIndex(home).take_in(store, on_index) as intake:
            yield (batch := Batch(writer, ImportCounts(), intake))
        for derived in (each(home) for each in DERIVED):
            if derived.is_kept_in_step:
                batch.counts.problems.extend(_catch_up(derived, store, on_index))
        batch.counts.problems.extend(dict.fromkeys(map(str, store.passed)))


def _catch_up(derived: Derived, store: Store, on_study: OnStudy) -> list[str]:
    """Bring a derived thing into step; what goes wrong there costs no record, so it is told and no more."""
    try:
        derived.apply(store, on_study)
    except Exception as error:
        return [
            f"the {derived.name} could not be brought into step ({type(error).__name__}: {error}): the records"
            " are kept; `trialbook rebuild --behind` tries again"
        ]
    return []


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
    with open_batch(home, ", ".join(map(name_file, paths))[:2_000], on_index=on_index) as batch:
        counts = batch.counts
        for path in paths:
            read, rejected = counts.read, counts.rejected
            try:
                for item in check_new(read_path(path, progress=progress), batch.writer):
                    batch.add(item)
                    del item  # see `check_new`
                    on_step(counts)
                    bad = counts.rejected - rejected
                    if bad > MAX_REJECTED and bad > (counts.read - read) / 2:
                        counts.problems.append(
                            f"{name_file(path)}: {bad:,} pieces, most of what was read, are no records: it was given up"
                            " there; take out what is none, or import the parts that are"
                        )
                        break
            except SourceReadError as error:
                counts.problems.append(str(error))
            batch.flush()
    counts.skipped_files, counts.skipped = progress.skipped_files, progress.skipped
    get_thesaurus()  # the first on a machine takes some seconds: better now than at a search
    return counts
