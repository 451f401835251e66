"""What does a finding that a search asks for rest on? A sentence for each study, with a link to the proof."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

import msgspec

from trialbook.changes.past import find_past
from trialbook.errors import NotFoundError, RecordDamagedError
from trialbook.model import PartialDate
from trialbook.model.dates import find_asked_day
from trialbook.model.sentences import join_words, write_day, write_on
from trialbook.record.links import study_url
from trialbook.results.due import derive_results_outlook
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.language.render import render_together

if TYPE_CHECKING:
    from trialbook.library.library import Library

Finding = Literal["results_overdue", "outcome_changed"]
# By the piece of the index that a query names.
PIECES: dict[str, Finding] = {
    "ResultsOverdue": "results_overdue",
    "ResultsOverdueFrom": "results_overdue",
    "PrimaryOutcomeChanged": "outcome_changed",
}
MOST_SWITCHES = 3


class Evidence(msgspec.Struct, frozen=True):
    """What a finding rests on: a sentence, and a page of the site that shows it, called `link`."""

    finding: Finding
    words: str
    url: str
    link: str


def list_findings(request: SearchRequest) -> tuple[Finding, ...]:
    """The findings that a request asks for, by a filter or in the query's own words."""
    asked = render_together((*request.queries, *request.filters))
    return tuple(dict.fromkeys(finding for piece, finding in PIECES.items() if f"AREA[{piece}]" in asked))


def find_evidence(library: Library, nct_id: str, request: SearchRequest) -> tuple[Evidence, ...]:
    """What the findings that a request asks for rest on in a study; none where the study has none of them.

    Raises StoreError.
    """
    asked = list_findings(request)
    if not asked:
        return ()
    try:
        found: list[Evidence] = []
        if "results_overdue" in asked:
            found += _find_overdue(library, nct_id, request.as_of)
        if "outcome_changed" in asked:
            found += _find_switches(library, nct_id, request.as_of)
    except (NotFoundError, RecordDamagedError):
        # It went meanwhile, or its list says what is wrong with it.
        return ()
    return tuple(found)


def _find_overdue(library: Library, nct_id: str, as_of: str | None) -> list[Evidence]:
    today: date = find_asked_day(as_of)
    study = library.get_known_study(nct_id, as_of=as_of)
    outlook = derive_results_outlook(study, today=today)
    if outlook.state != "overdue":
        return []
    due = f"by {write_day(PartialDate(outlook.due.isoformat()))}" if outlook.due else "before now"
    if outlook.is_counted_from_certificate:
        due += ", the end of a certified delay,"
    served = study.served if study.served and study.served.earliest else None
    has_none = f"had none {write_on(served)}" if served else "has none"
    words = f"Results seem to have been due {due} under {outlook.paragraph}, and the record {has_none}: "
    url = _write_url(nct_id, as_of) + "#results"
    return [Evidence("results_overdue", words + f"{join_words(list(outlook.reasons))}.", url, "Why")]


def _find_switches(library: Library, nct_id: str, as_of: str | None) -> list[Evidence]:
    shown = library.find_version(nct_id, as_of=as_of)
    copies = library.store.find_copies(nct_id)
    past = find_past(library.store, library.find_history(nct_id), copies, shown)
    found = [
        Evidence(
            "outcome_changed",
            f"{each.words[:1].upper()}{each.words[1:]}.",
            f"{study_url(nct_id)}/diff?from={each.before}&to={each.after}",
            f"Version {each.before} against {each.after}",
        )
        for each in past.switches[:MOST_SWITCHES]
    ]
    if (more := len(past.switches) - MOST_SWITCHES) > 0:
        words = f"A primary outcome changed between {more:,} more pairs of versions."
        found.append(Evidence("outcome_changed", words, f"{study_url(nct_id)}/history", "All versions"))
    if not found and not past.is_whole:
        words = "So many versions changed that not all were compared for this list."
        found.append(Evidence("outcome_changed", words, f"{study_url(nct_id)}/history", "All versions"))
    return found


def _write_url(nct_id: str, as_of: str | None) -> str:
    return study_url(nct_id) + (f"?as_of={as_of}" if as_of else "")
