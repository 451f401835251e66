"""How does the whole library leave as one archive, at the pace of its reader and in bounded memory?"""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import chain

import msgspec

from trialbook.ask.address import REGISTRY_WHICH
from trialbook.ask.parameters import Parameters
from trialbook.errors import ApiError
from trialbook.export.forms import name_file
from trialbook.export.zip_stream import ZipWriter

KNOWN = frozenset({"format", *REGISTRY_WHICH})
FORMATS = ("json.zip",)
FILE_NAME = "ctg-studies.json.zip"
RECORDS_AT_ONCE = 100
# A part is made from the last of these places on.
FILES_BETWEEN = 200
# Level 6 makes the archive a sixth smaller and takes three times as long.
LEVEL = 1

# Gives the next records behind an id.
FindAfter = Callable[[str, int], list[tuple[str, bytes]]]


def is_of_a_search(parameters: Parameters) -> bool:
    """Whether not all studies are asked for; raises ApiError for any form but the one there is."""
    parameters.choice("format", FORMATS)
    return any(value.strip() for _, value in parameters.items(without=("format",)))


class Checkpoint(msgspec.Struct, frozen=True):
    """A place in an archive at which it can be taken up: behind which study, and how far it had come."""

    nct_id: str
    count: int
    offset: int
    directory_length: int


class Layout(msgspec.Struct, frozen=True):
    """How an archive of one state of the library lies: from it any part can be made without the parts before.

    Attributes
    ----------
    tag
        The state, as an ETag.
    size
        Bytes of the whole archive.
    directory
        The archive's directory.
    checkpoints
        Places to begin at, in order; the first is the beginning.
    """

    tag: str
    size: int
    directory: bytes
    checkpoints: tuple[Checkpoint, ...]


class Archive:
    """The whole library as one archive, which can be asked for in parts once its layout is known.

    Parameters
    ----------
    find_after
        Gives the next records behind an id.
    find_tag
        The tag of the state in which the library is.
    """

    def __init__(self, find_after: FindAfter, find_tag: Callable[[], str]) -> None:
        self._find_after, self._find_tag = find_after, find_tag
        self._known: Layout | None = None
        self._lock = threading.Lock()

    def find_layout(self, tag: str) -> Layout | None:
        """The layout of a state; None where the library leaves that state while it is worked out.

        It is known after a first whole download; else the archive is made once without sending it. Raises
        ApiError (503) while that is done for another request.
        """
        known = self._known
        if known is not None and known.tag == tag:
            return known
        if not self._lock.acquire(blocking=False):
            raise ApiError("The archive is being measured; ask again in a minute", 503)
        try:
            for _ in self.write(tag):
                pass
            known = self._known
        finally:
            self._lock.release()
        return known if known is not None and known.tag == tag else None

    def write(self, tag: str) -> Iterator[bytes]:
        """The archive from its beginning. Each part may be made in another thread."""
        writer, places = ZipWriter(LEVEL), [Checkpoint("", 0, 0, 0)]
        for nct_id, body in _iter_records(self._find_after, ""):
            yield writer.add(name_file(nct_id), body)
            if writer.count % FILES_BETWEEN == 0:
                places.append(Checkpoint(nct_id, writer.count, writer.offset, len(writer.directory)))
        end = writer.finish()
        if self._find_tag() == tag:
            size = writer.offset + len(end)
            self._known = Layout(tag, size, bytes(writer.directory), tuple(places))
        yield end

    def write_part(self, layout: Layout, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` to `last`, both included, of an archive."""
        place = layout.checkpoints[bisect_right(layout.checkpoints, first, key=lambda each: each.offset) - 1]
        writer = ZipWriter(
            LEVEL,
            directory=layout.directory[: place.directory_length],
            count=place.count,
            offset=place.offset,
        )
        at = place.offset
        blocks = chain(
            (
                writer.add(name_file(nct_id), body)
                for nct_id, body in _iter_records(self._find_after, place.nct_id)
            ),
            (writer.finish() for _ in (None,)),
        )
        for block in blocks:
            part = block[max(0, first - at) : last + 1 - at]
            at += len(block)
            if part:
                yield part
            if at > last:
                return


def _iter_records(find_after: FindAfter, last: str) -> Iterator[tuple[str, bytes]]:
    while records := find_after(last, RECORDS_AT_ONCE):
        yield from records
        last = records[-1][0]


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """The first and the last byte of a `Range` header; None for what is no single range.

    Raises ApiError (416) where it lies behind the end.

    >>> read_range("bytes=2-", 10), read_range("bytes=-3", 10), read_range("bytes=0-99", 10), read_range("x", 10)
    ((2, 9), (7, 9), (0, 9), None)
    """
    found = _RANGE.fullmatch(text.strip().replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
    if found[1] and found[2] and int(found[2]) < first:
        return None
    if first >= size or first > last:
        raise ApiError(f"The archive has {size} bytes", 416)
    return first, last
