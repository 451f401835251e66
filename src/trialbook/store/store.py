"""The library on disk: every version of every record, readable while another process writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trialbook.errors import (
    NotesDamagedError,
    NotFoundError,
    RecordDamagedError,
    SourceFormatError,
    StoreDamagedError,
    StoreError,
)
from trialbook.model.study import decode_record, read_typed
from trialbook.model.version_days import VersionDays, find_days
from trialbook.store.codec import (
    HELD_BODY,
    ChangedBytesError,
    HeldBody,
    compute_wire_hash,
    unpack_body,
    unpack_original,
)
from trialbook.store.copies import HeldCopy, HeldVersion, arrange, read_days
from trialbook.store.file import VALUES_AT_ONCE, LibraryFile
from trialbook.store.numbers import number_versions
from trialbook.store.schema import ANNOUNCED, REJECTION, SOURCE, STUDY, SYNC
from trialbook.store.sums import Part, is_as_kept
from trialbook.store.versions import COUNTS_FROM, AnnouncedVersion, Counts, Version

# Is told of each damaged version that a walk meets; what it does not raise, the walk goes past.
OnDamage = Callable[[RecordDamagedError], None]


def refuse_damage(error: RecordDamagedError) -> None:
    """End a walk at the first damaged version."""
    raise error


class Store(LibraryFile):
    """The records of one library, for reading; nothing is made or changed.

    Each body is compared with what was kept before it is handed out: one that differs raises
    RecordDamagedError instead. Walks over many records can go past such ones, see `OnDamage`.

    Parameters
    ----------
    home
        The library's folder.

    Raises
    ------
    NoLibraryError
        There is no library in the folder.
    StoreError
        The file cannot be opened or is no library; so raise all methods where it cannot be read.
    StoreVersionError
        A newer Trialbook wrote it.
    """

    def pass_over(self, error: RecordDamagedError) -> None:
        """Take note of a damaged version that a walk goes past, for whoever began it; as `OnDamage`."""
        self.passed.append(error)

    def find_last_learnt(self) -> str | None:
        """When the version that came last was received (UTC, ISO 8601); None in an empty library.

        Raises NotesDamagedError.
        """
        row = self.fetch_one(
            "SELECT learnt_at, nct_id FROM version LEFT JOIN study ON study.study_id = abs(version.study_id)"
            " ORDER BY version_id DESC LIMIT 1"
        )
        if row is None:
            return None
        self.check_notes(str(row[1] or ""))
        return str(row[0])

    def is_as_kept(self, part: Part, owner: Any) -> bool:
        """Whether what the library notes in some tables is what was kept there, as far as a sum of it was kept."""
        return not self.has_table("row_sum") or is_as_kept(self.fetch_all, part, owner)

    def check_notes(self, nct_id: str) -> None:
        """Raise NotesDamagedError where what is noted of a study's versions is not what was kept; 0.03 ms."""
        if not self.is_as_kept(STUDY, nct_id):
            raise NotesDamagedError(nct_id)

    def count(self) -> Counts:
        """Count what the library holds."""
        row = self.fetch_one(
            "SELECT (SELECT count(*) FROM study) - (SELECT count(*) FROM study WHERE current_version_id = 0),"
            " (SELECT count(*) FROM version) - (SELECT count(*) FROM version WHERE study_id < 0),"
            " (SELECT count(*) FROM rejection)"
        )
        return Counts(*row)

    def has_study(self, nct_id: str) -> bool:
        """Whether any version of the record is here that was not taken out."""
        row = self.fetch_one("SELECT 1 FROM study WHERE nct_id = ? AND current_version_id <> 0", (nct_id,))
        return row is not None

    def is_of_one_copy(self, nct_id: str) -> bool:
        """Whether no more than one copy of a record is here, in one version, as of most studies."""
        row = self.fetch_one(
            "SELECT count(*) FROM version WHERE study_id = (SELECT study_id FROM study WHERE nct_id = ?)",
            (nct_id,),
        )
        return bool(row[0] <= 1)

    def get_body(self, nct_id: str, *, as_of: str | None = None) -> bytes:
        """The record's bytes, now or as they stood at the end of a day (ISO date).

        Raises NotFoundError where the library has no such record, or none as old as that.
        """
        body = self.find_body(nct_id, as_of=as_of)
        if body is None:
            raise NotFoundError(self._explain_absence(nct_id, as_of))
        return body

    def find_body(self, nct_id: str, *, as_of: str | None = None) -> bytes | None:
        """The record's bytes as in `get_body`; None where it is not here, or was not yet on that day."""
        if as_of is None:
            row = self._find_current_row(nct_id)
        else:
            row = self._find_row(nct_id, as_of)
        if row is None:
            return None
        if row[0] is None:
            raise RecordDamagedError(nct_id, "")
        body = self._unpack(row)
        # A row or an index that was altered may lead to the record of another study.
        if nct_id.encode() not in body and read_typed(decode_record(body))[0].nct_id != nct_id:
            raise RecordDamagedError(nct_id, "")
        return body

    def _find_current_row(self, nct_id: str) -> Any:
        """The row of the version in force."""
        row = self.fetch_one(
            f"SELECT {HELD_BODY}, (SELECT count(*) FROM version AS each"
            " WHERE each.study_id = study.study_id) FROM study LEFT JOIN version ON version_id ="
            " current_version_id AND version.study_id = study.study_id WHERE nct_id = ? AND current_version_id <> 0",
            (nct_id,),
        )
        if row is None:
            self.check_notes(nct_id)  # it may be that no index leads to it any more
            return None
        *held, count = row
        if count != 1:  # another of its versions would be as sound a record
            self.check_notes(nct_id)
        return held

    def _find_row(self, nct_id: str, as_of: str) -> Any:
        """The row of the fullest copy of the version that was in force at the end of a day."""
        self.check_notes(nct_id)
        study = self.fetch_one("SELECT study_id FROM study WHERE nct_id = ?", (nct_id,))
        known = [each for each in self.arrange(study[0]) if each.counts_from <= as_of] if study else []
        if not known:
            return None
        version_id = known[-1].copies[0].version_id
        return self.fetch_one(f"SELECT {HELD_BODY} FROM version WHERE version_id = ?", (version_id,))

    def arrange(self, study_id: int) -> tuple[HeldVersion, ...]:
        """The versions of a study that are held, oldest first, each with its copies, the fullest first."""
        rows = self.fetch_all(
            "SELECT version_id, version_date, fidelity, extent, learnt_at, format FROM version WHERE study_id = ?",
            (study_id,),
        )
        facts = self.find_facts([(row[0], row[5]) for row in rows]) if len(rows) > 1 else {}
        unknown = (None, 0)
        return arrange(
            HeldCopy(
                version_id=row[0],
                version_date=row[1],
                fidelity=row[2],
                extent=row[3],
                learnt_at=row[4],
                days=facts.get(row[0], unknown)[0] or VersionDays(submitted=row[1] or ""),
                length=facts.get(row[0], unknown)[1],
            )
            for row in rows
        )

    def find_facts(self, copies: list[tuple[int, str]]) -> dict[int, tuple[VersionDays, int]]:
        """The days that copies give, and their length; of those that no writer noted, from the records themselves."""
        found: dict[int, tuple[VersionDays, int]] = {}
        ids = [version_id for version_id, _ in copies]
        if self.has_table("copy_fact"):
            for start in range(0, len(ids), VALUES_AT_ONCE):
                part = ids[start : start + VALUES_AT_ONCE]
                rows = self.fetch_all(
                    "SELECT version_id, length, submitted, posted, verified, served FROM copy_fact"
                    f" WHERE version_id IN ({', '.join('?' * len(part))})",
                    part,
                )
                found |= {version_id: (VersionDays(*days), length) for version_id, length, *days in rows}
        for version_id, format_name in copies:
            if version_id not in found:
                try:
                    body = self.get_version_body(version_id)
                    days = find_days(decode_record(body))
                except (StoreDamagedError, SourceFormatError):
                    continue
                found[version_id] = (read_days(days, format_name), len(body))
        return found

    def _explain_absence(self, nct_id: str, as_of: str | None) -> str:
        if as_of is None or not self.has_study(nct_id):
            return f"{nct_id} is not in this library"
        first = min(version.known_from for version in self.find_versions(nct_id))
        return f"{nct_id} has no version as old as {as_of}: the first known one is of {first}"

    def _unpack(self, row: Sequence[Any]) -> bytes:
        """The body in a row of `HELD_BODY`; raises RecordDamagedError."""
        held = HeldBody(*row)
        try:
            self._take_up_dictionary(held.dictionary_id)
            return unpack_body(self.codec, held)
        except ChangedBytesError as error:
            raise self._name_damage(held.version_id) from error

    def _take_up_dictionary(self, dictionary_id: int) -> None:
        if not self.codec.knows(dictionary_id):
            self.reload_codec()

    def _name_damage(self, version_id: int) -> RecordDamagedError:
        """What to say of a damaged version: its id and day, as far as these can be read."""
        try:
            row = self.fetch_one(
                f"SELECT nct_id, {COUNTS_FROM} FROM version"
                " LEFT JOIN study ON study.study_id = abs(version.study_id) WHERE version_id = ?",
                (version_id,),
            )
        except StoreError:
            row = None
        nct_id, day = row or ("", "")
        return RecordDamagedError(str(nct_id or ""), str(day or ""))

    def is_whole(
        self,
        row: Sequence[Any],
        original: bytes | None = None,
        wire_hash: bytes = b"",
        *,
        received: bytes = b"",
    ) -> bool:
        """Whether the body in a row of `HELD_BODY`, and its packed original, are what was kept there.

        Where it came as the bytes `received`, these need no fingerprint to be known again.
        """
        held = HeldBody(*row)
        try:
            self._take_up_dictionary(held.dictionary_id)
            if original is not None:
                unpack_original(self.codec, original, wire_hash)
            elif received and self.codec.unpack(held.dictionary_id, held.packed) == received:
                return True
            unpack_body(self.codec, held)
        except ChangedBytesError:
            return False
        return True

    def find_versions(self, nct_id: str) -> tuple[Version, ...]:
        """Every version of a record by its fullest copy, oldest first; empty for an unknown one.

        A version that the registry lists under two numbers, with one text, stands there twice.
        """
        return tuple(copies[0] for copies in self.find_copies(nct_id))

    def find_copies(self, nct_id: str) -> tuple[tuple[Version, ...], ...]:
        """As `find_versions`, each version with all of its copies, the fullest first.

        Raises NotesDamagedError.
        """
        self.check_notes(nct_id)
        study = self.fetch_one("SELECT study_id, current_version_id FROM study WHERE nct_id = ?", (nct_id,))
        if study is None:
            return ()
        rows = self.fetch_all(
            "SELECT version_id, learnt_at, location, place, format, fidelity, source_id FROM version"
            " JOIN source USING (source_id) WHERE study_id = ?",
            study[:1],
        )
        if not all(self.is_as_kept(SOURCE, source_id) for source_id in {row[6] for row in rows}):
            raise NotesDamagedError(nct_id)
        by_id = {row[0]: row for row in rows}
        held = [each for each in self.arrange(study[0]) if each.copies[0].version_id in by_id]
        numbers, is_numbered = number_versions(held, self.find_announced(nct_id), self._find_numbers(nct_id))
        found = []
        for version, own in zip(held, numbers, strict=True):
            for number in own:
                is_last = version is held[-1] and number == own[-1]
                found.append(
                    tuple(
                        Version(
                            version_id=row[0],
                            nct_id=nct_id,
                            number=number,
                            version_date=version.day,
                            learnt_at=row[1],
                            location=row[2],
                            place=row[3],
                            format=row[4],
                            is_current=is_last and row[0] == study[1],
                            meaning=version.meaning,
                            copy=position,
                            copies=len(version.copies),
                            fidelity=row[5],
                            is_numbered=number in is_numbered,
                        )
                        for position, copy in enumerate(version.copies, 1)
                        if (row := by_id.get(copy.version_id))
                    )
                )
        return tuple(found)

    def _find_numbers(self, nct_id: str) -> dict[int, int]:
        """The registry's number of versions whose text came with it, and the copies that these are."""
        if not self.has_table("registry_number"):
            return {}
        return dict(
            self.fetch_all("SELECT number, version_id FROM registry_number WHERE nct_id = ?", (nct_id,))
        )

    def get_version_body(self, version_id: int) -> bytes:
        """The bytes of one version; raises NotFoundError."""
        row = self.fetch_one(f"SELECT {HELD_BODY} FROM version WHERE version_id = ?", (version_id,))
        if row is None:
            raise NotFoundError(f"there is no version {version_id} in this library")
        return self._unpack(row)

    def get_original(self, version_id: int) -> bytes:
        """The bytes as they were received, in the source's own format; raises NotFoundError."""
        row = self.fetch_one("SELECT original, wire_hash FROM version WHERE version_id = ?", (version_id,))
        body = self.get_version_body(version_id) if row is None or row[0] is None else None
        try:
            if body is None:
                return unpack_original(self.codec, *row)
            # That there is an original may be what was lost.
            if compute_wire_hash(body) != row[1]:
                raise ChangedBytesError
            return body
        except ChangedBytesError as error:
            raise self._name_damage(version_id) from error

    def find_announced(self, nct_id: str) -> tuple[AnnouncedVersion, ...]:
        """The versions that the registry's own history lists, oldest first; raises NotesDamagedError."""
        if not self.is_as_kept(ANNOUNCED, nct_id):
            raise NotesDamagedError(nct_id)
        rows = self.fetch_each(
            "SELECT number, version_date, overall_status, module_labels FROM announced_version"
            " WHERE nct_id = ? ORDER BY number",
            (nct_id,),
        )
        return tuple(
            AnnouncedVersion(number, day, status, tuple(labels.split("\n")) if labels else ())
            for number, day, status, labels in rows
        )

    def iter_current(
        self, *, as_of: str | None = None, on_damage: OnDamage = refuse_damage
    ) -> Iterator[tuple[str, bytes]]:
        """Every record in force (now, or at the end of a day), as id and bytes, by id."""
        # The open statement holds this state of the file for the look at each record.
        for (nct_id,) in self.fetch_each(
            "SELECT nct_id FROM study WHERE current_version_id <> 0 ORDER BY nct_id"
        ):
            body = self._read_current(nct_id, as_of, on_damage)
            if body is not None:
                yield nct_id, body

    def _read_current(self, nct_id: str, as_of: str | None, on_damage: OnDamage) -> bytes | None:
        """The bytes of a record that a walk came to; None where it was not yet on that day or is damaged."""
        try:
            body = self.find_body(nct_id, as_of=as_of)
        except StoreDamagedError as error:
            on_damage(error if isinstance(error, RecordDamagedError) else RecordDamagedError(nct_id, ""))
            return None
        if body is None and as_of is None:
            on_damage(RecordDamagedError(nct_id, ""))
        return body

    def find_ids_after(self, nct_id: str, limit: int) -> tuple[str, ...]:
        """The next ids of studies in force behind an id, in their order."""
        rows = self.fetch_all(
            "SELECT nct_id FROM study WHERE nct_id > ? AND current_version_id <> 0 ORDER BY nct_id LIMIT ?",
            (nct_id, limit),
        )
        return tuple(str(each) for (each,) in rows)

    def find_after(
        self, nct_id: str, limit: int, *, on_damage: OnDamage = refuse_damage
    ) -> list[tuple[str, bytes]]:
        """The next records in force behind an id, as id and bytes, by id; empty behind the last.

        Who walks a whole library so, at the pace of a slow client, keeps no state of the file from being
        given up.
        """
        found: list[tuple[str, bytes]] = []
        last = nct_id
        while len(found) < limit:
            ids = self.find_ids_after(last, limit - len(found))
            if not ids:
                break
            for last in ids:
                body = self._read_current(last, None, on_damage)
                if body is not None:
                    found.append((last, body))
        return found

    def iter_changed_ids(self, after: int) -> Iterator[tuple[int, str]]:
        """Studies changed after a change number, as (change number, id), in its order."""
        return self.fetch_each(
            "SELECT changed_seq, nct_id FROM study WHERE changed_seq > ? ORDER BY changed_seq", (after,)
        )

    def find_content_hashes(self, version_ids: Sequence[int]) -> dict[int, bytes]:
        """A fingerprint of what each of some versions says, by its number."""
        found: dict[int, bytes] = {}
        for start in range(0, len(version_ids), VALUES_AT_ONCE):
            part = version_ids[start : start + VALUES_AT_ONCE]
            marks = ", ".join("?" * len(part))
            found |= dict(
                self.fetch_all(
                    f"SELECT version_id, content_hash FROM version WHERE version_id IN ({marks})", part
                )
            )
        return found

    def iter_with_history(self, after: int) -> Iterator[tuple[int, str]]:
        """Studies of several versions changed after a change number, as (change number, id), in its order."""
        # A study has the number of its first version.
        return self.fetch_each(
            "SELECT changed_seq, nct_id FROM study WHERE changed_seq > ? AND EXISTS (SELECT 1 FROM version"
            " WHERE version.study_id = study.study_id AND version_id <> study.study_id) ORDER BY changed_seq",
            (after,),
        )

    def find_rejections(self, limit: int = 100) -> list[tuple[str, str, bytes]]:
        """The last rejected pieces of input, as place, reason and bytes."""
        rows = self.fetch_all(
            "SELECT rejection_id, place, reason, original, content_hash FROM rejection"
            " ORDER BY rejection_id DESC LIMIT ?",
            (limit,),
        )
        found = []
        for rejection_id, place, reason, *held in rows:
            if not self.is_as_kept(REJECTION, rejection_id):
                raise StoreDamagedError(
                    f"the rejected piece {place}: what is noted of it (why, where it stood) is not what was kept;"
                    " `trialbook check --repair` leaves it out"
                )
            found.append((place, reason, self._unpack_rejected(place, *held)))
        return found

    def get_rejected(self, rejection_id: int) -> bytes:
        """The bytes of one rejected piece of input; raises NotFoundError."""
        row = self.fetch_one(
            "SELECT place, original, content_hash FROM rejection WHERE rejection_id = ?", (rejection_id,)
        )
        if row is None:
            raise NotFoundError(f"there is no rejected piece {rejection_id} in this library")
        return self._unpack_rejected(*row)

    def _unpack_rejected(self, place: str, packed: bytes, wire_hash: bytes) -> bytes:
        try:
            return unpack_original(self.codec, packed, wire_hash)
        except ChangedBytesError as error:
            raise StoreDamagedError(
                f"the rejected piece {place}: its bytes are not those that were kept; import it again, or "
                "restore a backup"
            ) from error

    def find_sync_state(self, request: str) -> str | None:
        """How far a synchronisation has come, as its own JSON; None where it never ran, "" where it was altered."""
        if not self.is_as_kept(SYNC, request):
            return ""
        row = self.fetch_one("SELECT state FROM sync_state WHERE request = ?", (request,))
        return None if row is None else str(row[0])
