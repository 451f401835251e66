"""What can go wrong, in one tree.

    TrialbookError
    ├── SourceFormatError     a record or file does not have the shape that its format promises
    ├── SourceReadError       a file, archive or remote server cannot be read (truncated, too large, refused)
    │   ├── NoAnswerError     a language model has no answer to one question (in `source.live.language_model`)
    │   └── RegistryRefusal   the live registry declines a request (in `source.live.client`)
    ├── QueryError            a query cannot be parsed or asks for something that does not exist
    ├── NotFoundError         the library has no such study or version
    ├── StoreError            the library itself cannot be opened, read or written
    │   ├── IndexMissingError its index is not there, or is another's
    │   ├── NoLibraryError    there is none in the folder
    │   ├── StoreBusyError    another process is writing to it
    │   ├── StoreDamagedError its file is broken
    │   │   └── RecordDamagedError one version in it is
    │   │       └── NotesDamagedError what is noted of a record's versions is
    │   ├── StoreReadOnlyError this account may not write to it
    │   └── StoreVersionError the library was written by a newer Trialbook
    ├── UsageError            a command or request was asked with values that make no sense
    └── ApiError              a request over HTTP is declined, with a status

Errors carry fields, not only text: `str(error)` says what is wrong, where, and what to do next.
"""

from __future__ import annotations

from pathlib import Path


class TrialbookError(Exception):
    """Base of every error that Trialbook raises on purpose."""


class SourceFormatError(TrialbookError):
    """A record or a file does not have the shape that its format promises.

    Attributes
    ----------
    reason
        What is wrong, in a sentence.
    path
        Where inside the record (`protocolSection.statusModule…`), or "" for the whole.
    found, expected
        The offending value (shortened) and what would be right; "" when neither helps.
    nct_id
        The record's id, where one could be read.
    """

    def __init__(
        self, reason: str, *, path: str = "", found: str = "", expected: str = "", nct_id: str = ""
    ) -> None:
        self.reason, self.path, self.nct_id = reason, path, nct_id
        self.found, self.expected = found[:200], expected
        super().__init__(reason, path, found, expected, nct_id)

    def __str__(self) -> str:
        parts = [f"{self.nct_id}: {self.reason}" if self.nct_id else self.reason]
        if self.path:
            parts.append(f"at {self.path}")
        if self.found:
            parts.append(f"found {self.found!r}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        return ", ".join(parts)


class SourceReadError(TrialbookError):
    """A file, an archive or a remote server cannot be read any further.

    Attributes
    ----------
    reason
        What is wrong and what to do next.
    place
        The file, the entry inside it or the address.
    """

    def __init__(self, reason: str, *, place: str = "") -> None:
        self.reason, self.place = reason, place
        super().__init__(reason, place)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class QueryError(TrialbookError):
    """A query cannot be parsed, or names an area or a value that does not exist.

    Attributes
    ----------
    message
        What is wrong, in the wording that registry clients match on.
    query, position
        The query and the 0-based offset of the offending character (-1 when there is none).
    hint
        What would be right.
    """

    def __init__(self, message: str, *, query: str = "", position: int = -1, hint: str = "") -> None:
        self.message, self.query, self.position, self.hint = message, query, position, hint
        super().__init__(message, query, position, hint)

    def __str__(self) -> str:
        lines = [self.message]
        if self.position >= 0:
            start = max(0, self.position - 60)
            excerpt = self.query[start : self.position + 40].replace("\n", " ")
            excerpt = excerpt.encode("utf-8", "replace").decode()
            lines += [f"  {excerpt}", "  " + " " * (self.position - start) + "^"]
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)


class NotFoundError(TrialbookError):
    """The library has no such study, version or file."""


class StoreError(TrialbookError):
    """The library cannot be opened or written (read-only, disk full, damaged)."""


class NoLibraryError(StoreError):
    """There is no library in a folder; `home` names it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        super().__init__(home)

    def __str__(self) -> str:
        return f"there is no library in {self.home}: `trialbook --home {self.home} import FILE` makes one"


class StoreDamagedError(StoreError):
    """The library's file is broken: what it holds cannot be trusted."""


class RecordDamagedError(StoreDamagedError):
    """What lies in the library as a version of a record is not what was kept there.

    Attributes
    ----------
    nct_id
        The record's id; "" where even that is lost.
    known_from
        The day (ISO, possibly partial) of the version; "" where that is lost.
    """

    def __init__(self, nct_id: str, known_from: str) -> None:
        self.nct_id, self.known_from = nct_id, known_from
        super().__init__(nct_id, known_from)

    def __str__(self) -> str:
        day = f"version of {self.known_from}" if self.known_from else "a version whose day is lost"
        return (
            f"{self.nct_id or 'a record whose id is lost'}, {day}: its bytes are not those that were kept; "
            "import it again to mend it, or restore a backup"
        )


class NotesDamagedError(RecordDamagedError):
    """What the library notes of a record's versions is not what was kept there: which there are, when each came.

    The bytes of each version have a checksum of their own, and may be whole.
    """

    def __init__(self, nct_id: str) -> None:
        super().__init__(nct_id, "")

    def __str__(self) -> str:
        return (
            f"{self.nct_id or 'a record whose id is lost'}: what is noted of its versions (which there are, when each"
            " came, from where) is not what was kept; `trialbook check --repair` keeps what its records prove, or"
            " restore a backup"
        )


class IndexMissingError(StoreError):
    """A library has no index that this Trialbook can search: none, one of another form, or another library's.

    Attributes
    ----------
    folder
        Where it should lie.
    reason
        What is there instead.
    """

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(folder, reason)

    def __str__(self) -> str:
        return (
            f"no index in {self.folder} to search in: {self.reason}; make it with `trialbook rebuild index`"
        )


class StoreBusyError(StoreError):
    """Another process is writing to the library; one writer at a time."""


class StoreReadOnlyError(StoreError):
    """This account may not write to the library: it is read-only, another's, or served so."""


class StoreVersionError(StoreError):
    """The library was written by a newer Trialbook than this one."""


class UsageError(TrialbookError):
    """A command or a request was asked with values that make no sense together."""


class ApiError(TrialbookError):
    """A request that the API declines.

    Attributes
    ----------
    status
        400 for a request that makes no sense, 404 for what is not here, 503 for what is not ready yet.
    message
        The whole answer.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        self.message, self.status = message, status
        super().__init__(message, status)

    def __str__(self) -> str:
        return self.message
