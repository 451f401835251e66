"""Whatever is sent, the server declines or answers at once, says so in plain text, and goes on serving others."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
from tests.e2e.conftest import serve

# Far above what any answer takes on a busy machine: a server that is stuck, not one that is slow.
PATIENCE_S = 20.0
# "In milliseconds", as the middle of many: generous to a machine that does other things as well.
USUAL_S = 0.5

QUERY_NAMES = ("query.term", "query.cond", "query.lead", "query.id", "filter.advanced", "postFilter.advanced")

INJECTIONS = {
    "SQL that ends a statement": "'; DROP TABLE study; --",
    "SQL that is always true": "x' OR '1'='1",
    "SQL that joins": "NCT90000001') UNION SELECT body FROM version --",
    "a script": "<script>alert(document.domain)</script>",
    "an image": '"><img src=x onerror=alert(1)>',
    "a template": "{{7*7}}${7*7}#{7*7}",
    "a new header": "x\r\nSet-Cookie: taken=1\r\n\r\n<html>",
    "a path": "../../../../etc/passwd",
    "a format": "%s%n%x {0.__class__}",
    "a shell": "$(id) `id` | id; id",
    "an expression": "__import__('os').system('id')",
    "a field of the index": "order:[0 TO 99999999999] OR nct_id:* OR exact.Phase:PHASE1",
    "JSON": '{"$ne": null}',
}
# Each would widen what is asked if it were pasted into a query.
WIDENING = [
    "filter.ids=NCT90000001)%20OR%20ALL",
    "filter.ids=NCT90000001%20OR%20ALL",
    "filter.overallStatus=COMPLETED)%20OR%20(ALL",
    "filter.geo=distance(1,2,3km)%20OR%20ALL",
    "filter.geo=distance(1,2,3km])%20OR%20AREA[Phase](ALL)",
    "aggFilters=phase:2)%20OR%20(ALL",
    "aggFilters=phase)%20OR%20ALL:2",
    "sort=StartDate:asc)%20OR%20ALL",
    "geoDecay=func:exp,scale:1km,offset:1km,decay:0.5)%20OR%20ALL",
]
ABSURD = {
    "10,000 parentheses": "(" * 10_000 + "a" + ")" * 10_000,
    "10,000 parentheses that open": "(" * 10_000,
    "10,000 parentheses that close": ")" * 10_000,
    "NOT without end": "NOT " * 7_000 + "a",
    "operators within operators": "AREA[Phase]" * 3_000 + "a",
    "TILT within TILT": "TILT[StartDate]" * 3_000 + "a",
    "as deep as is read, with alternatives": "(a OR NOT " * 24 + "b" + ")" * 24,
    "a long OR list": " OR ".join(["heart"] * 5_000),
    "an OR list of common words": " OR ".join(["a", "of", "the", "study"] * 450),
    "a long AND list of terms": " AND ".join(f"heart failure {n}" for n in range(1_400)),
    "one long term": " ".join(f"w{n}" for n in range(5_000)),
    "one long term that may miss words": "EXPANSION[Lossy]" + " ".join(f"w{n}" for n in range(5_000)),
    "one long phrase": '"' + " ".join(f"w{n % 5}" for n in range(7_000)) + '"',
    "one long word": "a" * 40_000,
    "a structure searched often": " OR ".join(["AREA[ResultsSection]a"] * 1_500),
    "sites searched often": " OR ".join(["SEARCH[Location](AREA[LocationCity]a NOT MISSING)"] * 700),
    "beginnings searched often": " OR ".join(["COVERAGE[StartsWith]EXPANSION[None]the"] * 900),
    "many sizes": " OR ".join(["AREA[Location:size]RANGE[0, MAX]"] * 1_000),
    "many circles": " OR ".join(f"AREA[LocationGeoPoint]DISTANCE[{n % 90},0,500mi]" for n in range(700)),
    "wildcard": "*",
    "wildcards": "* OR ?* OR %* OR _ OR .* OR a* OR ~",
    "a wildcard everywhere": "AREA[BasicSearch]* AND AREA[ResultsSection]*",
    "everything, not anything": "ALL AND NOT (ALL AND NOT ALL)",
    "a range of nothing": "AREA[StartDate]RANGE[2030, 1900]",
    "a range beyond time": "AREA[StartDate]RANGE[0001-01-01, 9999-12-31]",
    "a range beyond numbers": "AREA[EnrollmentCount]RANGE[-" + "9" * 18 + ", 1e308]",
    "a range with too many digits": "AREA[EnrollmentCount]RANGE[" + "9" * 9_000 + ", MAX]",
    "infinite": "AREA[EnrollmentCount]RANGE[-inf, nan]",
    "an age of ages": "AREA[MinimumAge]RANGE[999999 years, 999999.999999 years]",
    "a place beside the earth": "AREA[LocationGeoPoint]DISTANCE[1e300, -1e300, 500mi]",
    "a place at the pole": "AREA[LocationGeoPoint]DISTANCE[90, 180, 500mi]",
    "a radius of nothing": "AREA[LocationGeoPoint]DISTANCE[0, 0, 0.000000001km]",
    "TILT on text": "TILT[BriefTitle]heart",
    "an unknown name": "AREA[" + "x" * 9_000 + "]a",
    "backslashes": "\\" * 20_000,
    "quotation marks": '"' * 9_999,
    "commas": ", " * 10_000 + "AREA[Phase]NA",
    "combining marks": "e" + "\u0301" * 9_000,
    "a bidirectional override": "\u202e\u2066abc" * 500,
    "NUL": "\x00",
    "NUL within": "heart\x00failure",
    "control characters": "".join(map(chr, range(32))),
    "beyond the basic plane": "\U0010ffff\U0001f9a0" * 500,
}
BYTES = {
    "a lone surrogate": "%ED%A0%80",
    "two surrogates": "%ED%A0%BD%ED%B8%80",
    "bytes that are no text": "%FF%FE%80",
    "a letter in too many bytes": "%C0%AF%E0%80%AF",
    "a letter cut short": "heart%C3",
    "an escape cut short": "heart%",
    "an escape that is none": "%zz%u0041%%",
    "escaped twice": "%2527%2500%25ff",
    "raw bytes": "\xff\xfe\x80",
}


class Client:
    """Asks a server and remembers how long the answers took."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.host, self.port, self.path = parts.hostname or "", parts.port or 0, parts.path
        self.taken: list[float] = []

    def get(self, path: str, method: str = "GET", body: bytes | None = None) -> http.client.HTTPResponse:
        """The whole answer; a path that has raw bytes is sent as it is, one with a slash at its begin as a whole."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        whole = path if path.startswith("/") else f"{self.path}/{path}"
        started = time.monotonic()
        connection.putrequest(method, "/", skip_accept_encoding=True)
        connection._buffer[0] = f"{method} {whole} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        self.taken.append(time.monotonic() - started)
        connection.close()
        return answer

    def open(self, sent: bytes) -> socket.socket:
        """A connection over which something was sent and nothing read."""
        connection = socket.create_connection((self.host, self.port), timeout=PATIENCE_S)
        connection.sendall(sent)
        return connection

    def send(self, sent: bytes) -> bytes:
        """The first line of what comes back for these very bytes."""
        with self.open(sent) as connection:
            return connection.makefile("rb").readline()


@pytest.fixture(scope="module")
def client(registry: str) -> Iterator[Client]:
    """A client; while it is used, another one must be answered all the time, and its library stay as it is."""
    client, watcher, stop, failed = Client(registry), Client(registry), threading.Event(), []
    total = count(watcher)

    def watch() -> None:
        while not stop.is_set():
            try:
                assert watcher.get("studies?query.cond=heart&pageSize=1").status == 200
            except Exception as error:
                failed.append(error)
            stop.wait(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield client
    stop.set()
    thread.join()
    assert failed == []
    assert max(watcher.taken) < PATIENCE_S
    assert sorted(watcher.taken)[len(watcher.taken) // 2] < USUAL_S
    assert sorted(client.taken)[len(client.taken) // 2] < USUAL_S
    assert count(watcher) == total


def count(client: Client) -> int:
    return int(json.loads(client.get("studies?countTotal=true&pageSize=1").text)["totalCount"])  # type: ignore[attr-defined]


def check_answer(answer: http.client.HTTPResponse, *, allowed: tuple[int, ...] = (200, 400)) -> None:
    """An answer that is no accident and that no browser takes for a page or runs."""
    text: str = answer.text  # type: ignore[attr-defined]
    assert answer.status in allowed, text[:300]
    kind = answer.headers["content-type"]
    assert kind.startswith("application/json" if answer.status == 200 else "text/plain")
    assert "set-cookie" not in answer.headers
    if answer.headers["content-length"] and answer.status != 200:
        assert len(text) < 3_000
        assert "Traceback" not in text
        assert "trialbook" not in text


@pytest.mark.parametrize("name", QUERY_NAMES)
@pytest.mark.parametrize("kind", INJECTIONS)
def test_injections_are_words(client: Client, name: str, kind: str) -> None:
    answer = client.get(f"studies?pageSize=1&{name}={quote(INJECTIONS[kind])}")
    check_answer(answer)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", INJECTIONS)
def test_injections_elsewhere_are_declined(client: Client, kind: str) -> None:
    text = quote(INJECTIONS[kind], safe="")
    for name in (
        "format",
        "markupFormat",
        "fields",
        "sort",
        "pageToken",
        "filter.ids",
        "filter.geo",
        "geoDecay",
    ):
        check_answer(client.get(f"studies?{name}={text}"), allowed=(400,))
    check_answer(client.get(f"studies?{text}=1"), allowed=(400,))
    check_answer(client.get(f"studies/{text}"), allowed=(400, 404))
    check_answer(client.get(f"{text}"), allowed=(404,))
    for path in ("stats/field/values", "stats/field/sizes"):
        check_answer(client.get(f"{path}?fields={text}"), allowed=(400, 404))


@pytest.mark.parametrize("kind", INJECTIONS)
def test_injections_into_feeds_and_pages_are_words(client: Client, kind: str) -> None:
    text = quote(INJECTIONS[kind], safe="")
    check_answer(client.get(f"/api/trialbook/search?query.term={text}&facets=Phase&snippets=5"))
    check_answer(client.get(f"/api/trialbook/search?facets={text}"), allowed=(400,))
    check_answer(client.get(f"/api/int/studies/NCT90000001/history/{text}"), allowed=(400, 404))
    feed = client.get(f"/api/trialbook/feed?query.term={text}")
    assert feed.status in (200, 400)
    if feed.status == 200:
        assert ElementTree.fromstring(feed.text).tag.endswith("feed")  # type: ignore[attr-defined]
    page = client.get(f"/?q={text}")
    assert page.status in (200, 400)
    assert "set-cookie" not in page.headers
    assert not re.search("<script>alert|<img src=x", page.text)  # type: ignore[attr-defined]
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_hostile_name_of_the_host_is_not_answered(client: Client) -> None:
    ask = b"GET /api/trialbook/feed?limit=1 HTTP/1.1\r\nconnection: close\r\nhost: %b\r\n\r\n"
    for host in (b'x"><a>', b"x'&<!--", b"x/../y", b"\xff\xfe", b"[::1", b"a:99999999", b"@y", b""):
        with client.open(ask % host) as connection:
            head, body = connection.makefile("rb").read().split(b"\r\n\r\n", 1)
        assert head.split()[1] == b"421", host
        assert body.startswith(b"This server does not answer for"), host


@pytest.mark.parametrize("query", WIDENING)
def test_nothing_is_pasted_into_a_query(client: Client, query: str) -> None:
    answer = client.get(f"studies?countTotal=true&{query}")
    check_answer(answer)
    if answer.status == 200:
        assert json.loads(answer.text)["totalCount"] == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ABSURD)
def test_absurd_queries(client: Client, kind: str) -> None:
    text = quote(ABSURD[kind], safe='()[],*" '.replace(" ", "") + "+").replace("%20", "+")
    for name in ("query.term", "filter.advanced"):
        check_answer(client.get(f"studies?pageSize=1&{name}={text}"))


@pytest.mark.parametrize("kind", BYTES)
def test_bytes_that_are_no_text(client: Client, kind: str) -> None:
    for name in ("query.term", "filter.advanced", "fields", "pageToken", "a"):
        check_answer(client.get(f"studies?pageSize=1&{name}={BYTES[kind]}"))
    check_answer(client.get(f"studies?{BYTES[kind]}"), allowed=(200, 400))
    check_answer(client.get(f"studies/{BYTES[kind]}"), allowed=(400, 404))


@pytest.mark.parametrize("length", [60_100, 65_500, 70_000, 1_000_000])
def test_an_address_without_end(client: Client, length: int) -> None:
    line = b"GET /api/v2/studies?query.term=" + b"a" * length + b" HTTP/1.1\r\nhost: localhost\r\n\r\n"
    try:
        assert client.send(line).startswith(b"HTTP/1.1 400")
    except ConnectionError:
        # The server may close before all of it was sent; what it said is then lost on the way.
        assert length > 64 * 1024


@pytest.mark.parametrize("path", ["studies", "studies/NCT90000001", "version", "nothing"])
def test_a_megabyte_sent_along(client: Client, path: str) -> None:
    for method, allowed in (("POST", (405, 404)), ("GET", (200, 404))):
        answer = client.get(path, method, b"query.term=" + b"a" * (1 << 20))
        assert answer.status in allowed


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"GET /api/v2/version\r\n\r\n",
        b"GET /api/v2/version HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /api/v2/version HTTP/1.1\r\nhost: localhost\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
        b"GET /api/v2/studies?query.term=\x00 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /api/v2/studies HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v2/studies HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\r\n" * 40_000,
    ],
    ids=["TLS", "old HTTP", "a long header", "many headers", "NUL", "negative length", "no chunk", "nothing"],
)
def test_what_is_no_request(client: Client, sent: bytes) -> None:
    try:
        line = client.send(sent)
    except ConnectionError:
        return
    # A long head that comes in one piece is read; one that comes in pieces is declined.
    assert line == b"" or line.split()[1] in (b"200", b"400", b"405"), line


@contextmanager
def held(client: Client, sent: bytes, count: int) -> Iterator[None]:
    """Connections that stay open, with nothing read from them."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(client.open(sent))
        yield


