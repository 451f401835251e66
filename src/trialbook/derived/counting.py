"""Who counts the terms of a whole registry's records? Processes of their own, as many as there are cores.

They are programs that are given ids and answer with numbers, not forks: a fork of a process with threads may
stand still, and a new interpreter of `multiprocessing` runs its parent's script once more. One ends when what
it is told by ends, so none outlives a parent that was killed.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zlib import crc32

import msgspec

from trialbook.errors import RecordDamagedError
from trialbook.related.decode import decode_compared
from trialbook.related.profile import COUNTED_DECODER, Counted, count_terms
from trialbook.related.traits import read_traits
from trialbook.store import Store
from trialbook.terms import get_thesaurus

# Of fewer studies, the processes would be the greater part.
WORTHWHILE = 5_000
MOST_PROCESSES = 8
AT_ONCE = 128
# So many questions wait for a process, so that it never waits for one; they fit into a pipe.
WAITING = 2
_LENGTH = struct.Struct("<I")
_DECODER = msgspec.msgpack.Decoder(list[Any])
_COMMAND = (
    "import sys; sys.path[:] = sys.argv[2:]; from trialbook.derived.counting import serve; serve(sys.argv[1])"
)

Answer = tuple[str, Counted | None]
"""An id, and its study's numbers; None where it was not counted."""


def count_study(store: Store, nct_id: str) -> Counted | None:
    """The numbers of a study in force; None for one that is not here. Raises RecordDamagedError."""
    body = store.find_body(nct_id)
    if body is None:
        return None
    return count_terms(read_traits(decode_compared(body), get_thesaurus()), crc32(body))


def count_beside(home: Path, nct_ids: Sequence[str]) -> Generator[Answer]:
    """The numbers of many studies of a library, in their order, counted in processes of their own.

    What such a process cannot count, or has not counted when it ends, comes without numbers.
    """
    rest = iter(nct_ids)
    with ExitStack() as stack:
        processes = [
            process
            for _ in range(min(MOST_PROCESSES, os.cpu_count() or 1))
            if (process := _start(home)) is not None
        ]
        for process in processes:
            stack.callback(_end, process)
        waiting: deque[tuple[_Process, list[str]]] = deque()
        for process in processes * WAITING:
            _ask(process, rest, waiting)
        while waiting:
            process, asked = waiting.popleft()
            yield from _hear(process, asked)
            _ask(process, rest, waiting)
    yield from ((nct_id, None) for nct_id in rest)


_Process = subprocess.Popen[bytes]


def _start(home: Path) -> _Process | None:
    command = [sys.executable, "-c", _COMMAND, str(home), *sys.path]
    try:
        return subprocess.Popen(  # noqa: S603 - our own program with our own folder
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except (OSError, ValueError):
        return None


def _end(process: _Process) -> None:
    process.kill()
    with suppress(OSError):
        process.communicate()


def _ask(process: _Process, rest: Iterator[str], waiting: deque[tuple[_Process, list[str]]]) -> None:
    asked = list(islice(rest, AT_ONCE))
    if not asked:
        return
    waiting.append((process, asked))
    assert process.stdin is not None
    with suppress(OSError):
        _write(process.stdin, asked)


def _hear(process: _Process, asked: Sequence[str]) -> Iterable[Answer]:
    assert process.stdout is not None
    numbers = _read(process.stdout) or [None] * len(asked)
    return [
        (nct_id, each and COUNTED_DECODER.decode(each)) for nct_id, each in zip(asked, numbers, strict=True)
    ]


def _write(stream: IO[bytes], value: Sequence[str | bytes | None]) -> None:
    data = msgspec.msgpack.encode(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _read(stream: IO[bytes]) -> list[Any]:
    """What the other side wrote; [] where it has ended, be it in the middle."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return []
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    return _DECODER.decode(data) if len(data) == length else []


def serve(home: str) -> None:
    """Count what standard input asks for, until it ends."""
    with Store(Path(home)) as store:
        while asked := _read(sys.stdin.buffer):
            _write(sys.stdout.buffer, [_count_packed(store, nct_id) for nct_id in asked])


def _count_packed(store: Store, nct_id: str) -> bytes | None:
    try:
        counted = count_study(store, nct_id)
    except RecordDamagedError:
        return None
    return None if counted is None else msgspec.msgpack.encode(counted)
