"""What do the site's own addresses answer? Each asks the library and renders what it says."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from trialbook.ask.dates import read_as_of
from trialbook.changes.state import KnownState
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.checklist import write_criteria_csv
from trialbook.library.criteria import find_criteria, find_faults
from trialbook.library.page import RecordPage, complete_page
from trialbook.library.study import LibraryStudy
from trialbook.model.present import parse_shown
from trialbook.pages import (
    render_diff_page,
    render_events_page,
    render_history_page,
    render_patient_page,
    render_related_page,
    render_search_page,
    render_study_page,
    render_study_text,
    render_values_page,
    write_events_csv,
)
from trialbook.pages.checklist_page import render_checklist_page
from trialbook.pages.contents import Near, PlaceForm, RelatedView
from trialbook.pages.history_page import view_comparison, view_history, view_history_page
from trialbook.pages.related_page import RelatedPage
from trialbook.record.links import study_url
from trialbook.search.engine.gazetteer import LONGEST_PLACE
from trialbook.store import Version
from trialbook.web.begun_page import send_begun
from trialbook.web.patient_page import compose_patient
from trialbook.web.posted import read_form
from trialbook.web.related_page import compose_page, compose_study_page
from trialbook.web.related_section import RelatedSections
from trialbook.web.search_page import compose_search, compose_values, find_asked_study
from trialbook.web.search_report import send_report

MOST_CHOSEN = 60
# One of six records is longer: the page of a shorter one is there within some 20 ms.
LONG_BYTES = 40_000
OLDER = "They are like the newest version of the record; you see an older one."


class Site:
    """The pages of one library; `related` finds what stands in the last section of a record's page."""

    def __init__(self, library: Library, related: RelatedSections) -> None:
        self._library, self._related = library, related

    def search(self, request: Request) -> Response:
        """The search page; what is an id and nothing else leads to its record."""
        asked = request.query_params
        fields = {name: asked.getlist(name) for name in asked}
        nct_id = find_asked_study(self._library, fields)
        if nct_id:
            return RedirectResponse(study_url(nct_id), status_code=303)
        page = compose_search(self._library, fields)
        return HTMLResponse(render_search_page(page), status_code=400 if page.error else 200)

    def values(self, request: Request) -> Response:
        """All values of a filter, to choose among."""
        asked = request.query_params
        page = compose_values(self._library, {name: asked.getlist(name) for name in asked})
        return HTMLResponse(render_values_page(page))

    def report(self, request: Request) -> Response:
        """The report of a search, as a page, plain text or JSON."""
        return send_report(self._library, request)

    def study(self, request: Request) -> Response:
        """A record's page."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        if nct_id != request.path_params["nct_id"]:
            return RedirectResponse(str(request.url.replace(path=f"/study/{nct_id}")), status_code=301)
        near, place = _read_place(self._library, request)
        state = self._find_state(nct_id, request)
        as_of = _read_version(request)[1]

        def make() -> str:
            page = complete_page(self._library, state, as_of)
            return render_study_page(
                page.study,
                history=page.history,
                near=near,
                place_form=place,
                as_of=as_of,
                related=self._find_related(nct_id, page.version),
                today=page.day,
                state=page.state,
                past=page.past,
                chosen=request.query_params.getlist("print")[:MOST_CHOSEN],
            )

        if len(self._library.store.get_version_body(state.version.version_id)) < LONG_BYTES:
            return HTMLResponse(make())
        return send_begun(request, f"{nct_id}: {state.title}", make)

    def _find_state(self, nct_id: str, request: Request) -> KnownState:
        number, as_of = _read_version(request)
        return self._library.find_state(
            nct_id, version=number, as_of=as_of, copy=_read_number(request, "copy")
        )

    def _find_page(self, nct_id: str, request: Request) -> RecordPage:
        return complete_page(self._library, self._find_state(nct_id, request), _read_version(request)[1])

    def _find_related(self, nct_id: str, shown: Version) -> RelatedView:
        view = self._related.find(nct_id)
        return view if shown.is_current else msgspec.structs.replace(view, notes=(*view.notes, OLDER))

    def study_related(self, request: Request) -> Response:
        """What is like a record, and who works on it."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        asked = request.query_params
        page = compose_study_page(self._library, nct_id, {name: asked.getlist(name) for name in asked})
        return _send_related(page)

    async def related(self, request: Request) -> Response:
        """What is like several records, or a text that a form sends."""
        if request.method == "POST":
            fields = await read_form(request)
        else:
            asked = request.query_params
            fields = {name: asked.getlist(name) for name in asked}
        return _send_related(await run_in_threadpool(compose_page, self._library, fields))

    async def patient(self, request: Request) -> Response:
        """The trials for what a form says of a person; nothing of it is read from an address, and nothing kept."""
        fields = await read_form(request) if request.method == "POST" else {}
        page = await run_in_threadpool(compose_patient, self._library, fields)
        return HTMLResponse(
            render_patient_page(page),
            status_code=400 if page.error else 200,
            headers={"cache-control": "no-store"},
        )

    def study_json(self, request: Request) -> Response:
        """A record as JSON: the very bytes that were received."""
        return Response(self._read_body(request), media_type="application/json")

    def study_text(self, request: Request) -> Response:
        """A record as plain text."""
        page = self._find_page(request.path_params["nct_id"], request)
        text = render_study_text(
            page.study,
            history=page.history,
            state=page.state,
            related=self._find_related(page.version.nct_id, page.version),
            today=page.day,
            past=page.past,
        )
        return PlainTextResponse(text)

    def criteria(self, request: Request) -> Response:
        """The criteria of a record as a checklist, with what was understood of them."""
        study = self._find_study(request)
        number = None if study.version.is_current else study.version.number
        page = render_checklist_page(
            study,
            read=find_criteria(study),
            findings=find_faults(study),
            version=number,
            note=study.criteria_note,
        )
        return HTMLResponse(page)

    def criteria_csv(self, request: Request) -> Response:
        """The criteria of a record as a table."""
        study = self._find_study(request)
        name = "".join(char for char in study.nct_id if char.isascii() and char.isalnum())
        headers = {"content-disposition": f'attachment; filename="{name or "study"}-criteria.csv"'}
        return Response(write_criteria_csv(study), media_type="text/csv; charset=utf-8", headers=headers)

    def _find_study(self, request: Request) -> LibraryStudy:
        number, as_of = _read_version(request)
        nct_id = self._library.find_id(request.path_params["nct_id"])
        return self._library.get_known_study(
            nct_id, version=number, as_of=as_of, copy=_read_number(request, "copy")
        )

    def _read_body(self, request: Request) -> bytes:
        number, as_of = _read_version(request)
        return self._library.get_body(
            request.path_params["nct_id"], version=number, as_of=as_of, copy=_read_number(request, "copy")
        )

    def events(self, request: Request) -> Response:
        """All adverse events of a record, as asked for."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        page = self._find_page(nct_id, request)
        return HTMLResponse(render_events_page(page.study, request.query_params))

    def events_csv(self, request: Request) -> Response:
        """The same as CSV."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        page = self._find_page(nct_id, request)
        stem = re.sub(r"[^\w-]", "_", nct_id, flags=re.ASCII)[:60]
        headers = {"content-disposition": f'attachment; filename="{stem}-adverse-events.csv"'}
        table = write_events_csv(page.study, request.query_params)
        return Response(table, media_type="text/csv; charset=utf-8", headers=headers)

    def history(self, request: Request) -> Response:
        """All versions of a record."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        history = view_history(
            nct_id,
            self._library.find_history(nct_id),
            listed=self._library.list_versions(nct_id),
            copies=self._library.store.find_copies(nct_id),
        )
        return HTMLResponse(render_history_page(view_history_page(nct_id, self._find_title(nct_id), history)))

    def diff(self, request: Request) -> Response:
        """The difference of two versions of a record."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        before, after = (_read_number(request, name) for name in ("from", "to"))
        comparison = self._library.compare(nct_id, before, after)
        lines = self._library.find_history(nct_id)
        return HTMLResponse(render_diff_page(view_comparison(comparison, self._find_title(nct_id), lines)))

    def _find_title(self, nct_id: str) -> str:
        return parse_shown(self._library.get_body(nct_id)).brief_title


def _send_related(page: RelatedPage) -> Response:
    return HTMLResponse(render_related_page(page), status_code=400 if page.error else 200)


def _read_version(request: Request) -> tuple[int | None, str | None]:
    """The version that an address asks for, by number or else by day."""
    number = _read_number(request, "version")
    day = read_as_of(request.query_params.get("as_of", "").strip()) if number is None else None
    return number, day


def _read_number(request: Request, name: str) -> int | None:
    value = request.query_params.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 9):
        raise QueryError(f"{name} is no version number: {value[:40]!r}", hint="versions count from 0")
    return int(value)


def _read_place(library: Library, request: Request) -> tuple[Near | None, PlaceForm]:
    """The place that sites are sorted by, and the field that asks for it."""
    value, action = request.query_params.get("near", "").strip(), f"{request.url.path}#sites"
    if not value:
        return None, PlaceForm(action=action)
    try:
        place = library.find_place(value)
    except QueryError as error:
        return None, PlaceForm(action=action, value=value[:LONGEST_PLACE], problem=str(error))
    others = tuple((each, f"?{urlencode({'near': each})}#sites") for each in place.others)
    near = Near(lat=place.latitude, lon=place.longitude, label=place.label)
    return near, PlaceForm(action=action, value=value, others=others)
