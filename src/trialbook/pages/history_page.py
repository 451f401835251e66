"""All versions of a record, and the difference of two of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from trialbook.changes.history import Comparison, HistoryLine
from trialbook.model import PartialDate
from trialbook.pages.contents import (
    ChangeGroup,
    ChangeNote,
    DiffView,
    HistoryView,
    ShownChange,
    StudyHistory,
    VersionLine,
)
from trialbook.pages.environment import render
from trialbook.pages.write_html import render_version
from trialbook.record.links import study_url

MAX_WORDS = 6_000
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


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
        doubt=version.doubt,
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
    groups: dict[str, list[ShownChange]] = {}
    for change in comparison.changes:
        groups.setdefault(change.group, []).append(
            ShownChange(
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


def render_history_page(view: HistoryView) -> str:
    """Render the timeline of a record's versions, with a form to compare two."""
    lines = Markup("").join(render_version(line) for line in view.history.versions)
    return render("history.html", view=view, lines=lines, query="")


def render_diff_page(view: DiffView) -> str:
    """Render what changed between two versions, grouped, with single words marked in a reworded text."""
    return render("diff.html", view=view, query="", mark_words=mark_words)


def mark_words(before: str, after: str, side: Literal["before", "after"]) -> Markup:
    """One side of a reworded text, with the words that only this side has marked as deleted or inserted.

    Texts beyond 6,000 words and signs are not compared word by word.

    >>> print(mark_words("30 people", "26 people", "after"))
    <ins>26</ins> people
    """
    first, second = _split_words(before), _split_words(after)
    words = first if side == "before" else second
    if max(len(first), len(second)) > MAX_WORDS:
        return escape("".join(words))
    marked = Markup("<del>{}</del>") if side == "before" else Markup("<ins>{}</ins>")
    parts = []
    for kind, first_start, first_end, second_start, second_end in _compare(first, second):
        span = slice(first_start, first_end) if side == "before" else slice(second_start, second_end)
        text = escape("".join(words[span]))
        if text:
            parts.append(text if kind == "equal" else marked.format(text))
    return Markup("").join(parts)


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(TOKEN.findall(text))


@lru_cache(maxsize=2)
def _compare(first: tuple[str, ...], second: tuple[str, ...]) -> list[tuple[str, int, int, int, int]]:
    """The steps from one text to the other; words that a long text repeats all over do not anchor a match."""
    return list(SequenceMatcher(None, first, second).get_opcodes())
