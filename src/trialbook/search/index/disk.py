"""The index on disk, for readers: what lies there, opened as it is, and the next one once it is in place.

index/8/                     all of this form (`INDEX_VERSION`); another form lies beside it, and neither
                             is touched by the other's readers
index/8/state.json           what the index holds, and in which folder its files are: the one step that puts
                             an index in place is that this file is replaced
index/8/0123456789abcdef/    the files of one making; another is made beside it (`writable`)
"""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import time
from pathlib import Path

import msgspec
import tantivy

from trialbook.errors import IndexMissingError, StoreError
from trialbook.search.index.linked import OpenedFolder
from trialbook.search.index.schema import INDEX_VERSION, get_schema
from trialbook.store.index_files import META_FILE, Meta, check_files, is_as_sealed, read_meta
from trialbook.terms.text import get_splitter

# How long a state is taken for the newest without a look at the disk; a look costs some microseconds.
RELOAD_SECONDS = 0.0
STATE_FILE = "state.json"
# Somebody may write while one opens: what does not fit together is looked at so often again.
TRIES = 20
_MAKING = re.compile(r"[0-9a-f]{16}")


class IndexState(msgspec.Struct, frozen=True):
    """Which state of which library the index holds.

    Attributes
    ----------
    folder
        Where its files lie, beside the state.
    seq, mark
        The change of the store that is certainly in, and the store's mark of the way to it.
    documents, opstamp
        How many documents there were at the commit with that number.
    is_dirty
        Set while changes go in: a run that was killed leaves it set, and the next one then replaces what
        it adds.
    holds_past
        Whether some study has versions that are no longer in force.
    names
        The version of the names that its documents were searched for.
    """

    library_id: str
    folder: str
    index_version: int = INDEX_VERSION
    seq: int = 0
    mark: str = ""
    documents: int = 0
    opstamp: int = 0
    is_dirty: bool = False
    holds_past: bool = False
    names: str = ""


# Made here: that several threads work out a type at once can end the process.
_STATE = msgspec.json.Decoder(IndexState)


class Snapshot(msgspec.Struct, frozen=True):
    """A committed state of the index: it answers the same for as long as it is held.

    `number` is no other state's, in any process; `seq`, `mark` and `names` are those of `IndexState`.
    """

    searcher: tantivy.Searcher
    number: int
    seq: int
    mark: str
    names: str


# What tells a file from the one that replaced it: when it was changed, and its number on the disk.
_Stamp = tuple[int, int]
NOTHING: _Stamp = (0, 0)
# Of the state and of tantivy's own: one of them changes with every commit and every index put in place.
_Stamps = tuple[_Stamp, _Stamp]


