"""All versions of a record, and the difference of two of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from trialbook.changes.groups import Change
from trialbook.changes.history import Comparison, HistoryLine
from trialbook.model import PartialDate
from trialbook.model.dates import find_asked_day
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
from trialbook.pages.labels import status_words
from trialbook.pages.record.shorten import ALWAYS_SHOWN, MOST_CHARACTERS, MOST_CHARACTERS_OF_ALL
from trialbook.pages.record.versionline import draw_history
from trialbook.pages.write_html import render_block, render_version
from trialbook.record.links import study_url
from trialbook.store import ListedVersion, Version

MAX_WORDS = 6_000
# On one page; the longest history of real records has some 300 versions, two of them differ in some 2,000 places.
MOST_VERSIONS, MOST_CHANGES = 2_000, 5_000
# A date is one word: of "2020-03-06" and "2023-06-13" nothing is the same.
TOKEN = re.compile(r"\s+|\d{4}-\d{2}(?:-\d{2})?(?!\d)|\w+|[^\w\s]")


def view_history(
    nct_id: str,
    lines: Sequence[HistoryLine],
    *,
    listed: Sequence[ListedVersion] = (),
    copies: Sequence[Sequence[Version]] = (),
    shown: Version | None = None,
) -> StudyHistory:
    """The versions, newest first.

    Parameters
    ----------
    listed
        All versions that are known of, held or not; without them those of `lines`.
    copies
        Of each version that is held all copies, the fullest first.
    shown
        The one on whose page they stand.
    """
    by_number = {line.version.number: line for line in lines}
    poorer = {each[0].number: each[1:] for each in copies}
    numbers = [line.version.number for line in lines]
    before = dict(zip(numbers[1:], numbers, strict=False))
    known = listed or [ListedVersion(line.version.number, None, version=line.version) for line in lines]
    return StudyHistory(
        versions=tuple(
            _view_line(
                nct_id, by_number[each.number], before.get(each.number), poorer.get(each.number, ()), shown
            )
            if each.number in by_number
            else _view_listed(each)
            for each in reversed(known)
        ),
        url=f"{study_url(nct_id)}/history",
    )


def _view_listed(listed: ListedVersion) -> VersionLine:
    return VersionLine(
        number=listed.number,
        version_date=PartialDate(listed.version_date) if listed.version_date else None,
        is_held=False,
        status=status_words(listed.overall_status) if listed.overall_status else "",
        labels=listed.module_labels,
    )


def _view_line(
    nct_id: str,
    line: HistoryLine,
    before: int | None = None,
    copies: Sequence[Version] = (),
    shown: Version | None = None,
) -> VersionLine:
    version, url = line.version, study_url(nct_id)
    day = version.version_date
    own = f"{url}?version={version.number}"
    return VersionLine(
        number=version.number,
        version_date=PartialDate(day) if day else None,
        meaning=version.meaning if version.meaning != "submitted" else "",
        copies=tuple((_name_copy(copy), f"{own}&copy={copy.copy}") for copy in copies),
        learnt_at=version.learnt_at,
        doubt=version.doubt,
        source=version.place.rpartition("/")[2],
        changes=tuple(ChangeNote(group=group, text=text) for group, text in line.changes),
        is_shown=shown is not None and version.number == shown.number,
        url=url if version.is_current else own,
        diff_url="" if before is None else f"{url}/diff?from={before}&to={version.number}",
    )


def _name_copy(copy: Version) -> str:
    return f"copy {copy.copy} from {copy.place.rpartition('/')[2]}"


def view_history_page(nct_id: str, title: str, history: StudyHistory) -> HistoryView:
    """The page of all versions."""
    return HistoryView(
        nct_id=nct_id,
        title=title,
        history=history,
        compare_url=f"{study_url(nct_id)}/diff" if len(history.held) > 1 else "",
    )


def view_comparison(comparison: Comparison, title: str, lines: Sequence[HistoryLine]) -> DiffView:
    """The page of the differences between two versions."""
    nct_id = comparison.nct_id
    by_number = {line.version.number: _view_line(nct_id, line) for line in lines}
    shown, left_out = _show_changes(comparison.changes)
    groups: dict[str, list[ShownChange]] = {}
    for change, view in zip(comparison.changes, shown, strict=False):
        groups.setdefault(change.group, []).append(view)
    return DiffView(
        nct_id=nct_id,
        title=title,
        before=by_number[comparison.before.number],
        after=by_number[comparison.after.number],
        groups=tuple(ChangeGroup(label=label, changes=tuple(group)) for label, group in groups.items()),
        warnings=comparison.warnings,
        history_url=f"{study_url(nct_id)}/history",
        versions=tuple(by_number[number] for number in sorted(by_number, reverse=True)[:MOST_VERSIONS]),
        compare_url=f"{study_url(nct_id)}/diff",
        left_out=left_out,
    )


def _show_changes(changes: Sequence[Change]) -> tuple[list[ShownChange], str]:
    """The first changes, with texts as long as a record's page shows them; and what is left out, in words."""
    shown: list[ShownChange] = []
    left, cut = MOST_CHARACTERS_OF_ALL, 0
    for change in changes[:MOST_CHANGES]:
        sides = []
        for text in (change.before, change.after):
            most = max(ALWAYS_SHOWN, min(MOST_CHARACTERS, left))
            left -= min(len(text), most)
            cut += max(0, len(text) - most)
            sides.append(text if len(text) <= most else f"{text[:most]} …")
        before, after = sides
        shown.append(
            ShownChange(label=change.label, kind=change.kind, before=before, after=after, note=change.note)
        )
    told = [f"{more:,} of {len(changes):,} changes"] if (more := len(changes) - len(shown)) else []
    told += [f"{cut:,} characters of long texts"] if cut else []
    return shown, " and ".join(told)


def render_history_page(view: HistoryView, *, today: date | None = None) -> str:
    """Render the versions of a record as a picture and one by one, with a form to compare two.

    Of more than 2,000 the newest are listed, and how many there are is said.
    """
    listed = view.history.versions[:MOST_VERSIONS]
    lines = Markup("").join(map(render_version, listed))
    found = draw_history(view.history, today or find_asked_day(None))
    picture = render_block(found, 2) if found else Markup("")
    return render(
        "history.html",
        view=view,
        held=view.history.held[:MOST_VERSIONS],
        lines=lines,
        left_out=len(view.history.versions) - len(listed),
        picture=picture,
        query="",
    )


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
