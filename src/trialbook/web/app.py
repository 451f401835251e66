"""How does a browser or a program ask over HTTP? One application for a library, and the server that runs it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialbook.errors import NotFoundError, TrialbookError, UsageError
from trialbook.library import Library
from trialbook.pages import render_docs_page, render_message_page
from trialbook.web import api_v2, keeping, match_page, old_addresses, own_api, screen_page, site_api
from trialbook.web.api_v2.answers import Turns
from trialbook.web.compression import CompressedAnswers
from trialbook.web.connections import (
    BACKLOG,
    LONGEST_GOODBYE_S,
    ImpatientConnection,
    find_most_connections,
)
from trialbook.web.hosts import ALWAYS, KnownHosts, normalise_host
from trialbook.web.large_records import BoundedMemory, MemoryRoom
from trialbook.web.paths import FoldedPaths
from trialbook.web.problems import show_missing, show_problem
from trialbook.web.related_section import WAIT_S, RelatedSections
from trialbook.web.site import Site

SECURITY_HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    b" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}
# What a library shows may be private, and changes with the next import: a copy is asked about before it is used.
CACHE_HEADER = (b"cache-control", b"private, no-cache")
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
            (b"access-control-expose-headers", b"etag, warning, x-next-page-token, x-total-count"),
        ] * bool(allow_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope.get("path", "").startswith("/api/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURITY_HEADERS.items()]
                if not any(name.lower() == b"cache-control" for name, _ in message["headers"]):
                    message["headers"].append(CACHE_HEADER)
                if is_api:
                    message["headers"] += self._api_headers
            await send(message)

        if is_api and self._api_headers and scope.get("method") == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT_HEADERS)(scope, receive, send_with_headers)
            return
        query = scope.get("query_string", b"") if scope["type"] == "http" else b""
        length = len(query)
        if not query.isascii():
            refused = PlainTextResponse(
                "An address has ASCII characters only: write %C3%A9 for é", status_code=400
            )
            await refused(scope, receive, send_with_headers)
            return
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


def make_app(
    home: Path,
    *,
    allow_origin: str = "",
    hosts: Sequence[str] = (),
    related_wait_s: float = WAIT_S,
    is_read_only: bool = False,
) -> Starlette:
    """The web application of one library.

    `allow_origin` as in `SecurityHeaders`, `hosts` as in `KnownHosts`, `related_wait_s` as in `RelatedSections`;
    `is_read_only` where the site's forms may change nothing.
    """
    library = Library(home)
    related = RelatedSections(library, wait_s=related_wait_s)
    site, turns = Site(library, related), Turns()

    @asynccontextmanager
    async def close_at_the_end(_: Starlette) -> AsyncIterator[None]:
        with library:
            yield
        # What is being worked out ends where it next asks the library.
        related.close()

    static = str(resources.files("trialbook.pages") / "static")
    routes: list[Any] = [
        *site_api.make_routes(library, turns),
        *api_v2.make_routes(library, turns),
        *own_api.make_routes(library, turns),
        *keeping.make_routes(library, is_read_only=is_read_only),
        *old_addresses.make_routes(library),
        *screen_page.make_routes(library),
        *match_page.make_routes(library),
        Route("/", site.search),
        Route("/values", site.values),
        *(Route(path, site.report) for path in ("/report", "/report.txt", "/report.json")),
        Route("/related", site.related, methods=["GET", "POST"]),
        Route("/patient", site.patient, methods=["GET", "POST"]),
        Route("/study/{nct_id:path}/history", site.history),
        Route("/study/{nct_id:path}/related", site.study_related),
        Route("/study/{nct_id:path}/diff", site.diff),
        Route("/study/{nct_id:path}/events", site.events),
        Route("/study/{nct_id:path}/events.csv", site.events_csv),
        Route("/study/{nct_id:path}/criteria", site.criteria),
        Route("/study/{nct_id:path}/criteria.csv", site.criteria_csv),
        Route("/study/{nct_id:path}.json", site.study_json),
        Route("/study/{nct_id:path}.txt", site.study_text),
        Route("/study/{nct_id:path}", site.study),
        Route("/docs{path:path}", show_docs),
        Mount("/static", StaticFiles(directory=static)),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(FoldedPaths),
            Middleware(CompressedAnswers),
            Middleware(SecurityHeaders, allow_origin=allow_origin),
            Middleware(KnownHosts, names=hosts),
            Middleware(BoundedMemory, room=MemoryRoom()),
        ],
        exception_handlers={TrialbookError: show_problem, 404: show_missing},
        lifespan=close_at_the_end,
    )


def show_docs(request: Request) -> Response:
    """A page of the documentation."""
    path = request.path_params["path"]
    page = render_docs_page(path) if not path or path.startswith("/") else None
    return HTMLResponse(page) if page else show_missing(request, NotFoundError("no such page"))


def listen_at(host: str, port: int) -> socket.socket:
    """A socket that listens; UsageError says why there can be none, and what to do."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, TypeError, ValueError) as error:
        code = getattr(error, "errno", None)
        if code == errno.EADDRINUSE:
            raise UsageError(
                f"another program listens at {host}, port {port}; choose another port, or 0 for any that is free"
            ) from error
        if code == errno.EACCES:
            raise UsageError(
                f"this account may not listen on port {port}; choose one from 1024 to 65535"
            ) from error
        raise UsageError(f"{host[:80]!r} is no address of this machine to listen on") from error


def may_write(writing: str, address: str, hosts: Sequence[str]) -> bool:
    """Whether the site's forms may change something: where that is not said, only while it serves this machine alone.

    >>> [may_write("auto", "127.0.0.1", ["localhost"]), may_write("auto", "0.0.0.0", []), may_write("yes", "0.0.0.0", [])]
    [True, False, True]
    >>> may_write("auto", "127.0.0.1", ["127.0.0.1", "trials.example.org"])
    False
    """
    if writing != "auto":
        return writing == "yes"
    names = {normalise_host(each) for each in hosts}
    return ipaddress.ip_address(address).is_loopback and names.issubset(ALWAYS)


def run_server(
    home: Path,
    *,
    host: str,
    port: int,
    allow_origin: str = "",
    allow_host: str = "",
    writing: str = "auto",
) -> None:
    """Serve a library until interrupted; `port` 0 takes a free one, which is printed.

    `writing` says whether the site's forms may change lists and saved searches: "yes", "no", or "auto", while it
    serves this machine alone.
    """
    listener = listen_at(host, port)
    hosts = [host, *filter(None, (name.strip() for name in allow_host.split(",")))]
    is_read_only = not may_write(writing, listener.getsockname()[0], hosts)
    app = make_app(home, allow_origin=allow_origin, hosts=hosts, is_read_only=is_read_only)
    ImpatientConnection.most = find_most_connections()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=ImpatientConnection,
        backlog=BACKLOG,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=LONGEST_GOODBYE_S,
    )
    # Connections take this over. An answer leaves as head and body, and the second part would wait up to
    # 40 ms for the client to acknowledge the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Whoever reads the address may connect at once; the server answers as soon as it runs.
    address = listener.getsockname()
    shown = f"[{host}]" if ":" in host else host
    print(f"Trialbook is at http://{shown}:{address[1]}/", flush=True)
    # Ctrl-C is how a person ends it: uvicorn has answered what was asked, and raises it once more.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