class StudyIndex:
    """The index of one library, for reading: nothing that lies on disk is made, emptied or changed.

    Parameters
    ----------
    folder
        The library's folder for indexes; the index lies in the part of it that `INDEX_VERSION` names.
    library_id
        The library that it must belong to.

    Raises
    ------
    IndexMissingError
        There is no index of this form and library; carries folder and reason.
    StoreError
        The index is damaged, or the folder cannot be read.

    Notes
    -----
    An index that is behind its library, or that is being written, is read as it is. Opening holds
    tantivy's own lock for a moment, so that a writer does not remove meanwhile what is being opened.
    Once open it answers on whatever befalls the files; a newer one is taken up when all of it is there.
    """

    def __init__(self, folder: Path, library_id: str) -> None:
        self.folder = folder / str(INDEX_VERSION)
        self._home, self._library_id = folder, library_id
        self._lock = threading.Lock()
        self._place = self.folder
        self._linked: OpenedFolder | None = None
        self._index: tantivy.Index | None = None
        self._checked: set[str] = set()
        self._seen: _Stamps = (NOTHING, NOTHING)
        self._opened = NOTHING
        self._checked_at = 0.0
        # Numbers of states differ between processes, so that one never takes another's for its own.
        self._number = secrets.randbits(24) << 8
        self._snapshot = self._load()

    def snapshot(self) -> Snapshot:
        """The newest committed state."""
        with self._lock:
            if time.monotonic() - self._checked_at > RELOAD_SECONDS:
                self._checked_at = time.monotonic()
                if self._look() != self._seen:
                    # What lies there now may be of no use: the last state is whole, and answers on.
                    with contextlib.suppress(StoreError):
                        self._snapshot = self._load()
            return self._snapshot

    def _load(self) -> Snapshot:
        """Open what is in place now; looked at again for as long as somebody changes it meanwhile."""
        for tries_left in reversed(range(TRIES)):
            try:
                return self._open_newest()
            except (OSError, ValueError, StoreError) as error:
                if tries_left and self._look() != self._seen:
                    continue
                if isinstance(error, StoreError):
                    raise
                raise StoreError(
                    f"cannot open the index in {self._place}: {error}; try `trialbook rebuild index`"
                ) from error
        raise AssertionError("the last try answers or raises")

    def _open_newest(self) -> Snapshot:
        self._seen = self._look()
        state = self._get_state()
        place = self.folder / state.folder
        if place != self._place:
            self._place, self._index, self._checked = place, None, set()
            self._seen = (self._seen[0], _stamp(place / META_FILE))
        # The files are looked at first: tantivy opens an index that lacks some of them.
        meta = read_meta(place)
        check_files(place, meta, self._checked)
        if self._index is None:
            self._linked = OpenedFolder(place)
            self._index, self._opened = open_index(self._linked.path), NOTHING
        if self._opened == self._seen[1]:
            snapshot = msgspec.structs.replace(self._snapshot, seq=state.seq, mark=state.mark)
        else:
            if self._linked is not None:
                self._linked.refresh()
            self._index.reload()
            searcher = self._index.searcher()
            snapshot = Snapshot(searcher, self._number + 1, state.seq, state.mark, state.names)
        _compare(state, meta, snapshot.searcher.num_docs)
        self.state, self._opened, self._number = state, self._seen[1], snapshot.number
        return snapshot

    def _look(self) -> _Stamps:
        return _stamp(self.folder / STATE_FILE), _stamp(self._place / META_FILE)

    def _get_state(self) -> IndexState:
        state = read_state(self.folder)
        if state is None:
            raise IndexMissingError(self.folder, self._describe_what_lies_there())
        if state.index_version != INDEX_VERSION:
            raise IndexMissingError(self.folder, f"what lies there has form {state.index_version}")
        if state.library_id != self._library_id:
            raise IndexMissingError(self.folder, "what lies there belongs to another library")
        return state

    def _describe_what_lies_there(self) -> str:
        if self.folder.exists():
            return f"its {STATE_FILE} is missing or cannot be read"
        forms = sorted(place.parent.name for place in self._home.glob(f"*/{STATE_FILE}"))
        if (self._home / STATE_FILE).exists():
            forms.insert(0, "before 7")
        if not forms:
            return "there is none"
        return f"another Trialbook made what lies beside it (form {', '.join(forms)})"


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return NOTHING
    return (found.st_mtime_ns, found.st_ino)


def _compare(state: IndexState, meta: Meta, documents: int) -> None:
    """Raise ValueError where files and state are not of one piece.

    A commit comes before the state that tells of it, so what is newer than the state may hold anything.
    """
    if documents != meta.documents or meta.opstamp < state.opstamp:
        raise ValueError("its files are not those of its last commit")
    if meta.opstamp == state.opstamp and documents != state.documents:
        raise ValueError(f"it holds {documents:,} of {state.documents:,} documents")


def read_state(folder: Path) -> IndexState | None:
    """The state that lies in a folder; None where it is missing or says nothing that can be used."""
    try:
        said = (folder / STATE_FILE).read_bytes()
        state = _STATE.decode(said)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise StoreError(f"cannot read the index in {folder}: {error}") from error
    # The name is that of a folder beside the state, and never leads anywhere else.
    return state if _MAKING.fullmatch(state.folder) and is_as_sealed(said) else None


def open_index(place: Path) -> tantivy.Index:
    """The index whose files lie in a folder; raises OSError, ValueError."""
    index = tantivy.Index.open(str(place))
    if index.schema != get_schema():
        raise ValueError("it has other fields")
    index.register_tokenizer("words", get_splitter())
    return index
