"""Who works through a whole registry's records? Processes of their own, as many as there are cores.

They are programs that are given ids and answer with bytes, not forks: a fork of a process with threads may
stand still, and a new interpreter of `multiprocessing` runs its parent's script once more. One ends when what
it is told by ends, so none outlives a parent that was killed.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from trialbook.errors import RecordDamagedError
from trialbook.store import Store

MOST_PROCESSES = 8
# So many questions wait for a process, so that it never waits for one; they fit into a pipe.
WAITING = 2
_LENGTH = struct.Struct("<I")
_DECODER = msgspec.msgpack.Decoder(list[Any])
_COMMAND = "import sys; sys.path[:] = sys.argv[3:]; from trialbook.derived.beside import serve; serve(*sys.argv[1:3])"

# What is made of each of some studies in force; None of one that is not here. Raises RecordDamagedError.
Work = Callable[[Store, Sequence[str]], list[bytes | None]]
"""An id, and what was made of its study; None where nothing was."""
Answer = tuple[str, bytes | None]


def work_beside(home: Path, nct_ids: Sequence[str], work: Work, *, at_once: int) -> Generator[Answer]:
    """What is made of many studies of a library, in their order, in processes of their own.

    What such a process cannot make, or has not made when it ends, comes as None.

    Parameters
    ----------
    work
        A function of a module, which the processes find by its name.
    at_once
        So many studies a question; all that is answered to one fits into a pipe, 64 KB, or nearly so.
    """
    rest = iter(nct_ids)
    with ExitStack() as stack:
        processes = [
            process
            for _ in range(min(MOST_PROCESSES, os.cpu_count() or 1))
            if (process := start(home, work)) is not None
        ]
        for process in processes:
            stack.callback(_end, process)
        waiting: deque[tuple[_Process, list[str]]] = deque()
        for process in processes * WAITING:
            _ask(process, rest, at_once, waiting)
        while waiting:
            process, asked = waiting.popleft()
            yield from _hear(process, asked)
            _ask(process, rest, at_once, waiting)
    yield from ((nct_id, None) for nct_id in rest)


_Process = subprocess.Popen[bytes]


def start(home: Path, work: Work) -> _Process | None:
    """A process that works; None where none can be started."""
    name = f"{work.__module__}:{work.__name__}"
    command = [sys.executable, "-c", _COMMAND, str(home), name, *sys.path]
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


def _ask(
    process: _Process, rest: Iterator[str], at_once: int, waiting: deque[tuple[_Process, list[str]]]
) -> None:
    asked = list(islice(rest, at_once))
    if not asked:
        return
    waiting.append((process, asked))
    assert process.stdin is not None
    with suppress(OSError):
        _write(process.stdin, asked)


def _hear(process: _Process, asked: Sequence[str]) -> Iterable[Answer]:
    assert process.stdout is not None
    return zip(asked, _read(process.stdout) or [None] * len(asked), strict=True)


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


def serve(home: str, name: str) -> None:
    """Do the work of that name for what standard input asks for, until it ends."""
    module, _, function = name.partition(":")
    work: Work = getattr(import_module(module), function)
    with Store(Path(home)) as store:
        while asked := _read(sys.stdin.buffer):
            _write(sys.stdout.buffer, _try(work, store, asked))


def _try(work: Work, store: Store, nct_ids: Sequence[str]) -> list[bytes | None]:
    try:
        return work(store, nct_ids)
    except RecordDamagedError:
        # One of them is: the others are made one by one.
        return [None] if len(nct_ids) == 1 else [_try(work, store, [each])[0] for each in nct_ids]
