"""How much may untrusted input cost? The bounds that every reader of files keeps to."""

from __future__ import annotations

import re

import msgspec

MIB = 2**20
GIB = 2**30


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what one file may make a reader do; the default suits every real registry file.

    Attributes
    ----------
    max_record_bytes
        The longest single record; the registry's longest is near 20 MiB.
    max_record_memory
        How much memory a record may take once it is read, as `is_above_memory` estimates it; the registry's
        longest takes near 250 MiB. What is made of a record (a page, a row, a comparison) then fits beside it.
    kept_bytes
        How much of a rejected piece is kept with its reason.
    max_depth
        How deep objects and lists of a record may nest; the registry's nest 12 deep.
    max_nesting
        How many containers may lie inside one another: a gzip inside a zip is two.
    max_expansion, free_expansion_bytes
        A compressed file may expand to this many times its size, and in any case to
        `free_expansion_bytes`. Registry records expand five- to tenfold.
    """

    max_record_bytes: int = 64 * MIB
    max_record_memory: int = 320 * MIB
    kept_bytes: int = MIB
    max_depth: int = 200
    max_nesting: int = 3
    max_expansion: int = 200
    free_expansion_bytes: int = 4 * GIB

    def is_bomb(self, packed_bytes: int, bytes_out: int) -> bool:
        """Tell whether so many bytes out of so few packed ones are more than any registry file."""
        return bytes_out > self.free_expansion_bytes and bytes_out > packed_bytes * self.max_expansion


DEFAULT = Limits()


# A text of JSON, quotes and all.
TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PART = re.compile(rb'(?:[^"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"){1,1000}+', re.DOTALL)
# What one of each takes in memory, as decoded and as typed; a comma stands for the value before it.
OBJECT_BYTES, LIST_BYTES, VALUE_BYTES = 320, 120, 80
# The first bytes of characters beyond 16 bits, and their first half where it is written as an escape.
_WIDEST = tuple(bytes([lead]) for lead in range(0xF0, 0xF5))
_WIDEST_ESCAPED = re.compile(rb"\\u[dD][89abAB]")


def estimate_memory(body: bytes) -> int:
    """Estimate how many bytes of memory a JSON record takes once it is read, never too low, without reading it.

    So much for each object, list and value; what stands inside texts counts as if it were structure too.
    Texts count as they came, and twice as they are held, since an answer may hold them again: one character
    beyond 16 bits makes four bytes of each in its text.
    """
    structure = (
        body.count(b"{") * OBJECT_BYTES + body.count(b"[") * LIST_BYTES + body.count(b",") * VALUE_BYTES
    )
    return structure + _estimate_text(body)


def is_above_memory(body: bytes, most: int) -> bool:
    """Tell whether a JSON record would take more than `most` bytes of memory, with no structure seen inside texts.

    Only of valid JSON, whose texts all end, is this told in bounded time.
    """
    if estimate_memory(body) <= most:
        return False
    estimate = 0
    for part in _PART.finditer(body):
        bare = TEXT.sub(b"", part[0])
        estimate += estimate_memory(bare) - _estimate_text(bare) + _estimate_text(part[0])
        if estimate > most:
            return True
    return False


def _estimate_text(text: bytes) -> int:
    has_escapes = b"\\u" in text
    if text.isascii() and not has_escapes:
        return len(text) * 3
    is_wide = any(lead in text for lead in _WIDEST) or (has_escapes and _WIDEST_ESCAPED.search(text))
    return len(text) * (9 if is_wide else 5)


def describe_bytes(count: int) -> str:
    """Write a number of bytes for people.

    Examples
    --------
    >>> describe_bytes(67108864), describe_bytes(1500), describe_bytes(12)
    ('64.0 MiB', '1.5 KiB', '12 bytes')
    """
    for unit, size in (("GiB", GIB), ("MiB", MIB), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
