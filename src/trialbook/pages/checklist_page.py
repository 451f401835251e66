"""The criteria of a study as a list to tick, on a sheet of its own."""

from __future__ import annotations

from itertools import groupby

from trialbook.model import Study
from trialbook.pages.contents import CriteriaGroup, CriterionLine
from trialbook.pages.environment import render
from trialbook.pages.record.criteria import list_criteria
from trialbook.pages.record.shorten import shorten_title
from trialbook.record.links import study_url
from trialbook.record.markup import render_inline


def render_checklist_page(study: Study, *, version: int | None = None) -> str:
    """Render the criteria of a record, each with its number and three boxes.

    Parameters
    ----------
    study
        The record.
    version
        The number of the version that is shown, where it is not the one in force.
    """
    listed = list_criteria(study)
    groups = tuple(
        CriteriaGroup(
            heading,
            kind,
            tuple(
                CriterionLine(
                    each.anchor, each.number, min(each.level, 4), each.mark, render_inline(each.text)
                )
                for each in run
            ),
        )
        for (kind, heading), run in groupby(listed, key=lambda each: (each.kind, each.heading))
    )
    own = study_url(study.nct_id)
    return render(
        "criteria.html",
        study=study,
        title=shorten_title(study.brief_title or study.official_title or study.nct_id or "Untitled record"),
        groups=groups,
        url=own,
        csv_url=f"{own}/criteria.csv",
        version=version,
        which=f"?version={version}" if version is not None else "",
        query="",
    )
