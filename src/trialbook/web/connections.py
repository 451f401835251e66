"""How long may a client take to say what it wants? Longer than any request needs, but not for ever."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_HEAD_S = 30.0
# A server that is told to end does so, whoever still reads.
LONGEST_GOODBYE_S = 5


class ImpatientConnection(H11Protocol):
    """A connection that is closed where the head of a request does not come in within 30 seconds.

    Clients that send a byte now and then would otherwise hold all the connections that a process may have.
    It relies on inner attributes of uvicorn, whose version `pyproject.toml` bounds; a test names them.
    """

    _head_timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._wait_for_a_head()

    def on_response_complete(self) -> None:
        """Wait for another request."""
        self._head_timer.cancel()
        self._wait_for_a_head()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head_timer.cancel()
        super().connection_lost(exc)

    def _wait_for_a_head(self) -> None:
        self._head_timer = self.loop.call_later(LONGEST_HEAD_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
