"""What do the site's own addresses answer? Each asks the library and renders what it says."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from trialbook.ask.dates import read_as_of
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.model import PartialDate, parse_study
from trialbook.pages import (
    render_diff_page,
    render_history_page,
    render_search_page,
    render_study_page,
    render_study_text,
)
from trialbook.pages.contents import Near, PlaceForm
from trialbook.pages.history_page import view_comparison, view_history, view_history_page
from trialbook.store import Version
from trialbook.web.search_page import compose_search


class Site:
    """The pages of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def search(self, request: Request) -> Response:
        """The search page."""
        asked = request.query_params
        page = compose_search(self._library, {name: asked.getlist(name) for name in asked})
        return HTMLResponse(render_search_page(page), status_code=400 if page.error else 200)

    def study(self, request: Request) -> Response:
        """A record's page."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        if nct_id != request.path_params["nct_id"]:
            return RedirectResponse(str(request.url.replace(path=f"/study/{nct_id}")), status_code=301)
        number, as_of = _read_version(request)
        near, place = _read_place(request)
        shown = self._library.find_version(nct_id, version=number, as_of=as_of)
        study = parse_study(self._library.store.get_version_body(shown.version_id))
        history = view_history(nct_id, self._library.find_history(nct_id), shown=shown.number)
        html = render_study_page(
            study, history=history, near=near, place_form=place, as_of=as_of, today=_find_day(shown, as_of)
        )
        return HTMLResponse(html)

    def study_json(self, request: Request) -> Response:
        """A record as JSON: the very bytes that were received."""
        return Response(self._read_body(request), media_type="application/json")

    def study_text(self, request: Request) -> Response:
        """A record as plain text."""
        return PlainTextResponse(render_study_text(parse_study(self._read_body(request)), history=None))

    def _read_body(self, request: Request) -> bytes:
        number, as_of = _read_version(request)
        return self._library.get_body(request.path_params["nct_id"], version=number, as_of=as_of)

    def history(self, request: Request) -> Response:
        """All versions of a record."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        lines = self._library.find_history(nct_id)
        return HTMLResponse(render_history_page(view_history_page(nct_id, self._find_title(nct_id), lines)))

    def diff(self, request: Request) -> Response:
        """The difference of two versions of a record."""
        nct_id = self._library.find_id(request.path_params["nct_id"])
        before, after = (_read_number(request, name) for name in ("from", "to"))
        comparison = self._library.compare(nct_id, before, after)
        lines = self._library.find_history(nct_id)
        return HTMLResponse(render_diff_page(view_comparison(comparison, self._find_title(nct_id), lines)))

    def _find_title(self, nct_id: str) -> str:
        return parse_study(self._library.get_body(nct_id)).brief_title


def _find_day(shown: Version, as_of: str | None) -> date | None:
    """The day against which a version's results are due: its own where it is not in force."""
    day = as_of or ("" if shown.is_current else shown.version_date)
    return PartialDate(day).latest if day else None


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
        raise QueryError(f"{name} is no version number: {value[:40]!r}", hint="versions count from 1")
    return int(value)


def _read_place(request: Request) -> tuple[Near | None, PlaceForm]:
    """The point that sites are sorted by, given as `latitude, longitude` in degrees."""
    value = request.query_params.get("near", "").strip()[:60]
    try:
        lat, lon = (float(part) for part in value.split(","))
    except ValueError:
        problem = "Write latitude and longitude in degrees: 25.77, -80.19" if value else ""
        return None, PlaceForm(action=request.url.path, value=value, problem=problem)
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return None, PlaceForm(
            action=request.url.path, value=value, problem="That point is not on the earth."
        )
    return Near(lat=lat, lon=lon, label=value), PlaceForm(action=request.url.path, value=value)
