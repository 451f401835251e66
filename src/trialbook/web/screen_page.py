"""What do the pages of screening answer? A form, what its answers come to, and a sheet to sign.

Nothing of a person stands in an address: answers come in the body of a request, and go back with the page alone.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from trialbook.errors import QueryError, SourceFormatError, SourceReadError, UsageError
from trialbook.library import Library
from trialbook.library.screening_form import (
    COMPLETE,
    Fields,
    FilledForm,
    describe_person,
    evaluate_form,
    write_told,
)
from trialbook.model import Study
from trialbook.model.dates import find_asked_day
from trialbook.pages.screen_page import ScreenForm, render_screen_page, render_worksheet_page
from trialbook.web.posted import read_form
from trialbook.web.problems import keep_told_out_of_logs

# A bundle of one person's record, and as much again where it goes along with the page.
MOST_BYTES = 16_000_000
MOST_FIELDS = 3_000
HEADERS = {"cache-control": "no-store"}


class Screening:
    """The pages of screening of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def screen(self, request: Request) -> Response:
        """The form, and what its answers come to."""
        return await self._answer(request, self._compose_screen)

    async def worksheet(self, request: Request) -> Response:
        """The sheet to sign: blank, or for the answers that are sent."""
        return await self._answer(request, self._compose_worksheet)

    async def _answer(self, request: Request, compose: Any) -> Response:
        is_sent = request.method == "POST"
        fields: Fields = (
            await read_form(request, most_bytes=MOST_BYTES, most_fields=MOST_FIELDS) if is_sent else {}
        )
        with keep_told_out_of_logs():
            html, status = await run_in_threadpool(
                compose, request.path_params["nct_id"], fields, is_sent=is_sent
            )
        return HTMLResponse(html, status_code=status, headers=HEADERS)

    def _compose_screen(self, nct_id: str, fields: Fields, *, is_sent: bool) -> tuple[str, int]:
        study = self._library.get_known_study(nct_id)
        filled, error = _evaluate(study, fields)
        form = _view(filled, fields, is_sent=is_sent and not error, error=error)
        return render_screen_page(study, form, note=study.criteria_note), 400 if error else 200

    def _compose_worksheet(self, nct_id: str, fields: Fields, *, is_sent: bool) -> tuple[str, int]:
        study = self._library.get_known_study(nct_id)
        filled, error = _evaluate(study, fields)
        if error:
            return render_screen_page(
                study, _view(filled, fields, is_sent=False, error=error), note=study.criteria_note
            ), 400
        verdict = filled.verdict if is_sent else None
        return render_worksheet_page(study, filled.verdict.criteria, verdict, note=study.criteria_note), 200


def _evaluate(study: Study, fields: Fields) -> tuple[FilledForm, str]:
    """What the answers come to; where one cannot be understood, the empty form and why."""
    today = find_asked_day(None)
    try:
        return evaluate_form(study, fields, today), ""
    except (UsageError, QueryError, SourceFormatError, SourceReadError) as error:
        return evaluate_form(study, {}, today), str(error)


def _view(filled: FilledForm, fields: Fields, *, is_sent: bool, error: str) -> ScreenForm:
    told = filled.told
    return ScreenForm(
        questions=filled.questions,
        criteria=filled.verdict.criteria,
        verdict=filled.verdict if is_sent else None,
        given={name: values[-1] for name, values in fields.items() if values},
        # After an error what was handed over before goes along all the same.
        told=write_told(told) if told else next(iter(fields.get("told", ())), "") if error else "",
        told_facts=describe_person(told) if told else (),
        complete=tuple((name, words, name in fields.get("complete", ())) for name, words in COMPLETE.items()),
        error=error,
    )


def make_routes(library: Library) -> list[Route]:
    """The addresses of screening for the application of one library."""
    pages = Screening(library)
    return [
        Route("/study/{nct_id:path}/screen", pages.screen, methods=["GET", "POST"]),
        Route("/study/{nct_id:path}/worksheet", pages.worksheet, methods=["GET", "POST"]),
    ]
