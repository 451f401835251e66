"""How does a library whose file is damaged become whole again? What can be read and proven goes into a new one."""

from __future__ import annotations

import re
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trialbook.errors import StoreError
from trialbook.model.study import decode_record, read_typed
from trialbook.model.version_days import VersionDays, find_days
from trialbook.store import sums
from trialbook.store.codec import (
    ChangedBytesError,
    Codec,
    HeldBody,
    compute_content,
    compute_wire_hash,
    unpack_body,
    unpack_original,
)
from trialbook.store.copies import HeldCopy, arrange, read_days
from trialbook.store.dictionaries import keep_copies, read_dictionaries
from trialbook.store.file import FILE_NAME, UNREADABLE
from trialbook.store.lock import WriterLock
from trialbook.store.private import make_private_file
from trialbook.store.replace import finish, put_in_place
from trialbook.store.schema import (
    ANNOUNCED,
    LATER,
    PARTS,
    REJECTION,
    SOURCE,
    STUDY,
    SYNC,
    TAKE_OUT,
    create_tables,
)
from trialbook.store.wreck import PAGE_BYTES, Wreck
from trialbook.store.writer import now

IMPORT_AGAIN = "import it again, or restore a backup"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")
VERSION_COLUMNS = (
    "version_id, study_id, version_date, fidelity, extent, learnt_at, source_id, place, format,"
    " wire_hash, content_hash, dictionary_id, body, original"
)
# Tables that are copied as they are, each with its columns and the order of its rows.
OTHERS = {
    "announced_version": (
        "nct_id, number, version_date, overall_status, module_labels",
        "nct_id, number",
        "lines of the registry's own history",
    ),
    "sync_state": ("request, state, saved_at", "request", "notes of how far pulls had come"),
    "take_out": (
        "entry_id, version_id, nct_id, version_date, is_out, reason, noted_at",
        "entry_id",
        "notes of what was taken out",
    ),
    "registry_number": (
        "nct_id, number, version_id",
        "nct_id, number",
        "numbers that the registry gave to versions",
    ),
}
# What is said of a part whose rows were altered, or that lacks some of them.
ALTERED = {
    STUDY.name: "{}: what was noted of its versions (which there are, when each came, from where) was altered; what its"
    " records say themselves was noted anew, the rest stays as it lies there",
    ANNOUNCED.name: "{}: the registry's list of its versions was altered and stays so; import it again",
    SOURCE.name: "run {}: from where its records came was altered and stays so",
    REJECTION.name: "the rejected piece {}: why it was, and where it stood, was altered and stays so",
    SYNC.name: "how far a pull had come was altered ({}): it begins anew",
    TAKE_OUT.name: "{}: the log of what was taken out was altered and stays so",
}


class VersionRow(NamedTuple):
    """A row of the table of versions, in the order of `VERSION_COLUMNS`."""

    version_id: int
    study_id: int
    version_date: str | None
    fidelity: int
    extent: int
    learnt_at: str
    source_id: int
    place: str
    format: str
    wire_hash: bytes
    content_hash: bytes
    dictionary_id: int
    body: bytes
    original: bytes | None


class Repaired(msgspec.Struct, frozen=True):
    """What became of a damaged library's file.

    Attributes
    ----------
    lost
        A sentence for each thing that could not be brought out.
    kept_as
        Where the damaged file lies now.
    """

    lost: tuple[str, ...]
    kept_as: Path


def repair_file(home: Path) -> Repaired:
    """Build a library's file anew from all that can be read of it, and put it in its place in one step.

    Each record is proven by its checksum or fingerprint; what a record says itself (its id, its day) is
    noted anew from it. 1 ms for a record of average size; it needs room for a second file, since the
    damaged one is kept.

    Raises
    ------
    StoreBusyError
        Another process is writing, or reads without a pause.
    StoreError
        The folder cannot be written.
    """
    path = home / FILE_NAME
    fresh = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}.part")
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    old = path.with_name(f"{FILE_NAME}.damaged-{moment}")
    try:
        with WriterLock(home), Wreck(path) as wreck:
            make_private_file(fresh)
            salvage = _Salvage(wreck, fresh)
            salvage.run()
            put_in_place(fresh, home, old=old)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot repair the library in {home}: {error}; nothing was changed") from error
    finally:
        fresh.unlink(missing_ok=True)
    return Repaired(tuple(salvage.lost), old)


