"""What does a zip archive hold, entry by entry, without unpacking it or listing it in memory?

The registry's bulk download has one entry a study, more than half a million of them. The central
directory is walked in chunks and each entry is read where it lies. Names are labels only: nothing is
ever written under them.

Where the archive was cut off, its central directory is missing. Then each entry's own header, in front
of its bytes, is read instead. Writers that did not know the sizes yet put them after the bytes; then
only unpacking tells where an entry ends.

Source of the layout: APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from trialbook.errors import SourceReadError
from trialbook.source.containers.byte_stream import Budget

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
READ_BYTES = 2**20
MAX32 = 2**32 - 1
LOCAL = struct.Struct("<4s5H3L2H")

_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LISTED = struct.Struct("<4s6H3L5H2L")
_LONGEST_LISTED = _LISTED.size + 3 * 65535
_LONGEST_DESCRIPTOR = 24
_IS_STREAMED = 0x08
_METHODS = {0: "stored", 8: "deflate"}
_OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}


ReadAt = Callable[[int, int], bytes]


class ZipEntry(NamedTuple):
    """One file in an archive, as the central directory lists it. Sizes in bytes."""

    name: str
    method: int
    flags: int
    checksum: int
    packed_bytes: int
    size_bytes: int
    offset: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_hidden(self) -> bool:
        """A file that its system hides (`.DS_Store`) or a copy of its attributes (`__MACOSX/`)."""
        if "/." not in self.name and self.name[:1] not in ("_", "."):
            return False
        parts = self.name.split("/")
        return parts[0] == "__MACOSX" or any(part[:1] == "." and part.strip(".") for part in parts)

    @property
    def problem(self) -> str:
        """Why the entry cannot be read; "" where it can."""
        if self.flags & 0x2041:
            return "the entry is encrypted; unpack it with its password first"
        if self.method not in _METHODS:
            name = _OTHER_METHODS.get(self.method, f"method {self.method}")
            return f"the entry is compressed with {name}; stored and deflate are read, pack it again"
        return ""


class ZipArchive:
    """A zip archive on a seekable file, read in the order of its central directory.

    Raises
    ------
    SourceReadError
        The archive has a central directory that cannot be right. One that has none was cut off: its
        whole entries are yielded before that is raised.
    """

    def __init__(self, file: BinaryIO, *, place: str, budget: Budget) -> None:
        self._file, self.place, self._budget = file, place, budget
        self.size_bytes = file.seek(0, 2)
        directory = self._find_directory()
        self._is_cut = directory is None
        self.entry_count, self._start, self._length, self._shift = directory or (0, 0, 0, 0)

    def __iter__(self) -> Iterator[ZipEntry]:
        """Yield the entries; raises SourceReadError where they overlap or the list breaks off."""
        if not self._is_cut:
            yield from self._iter_listed()
            return
        count = 0
        for entry in iter_local_entries(self._read_at, self.size_bytes, self._budget):
            count += 1
            yield entry
        raise self._fail(
            f"the zip archive was cut off: its list of entries is missing; the {count} entries before "
            "the break were read, download it again for the others"
        )

    def _iter_listed(self) -> Iterator[ZipEntry]:
        data, at, left, count = b"", 0, self._length, 0
        packed_bytes = 0
        while left or at < len(data):
            if len(data) - at < _LONGEST_LISTED and left:
                chunk = self._read_at(self._start + self._length - left, min(READ_BYTES, left))
                data, at = data[at:] + chunk, 0
                left = left - len(chunk) if chunk else 0
            entry, length = self._parse_listed(data, at)
            at, count = at + length, count + 1
            packed_bytes += entry.packed_bytes + LOCAL.size
            if packed_bytes > self.size_bytes:
                raise self._fail(f"entry {count} overlaps others, as in a zip bomb; not read any further")
            yield entry
        if count % 65536 != self.entry_count % 65536:
            raise self._fail(f"the archive says that it has {self.entry_count} entries, but lists {count}")

    def read_small(self, entry: ZipEntry) -> bytes | None:
        """Read an entry of up to 1 MiB at once.

        None where it is longer, or wrong in any way: `iter_entry` reads the one and names the other.
        """
        if max(entry.size_bytes, entry.packed_bytes) > READ_BYTES or entry.problem:
            return None
        ahead = LOCAL.size + len(entry.name) + 64 + entry.packed_bytes
        data = self._read_at(entry.offset + self._shift, ahead)
        if len(data) < LOCAL.size or data[:4] != b"PK\x03\x04":
            return None
        start = LOCAL.size + sum(LOCAL.unpack_from(data)[-2:])
        data = data[start : start + entry.packed_bytes]
        if entry.method == 8:
            try:
                data = zlib.decompressobj(wbits=-15).decompress(data, entry.size_bytes + 1)
            except zlib.error:
                return None
        if len(data) != entry.size_bytes or zlib.crc32(data) != entry.checksum:
            return None
        self._budget.spend(len(data), self.place)
        return data

    def iter_entry(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield what an entry holds, at most 1 MiB at a time.

        Raises
        ------
        SourceReadError
            The entry lies outside the archive, is cut off or damaged, or its checksum is wrong.
        """
        place = f"{self.place}!{entry.name}"
        if entry.problem:
            raise SourceReadError(entry.problem, place=place)
        checksum = size = 0
        for chunk in self._inflate(entry, place):
            size += len(chunk)
            self._budget.spend(len(chunk), place)
            if size > entry.size_bytes:
                raise SourceReadError(
                    f"the entry is longer than the {entry.size_bytes} bytes that the archive lists",
                    place=place,
                )
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if size < entry.size_bytes or checksum != entry.checksum:
            what = (
                f"{size} of {entry.size_bytes} bytes" if size < entry.size_bytes else "its checksum is wrong"
            )
            raise SourceReadError(f"the entry is damaged ({what}); download the archive again", place=place)

    def _inflate(self, entry: ZipEntry, place: str) -> Iterator[bytes]:
        inflater = zlib.decompressobj(wbits=-15)
        try:
            for packed in self._iter_packed(entry, place):
                if entry.method == 0:
                    yield packed
                    continue
                pending = packed
                while pending and not inflater.eof:
                    yield inflater.decompress(pending, READ_BYTES)
                    pending = inflater.unconsumed_tail
            while entry.method == 8 and not inflater.eof and (chunk := inflater.decompress(b"", READ_BYTES)):
                yield chunk
        except zlib.error as error:
            raise SourceReadError(f"the entry is damaged ({error}); download again", place=place) from error

    def _iter_packed(self, entry: ZipEntry, place: str) -> Iterator[bytes]:
        """Yield the entry's packed bytes; a small entry takes one read for its header and all."""
        left = entry.packed_bytes
        ahead = min(left, READ_BYTES) + LOCAL.size + len(entry.name.encode()) + 64
        data = self._read_at(entry.offset + self._shift, ahead)
        if len(data) < LOCAL.size or not data.startswith(b"PK\x03\x04"):
            raise SourceReadError("the entry does not lie where the archive lists it", place=place)
        *_, name_length, extra_length = LOCAL.unpack_from(data)
        start = LOCAL.size + name_length + extra_length
        at = entry.offset + self._shift + start
        chunk = data[start : start + left]
        while left:
            chunk = chunk or self._read_at(at, min(left, READ_BYTES))
            if not chunk:
                raise SourceReadError("the archive ends inside the entry; download it again", place=place)
            yield chunk
            left, at, chunk = left - len(chunk), at + len(chunk), b""

    def _parse_listed(self, data: bytes, at: int) -> tuple[ZipEntry, int]:
        """Read one entry of the central directory; returns it and its length there."""
        if len(data) - at < _LISTED.size or data[at : at + 4] != b"PK\x01\x02":
            raise self._fail("the list of entries is damaged")
        fields = _LISTED.unpack_from(data, at)
        _, _, _, flags, method, _, _, checksum, packed, size = fields[:10]
        name_length, extra_length, comment_length = fields[10:13]
        offset = fields[16]
        name_at = at + _LISTED.size
        extra = data[name_at + name_length : name_at + name_length + extra_length]
        if MAX32 in (packed, size, offset):
            size, packed, offset = read_long_fields(extra, size, packed, offset)
        raw_name = data[name_at : name_at + name_length]
        entry = ZipEntry(as_label(raw_name, flags), method, flags, checksum, packed, size, offset)
        return entry, _LISTED.size + name_length + extra_length + comment_length

    def _find_directory(self) -> tuple[int, int, int, int] | None:
        """Find (entries, start, length, shift); shift is what was put in front of the archive."""
        tail_at = max(0, self.size_bytes - _END.size - 65535)
        tail = self._read_at(tail_at, self.size_bytes - tail_at)
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or len(tail) - found < _END.size:
            return None
        _, disk, first_disk, _, count, length, start, _ = _END.unpack_from(tail, found)
        end_at = tail_at + found
        place64 = self._read_at(end_at - _END64_PLACE.size, _END64_PLACE.size) if end_at > 20 else b""
        if place64.startswith(b"PK\x06\x07"):
            _, _, _, disks = _END64_PLACE.unpack(place64)
            end_at = end_at - _END64_PLACE.size - _END64.size
            end64 = self._read_at(end_at, _END64.size)
            if len(end64) < _END64.size or not end64.startswith(b"PK\x06\x06"):
                raise self._fail("the end of the zip archive is damaged")
            *_, disk, first_disk, _, count, length, start = _END64.unpack(end64)
            disk = max(disk, first_disk, disks - 1)
        shift = end_at - length - start
        if disk or first_disk:
            raise self._fail("the zip archive is one of several parts; join them first")
        if shift < 0:
            raise self._fail("the zip archive was cut off or joined wrongly; download it again")
        return count, start + shift, length, shift

    def _read_at(self, at: int, length: int) -> bytes:
        try:
            self._file.seek(at)
            return self._file.read(length)
        except OSError as error:
            raise self._fail(f"cannot be read any further: {error.strerror}") from error

    def _fail(self, reason: str) -> SourceReadError:
        return SourceReadError(reason, place=self.place)


