"""How did a record become what it is? Its versions, and what changed between any two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from trialbook.changes.compare import Change, compute_changes, summarise_changes
from trialbook.changes.outcomes import note_outcome_switching
from trialbook.errors import NotFoundError
from trialbook.model.present import decode_present
from trialbook.model.sentences import count_of
from trialbook.settings import read_number
from trialbook.source.carried import find_carried, is_unlike
from trialbook.store import AnnouncedVersion, ListedVersion, Store, Version
from trialbook.store.taking_out import TakeOut

# The format that writes a line break as "~", which stands in texts of others too.
LINES_AS_TILDE = "aact"

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
    return f"version {version.number} ({name_day(version)})"


def name_day(version: Version) -> str:
    """The day of a version, with what it means where that is not when the sponsor handed it in."""
    if version.version_date is None:
        return "no date"
    meaning = version.meaning if version.meaning != "submitted" else ""
    return f"{meaning} {version.version_date}".strip()


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
            before = decode_present(store.get_version_body(older.version_id))
        held, record = newer, decode_present(store.get_version_body(newer.version_id))
        yield before, record


def compare_records(
    older: Record, newer: Record, *, before_format: str, after_format: str, is_same_version: bool = False
) -> tuple[Change, ...]:
    """Compare two decoded versions, taking into account what the copies can say, see `find_carried`."""
    is_soft = LINES_AS_TILDE in (before_format, after_format) and before_format != after_format
    changes = compute_changes(
        _soften(older) if is_soft else older,
        _soften(newer) if is_soft else newer,
        carried=find_carried(after_format, newer),
        before_carried=find_carried(before_format, older),
        is_same_version=is_same_version,
    )
    if is_unlike(before_format, after_format):
        return tuple(change for change in changes if change.kind != "removed")
    return changes


def _soften(value: Any) -> Any:
    """A record in which the sign for a line break is one."""
    if isinstance(value, str):
        return value.replace("~", "\n") if "~" in value else value
    if isinstance(value, list):
        return [_soften(each) for each in value]
    if isinstance(value, dict):
        return {name: _soften(each) for name, each in value.items()}
    return value


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
    newer = pick_version(versions, nct_id, after)
    place = versions.index(newer)
    older = versions[max(0, place - 1)] if before is None else pick_version(versions, nct_id, before)
    return compare(store, nct_id, older, newer)


def pick_version(versions: Sequence[Version], nct_id: str, number: int | None) -> Version:
    """The version of a number, the last one where none is asked; raises NotFoundError where it is not held."""
    if number is None:
        return versions[-1]
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise NotFoundError(f"{nct_id}: no version {number} is held here; held: {_write_numbers(versions)}")
    return found


def _write_numbers(versions: Sequence[Version]) -> str:
    """Numbers as people write them: `0 to 3, 59`."""
    runs: list[list[int]] = []
    for version in versions:
        if runs and version.number == runs[-1][-1] + 1:
            runs[-1].append(version.number)
        else:
            runs.append([version.number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def compare(store: Store, nct_id: str, before: Version, after: Version) -> Comparison:
    """Compare two versions, or two copies of one: these are no news of a removal, nor of another outcome."""
    older, newer = next(decode_pairs(store, [(before, after)]))
    is_same = before.number == after.number
    changes = compare_records(
        older, newer, before_format=before.format, after_format=after.format, is_same_version=is_same
    )
    if is_same or is_unlike(before.format, after.format):
        return Comparison(nct_id, before, after, changes)
    switching = note_outcome_switching(changes, older, newer, is_next=after.is_next_of(before))
    return Comparison(nct_id, before, after, switching.changes, switching.warnings)


def list_versions(
    versions: Sequence[Version], announced: Sequence[AnnouncedVersion]
) -> tuple[ListedVersion, ...]:
    """All versions that are known of, oldest first: those of the registry's list, and those held here.

    Where the numbers here are not the registry's, its list cannot be laid beside them: what is held is given.
    """
    held = {version.number: version for version in versions}
    if not announced or not any(version.is_numbered for version in versions):
        return tuple(ListedVersion(each.number, each.version_date, version=each) for each in versions)
    lines = {
        each.number: ListedVersion(
            each.number,
            each.version_date,
            each.overall_status,
            each.module_labels,
            held.get(each.number),
        )
        for each in announced
    }
    for number, version in held.items():
        lines.setdefault(number, ListedVersion(number, version.version_date, version=version))
    return tuple(lines[number] for number in sorted(lines))


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
    by_number = {line.version.number: line for line in lines}
    listed = list_versions([line.version for line in lines], announced)
    text = (
        [f"The registry lists {count_of(len(listed), 'version')}; {len(by_number)} held here."]
        if any(each.version is None for each in listed)
        else []
    )
    for each in listed:
        text += _write_line(by_number[each.number]) if each.version else [_write_announced(each)]
    text += [f"taken out of this library, or put back: {entry}" for entry in taken_out]
    return "\n".join(text)


def _write_line(line: HistoryLine) -> list[str]:
    version = line.version
    mark = ", in force" if version.is_current else ""
    text = [f"{_name(version)}{mark}: learnt {version.learnt_at} from {version.place}"]
    if version.copies > 1:
        text.append(f"    {count_of(version.copies, 'copy', 'copies')}; this is the fullest")
    text += [f"    ! {version.doubt}"] if version.doubt else []
    return text + [f"    {group}: {change}" for group, change in line.changes]


def _write_announced(listed: ListedVersion) -> str:
    labels = ", ".join(listed.module_labels) or ("first version" if not listed.number else "")
    told = "; ".join(filter(None, (listed.overall_status, labels)))
    return f"version {listed.number} ({listed.version_date}), not held here" + (f": {told}" if told else "")
