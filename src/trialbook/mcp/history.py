"""The tool `history`: how did this record become what it is?"""

from __future__ import annotations

from typing import Any

from trialbook.ask.dates import read_as_of
from trialbook.changes.history import HistoryLine
from trialbook.errors import UsageError
from trialbook.library import Library
from trialbook.mcp.arguments import HistoryArguments
from trialbook.mcp.shown import keep_what_fits, shorten

MOST_VERSIONS = 60
MOST_NOTES = 20
MOST_CHANGES = 100
LONGEST_CHANGE = 600


def tell_history(library: Library, asked: HistoryArguments) -> dict[str, Any]:
    """The versions of a record with what changed in each, newest first, or the difference of two of them.

    Raises NotFoundError where there is no such record or version.
    """
    nct_id, as_of = library.find_id(asked.nct_id), read_as_of(asked.as_of)
    if asked.from_version is None and asked.to_version is None:
        return _list_versions(library, nct_id, as_of)
    numbers = asked.from_version, asked.to_version
    if None not in numbers and asked.from_version >= asked.to_version:  # type: ignore[operator]
        raise UsageError("from_version must be the lower number of the two")
    return _compare(library, nct_id, asked, as_of)


def _list_versions(library: Library, nct_id: str, as_of: str | None) -> dict[str, Any]:
    lines = library.find_history(nct_id, as_of=as_of)
    announced = library.find_announced(nct_id, as_of=as_of)
    shown = keep_what_fits(_show_line(line) for line in lines[::-1][:MOST_VERSIONS])
    answer: dict[str, Any] = {
        "nct_id": nct_id,
        "versions_in_library": len(lines),
        "versions": shown,
    }
    if len(shown) < len(lines):
        answer["older_versions_left_out"] = len(lines) - len(shown)
    if announced:
        held = {line.version.number for line in lines if line.version.is_numbered}
        answer["versions_at_the_registry"] = len(announced)
        answer["registry_lists"] = [
            {
                "version": version.number,
                "is_held": version.number in held,
                "date": version.version_date,
                "status": version.overall_status,
                "changed": shorten(", ".join(version.module_labels)),
            }
            for version in announced[::-1][:MOST_VERSIONS]
        ]
    return answer


def _show_line(line: HistoryLine) -> dict[str, Any]:
    version = line.version
    changes = [f"{group}: {shorten(text)}" for group, text in line.changes[:MOST_NOTES]]
    if len(line.changes) > MOST_NOTES:
        changes.append(f"… (+{len(line.changes) - MOST_NOTES} changes)")
    doubt = {"doubt": version.doubt} if version.doubt else {}
    return {
        "version": version.number,
        "version_date": version.version_date,
        **({"date_means": version.meaning} if version.meaning not in ("", "submitted") else {}),
        **({"copies": version.copies} if version.copies > 1 else {}),
        "learnt_at": version.learnt_at,
        "format": version.format,
        "is_in_force": version.is_current,
        "changes": changes,
        **doubt,
    }


def _compare(library: Library, nct_id: str, asked: HistoryArguments, as_of: str | None) -> dict[str, Any]:
    found = library.compare(nct_id, asked.from_version, asked.to_version, as_of=as_of)
    changes = keep_what_fits(
        {
            name: shorten(text, LONGEST_CHANGE)
            for name in ("group", "label", "kind", "before", "after", "note")
            if (text := getattr(change, name))
        }
        for change in found.changes[:MOST_CHANGES]
    )
    answer: dict[str, Any] = {
        "nct_id": nct_id,
        "from_version": {"version": found.before.number, "version_date": found.before.version_date},
        "to_version": {"version": found.after.number, "version_date": found.after.version_date},
        "changes": changes,
    }
    if found.warnings:
        answer["warnings"] = list(found.warnings)
    if len(changes) < len(found.changes):
        answer["changes_left_out"] = len(found.changes) - len(changes)
    return answer
