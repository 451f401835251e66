"""How many large records may be read at a time? As many as fit into memory together; others wait, or come again.

The registry's longest record has some 20 MiB, of which a page takes 250 MiB while it is made: forty at a time would
take ten gigabytes. Records of the usual length are not counted.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialbook.errors import ApiError
from trialbook.store.codec import LARGE_BYTES, ON_LARGE

MOST_BYTES = 320 << 20
# What a record takes, in its own length: while an answer is made of it, while lines are sent one by one, and of
# an answer that is made and not taken yet.
TIMES_MADE, TIMES_STREAMED, TIMES_SENT = 16, 3, 2
LONGEST_WAIT_S = 30.0
WORTH_TRIMMING_BYTES = 64 << 20
# Each holds a thread, of which a server has forty.
MOST_WAITING = 8


# In the state of a request whose answer begins before it is made.
_HELD = "holds_memory_to_the_end"


def hold_to_the_end(scope: Scope) -> None:
    """Let a request keep what its record takes until its answer, which begins before it is made, is sent."""
    scope.setdefault("state", {})[_HELD] = True


class MemoryRoom:
    """The memory that large records may take together, in bytes; whatever needs all of it has it alone."""

    def __init__(self, most_bytes: int = MOST_BYTES, *, wait_s: float = LONGEST_WAIT_S) -> None:
        self.most_bytes, self._wait_s = most_bytes, wait_s
        self._taken = self._waiting = 0
        self._changed = threading.Condition()

    def take(self, size: int, *, may_wait: bool, is_begun: bool = False) -> None:
        """Take so many bytes; raises ApiError (503) where they do not become free in time.

        What is for an answer that has begun is taken then all the same, so that others wait for it.
        """
        with self._changed:
            if not self._wait_for(size, may_wait=may_wait) and not is_begun:
                raise self._refuse()
            self._taken += size

    def _wait_for(self, size: int, *, may_wait: bool) -> bool:
        if self._has_room(size):
            return True
        if not may_wait or self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._has_room(size), self._wait_s)
        finally:
            self._waiting -= 1

    def give_back(self, size: int) -> None:
        """Let others have so many bytes."""
        with self._changed:
            self._taken -= size
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return self._taken + size <= self.most_bytes

    @staticmethod
    def _refuse() -> ApiError:
        return ApiError("too many large records are being read at this moment: ask again in a minute", 503)


class _Charge:
    """What one request takes of the room: as much as its largest record needs."""

    def __init__(self, room: MemoryRoom) -> None:
        self._room = room
        self._held = self._largest = 0
        self._has_begun = self._is_streamed = False

    def add(self, size: int) -> None:
        """Take what a record of so many bytes needs; an answer that has begun waits, and is never broken off."""
        if size <= self._largest:
            return
        # Given back first: two requests that each hold a part and wait for more would wait for one another.
        self._set(0)
        self._set(size * TIMES_MADE, may_wait=not _is_on_event_loop())
        self._largest = size

    def begin(self, length: int | None, *, is_made: bool) -> None:
        """From now on the answer, of so many bytes where that is known, is on its way; made, or only begun."""
        self._has_begun, self._is_streamed = True, is_made and length is None
        if not is_made:
            return
        if length is None:
            self._set(min(self._held, self._largest * TIMES_STREAMED))
        else:
            self._set(min(self._held, length * TIMES_SENT if length > LARGE_BYTES else 0))

    def go_on(self) -> None:
        """A part of an answer of unknown length is on its way: what was read for it is made."""
        if self._is_streamed:
            self._set(min(self._held, self._largest * TIMES_STREAMED))

    def end(self) -> None:
        """Nothing is held any more."""
        self._set(0)
        if self._largest * TIMES_MADE >= WORTH_TRIMMING_BYTES:
            _give_memory_back()

    def _set(self, size: int, *, may_wait: bool = False) -> None:
        size = min(size, self._room.most_bytes)
        if size > self._held:
            self._room.take(size - self._held, may_wait=may_wait, is_begun=self._has_begun)
        elif size < self._held:
            self._room.give_back(self._held - size)
        self._held = size


def _give_memory_back() -> None:
    """Let the system have what is free: the C library keeps it for each thread, and each giant may meet another."""
    with suppress(AttributeError, OSError, TypeError):  # not every C library can
        ctypes.CDLL(None).malloc_trim(0)


def _is_on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class BoundedMemory:
    """Lets requests read large records in turn; the answer 503 asks those to come again that waited in vain."""

    def __init__(self, app: ASGIApp, room: MemoryRoom) -> None:
        self.app, self._room = app, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        charge = _Charge(self._room)

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                length = Headers(raw=message["headers"]).get("content-length")
                is_made = not scope.get("state", {}).get(_HELD)
                charge.begin(None if length is None else int(length), is_made=is_made)
            else:
                charge.go_on()
            await send(message)

        token = ON_LARGE.set(charge.add)
        try:
            await self.app(scope, receive, send_counted)
        finally:
            ON_LARGE.reset(token)
            charge.end()
