"""What do the criteria of a library's studies ask? Their trees, parsed once and not at each look.

They are kept by the text that they come from: what a text asks never changes within one form of the parser, so
what is held is right for ever, for every study and version with that text, and what is missing is parsed by
whoever looks. Beside them stands what the criteria refuse (`refused`), and which study in force has which text.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zstandard

from trialbook.changes.state import read_known_body
from trialbook.derived.beside import work_beside
from trialbook.derived.contract import DerivedState, OnStudy
from trialbook.derived.criteria_rows import (
    ALL_TABLES,
    DAMAGED,
    PARTS,
    TREE,
    check_studies,
    find_studies,
    forget_state,
    leave_out,
    load_form,
    load_state,
    save_state,
    save_studies,
    save_tree,
)
from trialbook.derived.refused import check_sums, find_refusing, list_most_refused, refuse_altered
from trialbook.eligibility.form import find_form
from trialbook.eligibility.refused import Asked, Refusal
from trialbook.eligibility.tree import Interval, ParsedCriterion
from trialbook.errors import QueryError, RecordDamagedError, StoreError
from trialbook.model.partial import parse_partial
from trialbook.store import Store, sums
from trialbook.store.private import list_older, make_private_file
from trialbook.terms import get_thesaurus

if TYPE_CHECKING:
    from trialbook.eligibility.refusals import RefusalFinder

# Raise whenever trees are kept otherwise; what they are made by is `find_form`'s to say.
CRITERIA_VERSION = 4
FILE_NAME = f"criteria-{CRITERIA_VERSION}.sqlite"
# A text takes some 30 ms to parse. So many an import parses, in up to a minute; more are left to `rebuild criteria`.
MOST_BY_IMPORT = 1_000
# Of fewer texts, the start of other processes would be the greater part.
WORTHWHILE = 100
AT_ONCE = 16
TEXTS_AT_ONCE = 200
KEY_BYTES = 16
LEVEL = 12
MOST_BYTES = 64 << 20
# A reader does not wait for a writer: it parses what it asked for. It makes no file beside this one either.
WAIT_S = {"ro": 0.05, "rw": 30.0}
# Set where an import found more to parse than it may: imports leave it at that until all is made anew.
LEFT = "left"

Criteria = tuple[ParsedCriterion, ...]
# Made here: that several threads work out a type at once can end the process.
_CRITERIA = msgspec.msgpack.Decoder(Criteria)
_READ = msgspec.msgpack.Decoder(tuple[bytes, tuple[Refusal, ...]])
_ENCODER = msgspec.msgpack.Encoder()


class Refusing(NamedTuple):
    """The studies whose criteria refuse a person, and those of which nobody knows."""

    refusing: frozenset[str]
    unread: frozenset[str]


class CriteriaTrees:
    """The trees of a library: a file beside it, by the eligibility texts that they come from."""

    name = "criteria"
    meaning = "what each criterion asks, for matching patients"
    version = CRITERIA_VERSION

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME
        self._is_asked = False
        # Once they were made, imports keep them in step, unless one brought too much for that.
        self.is_kept_in_step = self._path.exists() and LEFT not in self._read_state()

    def find_state(self, store: Store) -> DerivedState | None:
        """As `Derived.find_state`."""
        state = self._read_state()
        if state.get("library_id") != store.library_id or state.get("form") != find_form():
            return None
        seq = int(state.get("seq", 0))
        return DerivedState(seq, is_of_this_past=store.went_through(seq, state.get("mark", "")))

    def find(self, texts: Iterable[str]) -> dict[str, Criteria]:
        """The trees of those texts that are held; changes nothing."""
        found = {}
        try:
            with closing(self._connect("ro")) as connection:
                if load_form(connection) != find_form():
                    return {}
                for text in texts:
                    packed = _find_packed(connection, make_key(text))
                    criteria = unpack(packed, text) if packed is not None else None
                    if criteria is not None:
                        found[text] = criteria
        except sqlite3.Error:
            # What cannot be read is parsed anew.
            return found
        return found

    def find_refusing(self, asked: Sequence[Asked], finder: RefusalFinder, store: Store) -> Refusing:
        """The studies whose criteria keep a person out by any of the facts alone.

        Raises QueryError where it is not known of all studies what their criteria ask, but for those that an import
        is just bringing in; StoreDamagedError.
        """
        state = self.find_state(store)
        if state is None or not state.seq or not state.is_of_this_past or LEFT in self._read_state():
            raise _say_unread()
        unread = {nct_id for _, nct_id in store.iter_changed_ids(state.seq)}
        try:
            with closing(self._connect("ro")) as connection:
                trees: set[int] = set()
                for each in asked:
                    trees |= find_refusing(connection, each, partial(_convert, finder, each))
                found = find_studies(connection, sorted(trees))
                check_sums(connection, TREE, [DAMAGED])
                rows = connection.execute("SELECT nct_id FROM study WHERE text = ?", (DAMAGED,))
                unread.update(nct_id for (nct_id,) in rows)
        except sqlite3.Error as error:
            raise _say_unread() from error
        return Refusing(frozenset(found - unread), frozenset(unread))

    def list_most_refused(self, nct_ids: Sequence[str], most: int) -> list[str]:
        """What most of some studies keep people out by who have it now, in words; raises as `find_refusing`."""
        try:
            with closing(self._connect("ro")) as connection:
                check_studies(connection, nct_ids)
                return list_most_refused(connection, nct_ids, most)
        except sqlite3.Error as error:
            raise _say_unread() from error

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """As `Derived.apply`: the texts of the studies that changed and of which nothing is held."""
        try:
            self._make_file()
            with closing(self._connect("rw")) as connection:
                return self._take_up(connection, store, on_study)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot write {self._path}: {error}; make room and try `trialbook rebuild criteria`"
            ) from error

    def clear(self, store: Store) -> None:
        """As `Derived.clear`: the next `apply` looks at every study. What is held stays right."""
        self._is_asked = True
        try:
            if self._path.exists():
                if any(self.find_damage(store)):
                    raise sqlite3.DatabaseError
                with closing(self._connect("rw")) as connection:
                    connection.executescript(ALL_TABLES)
                    save_state(connection, seq=0, mark="")
                    forget_state(connection, LEFT)
                    connection.commit()
        except sqlite3.DatabaseError:
            # What is no database, or a damaged one, holds nothing: it is made anew.
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def find_damage(self, store: Store) -> Iterator[str]:
        """A sentence where what is there is not what was kept; reads all of it."""
        if not self._path.exists():
            return
        try:
            with closing(self._connect("ro")) as connection:
                if any(True for part in PARTS for _ in sums.find_altered(connection.execute, part)):
                    yield f"the criteria: {refuse_altered()}"
        except sqlite3.Error as error:
            yield f"the criteria: {self._path.name} cannot be read ({error}); `trialbook rebuild criteria` reads them anew"

    def _make_file(self) -> None:
        for path in list_older(self._path.parent, self.name, CRITERIA_VERSION):
            path.unlink()
        make_private_file(self._path)

    def _take_up(self, connection: sqlite3.Connection, store: Store, on_study: OnStudy) -> int:
        connection.executescript(ALL_TABLES)
        if load_form(connection) != find_form():
            for table in ("state", "tree", "study", "thing", "refused", "refused_value", "row_sum"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            save_state(connection, form=find_form())
            connection.commit()
        state, seq = self.find_state(store), store.seq
        after = state.seq if state is not None and state.is_of_this_past else 0
        if state is not None and after == seq and not self._is_asked:
            return 0
        needed = _find_needed(connection, store, after)
        if len(needed.missing) > MOST_BY_IMPORT and not self._is_asked:
            save_state(connection, **{LEFT: "1"})
            connection.commit()
            return 0
        for _ in range(len(needed.studies_of) - len(needed.missing)):
            on_study()
        save_studies(connection, needed.studies_of, is_whole=not after)
        for number, (nct_id, read) in enumerate(_iter_read(store, needed.missing), 1):
            if read is not None:
                save_tree(connection, needed.missing[nct_id], *_READ.decode(read))
            if number % TEXTS_AT_ONCE == 0:
                connection.commit()
            on_study()
        if not after:
            leave_out(connection)
        save_state(connection, library_id=store.library_id, seq=seq, mark=store.find_mark(seq))
        connection.commit()
        self._is_asked = False
        return len(needed.studies_of)

    def _read_state(self) -> dict[str, str]:
        with contextlib.suppress(sqlite3.Error), closing(self._connect("ro")) as connection:
            return load_state(connection)
        return {}

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}", uri=True, timeout=WAIT_S[mode]
        )


def make_key(text: str) -> bytes:
    """What the trees of a text are found by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY_BYTES]