def test_others_are_served_while_many_send_slowly(client: Client) -> None:
    with held(client, b"GET /api/v2/studies?query.term=heart HTTP/1.1\r\nhost: localhost\r\nx-a: ", 100):
        assert client.get("studies?query.term=heart").status == 200


def test_others_are_served_while_many_do_not_read(client: Client) -> None:
    whole = b"GET /api/v2/studies?pageSize=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with held(client, whole, 60):
        time.sleep(1)
        for _ in range(5):
            assert client.get("studies?query.term=heart&pageSize=100").status == 200


def test_others_are_served_while_many_ask_for_much_and_leave(client: Client) -> None:
    much = quote(" OR ".join(f'"heart {n}"' for n in range(250)))
    for _ in range(3):
        with held(
            client, f"GET /api/v2/studies?query.term={much} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode(), 15
        ):
            pass
    assert client.get("studies?query.term=heart").status == 200


FIRST = (
    "/api/v2/version",
    "/api/v2/studies?query.cond=heart+failure",
    "/api/v2/studies?format=csv",
    "/api/v2/studies?filter.geo=distance(59,18,100km)",
    "/api/v2/studies?query.term=AREA[BriefTitle]EXPANSION[None]Heart",
    "/api/v2/studies/NCT90000001?format=csv",
    "/api/v2/studies/NCT90000001?format=fhir.json",
    "/api/v2/studies/metadata",
    "/api/v2/studies/search-areas",
    "/api/v2/studies/enums",
    "/api/v2/stats/field/values",
    "/api/int/studies/NCT90000001/history",
    "/api/trialbook/search?query.term=heart&facets=Phase",
    "/api/trialbook/feed?format=json",
    "/api/trialbook/openapi.json",
    "/study/NCT90000002",
    "/study/NCT90000002/history",
    "/?q=diabetes",
)


def test_the_first_requests_of_all_may_come_together(registry_home: Path) -> None:
    """Whatever is worked out at its first use is asked for by several threads at once."""
    with serve(registry_home) as address, ThreadPoolExecutor(len(FIRST)) as pool:
        client, start = Client(address), threading.Barrier(len(FIRST))

        def ask(path: str) -> int:
            start.wait(PATIENCE_S)
            return client.get(path).status

        assert list(pool.map(ask, FIRST)) == [200] * len(FIRST)


def test_a_server_that_is_told_to_end_does_so_whoever_reads(registry_home: Path) -> None:
    """`serve` waits for its process to end, and fails where it does not."""
    whole = b"GET /api/v2/studies?pageSize=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with serve(registry_home) as address:
        held = Client(address).open(whole * 20)
        assert held.recv(1_000).startswith(b"HTTP/1.1 200")
    held.close()
