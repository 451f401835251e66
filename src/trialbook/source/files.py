"""How do the bytes of any file become records?

A file is looked into, never judged by its name: containers (folders, zip, gzip, zstd) are opened in
bounded memory until something shows that one of `list_formats` knows. Every reader of a format takes a
binary stream and yields records, and what it could not understand.
"""

from __future__ import annotations

import io
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.source.aact.read import is_aact_archive, read_aact_archive
from trialbook.source.api_v2 import is_api_v2, read_api_v2
from trialbook.source.containers.byte_stream import Budget, ByteStream, find_decompressor, iter_file
from trialbook.source.containers.folder import find_files
from trialbook.source.containers.json_slices import is_one_record
from trialbook.source.containers.zip_archive import ZIP_MAGICS, ZipArchive
from trialbook.source.containers.zip_entry import ZipEntry
from trialbook.source.history import HistoryNotice, read_history
from trialbook.source.ictrp.read import is_ictrp, read_ictrp
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.legacy.read import (
    is_legacy_xml,
    is_legacy_xml_lines,
    read_legacy_xml,
    read_legacy_xml_lines,
)
from trialbook.source.limits import DEFAULT, Limits, describe_bytes
from trialbook.source.page.read import is_page_text, read_page_text
from trialbook.source.unknown import ACCEPTED, describe_unknown

HEAD_BYTES = 64 * 1024
STDIN = Path("-")

Record = Incoming | Rejected | HistoryNotice

_HISTORY_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:study|studyVersion|history|changes|topics)"\s*:')


class Format(NamedTuple):
    """One form in which records come: how its first bytes look, and what reads it."""

    is_this: Callable[[bytes], object]
    read: Callable[[BinaryIO, str], Iterator[Record]]


def list_formats(limits: Limits) -> tuple[Format, ...]:
    """The forms of records in the order in which to ask: JSON of no more special form is API v2."""
    return (
        Format(is_legacy_xml_lines, read_legacy_xml_lines),
        Format(_HISTORY_START.match, read_history),
        Format(is_api_v2, partial(read_api_v2, limits=limits)),
        Format(is_legacy_xml, read_legacy_xml),
        Format(is_ictrp, read_ictrp),
        Format(is_page_text, read_page_text),
    )


class Progress:
    """How far a reader has come; may be looked at from another thread.

    Attributes
    ----------
    read_bytes
        Bytes of the files themselves, as `measure_path` counts them.
    files, skipped_files
        Files begun, and those passed over: hidden ones, links that lead out of the folder, devices.
    """

    def __init__(self) -> None:
        self.read_bytes = self.files = self.skipped_files = 0

    def add(self, count: int) -> None:
        self.read_bytes += count


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
            files = find_files(path, on_skip=lambda: None, on_error=lambda error: None)
            return sum(file.stat().st_size for file in files)
        return path.stat().st_size


def read_path(path: Path, *, limits: Limits = DEFAULT, progress: Progress | None = None) -> Iterator[Record]:
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
        In the order of the input. API v2 records are cut out, not checked: see `check_record`.
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
        yield from reader.read_open_file(sys.stdin.buffer, "standard input")
        return
    with _named_errors(path):
        is_folder = path.is_dir()
    yield from reader.read_folder(path) if is_folder else reader.read_file(path)


class _Reader:
    """Opens containers one inside the other and hands what lies inside to the reader of its form."""

    def __init__(self, limits: Limits, progress: Progress) -> None:
        self.limits, self.progress = limits, progress
        self.formats = list_formats(limits)

    def read_folder(self, folder: Path) -> Iterator[Record]:
        def count_skipped() -> None:
            self.progress.skipped_files += 1

        errors: list[OSError] = []
        with _named_errors(folder):
            for path in find_files(folder, on_skip=count_skipped, on_error=errors.append):
                try:
                    yield from self.read_file(path)
                except SourceReadError as error:
                    yield Rejected(error.reason, error.place, b"")
        for problem in errors:
            yield Rejected(f"the folder cannot be listed: {problem.strerror}", str(problem.filename), b"")

    def read_file(self, path: Path) -> Iterator[Record]:
        start = self.progress.read_bytes
        with _named_errors(path):
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
                raise SourceReadError("is neither a file nor a folder", place=str(path))
            with path.open("rb", buffering=0) as file:
                yield from self.read_open_file(cast(BinaryIO, file), str(path))
            self.progress.read_bytes = max(self.progress.read_bytes, start + path.stat().st_size)

    def read_open_file(self, file: BinaryIO, place: str) -> Iterator[Record]:
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

    def read_stream(self, stream: ByteStream, place: str, budget: Budget, nesting: int) -> Iterator[Record]:
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
            yield from self.read_records(stream, place, head)

    def read_records(self, stream: ByteStream, place: str, head: bytes) -> Iterator[Record]:
        read = next((format.read for format in self.formats if format.is_this(head)), None)
        if read:
            try:
                yield from read(cast(BinaryIO, stream), place)
            except SourceFormatError as error:
                yield Rejected(str(error), place, head)
            return
        kept = stream.peek(self.limits.kept_bytes)
        if not kept:
            stream.read(1)
        yield Rejected(f"no registry record: {describe_unknown(head)}. Accepted: {ACCEPTED}", place, kept)

    def read_inner_zip(
        self, stream: ByteStream, place: str, budget: Budget, nesting: int
    ) -> Iterator[Record]:
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

    def read_zip(self, file: BinaryIO, place: str, budget: Budget, nesting: int) -> Iterator[Record]:
        archive = ZipArchive(file, place=place, budget=budget)
        if is_aact_archive(archive):
            yield from read_aact_archive(archive, limits=self.limits)
            return
        for entry in archive:
            if nesting == 1:
                self.progress.add(entry.packed_bytes)
            if entry.is_hidden:
                self.progress.skipped_files += 1
            elif not entry.is_folder:
                yield from self.read_entry(archive, entry, budget, nesting)

    def read_entry(
        self, archive: ZipArchive, entry: ZipEntry, budget: Budget, nesting: int
    ) -> Iterator[Record]:
        place = f"{archive.place}!{entry.name}"
        data = archive.read_small(entry)
        # The bulk download is this half a million times, so it goes past all that looks into files.
        if data and len(data) <= self.limits.max_record_bytes and is_one_record(body := data.strip()):
            yield Incoming(body, place)
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
    try:
        yield
    except FileNotFoundError as error:
        raise SourceReadError("there is no such file or folder", place=str(path)) from error
    except OSError as error:
        raise SourceReadError(f"cannot be read: {error.strerror or error}", place=str(path)) from error
