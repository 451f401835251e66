"""A registry on 127.0.0.1 that speaks as much of API v2 as a pull needs, and stumbles when told to.

    with StandInRegistry(bodies) as registry:
        registry.faults += [refuse(429, "Too many requests", {"Retry-After": "7"}), cut_in_the_middle]
        ...  # registry.address, registry.asked

Each request for `/studies` takes the next fault from the front of the list; None answers as it should.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Fault = Callable[[BaseHTTPRequestHandler, bytes], None]
KNOWN_PARAMETERS = {
    "query.cond",
    "query.term",
    "filter.ids",
    "filter.advanced",
    "sort",
    "pageSize",
    "pageToken",
    "countTotal",
}
RANGE = re.compile(r"AREA\[LastUpdatePostDate\]RANGE\[(\d{4}-\d\d-\d\d),MAX\]")


class Refused(Exception):
    """The question is wrong: 400 with these words."""


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def refuse(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> Fault:
    """Answer with another status than 200."""
    return lambda handler, body: send(handler, status, text.encode(), headers or {})


def cut_in_the_middle(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Promise the whole answer, send half of it and hang up."""
    send(handler, 200, body[: len(body) // 2], {"Content-Length": str(len(body))})


def hang_up(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Say nothing at all."""


def say_garbage(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer 200 with what is no JSON."""
    send(handler, 200, b"<html><title>Maintenance</title></html>", {})


def stay_silent(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Keep the line open and say nothing until the other side has had enough (10 seconds at most)."""
    handler.connection.settimeout(10)
    with contextlib.suppress(OSError):
        handler.connection.recv(1)


def drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Send the answer byte by byte, one in 20 ms, so that no single wait is long."""
    send(handler, 200, b"", {"Content-Length": str(len(body))})
    with contextlib.suppress(OSError):
        for i in range(len(body)):
            handler.wfile.write(body[i : i + 1])
            handler.wfile.flush()
            time.sleep(0.02)


def send_packed(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer as it should, with gzip."""
    send(handler, 200, gzip.compress(body), {"Content-Encoding": "gzip"})


@functools.lru_cache(maxsize=10_000)
def read_day(body: bytes) -> str:
    status = json.loads(body).get("protocolSection", {}).get("statusModule", {})
    day: str = status.get("lastUpdatePostDateStruct", {}).get("date", "")
    return day


class StandInRegistry:
    """The server; `bodies` are the records as they will go over the wire, byte for byte.

    `asked` holds the parameters of each request for `/studies`; after `pages_left` more of them (None: no
    limit) each one meets the fault `always`. `other_pages` answers further paths, `site_faults` are for those
    of the registry's own site, `version_faults` for `/version`; `headers` are those of the latest request.
    """

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self.bodies = list(bodies)
        self.faults: list[Fault | None] = []
        self.version_faults: list[Fault | None] = []
        self.site_faults: list[Fault] = []
        self.headers: dict[str, str] = {}
        self.always: Fault | None = None
        self.pages_left: int | None = None
        self.data_timestamp = "2026-06-01T09:00:05"
        self.other_pages: dict[str, bytes] = {}
        self.asked: list[dict[str, str]] = []
        self._tokens: dict[str, tuple[dict[str, str], int]] = {}
        self._made_tokens = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/v2"

    def __enter__(self) -> StandInRegistry:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port; a second time does nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def expire_tokens(self) -> None:
        """Forget each page token handed out so far."""
        self._tokens.clear()

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.answer(self)

            def log_message(self, *_: Any) -> None:
                """Keep the test's output quiet."""

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.headers = dict(handler.headers.items())
        if parts.path == "/api/v2/version":
            version = {"apiVersion": "2.0.5", "dataTimestamp": self.data_timestamp}
            fault = self.version_faults.pop(0) if self.version_faults else None
            body = json.dumps(version).encode()
            return fault(handler, body) if fault else send(handler, 200, body, {})
        if parts.path.startswith("/api/int/") and self.site_faults:
            return self.site_faults.pop(0)(handler, b"")
        if parts.path in self.other_pages:
            return send(handler, 200, self.other_pages[parts.path], {})
        if parts.path != "/api/v2/studies":
            return send(handler, 404, b"Not found", {})
        query = dict(parse_qsl(parts.query))
        self.asked.append(query)
        fault = self.faults.pop(0) if self.faults else None
        if self.pages_left is not None:
            self.pages_left -= 1
            fault = self.always if self.pages_left < 0 else fault
        try:
            # A fault still costs what it costs at a real server: the page is made, and its token.
            body = self._make_page(query)
        except Refused as refusal:
            if fault is not None:
                return fault(handler, b"")
            return send(handler, 400, str(refusal).encode(), {"Content-Type": "text/plain"})
        if fault is not None:
            return fault(handler, body)
        return send(handler, 200, body, {"Content-Type": "application/json"})

    def _make_page(self, query: dict[str, str]) -> bytes:
        for name in query:
            if name not in KNOWN_PARAMETERS:
                raise Refused(f"`{name}` is unknown parameter")
        size = int(query.get("pageSize", "10"))
        bound_to = {name: value for name, value in query.items() if name not in ("pageToken", "countTotal")}
        bound_to.pop("pageSize", None)
        start = 0
        if token := query.get("pageToken"):
            known_query, start = self._tokens.get(token, ({}, -1))
            if known_query != bound_to:
                raise Refused("`pageToken` has expired or belongs to another query")
        found = self._find(query)
        tail = b""
        if start + size < len(found):
            self._made_tokens += 1
            token = f"ZVNj7o2Elu8o3lpu-{self._made_tokens:x}_x=="
            self._tokens[token] = (bound_to, start + size)
            tail += b', "nextPageToken": "%b"' % token.encode()
        if query.get("countTotal") == "true":
            tail += b', "totalCount": %d' % len(found)
        return b'{"studies": [' + b",\n ".join(found[start : start + size]) + b"]" + tail + b"}"

    def _find(self, query: dict[str, str]) -> list[bytes]:
        found = list(self.bodies)
        if ids := query.get("filter.ids"):
            found = [b for b in found if any(f'"{nct_id}"'.encode() in b for nct_id in ids.split("|"))]
        for name in ("query.cond", "query.term"):
            if words := query.get(name):
                found = [body for body in found if words.lower() in read_conditions(body)]
        if advanced := query.get("filter.advanced"):
            match = RANGE.match(advanced)
            if not match:
                raise Refused(f"`filter.advanced` has an error: {advanced}")
            has_undated = advanced.endswith(" OR AREA[LastUpdatePostDate]MISSING")
            found = [b for b in found if (day := read_day(b)) >= match[1] or (not day and has_undated)]
        if query.get("sort") == "LastUpdatePostDate:asc":
            found.sort(key=lambda body: read_day(body) or "9999")
        return found


@functools.lru_cache(maxsize=10_000)
def read_conditions(body: bytes) -> str:
    module = json.loads(body).get("protocolSection", {}).get("conditionsModule", {})
    return " | ".join(module.get("conditions", [])).lower()