def pack(criteria: Sequence[ParsedCriterion]) -> bytes:
    """Trees as bytes, without the words of the criteria, which the record has."""
    bare = [msgspec.structs.replace(each, text="") for each in criteria]
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(_ENCODER.encode(bare))


def unpack(packed: bytes, text: str) -> Criteria | None:
    """The trees of a text; None for bytes that are damaged."""
    try:
        data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MOST_BYTES)
        bare = _CRITERIA.decode(data)
    except (zstandard.ZstdError, msgspec.DecodeError, ValueError, MemoryError):
        return None
    return tuple(msgspec.structs.replace(each, text=text[each.start : each.end]) for each in bare)


def read_criteria(store: Store, nct_ids: Sequence[str]) -> list[bytes | None]:
    """The trees of studies in force and what they refuse, as bytes; None of one without a text.

    Raises RecordDamagedError.
    """
    # A parser takes a fifth of a second to make, which most commands need not wait for.
    from trialbook.eligibility.parse import get_parser

    texts = [_find_text(store, each) for each in nct_ids]
    told = [each for each in texts if each]
    read = (
        _ENCODER.encode((pack(criteria), get_finder().find(criteria, text)))
        for text, criteria in zip(told, get_parser().parse_all(told), strict=True)
    )
    return [next(read) if each else None for each in texts]


