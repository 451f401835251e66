"""When did a record become another? Which runs gave the library a version that then was in force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from trialbook.store.file import VALUES_AT_ONCE
from trialbook.store.store import Store
from trialbook.store.versions import Version


class Receipt(msgspec.Struct, frozen=True, order=True):
    """A run of a command brought versions of a study; `number` is that of the last of them."""

    number: int
    run: int
    nct_id: str


class Arrival(msgspec.Struct, frozen=True):
    """A run of a command left another version of a record in force than it found.

    Attributes
    ----------
    run
        The run's number.
    version
        The version that was in force after the run.
    before
        The one that was in force before it; None where the run brought the study.
    """

    run: int
    version: Version
    before: Version | None


def find_last_arrival(store: Store) -> int:
    """The number of the version that came last; 0 in an empty library. Numbers only grow."""
    (number,) = store.fetch_one("SELECT coalesce(max(version_id), 0) FROM version")
    return int(number)


def find_last_before(store: Store, day: str) -> int:
    """The number of the last version that came before a day (ISO date, UTC); 0 where none did.

    Versions are numbered in the order of their coming, so halving finds it without a look at each.
    Raises NotesDamagedError.
    """
    low, high = 0, find_last_arrival(store)
    while low < high:
        middle = (low + high + 1) // 2
        row = store.fetch_one(
            "SELECT learnt_at, (SELECT nct_id FROM study WHERE study.study_id = abs(version.study_id))"
            " FROM version WHERE version_id >= ? ORDER BY version_id LIMIT 1",
            (middle,),
        )
        if row is not None:
            store.check_notes(str(row[1] or ""))
        if row is not None and row[0] < day:
            low = middle
        else:
            high = middle - 1
    return low


def find_arrivals(store: Store, nct_id: str) -> tuple[Arrival, ...]:
    """All arrivals of a study, the first one first; () for an unknown study.

    A version that was older than the one in force when it came (a history imported later) is none, nor a copy
    that is poorer than one of the same version, nor one that another of the same run surpassed.
    """
    by_id = {version.version_id: version for copies in store.find_copies(nct_id) for version in copies}
    rows = store.fetch_all(
        "SELECT source_id, version_id FROM study JOIN version USING (study_id) WHERE nct_id = ?"
        " ORDER BY version_id",
        (nct_id,),
    )
    found: list[Arrival] = []
    best: Version | None = None
    for run, versions in groupby(rows, key=lambda row: row[0]):
        # A version may have come between the two statements.
        came = [by_id[version_id] for _, version_id in versions if version_id in by_id]
        newest = max([*([best] if best else []), *came], key=_find_place, default=None)
        if newest is not None and newest is not best:
            found.append(Arrival(run, newest, best))
            best = newest
    return tuple(found)


def _find_place(version: Version) -> tuple[int, int]:
    """Later versions count more, of one version the fuller copy."""
    return version.number, -version.copy


def find_last_receipts(store: Store, *, after: int, most: int) -> list[Receipt]:
    """Which studies the last `most` versions belong to, by run, the last one first.

    Only versions that came after the one with the number `after` count.
    """
    rows = store.fetch_all(
        "SELECT max(version_id), source_id, nct_id FROM"
        " (SELECT version_id, source_id, study_id FROM version WHERE version_id > ?"
        " ORDER BY version_id DESC LIMIT ?) JOIN study USING (study_id)"
        " GROUP BY source_id, study_id ORDER BY 1 DESC",
        (after, most),
    )
    return [Receipt(*row) for row in rows]


def find_receipts(store: Store, nct_ids: Sequence[str], *, after: int, most: int) -> list[Receipt]:
    """The last `most` receipts of some studies, the last one first; `after` as in `find_last_receipts`."""
    found: list[Receipt] = []
    for start in range(0, len(nct_ids), VALUES_AT_ONCE):
        part = nct_ids[start : start + VALUES_AT_ONCE]
        rows = store.fetch_all(
            "SELECT max(version_id), source_id, nct_id FROM study JOIN version USING (study_id)"
            f" WHERE nct_id IN ({', '.join('?' * len(part))}) AND version_id > ?"
            " GROUP BY source_id, study_id ORDER BY 1 DESC LIMIT ?",
            (*part, after, most),
        )
        found = sorted([*found, *(Receipt(*row) for row in rows)], reverse=True)[:most]
    return found
