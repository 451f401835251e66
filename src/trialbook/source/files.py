"""How do the bytes of any file become records?

A file is looked into, never judged by its name: containers (folders, zip, gzip, zstd) are opened in
bounded memory until something shows that one of `FORMATS` knows.
"""

from __future__ import annotations

import io
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.source.api_v2 import FORMAT as API_V2
from trialbook.source.containers.byte_stream import Budget, ByteStream, find_decompressor, iter_file
from trialbook.source.containers.folder import FolderArchive, find_files
from trialbook.source.containers.json_slices import is_one_record
from trialbook.source.containers.zip_archive import ZIP_MAGICS, ZipArchive, ZipEntry
from trialbook.source.formats import FORMATS, describe_formats
from trialbook.source.incoming import ArchiveForm, Form, Incoming, Item, Rejected, contain
from trialbook.source.limits import DEFAULT, Limits, describe_bytes
from trialbook.source.unknown import describe_unknown

HEAD_BYTES = 64 * 1024
MOST_SKIPS_NAMED = 10
STDIN = Path("-")

_FORMS = tuple(form for each in FORMATS for form in each.forms if isinstance(form, Form))
_ARCHIVE_FORMS = tuple(form for each in FORMATS for form in each.forms if isinstance(form, ArchiveForm))


class Progress:
    """How far a reader has come; may be looked at from another thread.

    Attributes
    ----------
    read_bytes
        Bytes of the files themselves, as `measure_path` counts them.
    files, skipped_files
        Files begun, and those passed over: hidden ones, links that lead out of the folder, devices.
    skipped
        The first ten of those passed over, each with why.
    """

    def __init__(self) -> None:
        self.read_bytes = self.files = self.skipped_files = 0
        self.skipped: list[str] = []

    def add(self, count: int) -> None:
        """Count bytes that were read."""
        self.read_bytes += count

    def skip(self, place: object, reason: str) -> None:
        """Note a file that was passed over."""
        self.skipped_files += 1
        if len(self.skipped) < MOST_SKIPS_NAMED:
            self.skipped.append(f"{name_file(place) if isinstance(place, Path) else place}: {reason}")


def measure_path(path: Path) -> int:
    """Count the bytes that `read_path` will go through; 0 where that cannot be told (a pipe).

    Raises
    ------
    SourceReadError
        There is no such file, or it may not be read.
    """
    if path == STDIN:
        return 0
    with _named_errors(path):
        if path.is_dir():
            files = find_files(path, on_skip=lambda path, reason: None, on_error=lambda error: None)
            return sum(file.stat().st_size for file in files)
        return path.stat().st_size


def read_path(path: Path, *, limits: Limits = DEFAULT, progress: Progress | None = None) -> Iterator[Item]:
    """Read every record of a file or of a folder's files, whatever their form.

    Parameters
    ----------
    path
        A file, a folder (read in the order of names, with all below it), or `-` for standard input.
    limits
        What the input may cost.
    progress
        Is kept up to date while reading.

    Yields
    ------
    Incoming, HistoryNotice
        In the order of the input. Records are cut out, not checked: see `check_incoming`.
    Rejected
        Each piece that is no record. A file of a folder, or of an archive, that cannot be read is one
        too, and the others are still read.

    Raises
    ------
    SourceReadError
        The file itself cannot be read, or not to its end: all before that has been yielded.
    """
    reader = _Reader(limits, progress or Progress())
    if path == STDIN:
        # Python's own name for a standard input that was closed before it began.
        if sys.stdin is None:
            raise SourceReadError("is closed: name a file", place="standard input")
        yield from reader.read_open_file(sys.stdin.buffer, "standard input")
        return
    with _named_errors(path):
        is_folder = path.is_dir()
    yield from reader.read_folder(path) if is_folder else reader.read_file(path)


