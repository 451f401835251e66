"""Which entries of a zip archive are whole, when its end, and with it the list of entries, is missing?

Each entry also has a header of its own in front of its bytes. Writers that did not know the sizes yet
put them after the bytes (APPNOTE.TXT 6.3.10, 4.3.9); then only unpacking tells where an entry ends.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from trialbook.source.containers.byte_stream import Budget
from trialbook.source.containers.zip_entry import (
    LOCAL,
    MAX32,
    READ_BYTES,
    ZipEntry,
    as_label,
    read_long_fields,
)

_IS_STREAMED = 0x08
ReadAt = Callable[[int, int], bytes]


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
        at = end + _measure_descriptor(read_at(end, 24), entry) if entry.flags & _IS_STREAMED else end


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


def _measure_descriptor(data: bytes, entry: ZipEntry) -> int:
    """Measure what stands after an entry's bytes: with or without a mark, sizes of 4 or 8 bytes."""
    for mark in (b"PK\x07\x08", b""):
        for form in ("<3L", "<L2Q"):
            expected = mark + struct.pack(
                form, entry.checksum, entry.packed_bytes & MAX32, entry.size_bytes & MAX32
            )
            if data.startswith(expected):
                return len(expected)
    return 0
