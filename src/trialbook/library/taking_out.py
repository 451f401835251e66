"""A person takes a version out of a library, or puts it back; what is derived follows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trialbook.library.rebuild import bring_into_step
from trialbook.store import Store, Version, Writer
from trialbook.store import taking_out as store_taking_out


def take_out(home: Path, copies: Iterable[Version], reason: str) -> None:
    """Let the copies of a version count no longer, with a reason that is kept; their bytes stay in the library.

    Raises UsageError without a reason, StoreBusyError, StoreError.
    """
    with Store(home) as store, Writer(store, "take out") as writer:
        for copy in copies:
            store_taking_out.take_out(writer, copy, reason)
    bring_into_step(home, on_damage=lambda error: None)


def put_back(home: Path, nct_id: str, number: int, reason: str = "") -> None:
    """Let a version count again, by the number in the log; raises NotFoundError where it is not out."""
    with Store(home) as store, Writer(store, "put back") as writer:
        store_taking_out.put_back(writer, nct_id, number, reason)
    bring_into_step(home, on_damage=lambda error: None)
