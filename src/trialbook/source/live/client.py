"""How do we ask a registry's server politely, and what do we do when it stumbles?

One request at a time, paced, with a bounded answer. What a later try may mend (429, 5xx, a timeout, a
connection cut in the middle, an answer that is no JSON) is tried again with growing waits; what it will
not mend is a `RegistryRefusal` with the server's own words.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

from trialbook.errors import SourceReadError, UsageError
from trialbook.settings import SETTINGS, VERSION
from trialbook.source.live.address import (
    check_redirect,
    clean_words,
    find_registry,
    show_address,
)

# Clients report that the registry's edge answers 403 where the named agent does not fit the way in which
# the connection is made: the name of the library that speaks has to be in it.
USER_AGENT = f"Trialbook/{VERSION} python-httpx/{httpx.__version__}"

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_MENDABLE = (408, 425, 429)

T = TypeVar("T")
Query = Mapping[str, str]


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a client behaves towards one registry.

    Attributes
    ----------
    registry
        Base address of an API v2, without a trailing slash; http or https.
    requests_per_minute
        Pace; 50 is what the registry asks of its clients. At most 180.
    tries
        How often one question is asked before giving up, at least 1.
    connect_seconds, read_seconds
        Longest wait for a connection, and for the next bytes of an answer.
    answer_seconds
        Longest time that one whole answer may take.
    first_wait_seconds, longest_wait_seconds
        The wait after the first failure (it doubles with each) and the most that is ever waited, also
        where the server asks for more: then the pull stops and says so.
    max_answer_bytes
        Largest answer read, after decompression.
    user_agent
        How the client names itself.
    """

    registry: str = str(SETTINGS["registry"].default)
    requests_per_minute: float = 50.0
    tries: int = 6
    connect_seconds: float = 15.0
    read_seconds: float = 60.0
    answer_seconds: float = 900.0
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 300.0
    max_answer_bytes: int = 256 * 1024 * 1024
    user_agent: str = USER_AGENT


class Wait(msgspec.Struct, frozen=True):
    """A pause before the same question is asked again: why, how long (seconds), after which try."""

    reason: str
    seconds: float
    attempt: int


class RegistryRefusal(SourceReadError):
    """The server understood the question and declined it; asking again the same way will not help.

    Attributes
    ----------
    status
        The HTTP status.
    text
        The beginning of what the server said, as plain text.
    """

    def __init__(self, status: int, text: str, *, place: str) -> None:
        self.status, self.text = status, text
        reason = f"the registry answered {status}" + (f": {text}" if text else "")
        if status == 403:
            reason += (
                ". It turns this program or this network away at its door: wait an hour, "
                "or take the bulk download and `trialbook import` it"
            )
        if status == 404 and "/api/v2" not in place:
            reason += ". The base address of a registry's API ends in /api/v2: name it so with --registry"
        super().__init__(reason, place=place)


class _Stumble(Exception):
    """One try failed in a way that another try may mend.

    `lighten_from` is the failure in a row from which a smaller question is worth trying (0: never);
    `is_final` says that only a smaller one can help.
    """

    def __init__(
        self, reason: str, *, wait: float | None = None, lighten_from: int = 0, is_final: bool = False
    ) -> None:
        self.reason, self.wait, self.lighten_from, self.is_final = reason, wait, lighten_from, is_final
        super().__init__(reason)


def _now() -> datetime:
    return datetime.now(UTC)


