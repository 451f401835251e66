"""Is everything that lies in a library what was kept there? A walk over all of it, which changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trialbook.errors import RecordDamagedError, StoreDamagedError, StoreError
from trialbook.model.study import decode_record, read_typed
from trialbook.model.version_days import find_days
from trialbook.store.codec import compute_content
from trialbook.store.dictionaries import find_altered_dictionaries
from trialbook.store.schema import ANNOUNCED, PARTS, REJECTION, SOURCE, STUDY, SYNC, TAKE_OUT
from trialbook.store.store import Store
from trialbook.store.sums import find_altered

MOST_OF_FILE = 20
NOTES = {
    STUDY.name: "{}: what is noted of its versions (which there are, when each came, from where)",
    ANNOUNCED.name: "{}: the registry's list of its versions",
    SOURCE.name: "run {}: from where its records came",
    REJECTION.name: "the rejected piece {}: why it was, and where it stood,",
    SYNC.name: "how far a pull has come ({})",
    TAKE_OUT.name: "{}: the log of what was taken out",
}
RESTORE = "restore a backup, or bring out what is whole with `trialbook check --repair`"


def find_damage(store: Store) -> Iterator[str]:
    """A sentence for each thing that is wrong; nothing where all is as it was kept.

    0.5 ms for a record of average size; memory does not grow with their number.
    """
    for part in (
        _check_file,
        _check_dictionaries,
        _check_versions,
        _check_studies,
        _check_rejections,
        _check_notes,
    ):
        try:
            yield from part(store)
        except StoreError as error:
            yield str(error)


def find_damaged_bodies(store: Store) -> Iterator[RecordDamagedError]:
    """Each version whose bytes, or those that were received for it, are not what was kept; 0.05 ms for one."""
    for version_id, has_original in store.fetch_each(
        "SELECT version_id, original IS NOT NULL FROM version ORDER BY version_id"
    ):
        try:
            if has_original:
                store.get_original(version_id)
            store.get_version_body(version_id)
        except RecordDamagedError as error:
            yield error


def _check_file(store: Store) -> Iterator[str]:
    """What SQLite itself finds in its pages and its indexes."""
    for (line,) in store.fetch_all(f"PRAGMA integrity_check({MOST_OF_FILE})"):
        if line != "ok":
            yield f"the file of the library: {' '.join(line.split())}; {RESTORE}"


def _check_dictionaries(store: Store) -> Iterator[str]:
    for number in find_altered_dictionaries(store.connection):
        yield (
            f"the dictionary {number}, which unpacks records, is not what was kept: a copy of it stands in;"
            " put it right with `trialbook check --repair`"
        )


def _check_versions(store: Store) -> Iterator[str]:
    rows = store.fetch_each(
        "SELECT version_id, nct_id, version_date, content_hash, original IS NOT NULL FROM version"
        " LEFT JOIN study ON study.study_id = abs(version.study_id) ORDER BY version_id"
    )
    for version_id, nct_id, day, content_hash, has_original in rows:
        try:
            record = decode_record(store.get_version_body(version_id))
            if has_original:
                store.get_original(version_id)
        except RecordDamagedError as error:
            yield str(error)
            continue
        except StoreDamagedError:
            yield str(RecordDamagedError(str(nct_id or ""), str(day or "")))
            continue
        yield from _compare(record, version_id, (nct_id, day, content_hash))


def _compare(
    record: dict[str, object], version_id: int, kept: tuple[object, object, object]
) -> Iterator[str]:
    """What the library notes of a version that its record does not say."""
    nct_id, day, content_hash = kept
    study, _ = read_typed(record)
    said = (find_days(record).first, None if study.version_date is None else str(study.version_date))
    if nct_id is None:
        yield f"{study.nct_id}, version {version_id}: no study has it; import it again to mend it"
    elif study.nct_id != nct_id:
        yield f"{nct_id}, version {version_id}: the record is one of {study.nct_id}; {RESTORE}"
    # A Trialbook of before did not count the day on which a record was served.
    if day not in said:
        yield f"{study.nct_id}, version {version_id}: kept as of {day}, the record says {said[0]}; {RESTORE}"
    if compute_content(record)[0] != content_hash:
        yield f"{study.nct_id}, version {version_id}: its fingerprint is not that of the record; {RESTORE}"


def _check_studies(store: Store) -> Iterator[str]:
    """A study shows its version in force."""
    rows = store.fetch_each(
        "SELECT nct_id, study_id, current_version_id, (SELECT count(*) FROM version"
        " WHERE version.study_id = study.study_id), (SELECT version_id FROM version"
        " WHERE version.study_id = study.study_id) FROM study ORDER BY nct_id"
    )
    for nct_id, study_id, current, count, only in rows:
        if count > 1:
            right = store.arrange(study_id)[-1].copies[0].version_id
        else:
            right = only or 0
        if right != current:
            yield f"{nct_id}: what it shows is not its version in force; import it again to mend it"


def _check_rejections(store: Store) -> Iterator[str]:
    for (rejection_id,) in store.fetch_each("SELECT rejection_id FROM rejection ORDER BY rejection_id"):
        try:
            store.get_rejected(rejection_id)
        except StoreDamagedError as error:
            yield str(error)


def _check_notes(store: Store) -> Iterator[str]:
    """What the library notes beside records is what was kept, as far as sums of it are."""
    if store.has_table("row_sum"):
        for part in PARTS:
            for owner in find_altered(store.fetch_all, part):
                yield f"{NOTES[part.name].format(owner)} is not what was kept; {RESTORE}"
