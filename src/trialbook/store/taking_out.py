"""A version that should not count: taken out with a reason, its bytes kept, and put back where that was wrong.

A version that is out has the number of its study below zero, so that nothing that asks for a study's versions
meets it; a study of which all are out has no version in force (0). The log of it is only ever added to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.errors import NotesDamagedError, NotFoundError, UsageError
from trialbook.store.schema import TAKE_OUT
from trialbook.store.store import Store
from trialbook.store.versions import Version
from trialbook.store.writer import Writer, now

LONGEST_REASON = 2_000


class TakeOut(msgspec.Struct, frozen=True):
    """An entry of the log: a version was taken out, or put back.

    Attributes
    ----------
    number
        By which the version is put back or shown, the same for ever.
    version_date
        Its own date; None where it gave none.
    is_out
        Whether it was taken out, or else put back.
    reason, noted_at
        Why, and when (UTC, ISO 8601).
    """

    number: int
    nct_id: str
    version_date: str | None
    is_out: bool
    reason: str
    noted_at: str

    def __str__(self) -> str:
        done = "taken out" if self.is_out else "put back"
        why = f": {self.reason}" if self.reason else ""
        return f"number {self.number}, the version of {self.version_date or 'no date'}, {done} {self.noted_at}{why}"


def take_out(writer: Writer, version: Version, reason: str) -> None:
    """Let a version count no longer; raises UsageError without a reason."""
    text = _check_reason(reason)
    if not text:
        raise UsageError('say why: --reason "…"')
    _move(writer, TakeOut(version.version_id, version.nct_id, version.version_date, True, text, now()))


def put_back(writer: Writer, nct_id: str, number: int, reason: str = "") -> None:
    """Let a version count again that was taken out; raises NotFoundError where it is not out."""
    entry = find_out(writer.store, nct_id, number)
    _move(
        writer,
        msgspec.structs.replace(entry, is_out=False, reason=_check_reason(reason), noted_at=now()),
    )


def _check_reason(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) > LONGEST_REASON:
        raise UsageError(f"a reason may have {LONGEST_REASON:,} characters; this one has {len(text):,}")
    return text


def _move(writer: Writer, entry: TakeOut) -> None:
    sign = "-" if entry.is_out else ""
    nct_id = entry.nct_id
    with writer.transaction(), writer.changing(nct_id), writer.changing(nct_id, TAKE_OUT):
        writer.connection.execute(
            f"UPDATE version SET study_id = {sign}abs(study_id) WHERE version_id = ?", (entry.number,)
        )
        writer.connection.execute(
            "INSERT INTO take_out (version_id, nct_id, version_date, is_out, reason, noted_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            msgspec.structs.astuple(entry),
        )
        writer.note_change_of(nct_id)


def find_log(store: Store, nct_ids: Sequence[str]) -> tuple[TakeOut, ...]:
    """What was taken out of the studies with these ids, or put back, the first entry first.

    Raises NotesDamagedError.
    """
    if not store.has_table("take_out"):
        return ()
    for nct_id in nct_ids:
        if not store.is_as_kept(TAKE_OUT, nct_id):
            raise NotesDamagedError(nct_id)
    rows = store.fetch_all(
        "SELECT version_id, nct_id, version_date, is_out, reason, noted_at FROM take_out"
        f" WHERE nct_id IN ({', '.join('?' * len(nct_ids))}) ORDER BY entry_id",
        nct_ids,
    )
    return tuple(
        TakeOut(number, nct_id, day, bool(is_out), *rest) for number, nct_id, day, is_out, *rest in rows
    )


def find_out(store: Store, nct_id: str, number: int) -> TakeOut:
    """The last entry of a version that is out; raises NotFoundError for any other."""
    entry = next((each for each in reversed(find_log(store, [nct_id])) if each.number == number), None)
    if entry is None or not entry.is_out:
        raise NotFoundError(f"{nct_id} has no version with the number {number} that is taken out")
    return entry
