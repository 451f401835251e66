"""How much may untrusted input cost? The bounds that every reader of files keeps to."""

from __future__ import annotations

import msgspec

MIB = 2**20
GIB = 2**30


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what one file may make a reader do; the default suits every real registry file.

    Attributes
    ----------
    max_record_bytes
        The longest single record; the registry's longest is near 20 MiB.
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
    kept_bytes: int = MIB
    max_depth: int = 200
    max_nesting: int = 3
    max_expansion: int = 200
    free_expansion_bytes: int = 4 * GIB

    def is_bomb(self, packed_bytes: int, bytes_out: int) -> bool:
        """Tell whether so many bytes out of so few packed ones are more than any registry file."""
        return bytes_out > self.free_expansion_bytes and bytes_out > packed_bytes * self.max_expansion


DEFAULT = Limits()


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
