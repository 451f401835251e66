"""Where do a library's statistics come from, and are they of its last change?

They are derived: one file beside the library, with the number of the last change that is counted in,
made again by one command. Run as a program (`python -m trialbook.derived.statistics FOLDER`) it does so with
low priority, for a server that must not wait.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from zlib import crc32

import msgspec

from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.derived.field_statistics import STATISTICS_VERSION, Statistics, StatisticsBuilder
from trialbook.errors import StoreError
from trialbook.model.present import decode_present
from trialbook.store import Store
from trialbook.store.private import open_private
from trialbook.store.store import OnDamage, refuse_damage

FILE_NAME = "statistics.json"
# Made here: that several threads work out a type at once can end the process.
_STATISTICS = msgspec.json.Decoder(Statistics)


def compute_statistics(home: Path, *, on_damage: OnDamage = refuse_damage) -> Statistics:
    """Count all values of all records in force, and keep the result beside the library.

    0.5 ms for a record of average size; memory does not grow with their number.
    Raises StoreError where the library cannot be read or the file not be written.
    """
    builder = StatisticsBuilder()
    with Store(home) as store:
        seq = store.seq
        for nct_id, body in store.iter_current(on_damage=on_damage):
            builder.add(nct_id, decode_present(body), len(body))
        statistics = builder.finish(store.library_id, seq, store.find_mark(seq))
    fresh = home / f"{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        with open_private(fresh, "wb") as file:
            said = msgspec.json.encode(statistics)
            file.write(said + b"\n" + _sum_up(said))
        fresh.replace(home / FILE_NAME)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StoreError(f"cannot keep the statistics in {home}: {error}") from error
    return statistics


def load_statistics(home: Path, store: Store) -> Statistics | None:
    """The statistics that were kept last; None where there are none of this library's past and this form, as kept."""
    try:
        said, _, summed = (home / FILE_NAME).read_bytes().rpartition(b"\n")
        if summed != _sum_up(said):
            return None
        found = _STATISTICS.decode(said)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.version == STATISTICS_VERSION and are_of(found, store) else None


def _sum_up(said: bytes) -> bytes:
    """What stands behind the statistics in their file, by which a changed bit is noticed."""
    return b"%08x" % crc32(said)


def are_of(statistics: Statistics, store: Store) -> bool:
    """Whether statistics were counted in this library, at a point on the way that it went."""
    is_ours = statistics.library_id == store.library_id
    return is_ours and store.went_through(statistics.seq, statistics.mark)


class DerivedStatistics:
    """The statistics as one of the things that are derived; counted whole, since a count cannot be taken back."""

    name = "statistics"
    meaning = "sizes, values and lengths of lists over all records, for the API"
    version = STATISTICS_VERSION
    is_kept_in_step = False

    def __init__(self, home: Path) -> None:
        self._home, self._is_cleared = home, False

    def find_state(self, store: Store) -> DerivedState | None:
        """As `Derived.find_state`."""
        found = load_statistics(self._home, store)
        return None if found is None else DerivedState(found.seq)

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """As `Derived.apply`."""
        state = self.find_state(store)
        if state is not None and state.seq == store.seq and not self._is_cleared:
            return 0
        return compute_statistics(self._home, on_damage=store.pass_over).sizes.total_studies

    def clear(self, store: Store) -> None:
        """As `Derived.clear`."""
        self._is_cleared = True


if __name__ == "__main__":
    os.nice(10)
    compute_statistics(Path(sys.argv[1]), on_damage=lambda error: print(error, file=sys.stderr))