def iter_local_entries(read_at: ReadAt, size_bytes: int, budget: Budget) -> Iterator[ZipEntry]:
    """Yield the entries that lie whole in the first `size_bytes` of an archive, from its start on.

    Raises
    ------
    SourceReadError
        The archive is a bomb; from `budget`.
    """
    at = 0
    while found := _read_local(read_at, at, budget):
        start, entry = found
        end = start + entry.packed_bytes
        if end > size_bytes:
            return
        yield entry
        at = end
        if entry.flags & _IS_STREAMED:
            at += measure_descriptor(read_at(end, _LONGEST_DESCRIPTOR), entry)


def _read_local(read_at: ReadAt, at: int, budget: Budget) -> tuple[int, ZipEntry] | None:
    """Read the header at a place; returns where the entry's bytes begin, and the entry."""
    header = read_at(at, LOCAL.size)
    if len(header) < LOCAL.size or header[:4] != b"PK\x03\x04":
        return None
    _, _, flags, method, _, _, checksum, packed, size, name_length, extra_length = LOCAL.unpack(header)
    start = at + LOCAL.size + name_length + extra_length
    names = read_at(at + LOCAL.size, name_length + extra_length)
    if MAX32 in (packed, size):
        size, packed, _ = read_long_fields(names[name_length:], size, packed, 0)
    if flags & _IS_STREAMED:
        if method != 8 or not (found := _inflate_to_end(read_at, start, budget)):
            return None
        packed, size, checksum = found
    return start, ZipEntry(as_label(names[:name_length], flags), method, flags, checksum, packed, size, at)


