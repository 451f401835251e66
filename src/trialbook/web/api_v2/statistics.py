"""How does the server come by statistics of a library that changes, without making a request wait for long?"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from trialbook.ask.parameters import Parameters
from trialbook.ask.refusals import quote, refuse_value, suggest
from trialbook.derived.field_statistics import SizeStatistics, Statistics
from trialbook.derived.statistics import are_of, compute_statistics, load_statistics
from trialbook.errors import ApiError
from trialbook.record.pieces import find_piece, list_field_names
from trialbook.store import Store
from trialbook.web.problems import log_damage

TYPES = ("ENUM", "STRING", "DATE", "INTEGER", "NUMBER", "BOOLEAN")
# Libraries up to this size are counted within the request, in two seconds or so.
COUNTED_AT_ONCE = 2_000
LONGEST_WAIT_S = 15.0
SHORTEST_PAUSE_S = 120.0
# Each request that waits holds a thread that others could be answered in.
MOST_WAITING = 4


class StatisticsKeeper:
    """Keeps the statistics of one library as fresh as is reasonable.

    Of a small library they are always of its last change. Of a larger one another process counts with
    low priority, and what was counted before is answered meanwhile.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._known: Statistics | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = -SHORTEST_PAUSE_S
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    def get(self, store: Store) -> Statistics:
        """The statistics; raises ApiError 503 where a large library is being counted for the first time."""
        with self._lock:
            self._refresh(store)
            if self._known is not None:
                return self._known
            process = self._process
        if process is not None and self._waiting.acquire(blocking=False):
            try:
                _wait_for(process)
            finally:
                self._waiting.release()
        with self._lock:
            self._known = self._known or load_statistics(self._home, store)
            if self._known is None:
                raise ApiError(
                    "The statistics of this library are being computed; ask again in a minute", 503
                )
            return self._known

    def wait(self) -> None:
        """Return when no other process is counting any more."""
        process = self._process
        if process is not None:
            process.wait()

    def _refresh(self, store: Store) -> None:
        seq = store.seq
        if self._known is not None and not are_of(self._known, store):
            self._known = None
        if self._known is not None and self._known.seq == seq:
            return
        found = load_statistics(self._home, store)
        self._known = found or self._known
        if found is not None and found.seq == seq:
            return
        if store.count().studies <= COUNTED_AT_ONCE:
            self._known = compute_statistics(self._home, on_damage=log_damage)
            return
        is_running = self._process is not None and self._process.poll() is None
        if not is_running and time.monotonic() - self._started_at >= SHORTEST_PAUSE_S:
            self._started_at = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603 - our own program with our own folder
                [sys.executable, "-m", "trialbook.derived.statistics", str(self._home)]
            )


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LONGEST_WAIT_S)


def write_sizes(sizes: SizeStatistics) -> bytes:
    """The sizes of the records, as the API gives them."""
    return msgspec.json.encode(
        {
            "averageSizeBytes": sizes.average_size_bytes,
            "largestStudies": [{"id": nct_id, "sizeBytes": size} for nct_id, size in sizes.largest_studies],
            "percentiles": sizes.percentiles,
            "ranges": [{"sizeRange": name, "studiesCount": count} for name, count in sizes.ranges],
            "totalStudies": sizes.total_studies,
        }
    )


def read_value_request(parameters: Parameters) -> tuple[list[str], set[str]]:
    """The pieces and types that `/stats/field/values` is asked for; raises ApiError."""
    types = parameters.read_list("types")
    for each in types:
        if each not in TYPES:
            raise refuse_value("types", each)
    return _find_pieces(parameters), set(types)


def read_size_request(parameters: Parameters) -> list[str]:
    """The pieces that `/stats/field/sizes` is asked for; raises ApiError."""
    return _find_pieces(parameters)


def _find_pieces(parameters: Parameters) -> list[str]:
    return [_get_name(name) for name in parameters.field_names()]


def _get_name(asked: str) -> str:
    piece = find_piece(asked)
    if piece is None:
        raise ApiError(
            f"Unknown piece name of field path: {quote(asked)}" + suggest(asked, list_field_names()), 404
        )
    return piece.name


def get_row(rows: dict[str, dict[str, Any]], asked: str) -> dict[str, Any]:
    """The row of one field; raises ApiError (404) where there is no such field, or nothing to count in it."""
    row = rows.get(_get_name(asked))
    if row is None:
        raise ApiError(f"Nothing is counted of field: {quote(asked)}", 404)
    return row


def choose(
    rows: dict[str, dict[str, Any]], pieces: list[str], types: set[str] | None = None
) -> list[dict[str, Any]]:
    """The rows of the asked pieces and types, in the order of the record; all where none is asked."""
    return [
        row
        for piece, row in rows.items()
        if (not pieces or piece in pieces) and (not types or row["type"] in types)
    ]
