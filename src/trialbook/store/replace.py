"""How does another file take the place of a library's? In one step, whoever reads meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from trialbook.errors import StoreBusyError, StoreError
from trialbook.store.file import FILE_NAME

# SQLite keeps what was written last, and where it stands, in files beside the library's.
BESIDE = ("-wal", "-shm")


def put_in_place(fresh: Path, home: Path, *, old: Path | None = None) -> None:
    """Let a whole file take the place of a library's; for whoever holds the writer's lock.

    Parameters
    ----------
    fresh
        A file of SQLite in the same folder, without a write-ahead log of its own (`finish`).
    old
        The name under which the one that was there is kept; without one it goes.

    Raises
    ------
    StoreBusyError
        Somebody has been reading for half a minute without a pause.
    StoreError
        The folder cannot be written.

    Notes
    -----
    The log of the old file must never meet the new one, and a reader of the old one must never see what is
    written to the new one. So the log is emptied first (an empty one counts for nothing), and its files are
    removed after the step: who still reads keeps them, with the old file, until it opens the library anew.
    The next writer gives the new file a log of its own.
    """
    target = home / FILE_NAME
    try:
        if target.exists():
            _empty_log(target)
            if old is not None:
                _keep(target, old)
        fresh.replace(target)
        for ending in BESIDE:
            target.with_name(FILE_NAME + ending).unlink(missing_ok=True)
        _sync_folder(home)
    except OSError as error:
        raise StoreError(f"cannot put the library into {home}: {error}") from error


def finish(connection: sqlite3.Connection, path: Path) -> None:
    """Close a file that was made to be put in place, once all of it is on the disk."""
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _empty_log(path: Path) -> None:
    """Bring all that was written into the file itself."""
    log = path.with_name(path.name + "-wal")
    if not log.exists() or not log.stat().st_size:
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        # A file whose head is broken has no readers; its log stays with what is kept of it.
        log.replace(path.with_name(f"{path.name}-wal.damaged"))
        return
    if is_busy:
        raise StoreBusyError(
            f"{path} is being read without a pause: end what reads it (a server, an export) and try again"
        )


def _keep(path: Path, name: Path) -> None:
    try:
        os.link(path, name)
    except OSError:
        shutil.copy2(path, name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
