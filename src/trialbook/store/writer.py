"""Writing into a library: one process at a time, in transactions that a kill cannot tear."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec

from trialbook.errors import StoreDamagedError, StoreError
from trialbook.model.version_days import find_days
from trialbook.store import sums
from trialbook.store.codec import HELD_BODY, compute_content, compute_wire_hash, train_dictionary
from trialbook.store.copies import read_days
from trialbook.store.dictionaries import keep_copies
from trialbook.store.lock import WriterLock
from trialbook.store.marks import MARKS, move_to
from trialbook.store.schema import (
    ANNOUNCED,
    EMPTY_STUDIES,
    ORDER_VERSION,
    REJECTION,
    SOURCE,
    STUDY,
    SUMS,
    SYNC,
)
from trialbook.store.store import Store
from trialbook.store.transaction import Transaction
from trialbook.store.versions import find_first_day

# What a writer looks at in a version that it meets again: its body, whether its study's version in force
# is there, and its original.
HELD = (
    f"{HELD_BODY}, EXISTS (SELECT 1 FROM study JOIN version AS current ON current.version_id ="
    " current_version_id AND current.study_id = study.study_id WHERE study.study_id = version.study_id),"
    " original, wire_hash"
)


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is ready to be kept.

    Attributes
    ----------
    nct_id, version_date
        As the record gives them; `version_date` None where it gives none.
    body
        The record as API v2 JSON.
    record
        The same, decoded.
    wire_hash
        `compute_wire_hash` of the bytes as received.
    place
        Where in the source it stood.
    format, fidelity
        In which format it came, and how much that can carry: of two copies with one version date the
        one of the higher fidelity counts.
    original
        The bytes as received where they are not `body`.
    registry_number
        The number that the registry gave it, from 0; None where it came without.
    """

    nct_id: str
    version_date: str | None
    body: bytes
    record: dict[str, Any]
    wire_hash: bytes
    place: str
    format: str
    fidelity: int
    original: bytes | None = None
    registry_number: int | None = None


class KeptVersion(msgspec.Struct, frozen=True):
    """A version that was kept.

    Attributes
    ----------
    seq
        Its change number.
    day
        From which day it counts.
    is_first
        Whether its study is new.
    is_mended
        Whether it was here, and what lay there was no longer what had been kept.
    """

    seq: int
    version: NewVersion
    day: str
    is_first: bool
    is_mended: bool = False


