"""Who may write to a library? One process at a time, which holds its lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

from trialbook.errors import StoreBusyError, StoreError
from trialbook.store.private import open_private

LOCK_NAME = "writer.lock"


class WriterLock:
    """The lock of one library; use it in a `with` statement.

    Raises
    ------
    StoreBusyError
        Another process holds it.
    StoreError
        The folder cannot be written.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: IO[bytes] | None = None

    def __enter__(self) -> WriterLock:
        try:
            self._file = open_private(self._home / LOCK_NAME, "ab+")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())
            self._file.flush()
        except BlockingIOError:
            holder = self._read_holder()
            self._release()
            raise StoreBusyError(
                f"the library in {self._home} is being written by process {holder}: "
                "wait until it is done, or use another --home"
            ) from None
        except OSError as error:
            self._release()
            raise StoreError(f"cannot write to the library in {self._home}: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def _read_holder(self) -> str:
        if self._file is None:
            return "?"
        self._file.seek(0)
        return self._file.read(20).decode("ascii", "replace").strip() or "?"

    def _release(self) -> None:
        if self._file is not None:
            # On a full disk the process id may still wait to be written; closing frees the lock anyway.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
