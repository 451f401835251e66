"""How many clients may be connected, and how long may each take? Longer than any needs, but not for ever."""

from __future__ import annotations

import asyncio
import importlib
from typing import ClassVar
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

LONGEST_HEAD_S = 30.0
# An answer of which a client takes nothing for so long is given up.
LONGEST_STALL_S = 60.0
MOST_CONNECTIONS, MOST_FILES = 10_000, 65_536
# Of the files that a process may have open: for the library, and for clients that come all at once.
RESERVED_FILES = 512
# So many connections are accepted before any of them is looked at.
BACKLOG = 100
# A server that is told to end does so, whoever still reads.
LONGEST_GOODBYE_S = 5


def find_most_connections() -> int:
    """How many connections a process may have at once, after its files are raised to what the system allows."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return RESERVED_FILES  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(16, min(MOST_CONNECTIONS, most - RESERVED_FILES))


class ImpatientConnection(H11Protocol):
    """A connection that is closed where the head of a request does not come in within 30 seconds.

    Clients that send a byte now and then would otherwise hold all the connections that a process may have;
    so would those that ask for much and read nothing, who are left after a minute. Where there are more
    than `most` connections, the one that has waited longest for a request makes room.
    It relies on inner attributes of uvicorn, whose version `pyproject.toml` bounds; a test names them.
    """

    most = MOST_CONNECTIONS
    _waiting: ClassVar[WeakKeyDictionary[ServerState, dict[ImpatientConnection, None]]] = WeakKeyDictionary()
    _head_timer: asyncio.TimerHandle
    _stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._wait_for_a_head()
        if len(self.connections) > self.most:
            self._make_room()

    def on_response_complete(self) -> None:
        """Wait for another request."""
        self._head_timer.cancel()
        self._wait_for_a_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent."""
        super().pause_writing()
        self._stall_timer = self.loop.call_later(LONGEST_STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Send on."""
        self._end_stall()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head_timer.cancel()
        self._end_stall()
        self._get_waiting().pop(self, None)
        super().connection_lost(exc)

    def _end_stall(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _get_waiting(self) -> dict[ImpatientConnection, None]:
        """The server's connections in the order in which they began to wait for a request."""
        return self._waiting.setdefault(self.server_state, {})

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        """Close the connection that has waited longest, which is this one where all others are answered."""
        waiting = self._get_waiting()
        longest = next(each for each in waiting if each._is_idle())
        del waiting[longest]
        longest.transport.abort()

    def _wait_for_a_head(self) -> None:
        self._head_timer = self.loop.call_later(LONGEST_HEAD_S, self._close_if_idle)
        waiting = self._get_waiting()
        waiting.pop(self, None)
        waiting[self] = None

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
