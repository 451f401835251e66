"""What belongs on a record's page beside the record: its versions, and what other copies say."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from trialbook.changes.past import Past, find_past
from trialbook.changes.state import KnownState
from trialbook.model import PartialDate, Study
from trialbook.model.present import parse_shown
from trialbook.pages import render_study_text
from trialbook.pages.contents import Near, StudyHistory
from trialbook.pages.history_page import view_history
from trialbook.store import Version

if TYPE_CHECKING:
    from trialbook.library.library import Library


class RecordPage(msgspec.Struct, frozen=True):
    """A record in one of its copies, with what its page shows beside it.

    `past` is what the versions up to it prove, `day` the one against which its results are due: its own where it is
    not in force, None for today.
    """

    version: Version
    study: Study
    history: StudyHistory
    state: KnownState
    day: date | None
    past: Past


def find_page(
    library: Library,
    asked: str,
    *,
    version: int | None = None,
    as_of: str | None = None,
    copy: int | None = None,
) -> RecordPage:
    """What a page of the version that is meant shows; raises as `Library.find_version`."""
    state = library.find_state(asked, version=version, as_of=as_of, copy=copy)
    return complete_page(library, state, as_of)


def complete_page(library: Library, state: KnownState, as_of: str | None = None) -> RecordPage:
    """What a page shows of a version of which it was found out what is known; `as_of` where a day was asked for."""
    meant = state.version
    study = parse_shown(library.store.get_version_body(meant.version_id))
    lines, copies = library.find_history(meant.nct_id), library.store.find_copies(meant.nct_id)
    history = view_history(
        meant.nct_id, lines, listed=library.list_versions(meant.nct_id), copies=copies, shown=meant
    )
    is_now = meant.is_current or meant.version_id in {
        each.version_id for each in library.find_copies(meant.nct_id)
    }
    told = as_of or ("" if is_now else meant.version_date)
    day = PartialDate(told).latest if told else None
    past = find_past(library.store, lines, copies, meant)
    return RecordPage(meant, study, history, state, day, past)


def render_library_study(  # noqa: PLR0913 - which record, and what of it
    library: Library,
    asked: str,
    *,
    width: int = 80,
    version: int | None = None,
    as_of: str | None = None,
    copy: int | None = None,
    near: str = "",
    section: str = "",
) -> str:
    """A record of a library as text for a terminal, with its versions; or one `section` of it, by its name.

    The sites stand by their distance from `near`.
    """
    page = find_page(library, asked, version=version, as_of=as_of, copy=copy)
    place = library.find_place(near) if near else None
    return render_study_text(
        page.study,
        width=width,
        history=page.history,
        near=Near(lat=place.latitude, lon=place.longitude, label=place.label) if place else None,
        state=page.state,
        today=page.day,
        past=page.past,
        section=section,
    )