class _Salvage:
    """One run: reads the wreck, fills the new file, notes what is lost."""

    def __init__(self, wreck: Wreck, path: Path) -> None:
        self.wreck, self._path, self._source = wreck, path, wreck.path
        self._library_is_lost = False
        self.lost: list[str] = []
        self._last = wreck.find_last()
        self._new = sqlite3.connect(path, isolation_level=None)
        self._new.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        create_tables(self._new)
        # The studies as their table has them, and as their records prove them: id and number.
        self._noted: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._taken: set[int] = set()
        self._changes: dict[int, int] = {}
        self._broken: set[int] = set()
        self._facts: dict[int, tuple[VersionDays, int]] = {}

    def run(self) -> None:
        """Bring out all that there is; the new file is closed at the end, and on the disk."""
        try:
            self._new.execute("BEGIN")
            self._copy_library()
            self._copy_dictionaries()
            self._read_studies()
            self._copy_sources()
            self._copy_versions()
            if not self._numbers and self._library_is_lost:
                raise StoreError(
                    f"nothing of a library can be read in {self._source}: restore a backup; nothing was changed"
                )
            self._name_lost_versions()
            self._write_studies()
            self._copy_rejections()
            for table, (columns, order, meaning) in OTHERS.items():
                self._copy_rows(table, columns, order, meaning)
            self._name_altered()
            for part in PARTS:
                sums.keep_missing(self._new, part)
            self._new.execute("COMMIT")
            problem = self._new.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if problem != "ok":
                raise StoreError(f"the repaired file is damaged too: {problem}; is the disk failing?")
            finish(self._new, self._path)
        finally:
            self._new.close()

    def _copy_library(self) -> None:
        rows = dict(self.wreck.read_from_both_ends("library", "key, value", "key")[0])
        known = {str(key): str(value) for key, value in rows.items() if key != "schema_version"}
        if not re.fullmatch(r"[0-9a-f]{32}", known.get("library_id", "")):
            known.pop("library_id", None)
            self._library_is_lost = True
            self.lost.append("the library's own name is lost: it has a new one, and feeds begin anew")
        seq = known.get("seq", "")
        self._seq = int(seq) if seq.isdecimal() and len(seq) < 18 else self._last
        self._seq += 1  # whoever knew the damaged file sees that this is another
        known["seq"] = str(self._seq)
        self._new.executemany("INSERT OR REPLACE INTO library VALUES (?, ?)", known.items())

    def _copy_dictionaries(self) -> None:
        try:
            found = read_dictionaries(self.wreck.connection)
            self._codec = Codec(found)
        except (*UNREADABLE, TypeError, ValueError) as error:
            found = {}
            self._codec = Codec(found)
            self.lost.append(f"the dictionary that unpacks the records is lost, and they with it ({error})")
        self._new.executemany("INSERT INTO dictionary VALUES (?, ?)", found.items())
        keep_copies(self._new)

    def _read_studies(self) -> None:
        """What the studies are called and when they changed; both are proven against their records later."""
        for number, nct_id, changed in self.wreck.read_numbered(
            "study", "study_id, nct_id, changed_seq", "study_id", self._last
        ):
            self._noted.setdefault(str(nct_id), number)
            if isinstance(changed, int) and 0 < changed <= self._seq:
                self._changes[number] = changed

    def _copy_sources(self) -> None:
        rows = self.wreck.read_numbered(
            "source", "source_id, location, started_at, note", "source_id", self._last
        )
        self._new.executemany("INSERT INTO source VALUES (?, ?, ?, ?)", ([*map(_write, row)] for row in rows))
        self._sources = {row[0] for row in self._new.execute("SELECT source_id FROM source")}

    def _copy_versions(self) -> None:
        for values in self.wreck.read_numbered("version", VERSION_COLUMNS, "version_id", self._last):
            self._copy_version(VersionRow(*values))
        unreadable = set(self.wreck.unreadable["version"])
        # Where a page is broken that leads to others, these are looked for one by one.
        rows = self.wreck.iter_leaf_rows(len(VersionRow._fields)) if unreadable else ()
        for number, others in rows:
            if number in unreadable and self._copy_version(VersionRow(number, *others[1:])):
                unreadable.remove(number)
        self._broken |= unreadable

    def _copy_version(self, row: VersionRow) -> bool:
        """Bring a version out, if its bytes are whole."""
        proven = self._prove(row)
        if proven is None:
            self._broken.add(row.version_id)
            return False
        self._new.execute(
            f"INSERT INTO version ({VERSION_COLUMNS}) VALUES ({', '.join('?' * len(proven))})", proven
        )
        self._broken.discard(row.version_id)
        return True

    def _prove(self, row: VersionRow) -> VersionRow | None:
        """A version as it was kept, with all that its record says of it; None where its bytes are not whole."""
        body = self._unpack(row)
        if body is None:
            return None
        record = decode_record(body)
        study, _ = read_typed(record)
        content_hash, extent = compute_content(record)
        days = find_days(record)
        self._facts[row.version_id] = (read_days(days, str(row.format)), len(body))
        day = days.first
        original, wire_hash = self._prove_original(row, body, study.nct_id, day)
        return row._replace(
            study_id=self._find_study(study.nct_id, row) * (-1 if _is_out(row) else 1),
            version_date=day,
            fidelity=row.fidelity if isinstance(row.fidelity, int) else 0,
            extent=extent,
            learnt_at=self._prove_moment(row, study.nct_id),
            source_id=self._prove_source(row),
            place=str(row.place),
            format=str(row.format),
            wire_hash=wire_hash,
            content_hash=content_hash,
            original=original,
        )

    def _unpack(self, row: VersionRow) -> bytes | None:
        """The record's bytes, proven by a checksum, or else by either of two fingerprints."""
        for is_as_received in (row.original is None, row.original is not None):
            held = HeldBody(
                row.version_id,
                row.dictionary_id,
                row.body,
                row.wire_hash,
                row.content_hash,
                int(is_as_received),
            )
            try:
                body = unpack_body(self._codec, held)
                decode_record(body)
            except (ChangedBytesError, msgspec.DecodeError, TypeError, ValueError, IndexError):
                continue
            return body
        return None

    def _find_study(self, nct_id: str, row: VersionRow) -> int:
        """The number of a record's study: the one noted for its id, else with the version, else a free one."""
        if nct_id not in self._numbers:
            noted = (self._noted.get(nct_id), -row.study_id if _is_out(row) else row.study_id, row.version_id)
            number = next((each for each in noted if self._is_free(each)), None)
            self._numbers[nct_id] = number or max(self._taken) + self._last
            self._taken.add(self._numbers[nct_id])
        return self._numbers[nct_id]

    def _is_free(self, number: object) -> bool:
        return isinstance(number, int) and 0 < number <= self._last and number not in self._taken

    def _prove_original(
        self, row: VersionRow, body: bytes, nct_id: str, day: str | None
    ) -> tuple[bytes | None, bytes]:
        """The bytes as received, and their fingerprint; where they are lost the record stands for them."""
        own_hash = compute_wire_hash(body)
        if row.original is None and row.wire_hash == own_hash:
            return None, own_hash
        try:
            if row.original is not None:
                unpack_original(self._codec, row.original, row.wire_hash)
                return row.original, row.wire_hash
        except ChangedBytesError:
            pass
        self.lost.append(
            f"{nct_id}, version of {day or 'no day'}: the bytes in which it was received are lost, what it"
            " says is kept"
        )
        return None, own_hash

    def _prove_moment(self, row: VersionRow, nct_id: str) -> str:
        if isinstance(row.learnt_at, str) and MOMENT.fullmatch(row.learnt_at):
            return row.learnt_at
        self.lost.append(
            f"{nct_id}: when its version {row.version_id} was learnt is lost; it counts from today"
        )
        return now()

    def _prove_source(self, row: VersionRow) -> int:
        """The run that brought a version; where its entry is lost, one that says so stands for it."""
        number = row.source_id if isinstance(row.source_id, int) else 0
        if number not in self._sources:
            self._sources.add(number)
            self._new.execute(
                "INSERT INTO source VALUES (?, ?, ?, ?)", (number, "(lost)", str(row.learnt_at), "")
            )
            self.lost.append(f"from where the versions of run {number} came is lost")
        return number

    def _name_lost_versions(self) -> None:
        noted = self.wreck.find_noted_versions()
        names = {number: nct_id for nct_id, number in (*self._noted.items(), *self._numbers.items())}
        unknown = 0
        for number in sorted(self._broken.union(noted)):
            study, day = noted.get(number, (None, None))
            if study is None:
                unknown += number <= self.wreck.known_last
            elif number in self._broken or not self._holds(number, study, day):
                name = names.get(abs(study), "a record whose id is lost")
                self.lost.append(f"{name}, version of {day or 'no day'}: lost; {IMPORT_AGAIN}")
        if unknown:
            self.lost.append(f"up to {unknown:,} versions of which nothing can be read: {IMPORT_AGAIN}")

    def _holds(self, number: int, study: int, day: str | None) -> bool:
        """Whether what an index notes was brought out; an altered index may note it under another number."""
        row = self._new.execute(
            "SELECT 1 FROM version WHERE version_id = ? OR (study_id = ? AND version_date IS ?)",
            (number, study, day),
        ).fetchone()
        return row is not None

    def _write_studies(self) -> None:
        """Each study that has a version, with the one in force; that all was put together anew is a change."""
        changes = {number: self._changes.get(number, self._seq) for number in self._numbers.values()}
        # The last change is one of a study: what is derived counts by that.
        if changes:
            changes[max(changes, key=lambda number: (changes[number], number))] = self._seq
        else:
            self._new.execute("UPDATE library SET value = '0' WHERE key = 'seq'")
        self._new.executemany(
            "INSERT INTO study VALUES (?, ?, 0, ?)",
            [(number, nct_id, changes[number]) for nct_id, number in self._numbers.items()],
        )
        for number in changes:
            rows = self._new.execute(
                "SELECT version_id, version_date, fidelity, extent, learnt_at FROM version WHERE study_id = ?",
                (number,),
            )
            held = arrange(
                HeldCopy(
                    version_id=row[0],
                    version_date=row[1],
                    fidelity=row[2],
                    extent=row[3],
                    learnt_at=row[4],
                    days=self._facts[row[0]][0],
                    length=self._facts[row[0]][1],
                )
                for row in rows
            )
            current = held[-1].copies[0].version_id if held else 0
            self._new.execute("UPDATE study SET current_version_id = ? WHERE study_id = ?", (current, number))
        self._write_facts()

    def _write_facts(self) -> None:
        """By what the copies of studies are arranged that have several."""
        rows = self._new.execute(
            "SELECT version_id FROM version WHERE abs(study_id) IN"
            " (SELECT abs(study_id) FROM version GROUP BY abs(study_id) HAVING count(*) > 1)"
        ).fetchall()
        for (version_id,) in rows:
            days, length = self._facts[version_id]
            self._new.execute(
                "INSERT INTO copy_fact VALUES (?, ?, ?, ?, ?, ?)",
                (version_id, length, *msgspec.structs.astuple(days)),
            )

    def _copy_rejections(self) -> None:
        columns = "rejection_id, source_id, place, reason, content_hash, original"
        rows = self.wreck.read_numbered("rejection", columns, "rejection_id", self._find_last_rejection())
        for row in rows:
            try:
                unpack_original(self._codec, row[5], row[4])
            except ChangedBytesError:
                self.lost.append(f"the rejected piece {row[2]}: its bytes are lost")
                continue
            self._new.execute("INSERT OR IGNORE INTO rejection VALUES (?, ?, ?, ?, ?, ?)", row)
        if self.wreck.unreadable["rejection"]:
            self.lost.append("some rejected pieces of input are lost")

    def _find_last_rejection(self) -> int:
        rows = self.wreck.fetch("SELECT max(rejection_id) FROM rejection")
        return self._last if rows is None else int(rows[0][0] or 0)

    def _copy_rows(self, table: str, columns: str, order: str, meaning: str) -> None:
        if table in LATER and not self.wreck.fetch(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"):
            if self.wreck.has_other_head:
                self.lost.append(f"{meaning} are lost, if there were any")
            return
        rows, is_all = self.wreck.read_from_both_ends(table, columns, order)
        marks = ", ".join("?" * len(columns.split(",")))
        self._new.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows)
        if not is_all:
            self.lost.append(f"some {meaning} may be lost")

    def _name_altered(self) -> None:
        """Say of what was copied where it is still not what was kept."""
        if not self.wreck.has_sums:
            return
        parts = {part.name: part for part in PARTS}
        for name, owner, kept in self.wreck.read_from_both_ends("row_sum", "part, owner, sum", "part, owner")[
            0
        ]:
            found = sums.compute(self._new.execute, parts[name], owner) if name in parts else 0
            # What is not there at all was named before.
            if found and found != kept:
                self.lost.append(ALTERED[name].format(owner))
                if name == SYNC.name:
                    self._new.execute("DELETE FROM sync_state WHERE request = ?", (owner,))


def _is_out(row: VersionRow) -> bool:
    """Whether a person took a version out: it is noted so in its row."""
    return isinstance(row.study_id, int) and row.study_id < 0


def _write(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)
