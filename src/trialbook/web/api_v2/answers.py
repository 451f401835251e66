"""How an answer leaves: its bytes, its type, and a tag by which a client knows that nothing has changed."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from trialbook.errors import ApiError, TrialbookError
from trialbook.settings import VERSION
from trialbook.store import Store
from trialbook.web.problems import RETRY_AFTER, find_status

TEXT = "text/plain; charset=utf-8"
BLOCK_BYTES = 1 << 18
# Each takes a thread and some 45 MB.
MOST_EXPORTS = 8


def make_tag(library_id: str, seq: int, mark: str, index_state: int | None = None) -> str:
    """The state of a library as an ETag: it changes with every change of any record.

    `mark` tells it from that of a library that was set back and came to the same number otherwise.

    `index_state` for what a search found: the index follows the library with some delay.
    """
    found_in = "" if index_state is None else f"-{index_state:x}"
    return f'"{VERSION}-{library_id[:12]}-{seq}-{mark[:8]}{found_in}"'


def find_tag(store: Store) -> str:
    """The tag of what the library holds now. Ask for it before anything is read that it stands for:
    what changes in between then leaves under a tag that no later answer has.
    """
    seq = store.seq
    return make_tag(store.library_id, seq, store.find_mark(seq))


def has_already(request: Request, tag: str) -> bool:
    """Whether the client says that it has the answer with this tag."""
    known = request.headers.get("if-none-match")
    return known is not None and (
        known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))
    )


def send(request: Request, body: bytes, media_type: str, tag: str, **headers: str) -> Response:
    """Send an answer, or only that the client has it already."""
    extra = {"etag": tag, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if has_already(request, tag):
        return Response(status_code=304, headers=extra)
    return Response(body, headers=extra, media_type=media_type)


def send_unchanged(tag: str) -> Response:
    """Say that the client has the answer already."""
    return Response(status_code=304, headers={"etag": tag})


def send_blocks(blocks: Iterator[bytes], media_type: str, headers: dict[str, str | None]) -> Response:
    """Send an answer that is made while it leaves; one that fits into a block has its length in its head."""
    large = gather(blocks)
    first, second = next(large, b""), next(large, None)
    extra = {name: value for name, value in headers.items() if value is not None}
    if second is None:
        return Response(first, headers=extra, media_type=media_type)
    return StreamingResponse(chain((first, second), large), headers=extra, media_type=media_type)


def stream(
    blocks: Iterator[bytes], media_type: str, headers: dict[str, str], *, status: int = 200
) -> Response:
    """Send an answer of any length that is made while it leaves."""
    return StreamingResponse(gather(blocks), status, headers=headers, media_type=media_type)


def gather(blocks: Iterable[bytes], size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The same bytes in fewer blocks, each but the last of at least `size` bytes.

    >>> list(gather([b"ab", b"c", b"d"], 3))
    [b'abc', b'd']
    """
    waiting: list[bytes] = []
    length = 0
    for block in blocks:
        waiting.append(block)
        length += len(block)
        if length >= size:
            yield b"".join(waiting)
            waiting, length = [], 0
    if waiting:
        yield b"".join(waiting)


def refuse(error: TrialbookError) -> Response:
    """What went wrong, as plain text."""
    status = find_status(error)
    headers = RETRY_AFTER if status == 503 else None
    return Response(str(error), status_code=status, headers=headers, media_type=TEXT)


def guard(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Let an endpoint answer its errors as the API does."""

    @functools.wraps(endpoint)
    def answer(request: Request) -> Response:
        try:
            return endpoint(request)
        except TrialbookError as error:
            return refuse(error)

    return answer


async def run_guarded(endpoint: Callable[[Request], Response], request: Request) -> Response:
    """Run an endpoint that may take its time in a thread of its own."""
    return await run_in_threadpool(guard(endpoint), request)


class Turns:
    """How many answers of any length may leave at once; further ones are asked to come again.

    A turn ends with its blocks, whether they were read to their end, left half-way or never begun.
    """

    def __init__(self, most: int = MOST_EXPORTS) -> None:
        self._most, self._free = most, threading.BoundedSemaphore(most)

    def take(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same blocks, as one of those that leave now; raises ApiError (503)."""
        if not self._free.acquire(blocking=False):
            raise ApiError(
                f"{self._most} exports and downloads leave already, and no more at once: ask again in a minute",
                503,
            )
        taken = (block for block in blocks)
        weakref.finalize(taken, self._free.release)
        return taken
