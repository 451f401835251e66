"""How is a batch written whole or not at all, and what is said where the disk refuses?"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from trialbook.errors import StoreError

if TYPE_CHECKING:
    from trialbook.store.writer import Writer


class Transaction:
    """All or nothing; a full or read-only disk becomes a StoreError that says so."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._connection = writer, writer.connection

    def __enter__(self) -> None:
        self._marks = self._writer.mark()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to the library: {error}") from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
                return
        except sqlite3.Error as failure:
            error = failure
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._writer.return_to(*self._marks)
        except sqlite3.Error as failure:
            error = failure
        if isinstance(error, sqlite3.Error):
            raise StoreError(
                f"cannot write to the library: {error}; nothing of this batch was kept, "
                "everything before it was: make room and run the same command again"
            ) from error
