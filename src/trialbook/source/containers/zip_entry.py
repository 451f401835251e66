"""What is one entry of a zip archive, and can it be read?"""

from __future__ import annotations

import struct
from typing import NamedTuple

READ_BYTES = 2**20
MAX32 = 2**32 - 1
LOCAL = struct.Struct("<4s5H3L2H")

_METHODS = {0: "stored", 8: "deflate"}
_OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}


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