def _inflate_to_end(read_at: ReadAt, start: int, budget: Budget) -> tuple[int, int, int] | None:
    """Unpack an entry to find (packed bytes, bytes, checksum); None where it does not end."""
    inflater = zlib.decompressobj(wbits=-15)
    at, size, checksum, pending = start, 0, 0, b""
    try:
        while not inflater.eof:
            if not pending:
                pending = read_at(at, READ_BYTES)
                at += len(pending)
                if not pending:
                    return None
            chunk = inflater.decompress(pending, READ_BYTES)
            budget.spend(len(chunk), "")
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
            pending = inflater.unconsumed_tail
    except zlib.error:
        return None
    return at - len(inflater.unused_data) - start, size, checksum


def measure_descriptor(data: bytes, entry: ZipEntry) -> int:
    """Measure what stands after an entry's bytes: with or without a mark, sizes of 8 or 4 bytes.

    The longer form is asked for first: its beginning may read like the shorter one, which holds only what
    32 bits can of a size. 0 where neither is there.
    """
    sizes = (entry.packed_bytes, entry.size_bytes)
    long = struct.pack("<L2Q", entry.checksum, *sizes)
    short = struct.pack("<3L", entry.checksum, *(size & MAX32 for size in sizes))
    for expected in (b"PK\x07\x08" + long, b"PK\x07\x08" + short, long, short):
        if data.startswith(expected):
            return len(expected)
    return 0


def read_long_fields(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Replace the fields that are too long for 32 bits by those of the zip64 extra field."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            values = iter(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            size = next(values, size) if size == MAX32 else size
            packed = next(values, packed) if packed == MAX32 else packed
            offset = next(values, offset) if offset == MAX32 else offset
            break
        at += 4 + length
    return size, packed, offset


def as_label(raw_name: bytes, flags: int) -> str:
    """Decode an entry's name for people: shortened, and without control characters."""
    name = raw_name.decode("utf-8" if flags & 0x800 else "cp437", errors="replace")
    if len(name) > 240:
        name = f"{name[:120]}…{name[-119:]}"
    return name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name)
