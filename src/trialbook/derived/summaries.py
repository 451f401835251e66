"""What changed between two versions, in short: worked out once, when a version comes, not at each look."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from zlib import crc32

import msgspec

from trialbook.changes.history import Pair, Summary, pair_versions, summarise_pairs
from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.errors import RecordDamagedError, StoreDamagedError, StoreError
from trialbook.store import Store
from trialbook.store.private import list_older, make_private_file

# Raise whenever two versions would be summed up in other words, or what is held is written otherwise.
SUMMARIES_VERSION = 5
FILE_NAME = f"summaries-{SUMMARIES_VERSION}.sqlite"
STUDIES_AT_ONCE = 200
SUM_BYTES = 4
# A reader does not wait for a writer: it works out what it asked for. It makes no file beside this one either.
WAIT_S = {"ro": 0.05, "rw": 30.0}

TABLES = """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS summary (pair BLOB PRIMARY KEY, changes BLOB NOT NULL) WITHOUT ROWID;
"""

# Made here: that several threads work out a type at once can end the process.
_SUMMARY = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class ChangeSummaries:
    """The summaries of a library: a small file beside it, by what the two versions say.

    What two versions say never changes, so what is held is right for ever; what is missing is worked out
    by whoever looks.
    """

    name = "summaries"
    meaning = "what changed from version to version, for pages of records with a long history"
    version = SUMMARIES_VERSION
    is_kept_in_step = True

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME

    def find_state(self, store: Store) -> DerivedState | None:
        """As `Derived.find_state`."""
        with contextlib.suppress(sqlite3.Error, ValueError):
            with closing(self._connect("ro")) as connection:
                state = dict(connection.execute("SELECT key, value FROM state"))
            if state.get("library_id") == store.library_id:
                seq = int(state.get("seq", 0))
                is_of_this_past = store.went_through(seq, state.get("mark", ""))
                return DerivedState(seq, is_of_this_past=is_of_this_past)
        return None

    def find(self, store: Store, pairs: Sequence[Pair]) -> Mapping[Pair, Summary]:
        """Those of the summaries of pairs of versions that are held; as `FindSummaries`."""
        try:
            with closing(self._connect("ro")) as connection:
                return _find_held(connection, store, pairs)
        except (sqlite3.Error, msgspec.DecodeError):
            # What cannot be read is worked out anew.
            return {}

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """As `Derived.apply`: the pairs of every study that changed and has several versions."""
        state = self.find_state(store)
        if state is None:
            self.clear(store)
        # A store that was set back begins again; what is held stays right.
        is_usable = state is not None and state.is_of_this_past
        after = state.seq if state is not None and is_usable else 0
        count, seq = 0, store.seq
        if is_usable and after == seq:
            return 0
        try:
            with closing(self._connect("rw")) as connection:
                for reached, nct_id in store.iter_with_history(after):
                    try:
                        self._take_up(connection, store, nct_id)
                    except RecordDamagedError as error:
                        store.pass_over(error)
                    except StoreDamagedError:
                        store.pass_over(RecordDamagedError(nct_id, ""))
                    on_study()
                    count += 1
                    if count % STUDIES_AT_ONCE == 0:
                        _save_state(connection, seq=reached, mark=store.find_mark(reached))
                        connection.commit()
                _save_state(connection, seq=seq, mark=store.find_mark(seq))
                connection.commit()
        except sqlite3.Error as error:
            raise StoreError(f"cannot write {self._path}: {error}") from error
        return count

    def _take_up(self, connection: sqlite3.Connection, store: Store, nct_id: str) -> None:
        pairs = pair_versions(store.find_versions(nct_id))
        held = _find_held(connection, store, pairs)
        missing = summarise_pairs(store, [pair for pair in pairs if pair not in held])
        keys = _make_keys(store, list(missing))
        connection.executemany(
            "INSERT OR REPLACE INTO summary VALUES (?, ?)",
            [(keys[pair], _pack(keys[pair], summary)) for pair, summary in missing.items()],
        )

    def clear(self, store: Store) -> None:
        """As `Derived.clear`."""
        try:
            older = list_older(self._path.parent, self.name, SUMMARIES_VERSION)
            for path in (*older, *self._path.parent.glob(f"{FILE_NAME}*")):
                path.unlink()
            make_private_file(self._path)
            with closing(self._connect("rw")) as connection:
                connection.executescript(TABLES)
                _save_state(connection, library_id=store.library_id, seq=0)
                connection.commit()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot make {self._path}: {error}") from error

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}", uri=True, timeout=WAIT_S[mode]
        )


def _save_state(connection: sqlite3.Connection, **values: str | int) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO state VALUES (?, ?)", [(key, str(value)) for key, value in values.items()]
    )


def _find_held(connection: sqlite3.Connection, store: Store, pairs: Sequence[Pair]) -> dict[Pair, Summary]:
    held = {}
    for pair, key in _make_keys(store, pairs).items():
        row = connection.execute("SELECT changes FROM summary WHERE pair = ?", (key,)).fetchone()
        summary = None if row is None else _unpack(key, row[0])
        if summary is not None:
            held[pair] = summary
    return held


def _pack(key: bytes, summary: Summary) -> bytes:
    """A summary behind the sum of its pair and of itself: SQLite does not see that a bit of it has changed."""
    said = msgspec.json.encode(summary)
    return crc32(said, crc32(key)).to_bytes(SUM_BYTES) + said


def _unpack(key: bytes, packed: bytes) -> Summary | None:
    """A summary as it was kept; None for one that is not."""
    said = packed[SUM_BYTES:]
    if packed[:SUM_BYTES] != crc32(said, crc32(key)).to_bytes(SUM_BYTES):
        return None
    return _SUMMARY.decode(said)


def _make_keys(store: Store, pairs: Sequence[Pair]) -> dict[Pair, bytes]:
    """What the two versions of each pair say and in which formats they came; numbers could be given again."""
    ids = list({version.version_id for pair in pairs for version in pair})
    hashes = store.find_content_hashes(ids)
    return {
        (older, newer): b"".join(
            (hashes[older.version_id], hashes[newer.version_id], f"{older.format}>{newer.format}".encode())
        )
        for older, newer in pairs
    }
