"""What do the tools read from? One library; every thread through a connection of its own."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from trialbook.errors import StoreBusyError
from trialbook.library.build import mend_index, open_engine
from trialbook.store import Store


class Library:
    """A library for reading, by any number of threads.

    Parameters
    ----------
    home
        Its folder. An index that a killed run left behind is brought into step first, unless another
        process is writing: that one does so itself.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._local = threading.local()
        with suppress(StoreBusyError):
            mend_index(home)
        self.engine = open_engine(home)

    @property
    def store(self) -> Store:
        """The records, as this thread's own connection."""
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._home)
        store: Store = self._local.store
        return store

    def find_id(self, asked: str) -> str:
        """An id as the library writes it: ids of the registry may come in lower case."""
        upper = asked.strip().upper()
        return upper if self.store.has_study(upper) else asked.strip()