class _Reader:
    """Opens containers one inside the other and hands what lies inside to the reader of its form."""

    def __init__(self, limits: Limits, progress: Progress) -> None:
        self.limits, self.progress = limits, progress

    def read_folder(self, folder: Path) -> Iterator[Item]:
        errors: list[OSError] = []
        # Those that hold one export, of which no file is a record, by whether they do.
        exports: dict[Path, bool] = {}
        with _named_errors(folder):
            for path in find_files(folder, on_skip=self.progress.skip, on_error=errors.append):
                if path.parent not in exports:
                    exports[path.parent] = self.is_export(path.parent)
                    if exports[path.parent]:
                        yield from self.read_export(path.parent)
                if exports[path.parent]:
                    continue
                try:
                    yield from self.read_file(path)
                except SourceReadError as error:
                    yield Rejected(error.reason, error.place, b"")
        for problem in errors:
            place = name_file(Path(str(problem.filename)))
            yield Rejected(f"the folder cannot be listed: {problem.strerror}", place, b"")

    def is_export(self, folder: Path) -> bool:
        """Whether the files of a folder are one export (AACT's tables), as in an archive that was unpacked."""
        archive = FolderArchive(folder, place=name_file(folder), on_bytes=self.progress.add)
        return any(form.is_this(archive) for form in _ARCHIVE_FORMS)

    def read_export(self, folder: Path) -> Iterator[Item]:
        place = name_file(folder)
        archive = FolderArchive(folder, place=place, on_bytes=self.progress.add)
        read = next(form.read for form in _ARCHIVE_FORMS if form.is_this(archive))
        self.progress.files += sum(1 for _ in archive)
        try:
            yield from contain(read(archive, self.limits), place, b"")
        except SourceReadError as error:
            yield Rejected(error.reason, error.place, b"")

    def read_file(self, path: Path) -> Iterator[Item]:
        start = self.progress.read_bytes
        with _named_errors(path):
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
                raise SourceReadError("is neither a file nor a folder", place=name_file(path))
            with path.open("rb", buffering=0) as file:
                yield from self.read_open_file(cast(BinaryIO, file), name_file(path))
            self.progress.read_bytes = max(self.progress.read_bytes, start + path.stat().st_size)

    def read_open_file(self, file: BinaryIO, place: str) -> Iterator[Item]:
        self.progress.files += 1
        budget = Budget(self.limits)

        def count_read(count: int) -> None:
            self.progress.add(count)
            budget.packed_bytes += count

        if file.seekable():
            head = file.read(4)
            file.seek(0)
            if head in ZIP_MAGICS:
                budget.packed_bytes = file.seek(0, io.SEEK_END)
                yield from self.read_zip(file, place, budget, nesting=1)
                return
        stream = ByteStream(iter_file(file, place=place, on_bytes=count_read))
        yield from self.read_stream(stream, place, budget, nesting=0)

    def read_stream(self, stream: ByteStream, place: str, budget: Budget, nesting: int) -> Iterator[Item]:
        """Read what a stream holds, after unpacking it as often as needed."""
        head = stream.peek(HEAD_BYTES)
        unpack = find_decompressor(head)
        if (unpack or head[:4] in ZIP_MAGICS) and nesting == self.limits.max_nesting:
            reason = f"packed more than {nesting} times over; unpack it first"
            yield Rejected(reason, place, head)
        elif unpack:
            chunks = iter(stream.read1, b"")
            inner = ByteStream(unpack(chunks, place=place, budget=budget))
            yield from self.read_stream(inner, place, budget, nesting + 1)
        elif head[:4] in ZIP_MAGICS:
            yield from self.read_inner_zip(stream, place, budget, nesting + 1)
        else:
            # Most files are short, and then all of it is in the head.
            kept = stream.peek(self.limits.kept_bytes) if len(head) == HEAD_BYTES else head
            kept = kept[: self.limits.kept_bytes]
            yield from contain(self.read_records(stream, place, head, kept), place, kept)

    def read_records(self, stream: ByteStream, place: str, head: bytes, kept: bytes) -> Iterator[Item]:
        read = next((form.read for form in _FORMS if form.is_this(head)), None)
        if read:
            try:
                yield from read(cast(BinaryIO, stream), place, self.limits)
            except SourceFormatError as error:
                yield Rejected(str(error), place, kept)
            return
        if not kept:
            stream.read(1)
        reason = f"no registry record: {describe_unknown(head)}. Accepted: {describe_formats()}"
        yield Rejected(reason, place, kept)

    def read_inner_zip(self, stream: ByteStream, place: str, budget: Budget, nesting: int) -> Iterator[Item]:
        """Read a zip archive that lies in another container, in memory, as zip needs its end first."""
        limit = self.limits.max_record_bytes
        data = stream.read(limit + 1)
        if len(data) > limit:
            reason = (
                f"a zip archive above {describe_bytes(limit)} inside another file or a pipe; save it first"
            )
            yield Rejected(reason, place, data[: self.limits.kept_bytes])
            return
        yield from self.read_zip(io.BytesIO(data), place, budget, nesting)

    def read_zip(self, file: BinaryIO, place: str, budget: Budget, nesting: int) -> Iterator[Item]:
        archive = ZipArchive(file, place=place, budget=budget)
        for form in _ARCHIVE_FORMS:
            if form.is_this(archive):
                file.seek(0)
                kept = file.read(self.limits.kept_bytes)
                yield from contain(form.read(archive, self.limits), place, kept)
                return
        for entry in archive:
            if nesting == 1:
                self.progress.add(entry.packed_bytes)
            if entry.is_hidden:
                self.progress.skip(f"{place}!{entry.name}", "hidden")
            elif not entry.is_folder:
                yield from self.read_entry(archive, entry, budget, nesting)

    def read_entry(
        self, archive: ZipArchive, entry: ZipEntry, budget: Budget, nesting: int
    ) -> Iterator[Item]:
        place = f"{archive.place}!{entry.name}"
        data = archive.read_small(entry)
        # The bulk download is this half a million times, so it goes past all that looks into files.
        if data and len(data) <= self.limits.max_record_bytes and is_one_record(body := data.strip()):
            yield Incoming(body, place, API_V2.name)
            return
        parts = [data] if data else []
        chunks = iter(parts) if data else archive.iter_entry(entry)
        try:
            if not data and entry.size_bytes <= self.limits.max_record_bytes:
                # Its checksum comes at its end: only a whole entry is known to be undamaged.
                for chunk in chunks:
                    parts.append(chunk)
                chunks = iter(parts)
            yield from self.read_stream(ByteStream(chunks), place, budget, nesting)
        except SourceReadError as error:
            if budget.is_spent:
                raise
            yield Rejected(error.reason, error.place, b"".join(parts)[: self.limits.kept_bytes])


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says into an error that names the file."""
    if "\0" in str(path):
        raise SourceReadError("no file or folder has the character NUL in its name", place=repr(str(path)))
    try:
        yield
    except FileNotFoundError as error:
        raise SourceReadError("there is no such file or folder", place=name_file(path)) from error
    except OSError as error:
        raise SourceReadError(f"cannot be read: {error.strerror or error}", place=name_file(path)) from error


def name_file(path: Path) -> str:
    r"""A path as text that can be kept and sent: of a name that is no Unicode, the odd bytes are written out.

    >>> print(name_file(Path("a\udcff.json")))
    a\udcff.json
    """
    return str(path).encode(errors="backslashreplace").decode()
