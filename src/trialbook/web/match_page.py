"""What does the page of matching answer? The studies that would take a person, by their criteria.

Nothing of a person stands in an address: it comes in the body of a request, and goes back with the page alone.
"""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from trialbook.errors import QueryError, SourceFormatError, SourceReadError, UsageError
from trialbook.library import Library
from trialbook.library.match_form import MOST_LISTED, FilledMatch, match_form
from trialbook.library.matching import MatchedStudy
from trialbook.library.screening_form import COMPLETE, Fields, describe_person, write_told
from trialbook.model.dates import find_asked_day
from trialbook.pages.match_page import MatchedHit, MatchView, note_criteria, render_match_page
from trialbook.web.hits import view_hit
from trialbook.web.posted import read_form
from trialbook.web.problems import keep_told_out_of_logs
from trialbook.web.screen_page import HEADERS, MOST_BYTES, MOST_FIELDS


class Matching:
    """The page of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def match(self, request: Request) -> Response:
        """The form, and the studies for the person whom it tells of."""
        fields: Fields = {}
        if request.method == "POST":
            fields = await read_form(request, most_bytes=MOST_BYTES, most_fields=MOST_FIELDS)
        with keep_told_out_of_logs():
            view = await run_in_threadpool(self._compose, fields)
        return HTMLResponse(render_match_page(view), status_code=400 if view.error else 200, headers=HEADERS)

    def _compose(self, fields: Fields) -> MatchView:
        given = {name: values[-1] for name, values in fields.items() if values}
        view = MatchView(
            pasted=given.get("pasted", ""),
            near=given.get("near", "")[:200],
            within=given.get("within", "")[:200],
            country=given.get("country", "")[:200],
            day=given.get("day", "")[:40],
            complete=tuple(
                (name, words, name in fields.get("complete", ())) for name, words in COMPLETE.items()
            ),
        )
        if not fields:
            return view
        try:
            return _fill(view, match_form(self._library, fields, find_asked_day(None)))
        except (UsageError, QueryError, SourceFormatError, SourceReadError) as error:
            return msgspec.structs.replace(view, told=given.get("told", ""), error=str(error))


def _fill(view: MatchView, filled: FilledMatch) -> MatchView:
    match = filled.match
    shown = len(match.hits)
    return msgspec.structs.replace(
        view,
        explained=match.explain(),
        read=match.asked.explain(),
        told=write_told(filled.person),
        facts=describe_person(filled.person),
        place=match.place.next_words if match.place else "",
        others=match.place.others if match.place else (),
        hits=tuple(map(_view, match.hits)),
        refusals=tuple(map(_view, match.refusals)),
        excluded=match.excluded,
        excluded_by=tuple(match.excluded_by.items()),
        unread=match.unread,
        more=min(MOST_LISTED, 2 * shown) if shown < min(match.matching, MOST_LISTED) else 0,
    )


def _view(study: MatchedStudy) -> MatchedHit:
    criteria = study.verdict.criteria
    speaks_for, still_open, against = study.speaks_for, study.open, study.speaks_against
    about = {each.casefold(): each for each in (*study.shares, *study.conditions)}
    return MatchedHit(
        hit=view_hit(study.facts),
        about="; ".join(about.values()),
        score=study.score,
        fit=study.fit,
        is_evaluated=study.is_evaluated,
        counts=(len(speaks_for), len(still_open), len(against)),
        speaks_for=note_criteria(criteria, speaks_for),
        open=note_criteria(criteria, still_open),
        speaks_against=note_criteria(criteria, against),
    )


def make_routes(library: Library) -> list[Route]:
    """The address of matching for the application of one library."""
    return [Route("/match", Matching(library).match, methods=["GET", "POST"])]
