"""Are the files of an index all there and none of them cut short? How many documents do they hold?

Tantivy opens an index whose file of positions is missing, or was cut, and then finds no phrase; this looks
first. Of a small index every byte is compared then (0.3 ms a megabyte); of a larger one that is left to
`find_changed_files`. What lies beside an index and says what it holds has a sum at its end.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

META_FILE = "meta.json"
PARTS = ("fast", "fieldnorm", "idx", "pos", "store", "term")
# Each file ends in a note of its own: its text, the text's length, and a number that is always this.
_END = struct.Struct("<II")
END_NUMBER = 1337
BLOCK_BYTES = 1 << 20
# The files of an index of up to so many bytes, some 12,000 studies, are compared whole when they are opened.
MOST_COMPARED_BYTES = 128 << 20
_SUM = b',"sum":'


class Deletes(msgspec.Struct):
    """Which documents of a segment no longer count, as of a commit."""

    num_deleted_docs: int
    opstamp: int


class Segment(msgspec.Struct):
    """A part of an index, with files of its own."""

    segment_id: str
    max_doc: int
    deletes: Deletes | None = None

    @property
    def file_names(self) -> list[str]:
        """The files that it consists of."""
        name = self.segment_id.replace("-", "")
        marked = [f"{name}.{self.deletes.opstamp}.del"] if self.deletes else []
        return [*(f"{name}.{part}" for part in PARTS), *marked]


class Meta(msgspec.Struct):
    """What an index consists of since its last commit; `opstamp` grows with each."""

    segments: list[Segment]
    opstamp: int

    @property
    def documents(self) -> int:
        """How many documents it holds."""
        return sum(
            each.max_doc - (each.deletes.num_deleted_docs if each.deletes else 0) for each in self.segments
        )


class _Ending(msgspec.Struct):
    crc: int


# Made here: that several threads work out a type at once can end the process.
_META = msgspec.json.Decoder(Meta)
_ENDING = msgspec.json.Decoder(_Ending)


def read_meta(folder: Path) -> Meta:
    """What the index in a folder consists of; raises OSError, ValueError."""
    try:
        return _META.decode((folder / META_FILE).read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"its {META_FILE} cannot be read: {error}") from error


def check_files(folder: Path, meta: Meta, checked: set[str]) -> None:
    """Look at the end of each file that is not among those `checked`, or at all of it, and add it to them.

    Raises OSError for a file that is not there, ValueError for one that was cut short or is not as it was written.
    """
    names = [name for segment in meta.segments for name in segment.file_names]
    others = [name for name in names if name not in checked]
    ends = {name: _read_ending(folder / name) for name in others}
    is_small = sum((folder / name).stat().st_size for name in names if others) <= MOST_COMPARED_BYTES
    for name, (size, expected) in ends.items():
        if is_small and _compute_checksum(folder / name, size) != expected:
            raise ValueError(f"{name} is not as it was written")
        checked.add(name)


def _read_ending(path: Path) -> tuple[int, int]:
    """How many bytes come before a file's own note of its end, and their checksum."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END.size))
        last = file.read(_END.size)
        length, number = _END.unpack(last) if len(last) == _END.size else (0, 0)
        start = size - _END.size - length
        if number != END_NUMBER or start < 0:
            raise ValueError(f"{path.name} was cut short or written over")
        file.seek(start)
        try:
            return start, _ENDING.decode(file.read(length)).crc
        except msgspec.DecodeError as error:
            raise ValueError(f"the end of {path.name} was written over") from error


def find_changed_files(folder: Path) -> Iterator[str]:
    """Each file of an index whose bytes are no longer those that were written, and why; reads them all.

    Raises OSError, ValueError where it cannot even be told which files there are.
    """
    for segment in read_meta(folder).segments:
        for name in segment.file_names:
            try:
                size, expected = _read_ending(folder / name)
                if _compute_checksum(folder / name, size) != expected:
                    yield f"{name} is not as it was written"
            except (OSError, ValueError) as error:
                yield str(error)


def seal(said: bytes) -> bytes:
    """A JSON object with a sum of itself as its last member."""
    return b"%s%s%d}" % (said[:-1], _SUM, zlib.crc32(said[:-1]))


def is_as_sealed(data: bytes) -> bool:
    """Whether a JSON object has the sum that it carries, or carries none."""
    said, mark, kept = data.rpartition(_SUM)
    return not mark or kept == b"%d}" % zlib.crc32(said)


def _compute_checksum(path: Path, size: int) -> int:
    found, left = 0, size
    with path.open("rb") as file:
        while left and (block := file.read(min(left, BLOCK_BYTES))):
            found = zlib.crc32(block, found)
            left -= len(block)
    return found
