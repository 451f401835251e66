"""What stands on the pages of a record's versions and of the difference between two of them."""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.library.history import Comparison, HistoryLine
from trialbook.model import PartialDate
from trialbook.pages.context import (
    Change,
    ChangeGroup,
    ChangeNote,
    DiffView,
    HistoryView,
    StudyHistory,
    VersionLine,
)
from trialbook.record.addresses import study_url


def view_history(nct_id: str, lines: Sequence[HistoryLine], *, shown: int | None = None) -> StudyHistory:
    """The versions, newest first; `shown` is the number of the one on whose page they stand."""
    return StudyHistory(
        versions=tuple(_view_line(nct_id, line, shown=shown) for line in reversed(lines)),
        url=f"{study_url(nct_id)}/history",
    )


def _view_line(nct_id: str, line: HistoryLine, *, shown: int | None = None) -> VersionLine:
    version, url = line.version, study_url(nct_id)
    day = version.version_date
    return VersionLine(
        number=version.number,
        version_date=PartialDate(day) if day else None,
        learnt_at=version.learnt_at,
        source=version.place.rpartition("/")[2],
        changes=tuple(ChangeNote(group=group, text=text) for group, text in line.changes),
        is_shown=version.number == shown,
        url=url if version.is_current else f"{url}?version={version.number}",
        diff_url=f"{url}/diff?from={version.number - 1}&to={version.number}" if version.number > 1 else "",
    )


def view_history_page(nct_id: str, title: str, lines: Sequence[HistoryLine]) -> HistoryView:
    """The page of all versions."""
    return HistoryView(
        nct_id=nct_id,
        title=title,
        history=view_history(nct_id, lines),
        compare_url=f"{study_url(nct_id)}/diff" if len(lines) > 1 else "",
    )


def view_comparison(comparison: Comparison, title: str, lines: Sequence[HistoryLine]) -> DiffView:
    """The page of the differences between two versions."""
    nct_id = comparison.nct_id
    by_number = {line.version.number: _view_line(nct_id, line) for line in lines}
    groups: dict[str, list[Change]] = {}
    for change in comparison.changes:
        groups.setdefault(change.group, []).append(
            Change(
                label=change.label,
                kind=change.kind,
                before=change.before,
                after=change.after,
                note=change.note,
            )
        )
    return DiffView(
        nct_id=nct_id,
        title=title,
        before=by_number[comparison.before.number],
        after=by_number[comparison.after.number],
        groups=tuple(ChangeGroup(label=label, changes=tuple(group)) for label, group in groups.items()),
        warnings=comparison.warnings,
        history_url=f"{study_url(nct_id)}/history",
        versions=tuple(by_number[number] for number in sorted(by_number, reverse=True)),
        compare_url=f"{study_url(nct_id)}/diff",
    )
