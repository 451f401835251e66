"""A study as plain text, for the terminal."""

from __future__ import annotations

from datetime import date

from trialbook.changes.past import Past
from trialbook.changes.state import KnownState
from trialbook.errors import UsageError
from trialbook.model import Study
from trialbook.pages.contents import Near, RelatedView, StudyHistory
from trialbook.pages.record import compose_record
from trialbook.pages.record.choose import choose_sections, list_anchors
from trialbook.pages.record.shorten import shorten_title
from trialbook.pages.record.told import Told
from trialbook.pages.tree import Day
from trialbook.pages.write_text import heading, piece_text, render_text, wrap
from trialbook.record.links import NCT_ID

MIN_WIDTH = 40


def render_study_text(  # noqa: PLR0913 - whatever a page may show beside the record
    study: Study,
    *,
    width: int = 80,
    history: StudyHistory | None = None,
    near: Near | None = None,
    related: RelatedView | None = None,
    today: date | None = None,
    state: KnownState | None = None,
    past: Past | None = None,
    section: str = "",
) -> str:
    """Render a record as text: every section of the page in the same order, results as text tables.

    Parameters
    ----------
    study
        The record.
    width
        Columns of the terminal; at least 40 are used.
    history, near, related, today, state, past
        As in `render_study_page`.
    section
        The name of the one section to write, without the head of the page; raises UsageError for an unknown one.
    """
    width = max(MIN_WIDTH, width)
    day = today or date.today()  # noqa: DTZ011 - a due date is a calendar day where the reader is
    parts = compose_record(
        study, today=day, history=history, near=near, related=related, state=state, past=past
    )
    if section:
        names = list_anchors(parts)
        if section not in names:
            raise UsageError(f"a record has no section {section[:80]!r}; it has {', '.join(sorted(names))}")
        return render_text(choose_sections(parts, (section,)), width).strip("\n") + "\n"
    title = shorten_title(study.brief_title or study.official_title or study.nct_id or "Untitled record")
    official = shorten_title(study.official_title)
    lines = heading(title, "=", width)
    if official and official != title:
        lines += wrap(official, width)
    updated = study.version_date
    is_registry_id = not study.nct_id or NCT_ID.fullmatch(study.nct_id)
    facts = (
        ("NCT ID" if is_registry_id else "Trial ID", study.nct_id or "not given"),
        (
            "Acronym",
            study.identification.acronym or Told(state).say_none("identificationModule.acronym").lower(),
        ),
        ("Last updated", piece_text(Day(updated)) if updated else "not given"),
    )
    lines.append("")
    for label, value in facts:
        lines += wrap(value, width, first=f"{label + ':':<14}")
    return "\n".join(lines) + "\n" + render_text(parts, width) + "\n"
