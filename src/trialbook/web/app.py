"""How does a browser ask? Each route calls one room and renders what it says."""

from __future__ import annotations

import socket
import threading
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialbook.ask.dates import read_as_of
from trialbook.ask.refusals import quote
from trialbook.errors import NotFoundError, QueryError, TrialbookError
from trialbook.library.build import open_engine
from trialbook.library.history import compare_versions, find_history
from trialbook.model import PartialDate, parse_study
from trialbook.pages import (
    render_diff_page,
    render_history_page,
    render_message_page,
    render_search_page,
    render_study_page,
    render_study_text,
)
from trialbook.pages.context import Near, PlaceForm
from trialbook.store import Store, Version
from trialbook.web import own_api
from trialbook.web.api_v2 import make_routes
from trialbook.web.compose_search import compose_search
from trialbook.web.connections import LONGEST_GOODBYE_S, ImpatientConnection
from trialbook.web.history_view import view_comparison, view_history, view_history_page

SECURITY_HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}
# What a browser asks before a script of another site may send more than the plainest request.
PREFLIGHT_HEADERS = {
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "*",
    "access-control-max-age": "86400",
}
LONGEST_ADDRESS = 8_000
# Clients of the API ask for a thousand records by id.
LONGEST_API_ADDRESS = 60_000


class SecurityHeaders:
    """Adds to every answer what keeps a page to itself, and refuses addresses of absurd length.

    `allow_origin` names the other web sites whose scripts may read the API; none may unless told.
    """

    def __init__(self, app: ASGIApp, allow_origin: str = "") -> None:
        self.app = app
        self._api_headers = [
            (b"access-control-allow-origin", allow_origin.encode("latin-1", "replace")),
            (b"access-control-expose-headers", b"etag, x-next-page-token, x-total-count"),
        ] * bool(allow_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope.get("path", "").startswith("/api/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURITY_HEADERS.items()]
                if is_api:
                    message["headers"] += self._api_headers
            await send(message)

        if is_api and self._api_headers and scope.get("method") == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT_HEADERS)(scope, receive, send_with_headers)
            return
        length = len(scope.get("query_string", b"")) if scope["type"] == "http" else 0
        if is_api and length > LONGEST_API_ADDRESS:
            text = f"The query string has more than {LONGEST_API_ADDRESS} characters"
            await PlainTextResponse(text, status_code=400)(scope, receive, send_with_headers)
            return
        if length > LONGEST_ADDRESS and not is_api:
            refusal = render_message_page(
                "Too long", "The address is too long.", "Search for less.", status=414
            )
            await HTMLResponse(refusal, status_code=414)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


class Site:
    """One library as a web site; every thread reads through a connection of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._local = threading.local()
        self.engine = open_engine(home)

    @property
    def store(self) -> Store:
        """The library, as this thread's own connection."""
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._home)
        store: Store = self._local.store
        return store

    def search(self, request: Request) -> Response:
        """The search page."""
        asked = request.query_params
        page = compose_search(self.store, self.engine, {name: asked.getlist(name) for name in asked})
        return HTMLResponse(render_search_page(page), status_code=400 if page.error else 200)

    def study(self, request: Request) -> Response:
        """A record's page."""
        nct_id = _find_id(self.store, request.path_params["nct_id"])
        if nct_id != request.path_params["nct_id"]:
            return RedirectResponse(str(request.url.replace(path=f"/study/{nct_id}")), status_code=301)
        as_of = None if request.query_params.get("version") else _read_day(request)
        near, place = _read_place(request)
        shown = _find_version(self.store, nct_id, request)
        study = parse_study(self.store.get_version_body(shown.version_id))
        history = view_history(nct_id, find_history(self.store, nct_id), shown=shown.number)
        html = render_study_page(
            study, history=history, near=near, place_form=place, as_of=as_of, today=_find_day(shown, as_of)
        )
        return HTMLResponse(html)

    def study_json(self, request: Request) -> Response:
        """A record as JSON: the very bytes that were received."""
        nct_id = _find_id(self.store, request.path_params["nct_id"])
        body = _read_body(self.store, nct_id, request)
        return Response(body, media_type="application/json")

    def study_text(self, request: Request) -> Response:
        """A record as plain text."""
        nct_id = _find_id(self.store, request.path_params["nct_id"])
        study = parse_study(_read_body(self.store, nct_id, request))
        return PlainTextResponse(render_study_text(study, history=None))

    def history(self, request: Request) -> Response:
        """All versions of a record."""
        nct_id = _find_id(self.store, request.path_params["nct_id"])
        lines = find_history(self.store, nct_id)
        title = parse_study(self.store.get_body(nct_id)).brief_title
        return HTMLResponse(render_history_page(view_history_page(nct_id, title, lines)))

    def diff(self, request: Request) -> Response:
        """The difference of two versions of a record."""
        nct_id = _find_id(self.store, request.path_params["nct_id"])
        before, after = (_read_number(request, name) for name in ("from", "to"))
        comparison = compare_versions(self.store, nct_id, before, after)
        title = parse_study(self.store.get_body(nct_id)).brief_title
        lines = find_history(self.store, nct_id)
        return HTMLResponse(render_diff_page(view_comparison(comparison, title, lines)))