class Writer:
    """The one process that may write to a library; use it in a `with` statement.

    Parameters
    ----------
    store
        The library, opened in this process.
    location
        Where the records of this run come from: a path or an address, kept as provenance.

    Raises
    ------
    StoreBusyError
        Another process is writing.
    StoreError
        The folder cannot be written.
    """

    def __init__(self, store: Store, location: str, *, note: str = "") -> None:
        self.store = store
        self.connection = store.connection
        self._location, self._note = location, note
        self._lock = WriterLock(store.home)
        self._has_copies = False
        # A sentence for each version that came again after a person took it out.
        self.taken_out: list[str] = []
        self._source_id: int | None = None

    def __enter__(self) -> Writer:
        self._lock.__enter__()
        try:
            self.store.give_log()
            self._complete_tables()
            self._complete_marks()
            self._order_anew()
        except BaseException:
            self._lock.__exit__()
            raise
        return self

    def _complete_tables(self) -> None:
        """Make what a library of an earlier Trialbook lacks."""
        if not self.store.has_table("row_sum"):
            try:
                self.connection.executescript(f"BEGIN IMMEDIATE;{SUMS}COMMIT;")
            except sqlite3.Error as error:
                raise StoreError(f"cannot write to the library: {error}") from error

    def changing(self, nct_id: str, part: sums.Part = STUDY) -> AbstractContextManager[None]:
        """Keep the sum of what is noted of a study and changed within the statement; as `sums.changing`."""
        return sums.changing(self.connection, part, [nct_id])

    def _complete_marks(self) -> None:
        """Mark the changes of a Trialbook that knows no marks."""
        seq = self.store.seq
        if not self.store.has_marks or (seq and not self.store.find_mark(seq)):
            with Transaction(self):
                self.connection.execute(MARKS)
                move_to(self.connection, seq)

    def __exit__(self, *_: object) -> None:
        self._lock.__exit__()

    def _order_anew(self) -> None:
        """Once, in a library of a Trialbook that went by another rule: put other versions in force where need be."""
        try:
            asked = "SELECT 1 FROM library WHERE key = 'order' AND value = ?"
            if self.store.fetch_one(asked, (ORDER_VERSION,)):
                return
            several = self.store.fetch_all(
                "SELECT study_id, nct_id, current_version_id FROM study WHERE EXISTS (SELECT 1 FROM version"
                " WHERE version.study_id = study.study_id AND version_id <> study.study_id)"
            )
        except StoreDamagedError:
            return  # what this run may mend is put in order by the next
        with Transaction(self):
            seq = self.store.seq
            for study_id, nct_id, current in several:
                if self._find_current(study_id) != current:
                    seq += 1
                    with self.changing(nct_id):
                        self._put_in_force(study_id, seq)
            move_to(self.connection, seq)
            self.connection.execute(EMPTY_STUDIES)
            self.connection.execute("INSERT OR REPLACE INTO library VALUES ('order', ?)", (ORDER_VERSION,))

    def _put_in_force(self, study_id: int, seq: int) -> None:
        """Note which version of a study is in force, as a change of it."""
        self.connection.execute(
            "UPDATE study SET changed_seq = ?, current_version_id = ? WHERE study_id = ?",
            (seq, self._find_current(study_id), study_id),
        )

    def _find_current(self, study_id: int) -> int:
        """The fullest copy of the last version of a study; 0 where none is held."""
        held = self.store.arrange(study_id)
        return held[-1].copies[0].version_id if held else 0

    def _note_facts(self, study_id: int, version_id: int, version: NewVersion) -> None:
        """Keep what a further copy of a study is arranged by, and of the first one if it is not kept yet."""
        keep = "INSERT OR IGNORE INTO copy_fact VALUES (?, ?, ?, ?, ?, ?)"
        days = read_days(find_days(version.record), version.format)
        self.connection.execute(keep, (version_id, len(version.body), *msgspec.structs.astuple(days)))
        missing = self.connection.execute(
            "SELECT version_id, format FROM version WHERE study_id = ?"
            " AND version_id NOT IN (SELECT version_id FROM copy_fact)",
            (study_id,),
        ).fetchall()
        for each, (found, length) in self.store.find_facts(missing).items():
            self.connection.execute(keep, (each, length, *msgspec.structs.astuple(found)))

    def _note_number(self, version: NewVersion, version_id: int) -> None:
        if version.registry_number is not None:
            self.connection.execute(
                "INSERT OR REPLACE INTO registry_number VALUES (?, ?, ?)",
                (version.nct_id, version.registry_number, version_id),
            )

    def transaction(self) -> Transaction:
        """All that is written within it, or nothing; for a `with` statement."""
        return Transaction(self)

    def note_change_of(self, nct_id: str) -> None:
        """Note that other versions of a study count than before; within a transaction."""
        (study_id,) = self.connection.execute(
            "SELECT study_id FROM study WHERE nct_id = ?", (nct_id,)
        ).fetchone()
        seq = self.store.seq + 1
        self._put_in_force(study_id, seq)
        move_to(self.connection, seq)

    def mark(self) -> tuple[int | None, int]:
        """What this process remembers of rows that a transaction may add."""
        return self._source_id, self.store.codec.newest_id

    def return_to(self, source_id: int | None, dictionary_id: int) -> None:
        """Forget rows that were undone; what was packed with an undone dictionary could never be read."""
        self._source_id, self._has_copies = source_id, False
        if self.store.codec.newest_id != dictionary_id:
            self.store.reload_codec()

    @property
    def source_id(self) -> int:
        """This run's entry in the table of sources, made when the first thing is kept."""
        if self._source_id is None:
            cursor = self.connection.execute(
                "INSERT INTO source (location, started_at, note) VALUES (?, ?, ?)",
                (self._location, now(), self._note),
            )
            self._source_id = int(cursor.lastrowid or 0)
            self._sum_up(SOURCE, self._source_id)
        return self._source_id

    def _sum_up(self, part: sums.Part, owner: int | str) -> None:
        sums.keep(self.connection, part.name, {owner: sums.compute(self.connection.execute, part, owner)})

    def knows(self, wire_hash: bytes, received: bytes = b"") -> bool:
        """Whether these very bytes are held already, unharmed; `received`, the bytes, makes that quicker.

        Raises StoreDamagedError where the file cannot be read that far.
        """
        row = self.store.fetch_one(f"SELECT {HELD} FROM version WHERE wire_hash = ?", (wire_hash,))
        return row is not None and self._is_unharmed(row, received)

    def _is_unharmed(self, row: Sequence[Any], received: bytes) -> bool:
        """Whether a row of `HELD` is what was kept, with a version in force beside it."""
        *held, has_current, original, own_hash = row
        return bool(has_current) and self.store.is_whole(held, original, own_hash, received=received)

    def save(self, versions: list[NewVersion]) -> list[KeptVersion]:
        """Keep a batch of records in one transaction; raises StoreError where the disk refuses.

        Returns the changes that were made, once all are safe; versions that were here make none.
        """
        changes: list[KeptVersion] = []
        if not versions:
            return changes
        with Transaction(self):
            self._train(versions)
            seq = self.store.seq
            learnt_at = now()
            for version in versions:
                change = self._save_one(version, seq + 1, learnt_at)
                if change is not None:
                    seq += 1
                    changes.append(change)
            move_to(self.connection, seq)
        return changes

    def _train(self, versions: list[NewVersion]) -> None:
        if not self.store.codec.newest_id:
            dictionary = train_dictionary([version.body for version in versions])
            if dictionary is not None:
                self.connection.execute("INSERT INTO dictionary (body) VALUES (?)", (dictionary,))
                keep_copies(self.connection)
                self.store.reload_codec()
        elif not self._has_copies:
            keep_copies(self.connection)
            self._has_copies = True

    def _save_one(self, version: NewVersion, seq: int, learnt_at: str) -> KeptVersion | None:
        """Keep a version under its change number; says what it was to its study, None where it was here."""
        day = find_first_day(version.version_date, learnt_at)
        study = self.connection.execute(
            "SELECT study_id FROM study WHERE nct_id = ?", (version.nct_id,)
        ).fetchone()
        if study is None:
            content_hash, extent = compute_content(version.record)
            version_id = self._insert_version(version, None, content_hash, extent, learnt_at)
            self.connection.execute(
                "INSERT INTO study VALUES (?, ?, ?, ?)", (version_id, version.nct_id, version_id, seq)
            )
            self._note_number(version, version_id)
            noted = (version.version_date, version.fidelity, extent, learnt_at, self.source_id)
            self._sum_up_first(version, version_id, (*noted, content_hash))
            return KeptVersion(seq, version, day, is_first=True)
        with self.changing(version.nct_id):
            return self._save_further(KeptVersion(seq, version, day, is_first=False), study[0], learnt_at)

    def _sum_up_first(self, version: NewVersion, version_id: int, noted: tuple[Any, ...]) -> None:
        """Keep the sum of a study with its first version without reading both again: the rows of `STUDY`."""
        *noted_first, content_hash = noted
        rows: list[tuple[Any, ...]] = [
            (version_id, version.nct_id, version_id),
            (
                version_id,
                version_id,
                *noted_first,
                version.place,
                version.format,
                version.wire_hash,
                content_hash,
            ),
        ]
        if version.registry_number is not None:
            rows.append((version.nct_id, version.registry_number, version_id))
        sums.keep(self.connection, STUDY.name, {version.nct_id: sums.sum_up(rows)})

    def _save_further(self, change: KeptVersion, study_id: int, learnt_at: str) -> KeptVersion | None:
        """As `_save_one`, of a study that is here."""
        version = change.version
        content_hash, extent = compute_content(version.record)
        if self._was_taken_out(version, study_id, content_hash):
            return None
        held = self.connection.execute(
            f"SELECT {HELD} FROM version WHERE study_id = ? AND (content_hash = ? OR wire_hash = ?)",
            (study_id, content_hash, version.wire_hash),
        ).fetchone()
        if held is not None:
            self._note_number(version, held[0])
            if self._is_unharmed(held, version.original or version.body):
                return None
            self._mend_version(version, held[0], content_hash, extent)
        else:
            version_id = self._insert_version(version, study_id, content_hash, extent, learnt_at)
            self._note_facts(study_id, version_id, version)
            self._note_number(version, version_id)
        self._put_in_force(study_id, change.seq)
        return msgspec.structs.replace(change, is_mended=held is not None)

    def _was_taken_out(self, version: NewVersion, study_id: int, content_hash: bytes) -> bool:
        """Whether a person took out what says the same; notes it for whoever brings it again."""
        row = self.connection.execute(
            "SELECT version_id, version_date FROM version WHERE study_id = ? AND (content_hash = ? OR wire_hash = ?)",
            (-study_id, content_hash, version.wire_hash),
        ).fetchone()
        if row is not None:
            number, day = row
            self.taken_out.append(
                f"{version.nct_id}, version of {day or 'no date'}: it was taken out of this library and stays so;"
                f" `trialbook history {version.nct_id}` says why, `trialbook put-back {version.nct_id} {number}`"
                " puts it back"
            )
        return row is not None

    def _mend_version(self, version: NewVersion, version_id: int, content_hash: bytes, extent: int) -> None:
        """Put a copy that says the same in the place of one whose bytes are damaged; when it was learnt stays."""
        self.connection.execute(
            "UPDATE version SET version_date = ?, fidelity = ?, extent = ?, format = ?,"
            " wire_hash = ?, content_hash = ?, dictionary_id = ?, body = ?, original = ?"
            " WHERE version_id = ?",
            (
                version.version_date,
                version.fidelity,
                extent,
                version.format,
                version.wire_hash,
                content_hash,
                *self._pack(version),
                version_id,
            ),
        )

    def _pack(self, version: NewVersion) -> tuple[int, bytes, bytes | None]:
        codec = self.store.codec
        original = None if version.original is None else codec.pack_plain(version.original)
        return *codec.pack(version.body), original

    def _insert_version(
        self, version: NewVersion, study_id: int | None, content_hash: bytes, extent: int, learnt_at: str
    ) -> int:
        """A study takes the id of its first version, so both rows are written without a look-up."""
        if study_id is None:
            (study_id,) = self.connection.execute(
                "SELECT coalesce(max(version_id), 0) + 1 FROM version"
            ).fetchone()
        cursor = self.connection.execute(
            "INSERT INTO version (study_id, version_date, fidelity, extent, learnt_at, source_id, place,"
            " format, wire_hash, content_hash, dictionary_id, body, original)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                study_id,
                version.version_date,
                version.fidelity,
                extent,
                learnt_at,
                self.source_id,
                version.place,
                version.format,
                version.wire_hash,
                content_hash,
                *self._pack(version),
            ),
        )
        return int(cursor.lastrowid or 0)

    def reject(self, rejections: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep input that could not be understood, as (place, reason, bytes); a repeated one once."""
        with Transaction(self):
            for place, reason, original in rejections:
                cursor = self.connection.execute(
                    "INSERT OR IGNORE INTO rejection (source_id, place, reason, content_hash, original)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (
                        self.source_id,
                        place,
                        reason,
                        compute_wire_hash(original),
                        self.store.codec.pack_plain(original),
                    ),
                )
                if cursor.rowcount:
                    self._sum_up(REJECTION, int(cursor.lastrowid or 0))

    def announce(self, notices: Iterable[tuple[str, int, str, str, tuple[str, ...]]]) -> None:
        """Keep lines of a registry's history: (id, number, date, status, labels of changed modules)."""
        by_study: dict[str, list[tuple[Any, ...]]] = {}
        for *facts, labels in notices:
            by_study.setdefault(str(facts[0]), []).append((*facts, "\n".join(labels)))
        with Transaction(self):
            for nct_id, lines in by_study.items():
                self._announce_one(nct_id, lines)

    def _announce_one(self, nct_id: str, lines: list[tuple[Any, ...]]) -> None:
        ask = self.connection.execute
        held = {
            number for (number,) in ask("SELECT number FROM announced_version WHERE nct_id = ?", (nct_id,))
        }
        # A list that comes whole takes the place of one that was altered.
        is_sound = held <= {line[1] for line in lines} or sums.is_as_kept(ask, ANNOUNCED, nct_id)
        self.connection.executemany("INSERT OR REPLACE INTO announced_version VALUES (?, ?, ?, ?, ?)", lines)
        found = sums.compute(ask, ANNOUNCED, nct_id) if is_sound else sums.ALTERED
        sums.keep(self.connection, ANNOUNCED.name, {nct_id: found})

    def save_sync_state(self, request: str, state: str) -> None:
        """Remember how far a synchronisation has come."""
        with Transaction(self):
            self.connection.execute(
                "INSERT OR REPLACE INTO sync_state VALUES (?, ?, ?)", (request, state, now())
            )
            self._sum_up(SYNC, request)


def now() -> str:
    """The present moment in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
