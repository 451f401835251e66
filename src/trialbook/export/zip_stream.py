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
    writer = ZipWriter(level)
    for name, content in files:
        yield writer.add(name, content)
    yield writer.finish()


class ZipWriter:
    """An archive on its way.

    Attributes
    ----------
    directory
        Its directory so far, of which a file has some 60 bytes.
    count, offset
        How many files and bytes have left.
    """

    def __init__(self, level: int = 6, *, directory: bytes = b"", count: int = 0, offset: int = 0) -> None:
        self._level = level
        self.directory, self.count, self.offset = bytearray(directory), count, offset

    def add(self, name: str, content: bytes) -> bytes:
        """The bytes of a further file."""
        packed = _pack(content, self._level)
        head, entry = _describe(name.encode(), content, packed, self.offset)
        self.directory += entry
        self.count += 1
        self.offset += len(head) + len(packed)
        return head + packed

    def finish(self) -> bytes:
        """The bytes behind the last file."""
        return bytes(self.directory) + _write_end(self.count, len(self.directory), self.offset)


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