def _find_text(store: Store, nct_id: str) -> str | None:
    """The eligibility text of a study in force, whichever copy has it."""
    body = read_known_body(store, nct_id)
    return parse_partial(body).eligibility.eligibility_criteria if body is not None else None


@cache
def get_finder() -> RefusalFinder:
    """Get what finds refusals, with the names that the package knows."""
    from trialbook.eligibility.refusals import RefusalFinder

    return RefusalFinder(get_thesaurus())


class _Needed(msgspec.Struct):
    """Which text each study has that was looked at, b"" for none, and of which nothing is held, by a study with it."""

    studies_of: dict[str, bytes]
    missing: dict[str, bytes]


def _find_needed(connection: sqlite3.Connection, store: Store, after: int) -> _Needed:
    needed, seen = _Needed({}, {}), set[bytes]()
    for _, nct_id in store.iter_changed_ids(after):
        needed.studies_of[nct_id] = b""
        try:
            text = _find_text(store, nct_id)
        except RecordDamagedError as error:
            store.pass_over(error)
            needed.studies_of[nct_id] = DAMAGED
            continue
        if not text:
            continue
        key = needed.studies_of[nct_id] = make_key(text)
        if key not in seen:
            seen.add(key)
            packed = _find_packed(connection, key)
            if packed is None or unpack(packed, text) is None:
                needed.missing[nct_id] = key
    return needed


def _iter_read(store: Store, missing: Mapping[str, bytes]) -> Iterator[tuple[str, bytes | None]]:
    """What `read_criteria` makes of the texts that are missing, by the studies that have them."""
    ids = list(missing)
    if len(ids) < WORTHWHILE:
        yield from ((nct_id, read_criteria(store, [nct_id])[0]) for nct_id in ids)
        return
    with closing(work_beside(store.home, ids, read_criteria, at_once=AT_ONCE)) as beside:
        for nct_id, read in beside:
            yield nct_id, read if read is not None else read_criteria(store, [nct_id])[0]


def _convert(finder: RefusalFinder, asked: Asked, unit: str) -> Interval | None:
    return finder.convert(asked.value, unit, asked.fact.concept) if asked.value is not None else None


def _say_unread() -> QueryError:
    return QueryError(
        "it is not known of all studies here what their criteria refuse",
        hint="the library's owner makes it known with `trialbook rebuild criteria`",
    )


def _find_packed(connection: sqlite3.Connection, key: bytes) -> bytes | None:
    row = connection.execute("SELECT packed FROM tree WHERE text = ?", (key,)).fetchone()
    return row[0] if row is not None else None
