"""Which page here do addresses of the registry's own site mean? People have them in papers, mails and bookmarks.

A record's are those of three generations of that site; a search's is its `/search?cond=…`, whose conditions go into
the fields of the form here, so that all of them are seen and can be changed.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trialbook.ask.address import AREAS, GEO
from trialbook.ask.agg_filters import write_filters
from trialbook.ask.form import BOXES
from trialbook.ask.site_address import read_site_address
from trialbook.library import Library
from trialbook.record.links import study_url

RECORDS = ("/ct2/show/{nct_id}", "/ct2/show/{kind}/{nct_id}", "/show/{nct_id}", "/show/{kind}/{nct_id}")
HISTORIES = ("/ct2/history/{nct_id}", "/archive/{nct_id}")
# What says in which order and how much of what was found the site shows.
SHOWN = frozenset({"sort", "from", "limit"})


def write_search_url(query: bytes) -> str:
    """The search page for the query string of an address of the site; raises ApiError as `read_site_address`.

    >>> write_search_url(b"cond=PTSD&term=veterans&aggFilters=phase:2&viewType=Table")
    '/?cond=PTSD&q=%28veterans%29+AND+%28%28AREA%5BPhase%5DPHASE2%29%29'
    >>> write_search_url(b"lat=25.76&lng=-80.19&distance=50")
    '/?near=25.76%2C-80.19&within=50mi'
    """
    asked = read_site_address(query, SHOWN)
    fields = [(name, text) for name in BOXES if (text := asked.text(f"query.{name}"))]
    parts = [asked.text("query.term")]
    parts += [
        f"AREA[{area}]({text})"
        for name, area in AREAS.items()
        if name.removeprefix("query.") not in (*BOXES, "term") and (text := asked.text(name))
    ]
    parts += [asked.text("filter.advanced"), *write_filters(asked.text("aggFilters"))]
    given = [part for part in parts if part]
    if given:
        fields.append(("q", " AND ".join(f"({part})" for part in given) if len(given) > 1 else given[0]))
    fields += [("status", status) for status in asked.read_list("filter.overallStatus")]
    fields += [("country", country) for country in asked.read_list("country")]
    if point := GEO.fullmatch(asked.text("filter.geo")):
        fields += [("near", f"{point[1]},{point[2]}"), ("within", f"{point[3]}{point[4] or 'mi'}")]
    return "/?" + urlencode(fields) if fields else "/"


def make_routes(library: Library) -> list[Route]:
    """Routes that lead on from addresses of the registry's site."""

    def lead_to_record(request: Request) -> Response:
        return _lead(study_url(library.find_id(request.path_params["nct_id"])))

    def lead_to_history(request: Request) -> Response:
        return _lead(f"{study_url(library.find_id(request.path_params['nct_id']))}/history")

    def lead_to_search(request: Request) -> Response:
        return _lead(write_search_url(request.scope["query_string"]))

    return [
        *(Route(path, lead_to_record) for path in RECORDS),
        *(Route(path, lead_to_history) for path in HISTORIES),
        Route("/search", lead_to_search),
    ]


def _lead(url: str) -> Response:
    return RedirectResponse(url, status_code=301)
