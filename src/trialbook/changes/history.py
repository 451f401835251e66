"""How did a record become what it is? Its versions, and what changed between any two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from trialbook.changes.compare import Change, compute_changes, summarise_changes
from trialbook.changes.outcomes import note_outcome_switching
from trialbook.errors import NotFoundError
from trialbook.model.study import decode_record
from trialbook.settings import read_number
from trialbook.source.formats import FORMATS
from trialbook.store import AnnouncedVersion, Store, Version
from trialbook.store.taking_out import TakeOut

# What each poorer format can say: what it cannot is not "removed" in a version that came in it.
CARRIED = {each.name: each.carries for each in FORMATS if each.carries is not None}

Record: TypeAlias = dict[str, Any]
Summary: TypeAlias = tuple[tuple[str, str], ...]
"""What changed between two versions, in short: (group, text) each."""

Pair: TypeAlias = tuple[Version, Version]
"""An older version and a newer one."""

FindSummaries: TypeAlias = Callable[[Store, Sequence[Pair]], Mapping[Pair, Summary]]
"""Gives those of the summaries asked for that are known."""


class Comparison(msgspec.Struct, frozen=True):
    """Two versions of one record and what differs between them.

    `warnings` say what a reader of results should know: primary outcomes changed after the start.
    """

    nct_id: str
    before: Version
    after: Version
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    def write(self, *, as_json: bool = False) -> str:
        """The comparison as text for a terminal, or as JSON."""
        if as_json:
            return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()
        lines = [f"{self.nct_id}: {_name(self.before)} → {_name(self.after)}"]
        lines += [f"  ! {warning}" for warning in self.warnings]
        group = ""
        for change in self.changes:
            if change.group != group:
                group = change.group
                lines += ["", group.upper()]
            lines.append(f"  {change.label} {change.kind}")
            lines += [f"    - {change.before}"] if change.before else []
            lines += [f"    + {change.after}"] if change.after else []
            lines += [f"    ! {change.note}"] if change.note else []
        if not self.changes:
            lines.append("  nothing that both versions can say differs")
        return "\n".join(lines)


class HistoryLine(msgspec.Struct, frozen=True):
    """One version, and in short what changed in it against the one before."""

    version: Version
    changes: Summary


def _name(version: Version) -> str:
    return f"version {version.number} ({version.version_date or 'no date'})"


def find_history(
    store: Store, nct_id: str, *, summaries: FindSummaries | None = None
) -> tuple[HistoryLine, ...]:
    """The versions of a record that the library holds, oldest first, each with its changes in short.

    Only the last 60 are compared, so that a page stays quick however long the history. Of these, only
    the versions are unpacked whose changes `summaries` does not know. Raises NotFoundError for a record
    that is not here.
    """
    versions = store.find_versions(nct_id)
    if not versions:
        raise NotFoundError(f"{nct_id} is not in this library")
    compared = pair_versions(versions)
    known = dict(summaries(store, compared)) if summaries and compared else {}
    known |= summarise_pairs(store, [pair for pair in compared if pair not in known])
    by_newer = {newer: summary for (_, newer), summary in known.items()}
    return tuple(HistoryLine(version, by_newer.get(version, ())) for version in versions)


def summarise_pairs(store: Store, pairs: Sequence[Pair]) -> dict[Pair, Summary]:
    """What changed in each pair of versions, in short."""
    return {
        (older, newer): summarise_pair(before, after, before_format=older.format, after_format=newer.format)
        for (older, newer), (before, after) in zip(pairs, decode_pairs(store, pairs), strict=True)
    }


def pair_versions(versions: Sequence[Version]) -> tuple[Pair, ...]:
    """Each of the last versions (60 unless set) with the one before it, oldest first: those that are compared."""
    first = max(1, len(versions) - read_number("compared_versions"))
    return tuple(zip(versions[first - 1 :], versions[first:], strict=False))


def decode_pairs(
    store: Store, pairs: Iterable[tuple[Version | None, Version]]
) -> Iterator[tuple[Record, Record]]:
    """Decode pairs of versions; of neighbours, such as (1, 2) and (2, 3), each version once.

    Where there is no older version, its record is empty.
    """
    held: Version | None = None
    record: Record = {}
    for older, newer in pairs:
        if older is None:
            before: Record = {}
        elif held is not None and older.version_id == held.version_id:
            before = record
        else:
            before = decode_record(store.get_version_body(older.version_id))
        held, record = newer, decode_record(store.get_version_body(newer.version_id))
        yield before, record


def compare_records(
    older: Record, newer: Record, *, before_format: str, after_format: str
) -> tuple[Change, ...]:
    """Compare two decoded versions, taking into account what the formats they came in can say."""
    return compute_changes(
        older, newer, carried=CARRIED.get(after_format), before_carried=CARRIED.get(before_format)
    )


def summarise_pair(
    older_record: Record, newer_record: Record, *, before_format: str, after_format: str
) -> Summary:
    """What changed between two decoded versions, in short, as in `HistoryLine`.

    Depends on nothing but its arguments, so it can be kept for good by the ids of the two versions.
    """
    return summarise_changes(
        compare_records(older_record, newer_record, before_format=before_format, after_format=after_format)
    )


def was_known(version: Version, as_of: str | None) -> bool:
    """Whether a version was there at the end of a day (ISO date); without one, every version was."""
    return as_of is None or version.known_from <= as_of


def compare_versions(
    store: Store, nct_id: str, before: int | None, after: int | None, *, as_of: str | None = None
) -> Comparison:
    """Compare two versions by number; without numbers, the one in force with the one before it.

    Raises NotFoundError where there is no such record or version, or none as old as `as_of` (ISO date).
    """
    versions = tuple(version for version in store.find_versions(nct_id) if was_known(version, as_of))
    if not versions:
        raise NotFoundError(f"{nct_id} is not in this library" + (f" as of {as_of}" if as_of else ""))
    newer = len(versions) if after is None else after
    older = max(1, newer - 1) if before is None else before
    for number in (older, newer):
        if not 1 <= number <= len(versions):
            raise NotFoundError(f"{nct_id} has versions 1 to {len(versions)}, no version {number}")
    return compare(store, nct_id, versions[older - 1], versions[newer - 1])


def compare(store: Store, nct_id: str, before: Version, after: Version) -> Comparison:
    """Compare two versions."""
    older, newer = next(decode_pairs(store, [(before, after)]))
    changes = compare_records(older, newer, before_format=before.format, after_format=after.format)
    switching = note_outcome_switching(changes, older, newer)
    return Comparison(nct_id, before, after, switching.changes, switching.warnings)


def describe_history(
    nct_id: str,
    lines: Sequence[HistoryLine],
    announced: tuple[AnnouncedVersion, ...],
    taken_out: Sequence[TakeOut] = (),
    *,
    as_json: bool = False,
) -> str:
    """The history of a record as text for a terminal, or as JSON."""
    if as_json:
        document = {"nct_id": nct_id, "versions": lines, "announced": announced, "taken_out": taken_out}
        return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    text = []
    for line in lines:
        version = line.version
        mark = ", in force" if version.is_current else ""
        text.append(f"{_name(version)}{mark}: learnt {version.learnt_at} from {version.place}")
        text += [f"    ! {version.doubt}"] if version.doubt else []
        text += [f"    {group}: {change}" for group, change in line.changes]
    text += [f"taken out of this library, or put back: {entry}" for entry in taken_out]
    return "\n".join(text + _write_announced(announced))


def _write_announced(announced: tuple[AnnouncedVersion, ...]) -> list[str]:
    if not announced:
        return []
    lines = [f"The registry's own history lists {len(announced)} versions:"]
    for version in announced:
        labels = ", ".join(version.module_labels) or "first version"
        lines.append(f"    {version.number}  {version.version_date}  {version.overall_status}  {labels}")
    return lines
