"""How do bytes come out of a plain, gzip or zstd file in bounded memory?

Each step is an iterator of chunks of at most a few MiB. `ByteStream` turns the last one into a
binary file that can also be looked into before it is read.
"""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

import zstandard

from trialbook.errors import SourceReadError
from trialbook.source.limits import Limits, describe_bytes

READ_BYTES = 256 * 1024
OUT_BYTES = 2**20
# A zstd block turns 4 bytes into 128 KiB and the decoder has no bound on its output, only on its
# input: 1 KiB in is at most 32 MiB out.
ZSTD_FEED_BYTES = 1024
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class ByteStream(io.BufferedIOBase):
    """A readable binary file over an iterator of chunks, with `peek`.

    What came before a failure can be read in full: the error of the iterator is raised by the first
    read that finds nothing left before it.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._data, self._at = b"", 0
        self._error: SourceReadError | None = None

    def readable(self) -> bool:
        return True

    def peek(self, size: int = 0, /) -> bytes:
        """Return up to `size` next bytes without taking them; fewer only where the stream ends."""
        self._fill(size)
        return self._data[self._at : self._at + size]

    def read(self, size: int | None = -1, /) -> bytes:
        """Return `size` bytes, fewer only before the end or a failure; a negative size reads all."""
        self._fill(sys.maxsize if size is None or size < 0 else size)
        return self._take(len(self._data) if size is None or size < 0 else size)

    def read1(self, size: int = -1, /) -> bytes:
        """Return the bytes at hand, up to `size`."""
        self._fill(1)
        return self._take(len(self._data) if size < 0 else size)

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer as far as the stream goes; returns how many bytes, 0 at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return one line with its newline, cut at `size` bytes if that is not negative."""
        limit = sys.maxsize if size is None or size < 0 else size
        searched = 0
        while True:
            end = self._data.find(b"\n", self._at + searched)
            searched = len(self._data) - self._at
            if end >= 0 or searched >= limit or not self._fill(max(2 * searched, 1)):
                break
        length = searched if end < 0 else end + 1 - self._at
        return self._take(min(length, limit))

    def _take(self, size: int) -> bytes:
        start, self._at = self._at, min(self._at + size, len(self._data))
        taken = self._data[start : self._at]
        if not taken and size and self._error:
            raise self._error
        return taken

    def _fill(self, size: int) -> bool:
        """Have `size` bytes at hand if the stream has them; tells whether any came in."""
        length = len(self._data) - self._at
        if length >= size or self._error:
            return False
        parts = [self._data[self._at :]]
        try:
            while length < size and (chunk := next(self._chunks, None)) is not None:
                parts.append(chunk)
                length += len(chunk)
        except SourceReadError as error:
            self._error = error
        self._data, self._at = b"".join(parts), 0
        return len(parts) > 1


class Budget:
    """How much one file may still expand to, all that is packed inside it taken together.

    Attributes
    ----------
    packed_bytes
        The file's size, or what was read of it where that is not known.
    bytes_out
        What came out of all decompression so far.
    """

    def __init__(self, limits: Limits, packed_bytes: int = 0) -> None:
        self.limits, self.packed_bytes, self.bytes_out = limits, packed_bytes, 0

    @property
    def is_spent(self) -> bool:
        return self.limits.is_bomb(self.packed_bytes, self.bytes_out)

    def spend(self, count: int, place: str) -> None:
        """Count unpacked bytes; raises SourceReadError where those before were already too many."""
        if self.is_spent:
            raise SourceReadError(
                f"{describe_bytes(self.packed_bytes)} expand to more than {describe_bytes(self.bytes_out)}, "
                f"over {self.limits.max_expansion}-fold, which no registry file does: given up; "
                "unpack it yourself if you trust it",
                place=place,
            )
        self.bytes_out += count


def iter_file(file: BinaryIO, *, place: str, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file's bytes in chunks, telling how many each time; raises SourceReadError."""
    try:
        while chunk := file.read(READ_BYTES):
            on_bytes(len(chunk))
            yield chunk
    except OSError as error:
        raise SourceReadError(f"cannot be read any further: {error.strerror}", place=place) from error


def iter_gunzip(chunks: Iterable[bytes], *, place: str, budget: Budget) -> Iterator[bytes]:
    """Yield what a gzip stream of one or more members holds, at most 1 MiB at a time.

    Raises
    ------
    SourceReadError
        The stream is cut off, damaged, followed by something else, or a bomb; all before is yielded.
    """
    meter = _Meter("gzip", place, budget)
    member = None
    for chunk in chunks:
        pending = meter.take(chunk)
        while pending:
            if member is None:
                # Zeros pad the end of a member on tapes and in some archives.
                pending = pending.lstrip(b"\0") if meter.bytes_out else pending
                member = zlib.decompressobj(wbits=31) if pending else None
                continue
            try:
                yield meter.give(member.decompress(pending, OUT_BYTES))
            except zlib.error as error:
                raise meter.fail(f"is damaged ({error})") from error
            pending = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    if member is not None:
        while rest := member.decompress(b"", OUT_BYTES):
            yield meter.give(rest)
        raise meter.fail("is cut off")


def iter_unzstd(chunks: Iterable[bytes], *, place: str, budget: Budget) -> Iterator[bytes]:
    """Yield what a zstd stream of one or more frames holds, at most 32 MiB at a time.

    Raises
    ------
    SourceReadError
        The stream is cut off, damaged, needs a dictionary or a window above 128 MiB, or is a bomb.
    """
    decoder = zstandard.ZstdDecompressor(max_window_size=2**27)
    meter = _Meter("zstd", place, budget)
    frame = None
    for chunk in chunks:
        meter.take(chunk)
        for start in range(0, len(chunk), ZSTD_FEED_BYTES):
            pending = chunk[start : start + ZSTD_FEED_BYTES]
            while pending:
                frame = frame or decoder.decompressobj()
                try:
                    yield meter.give(frame.decompress(pending))
                except zstandard.ZstdError as error:
                    raise meter.fail(f"is damaged or of a kind that is not read ({error})") from error
                pending = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    if frame is not None:
        raise meter.fail("is cut off")


Decompressor = Callable[..., Iterator[bytes]]
COMPRESSIONS: dict[bytes, Decompressor] = {GZIP_MAGIC: iter_gunzip, ZSTD_MAGIC: iter_unzstd}


def find_decompressor(head: bytes) -> Decompressor | None:
    """Find what unpacks a stream that starts with these bytes; None where it is not compressed."""
    return next((reader for magic, reader in COMPRESSIONS.items() if head.startswith(magic)), None)


class _Meter:
    """Counts a stream's packed and unpacked bytes, and says where it broke."""

    def __init__(self, kind: str, place: str, budget: Budget) -> None:
        self.kind, self.place, self.budget = kind, place, budget
        self.bytes_in = self.bytes_out = 0

    def take(self, chunk: bytes) -> bytes:
        self.bytes_in += len(chunk)
        return chunk

    def give(self, chunk: bytes) -> bytes:
        self.bytes_out += len(chunk)
        self.budget.spend(len(chunk), self.place)
        return chunk

    def fail(self, what: str) -> SourceReadError:
        return SourceReadError(
            f"the {self.kind} stream {what} after {describe_bytes(self.bytes_in)} "
            f"({describe_bytes(self.bytes_out)} unpacked); what stood before was read",
            place=self.place,
        )
