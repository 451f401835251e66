"""How does a zip archive leave whose size is known only when the last file is in it?

`zipfile` keeps half a kilobyte for each file until it is closed; here it is some 60 bytes, so that all
of a registry's studies can leave as files of one archive. The form is that of PKWARE's APPNOTE 6.3.10
with its 64-bit records where they are needed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

LARGEST_16, LARGEST_32 = 0xFFFF, 0xFFFFFFFF
_FILE = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LARGE_OFFSET = struct.Struct("<2HQ")
_LARGE_END = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_VERSION, _LARGE_VERSION = 20, 45
_NAMES_ARE_UTF8, _DEFLATED = 0x800, 8
# 1 January 1980, the first day that the form can name: the same records make the same archive.
_TIME, _DAY = 0, 0x21


def write_zip(files: Iterable[tuple[str, bytes]], *, level: int = 6) -> Iterator[bytes]:
    """An archive of files (name and content, each under 4 GiB), piece by piece.

    >>> import io, zipfile
    >>> archive = b"".join(write_zip([("a.txt", b"one"), ("b.txt", b"two")]))
    >>> zipfile.ZipFile(io.BytesIO(archive)).read("b.txt")
    b'two'
    """
    directory = bytearray()
    count = offset = 0
    for name, content in files:
        head, entry = _describe(name.encode(), content, packed := _pack(content, level), offset)
        directory += entry
        count += 1
        offset += len(head) + len(packed)
        yield head + packed
    yield bytes(directory)
    yield _write_end(count, len(directory), offset)


def _pack(content: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _describe(name: bytes, content: bytes, packed: bytes, offset: int) -> tuple[bytes, bytes]:
    """What stands before a file's content, and its entry in the directory."""
    facts = (_NAMES_ARE_UTF8, _DEFLATED, _TIME, _DAY, zlib.crc32(content), len(packed), len(content))
    head = _FILE.pack(b"PK\3\4", _VERSION, *facts, len(name), 0) + name
    extra, version, place = b"", _VERSION, offset
    if offset >= LARGEST_32:
        extra, version, place = _LARGE_OFFSET.pack(1, 8, offset), _LARGE_VERSION, 0xFFFFFFFF
    entry = _ENTRY.pack(
        b"PK\1\2", version, version, *facts, len(name), len(extra), 0, 0, 0, 0, place
    )  # fmt: skip
    return head, entry + name + extra


def _write_end(count: int, size: int, offset: int) -> bytes:
    end = b""
    if count >= LARGEST_16 or size >= LARGEST_32 or offset >= LARGEST_32:
        end = _LARGE_END.pack(
            b"PK\6\6", 44, _LARGE_VERSION, _LARGE_VERSION, 0, 0, count, count, size, offset
        ) + _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
        count, size, offset = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    return end + _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)
