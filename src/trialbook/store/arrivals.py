"""When did a record become another? Which runs gave the library a version that then was in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from trialbook.store.store import Store, Version

# SQLite takes at least 999 values in one statement.
IDS_AT_ONCE = 900


class Arrival(msgspec.Struct, frozen=True):
    """A run of a command left another version of a record in force than it found.

    Attributes
    ----------
    version
        The version that was in force after the run.
    before
        The one that was in force before it; None where the run brought the study.
    """

    version: Version
    before: Version | None


def find_last_arrival(store: Store) -> int:
    """The number of the version that came last; 0 in an empty library. Numbers only grow."""
    (number,) = store.connection.execute("SELECT coalesce(max(version_id), 0) FROM version").fetchone()
    return int(number)


def find_last_before(store: Store, day: str) -> int:
    """The number of the last version that came before a day (ISO date, UTC); 0 where none did.

    Versions are numbered in the order of their coming, so halving finds it without a look at each.
    """
    low, high = 0, find_last_arrival(store)
    while low < high:
        middle = (low + high + 1) // 2
        row = store.connection.execute(
            "SELECT learnt_at FROM version WHERE version_id >= ? ORDER BY version_id LIMIT 1", (middle,)
        ).fetchone()
        if row is not None and row[0] < day:
            low = middle
        else:
            high = middle - 1
    return low


def find_arrivals(store: Store, nct_id: str) -> tuple[Arrival, ...]:
    """All arrivals of a study, the first one first; () for an unknown study.

    A version that was older than the one in force when it came (a history imported later) is none, nor is
    one that another version of the same run surpassed.
    """
    by_id = {version.version_id: version for version in store.find_versions(nct_id)}
    rows = store.connection.execute(
        "SELECT source_id, version_id FROM study JOIN version USING (study_id) WHERE nct_id = ?"
        " ORDER BY version_id",
        (nct_id,),
    ).fetchall()
    found: list[Arrival] = []
    best: Version | None = None
    for _, run in groupby(rows, key=lambda row: row[0]):
        # A version may have come between the two statements.
        came = [by_id[version_id] for _, version_id in run if version_id in by_id]
        newest = max([*([best] if best else []), *came], key=lambda version: version.number, default=None)
        if newest is not None and newest is not best:
            found.append(Arrival(newest, best))
            best = newest
    return tuple(found)


def iter_lately_changed(store: Store, *, after: int, most: int) -> Iterator[tuple[int, str]]:
    """The last `most` versions that came, as number and study id, the last one first.

    Ends before the version with the number `after`.
    """
    rows = store.connection.execute(
        "SELECT version_id, nct_id FROM version JOIN study USING (study_id) WHERE version_id > ?"
        " ORDER BY version_id DESC LIMIT ?",
        (after, most),
    )
    yield from rows.fetchall()


def find_lately_changed(
    store: Store, nct_ids: Sequence[str], *, after: int, most: int
) -> list[tuple[int, str]]:
    """As `iter_lately_changed`, among the given studies alone."""
    found: list[tuple[int, str]] = []
    for start in range(0, len(nct_ids), IDS_AT_ONCE):
        part = nct_ids[start : start + IDS_AT_ONCE]
        rows = store.connection.execute(
            "SELECT version_id, nct_id FROM study JOIN version USING (study_id)"
            f" WHERE nct_id IN ({', '.join('?' * len(part))}) AND version_id > ?"
            " ORDER BY version_id DESC LIMIT ?",
            (*part, after, most),
        )
        found = sorted([*found, *rows.fetchall()], reverse=True)[:most]
    return found