def _find_id(store: Store, asked: str) -> str:
    """The id as the library writes it; ids of the registry may come in lower case."""
    upper = asked.upper()
    return upper if not store.has_study(asked) and store.has_study(upper) else asked


def _read_body(store: Store, nct_id: str, request: Request) -> bytes:
    """The bytes of the version that an address asks for; the newest without looking at the others."""
    if not request.query_params.get("version"):
        return store.get_body(nct_id, as_of=_read_day(request))
    return store.get_version_body(_find_version(store, nct_id, request).version_id)


def _find_version(store: Store, nct_id: str, request: Request) -> Version:
    """The version that an address asks for by number or day; the one in force without either."""
    number = _read_number(request, "version")
    as_of = _read_day(request) if number is None else None
    versions = store.find_versions(nct_id)
    if not versions:
        raise NotFoundError(f"{nct_id} is not in this library")
    if number is not None:
        if not 1 <= number <= len(versions):
            raise NotFoundError(f"{nct_id} has versions 1 to {len(versions)}, no version {number}")
        return versions[number - 1]
    known = [each for each in versions if as_of is None or _find_known_day(each) <= as_of]
    if not known:
        first = min(map(_find_known_day, versions))
        raise NotFoundError(f"{nct_id} has no version as old as {as_of}: the first known one is of {first}")
    return known[-1]


def _find_known_day(version: Version) -> str:
    return version.version_date or version.learnt_at[:10]


def _find_day(shown: Version, as_of: str | None) -> date | None:
    """The day against which a version's results are due: its own where it is not in force."""
    day = as_of or ("" if shown.is_current else shown.version_date)
    return PartialDate(day).latest if day else None


def _read_day(request: Request) -> str | None:
    return read_as_of(request.query_params.get("as_of", "").strip())


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


def show_problem(_: Request, error: Exception) -> Response:
    """What went wrong, in words."""
    if isinstance(error, NotFoundError):
        page = render_message_page("Not here", str(error), "Search for it, or import it.", status=404)
        return HTMLResponse(page, status_code=404)
    hint = getattr(error, "hint", "") or "Go back and try again."
    message = getattr(error, "message", "") or str(error)
    return HTMLResponse(render_message_page("That did not work", message, hint, status=400), status_code=400)


def show_missing(request: Request, _: Exception) -> Response:
    """No such page; programs are told in plain text."""
    if request.url.path.startswith("/api/"):
        return PlainTextResponse(f"There is nothing at {quote(request.url.path)}", status_code=404)
    page = render_message_page(
        "No such page", f"There is nothing at {request.url.path}.", "Search instead.", status=404
    )
    return HTMLResponse(page, status_code=404)


def make_app(home: Path, *, allow_origin: str = "") -> Starlette:
    """The web application of one library; `allow_origin` as in `SecurityHeaders`."""
    site = Site(home)
    static = str(resources.files("trialbook.pages") / "static")
    routes: list[Any] = [
        *make_routes(site, home),
        *own_api.make_routes(site, home),
        Route("/", site.search),
        Route("/study/{nct_id:path}/history", site.history),
        Route("/study/{nct_id:path}/diff", site.diff),
        Route("/study/{nct_id:path}.json", site.study_json),
        Route("/study/{nct_id:path}.txt", site.study_text),
        Route("/study/{nct_id:path}", site.study),
        Mount("/static", StaticFiles(directory=static)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, allow_origin=allow_origin)],
        exception_handlers={TrialbookError: show_problem, 404: show_missing},
    )


def run_server(home: Path, *, host: str, port: int, allow_origin: str = "") -> None:
    """Serve a library until interrupted; `port` 0 takes a free one, which is printed."""
    app = make_app(home, allow_origin=allow_origin)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=ImpatientConnection,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=LONGEST_GOODBYE_S,
    )
    listener = config.bind_socket()
    # Connections take this over. An answer leaves as head and body, and the second part would wait up to
    # 40 ms for the client to acknowledge the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Whoever reads the address may connect at once; the server answers as soon as it runs.
    listener.listen(config.backlog)
    address = listener.getsockname()
    print(f"Trialbook is at http://{host}:{address[1]}/", flush=True)
    uvicorn.Server(config).run(sockets=[listener])