class RegistryClient:
    """A polite client for one registry; use it as a context manager.

    `sleep`, `clock` (seconds, monotonic), `now` (UTC) and `jitter` (uniform in [0, 1)) are given from
    outside in tests; `on_wait` hears about each pause after a failure.

    Raises UsageError where `settings.registry` is no address or a number is out of its range.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
        jitter: Callable[[], float] = random.random,
        on_wait: Callable[[Wait], None] | None = None,
    ) -> None:
        self.settings = settings or ClientSettings(registry=find_registry())
        self.registry = find_registry(self.settings.registry)
        if not 0 < self.settings.requests_per_minute <= 180:
            raise UsageError("requests per minute: expected more than 0 and at most 180 (3 a second)")
        if self.settings.tries < 1:
            raise UsageError("tries: expected at least 1")
        self._sleep, self._clock, self._jitter, self.now = sleep, clock, jitter, now
        self._on_wait = on_wait
        self._next_start = 0.0
        self._http = httpx.Client(
            headers={
                "User-Agent": self.settings.user_agent,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            timeout=httpx.Timeout(self.settings.read_seconds, connect=self.settings.connect_seconds),
            follow_redirects=False,
        )

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self,
        address: str,
        query: Query | None = None,
        *,
        decode: Callable[[bytes], T],
        lighten: Callable[[], Query | None] | None = None,
    ) -> T:
        """Ask for `address` (a path under the registry, or a whole address on its host) and decode the answer.

        Parameters
        ----------
        decode
            Turns the body into the value; a msgspec.DecodeError from it counts as a garbled answer.
        lighten
            Called after a timeout, an answer that is too large or one that broke off twice: returns a
            query that asks for less, or None where it cannot.

        Raises
        ------
        RegistryRefusal
            A status that another try will not mend; carries status and text.
        SourceReadError
            The tries are used up, the answer is too large, or it points to another host; says how to go on.
        """
        url = httpx.URL(address if "://" in address else f"{self.registry}{address}")
        attempt = 1
        while True:
            self._pace()
            try:
                return _decode(self._ask(url, query), decode)
            except _Stumble as stumble:
                is_heavy = 0 < stumble.lighten_from <= attempt
                lighter = lighten() if is_heavy and lighten else None
                query = lighter or query
                self._wait_or_give_up(stumble, attempt, is_lighter=lighter is not None, url=url)
                attempt += 1

    def _wait_or_give_up(self, stumble: _Stumble, attempt: int, *, is_lighter: bool, url: httpx.URL) -> None:
        place = str(url)
        if stumble.is_final and not is_lighter:
            raise SourceReadError(stumble.reason, place=place)
        if attempt >= self.settings.tries:
            raise SourceReadError(
                f"{stumble.reason} ({attempt} tries). What was stored is kept: give the same command again "
                "and it goes on from there",
                place=place,
            )
        if stumble.wait is not None and stumble.wait > self.settings.longest_wait_seconds:
            raise SourceReadError(
                f"{stumble.reason}, and asks to be left alone for {stumble.wait:.0f} seconds. What was "
                "stored is kept: give the same command again after that and it goes on from there",
                place=place,
            )
        doubling = self.settings.first_wait_seconds * 2 ** min(attempt - 1, 16)
        seconds = min(doubling, self.settings.longest_wait_seconds) * (0.5 + self._jitter() / 2)
        if stumble.wait:
            seconds = stumble.wait
        if self._on_wait:
            self._on_wait(Wait(stumble.reason, seconds, attempt))
        self._sleep(seconds)

    def _pace(self) -> None:
        """Keep the starts of two requests apart."""
        wait = self._next_start - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next_start = self._clock() + 60.0 / self.settings.requests_per_minute

    def _ask(self, url: httpx.URL, query: Query | None) -> bytes:
        """Send the question once, following redirects on the same host; return the body of a 200."""
        if query:
            try:
                url = url.copy_merge_params(query)
            except httpx.InvalidURL as error:  # beyond 65,536 characters
                raise UsageError(f"that is more than an address can ask for: {error}") from error
        for _ in range(_MOST_REDIRECTS + 1):
            with self._open(url) as response:
                body = self._read(response)
                if response.status_code in _REDIRECTS:
                    url = check_redirect(url, response.headers.get("Location", ""))
                    continue
                if response.status_code == 200:
                    return body
                raise self._judge(response, body, url)
        raise SourceReadError(f"redirects more than {_MOST_REDIRECTS} times", place=show_address(url))

    @contextmanager
    def _open(self, url: httpx.URL) -> Iterator[httpx.Response]:
        """Open the answer to one request; what breaks on the way is a `_Stumble`."""
        try:
            with self._http.stream("GET", url) as response:
                yield response
        except httpx.TimeoutException as error:
            is_idle = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            reason = f"no answer in time ({type(error).__name__})"
            raise _Stumble(reason, lighten_from=0 if is_idle else 1) from error
        except httpx.ConnectError as error:
            raise _Stumble(f"no connection: {clean_words(str(error))}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            # Once is an accident, such as a kept connection that the server had closed meanwhile.
            raise _Stumble(f"the answer broke off: {clean_words(str(error))}", lighten_from=2) from error

    def _read(self, response: httpx.Response) -> bytes:
        """Read the body within the limits of size and time."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "deflate", ""):
            raise _Stumble(f"an encoding that was not asked for: {clean_words(encoding)}")
        chunks: list[bytes] = []
        size, deadline = 0, self._clock() + self.settings.answer_seconds
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self.settings.max_answer_bytes:
                limit = self.settings.max_answer_bytes
                raise _Stumble(
                    f"the answer is larger than {limit:,} bytes: ask for smaller pages (--page-size)",
                    lighten_from=1,
                    is_final=True,
                )
            if self._clock() > deadline:
                raise _Stumble(
                    f"the answer took longer than {self.settings.answer_seconds:g} seconds", lighten_from=1
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _judge(self, response: httpx.Response, body: bytes, url: httpx.URL) -> Exception:
        """Tell a failure that another try may mend from a refusal."""
        status, text = response.status_code, clean_words(body[:20_000].decode("utf-8", "replace"))
        if status in _MENDABLE or status >= 500:
            reason = f"the registry answered {status}" + (f": {text}" if text else "")
            return _Stumble(
                reason, wait=self._read_retry_after(response), lighten_from=1 if status == 504 else 0
            )
        return RegistryRefusal(status, text, place=show_address(url))

    def _read_retry_after(self, response: httpx.Response) -> float | None:
        """Read Retry-After, in seconds from now (RFC 9110, 10.2.3: seconds or an HTTP date)."""
        value = response.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"\d{1,9}", value):
            return float(value)
        until = _as_http_date(value)
        if until is None:
            return None
        # Against the server's own clock where it tells it: ours may be wrong.
        since = _as_http_date(response.headers.get("Date", "")) or self.now()
        return max(0.0, (until - since).total_seconds())


def _as_http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _decode(body: bytes, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        start = clean_words(body[:2_000].decode("utf-8", "replace"))[:80]
        raise _Stumble(
            f"the answer is not what the API promises ({error}); it begins with {start!r}", lighten_from=2
        ) from error
