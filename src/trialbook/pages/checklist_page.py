"""The criteria of a study as a list to tick, on a sheet of its own, with what was understood of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby

from trialbook.eligibility.lint import Finding
from trialbook.eligibility.marks import Mark, find_marks
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.model import Study
from trialbook.pages.contents import CriteriaGroup, CriterionLine
from trialbook.pages.environment import render
from trialbook.pages.marked_text import LEADS, list_legend, read_criterion, render_marked
from trialbook.pages.record.criteria import ListedCriterion, list_criteria
from trialbook.pages.record.shorten import shorten_title
from trialbook.record.links import study_url


def render_checklist_page(
    study: Study,
    *,
    read: Sequence[ParsedCriterion] = (),
    findings: Sequence[Finding] = (),
    version: int | None = None,
    note: str = "",
) -> str:
    """Render the criteria of a record, each with its number and three boxes.

    Parameters
    ----------
    study
        The record.
    read
        Its criteria with their trees: their words are marked, and what they ask is said below.
    findings
        What in the record contradicts itself.
    version
        The number of the version that is shown, where it is not the one in force.
    note
        Of which version the criteria are, or that they are not known; "" where they are this one's.
    """
    listed = list_criteria(study)
    text = study.eligibility.eligibility_criteria or ""
    marks = MarksByPlace([one for each in read for one in find_marks(each, text)])
    by_start = {each.start: each for each in read}
    groups = tuple(
        CriteriaGroup(heading, kind, tuple(_view_line(each, text, marks, by_start) for each in run))
        for (kind, heading), run in groupby(listed, key=lambda each: (each.kind, each.heading))
    )
    own = study_url(study.nct_id)
    section = study.document_section
    module = section.large_document_module if section else None
    return render(
        "criteria.html",
        study=study,
        title=shorten_title(study.brief_title or study.official_title or study.nct_id or "Untitled record"),
        groups=groups,
        legend=list_legend(marks.all),
        findings=findings,
        has_protocol=any(each.has_protocol for each in module.large_docs) if module else False,
        url=own,
        csv_url=f"{own}/criteria.csv",
        version=version,
        note=note,
        which=f"?version={version}" if version is not None else "",
        query="",
    )


class MarksByPlace:
    """Marks, which of them touch a stretch of the text, and all of them."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.all = sorted(marks, key=lambda mark: mark.start)
        self._starts = [mark.start for mark in self.all]
        self._longest = max((mark.end - mark.start for mark in self.all), default=0)

    def find(self, start: int, end: int) -> list[Mark]:
        """Those that touch the stretch."""
        first = bisect_left(self._starts, start - self._longest)
        near = self.all[first : bisect_left(self._starts, end)]
        return [mark for mark in near if start < mark.end]


def _view_line(
    each: ListedCriterion, text: str, marks: MarksByPlace, read: dict[int, ParsedCriterion]
) -> CriterionLine:
    own = marks.find(each.start, each.start + len(each.text))
    parsed = read.get(each.start)
    return CriterionLine(
        each.anchor,
        each.number,
        min(each.level, 4),
        each.mark,
        render_marked(each.text, each.start, own),
        LEADS[each.kind],
        read_criterion(parsed, text) if parsed else (),
    )
