"""Where does each record begin and end in a stream of JSON?

Records are cut out byte for byte and not decoded: one object, objects one after another, lines, a
list, or pages `{"studies": [...]}`, in memory bounded by the longest record. A piece that is broken
ends where the next record (or line) seems to start, so that it costs no other record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from trialbook.errors import SourceReadError
from trialbook.source.limits import Limits, describe_bytes

CHUNK_BYTES = 2**20
# What of a stream may be looked through for ends that are not there, in longest records.
PATIENCE = 8
BOM = b"\xef\xbb\xbf"
_PAGE_HEADER_BYTES = 64 * 1024
_RECORD_START_BYTES = 128

_BLANK = re.compile(rb"(?:[\s,\x1e]++|\xef\xbb\xbf)*+")
# In valid JSON this is never part of a string: its quotes would be escaped there.
_RECORD_START = re.compile(
    rb'\{\s{0,64}+"(?:protocolSection|hasResults|derivedSection'
    rb'|resultsSection|annotationSection|documentSection)"'
)
_PAGE_START = re.compile(
    rb'\{\s*+(?:"[^"\\]*+"\s*+:\s*+(?:"(?:[^"\\]|\\.)*+"|[-+.\w]++)\s*+,\s*+){0,20}"studies"\s*+:\s*+\['
)
# msgspec says where a value ends in these words alone; `pyproject.toml` bounds its version, a test holds them.
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_BYTE = re.compile(r"\(byte (\d+)\)")
_TRUNCATED = "Input data was truncated"
_RAW = msgspec.json.Decoder(msgspec.Raw)
_NAMES = {b"[": "a list", b'"': "a text", b"t": "true", b"f": "false", b"n": "null"}


class Slice(NamedTuple):
    """One piece of the stream: a record's bytes, or what could not be cut into records.

    `number` counts from 1: the line where `is_line`, otherwise the pieces of the stream; 0 is an
    object that is alone in it.
    """

    body: bytes
    number: int
    is_line: bool = False
    problem: str = ""


def slice_records(stream: BinaryIO, limits: Limits) -> Iterator[Slice]:
    """Cut a stream of JSON into its records.

    Parameters
    ----------
    stream
        UTF-8 with or without a byte order mark. Its `read(n)` may return less than n.
    limits
        The longest record, and how much of a longer one is kept.

    Yields
    ------
    Slice
        In the order of the stream. A body is exact, and may still be invalid inside.

    Raises
    ------
    SourceReadError
        The stream broke. All before the break has been yielded, a cut piece with its problem.
    """
    window = _Window(stream, limits)
    number = 0
    while first := window.skip_blank():
        if first == b"[":
            pieces = _slice_list(window)
        elif first == b"{" and window.find_page():
            pieces = _slice_page(window)
        elif first == b"{" and not number and window.is_at_lines():
            yield from _slice_lines(window)
            continue
        else:
            body, problem = window.take_object()
            is_alone = not number and not window.skip_blank()
            number += 1
            yield Slice(body, 0 if is_alone else number, False, problem)
            continue
        for body, problem in pieces:
            number += 1
            yield Slice(body, number, False, problem)
    if window.error:
        raise window.error


def is_one_record(data: bytes) -> bool:
    """Tell whether bytes are one record from first to last, quicker than `slice_records` does.

    Examples
    --------
    >>> is_one_record(b'{"protocolSection": {}}'), is_one_record(b'{"protocolSection": {}} {}')
    (True, False)
    """
    return bool(_RECORD_START.match(data)) and _find_end(data) == (len(data), "")


_Piece = tuple[bytes, str]


def _slice_list(window: _Window) -> Iterator[_Piece]:
    """Yield the objects of the list that starts here."""
    window.at += 1
    problem = ""
    while first := window.skip_blank():
        if first == b"]":
            window.at += 1
            return
        body, problem = window.take_object()
        yield body, problem
    if not problem:
        yield b"", "the list of records is not closed: the file may be cut off"


def _slice_page(window: _Window) -> Iterator[_Piece]:
    """Yield the objects of `studies`, and pass over the page's other elements."""
    window.at = window.find_page() - 1
    yield from _slice_list(window)
    while first := window.skip_blank():
        if first in b"}:":
            window.at += 1
            if first == b"}":
                return
            continue
        body, problem = window.take_value()
        if problem:
            yield body, f"after the list of studies: {problem}"


def _slice_lines(window: _Window) -> Iterator[Slice]:
    """Yield one record a line; a broken line costs that line only."""
    line, limit = window.newlines, window.limits.max_record_bytes
    while True:
        end = window.data.rfind(b"\n", window.at)
        if end >= 0:
            block = window.take(end - window.at)
            window.at += 1
            for text in block.split(b"\n"):
                line += 1
                if body := text.strip():
                    yield _judge_line(body, line, window.limits)
        elif len(window.data) - window.at > limit:
            line += 1
            body, length = window.skip_line()
            yield Slice(body, line, True, _too_long(length, window.limits))
        elif not window.fill_on():
            break
    if body := window.take(len(window.data) - window.at).strip():
        piece = _judge_line(body, line + 1, window.limits)
        is_cut = not piece.problem and (window.error or not body.endswith(b"}"))
        yield piece._replace(problem="the file ends inside this line") if is_cut else piece


def _judge_line(body: bytes, line: int, limits: Limits) -> Slice:
    if body[:1] != b"{":
        body = body.removeprefix(BOM)
        if body[:1] != b"{":
            return Slice(body[: limits.kept_bytes], line, True, "the line is no JSON object")
    if len(body) > limits.max_record_bytes:
        return Slice(body[: limits.kept_bytes], line, True, _too_long(len(body), limits))
    return Slice(body, line, True)


def _too_long(length: int, limits: Limits) -> str:
    kept = f"; the first {describe_bytes(limits.kept_bytes)} are kept" if length > limits.kept_bytes else ""
    most = describe_bytes(limits.max_record_bytes)
    return f"{length} bytes without the end of a record, which may have {most} at most{kept}"


class _Window:
    """The part of a stream that is in memory: `data`, of which all before `at` is done."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.stream, self.limits = stream, limits
        self.data, self.at = b"", 0
        self.newlines = 0
        self.error: SourceReadError | None = None
        self._is_ended = False
        # Bytes that may still be looked through in vain: broken records that begin inside one another would
        # otherwise each cost all that follows.
        self._patience = PATIENCE * max(limits.max_record_bytes, CHUNK_BYTES)

    def fill(self, size: int = CHUNK_BYTES) -> bool:
        """Read on, by at least one byte; False at the end. Positions before `at` become invalid."""
        if self._is_ended:
            return False
        parts, length = [self.data[self.at :]], 0
        while length < size and (chunk := self._read(size - length)):
            parts.append(chunk)
            length += len(chunk)
        self._is_ended = length < size
        self.data, self.at = b"".join(parts), 0
        return length > 0

    def fill_on(self) -> bool:
        """As `fill`, by a quarter of what is in memory and is not done: of what has no end, each byte is moved a few times."""
        return self.fill(max(CHUNK_BYTES, (len(self.data) - self.at) // 4))

    def _read(self, size: int) -> bytes:
        if self.error:
            return b""
        try:
            return self.stream.read(size)
        except SourceReadError as error:
            self.error = error
            return b""

    def take(self, length: int) -> bytes:
        """Take the next bytes, which must be in memory."""
        start, self.at = self.at, self.at + length
        return self.data[start : self.at]

    def skip_blank(self) -> bytes:
        """Pass over space and commas; returns the byte that follows, b"" at the end."""
        while True:
            end = _end_of_blank(self.data, self.at)
            self.newlines += self.data.count(b"\n", self.at, end)
            self.at = end
            if len(self.data) - end >= len(BOM) or not self.fill():
                return self.data[self.at : self.at + 1]

    def find_page(self) -> int:
        """Find where the list of a page that starts here begins; 0 where this is no page."""
        while len(self.data) - self.at < _PAGE_HEADER_BYTES and self.fill():
            pass
        match = _PAGE_START.match(self.data, self.at, self.at + _PAGE_HEADER_BYTES)
        return match.end() if match else 0

    def is_at_lines(self) -> bool:
        """Tell whether the object that starts here is one line of several, whole or broken."""
        searched = 0
        while (end := self.data.find(b"\n", self.at + searched)) < 0:
            searched = len(self.data) - self.at
            if searched > self.limits.max_record_bytes or not self.fill_on():
                return False
        line = self.data[self.at : end].rstrip()
        if _find_end(line) == (len(line), ""):
            return True
        if line[-1:] in b"[,:{":
            return False
        following = _end_of_blank(self.data, end)
        return self.data[following : following + 1] == b"{"

    def take_object(self) -> _Piece:
        """Take the object that starts here, or whatever is in its place, with its problem."""
        first = self.data[self.at : self.at + 1]
        if first == b"{":
            return self.take_value()
        name = _NAMES.get(first, "a number" if first in b"-0123456789" else f"{first!r}"[1:])
        return self._take_broken(f"{name} where the object of a study was expected")

    def take_value(self) -> _Piece:
        """Take the JSON value that starts here, of any kind."""
        limit = self.limits.max_record_bytes
        while True:
            end, problem = _find_end(memoryview(self.data)[self.at :])
            size = len(self.data) - self.at
            is_open = problem == _TRUNCATED or (end == size and self.data[self.at] not in b'{["')
            if not is_open or size > limit or not self.fill(max(CHUNK_BYTES, size)):
                break
        if problem:
            at = _BYTE.search(problem)
            self._patience -= int(at[1]) if at else size
            if self._patience < 0:
                return self._take_rest()
        if problem == _TRUNCATED:
            return self._take_broken("" if size > limit else "the file ends inside this record")
        if problem:
            return self._take_broken(problem)
        body = self.take(end)
        return (body, "") if end <= limit else (body[: self.limits.kept_bytes], _too_long(end, self.limits))

    def _take_rest(self) -> _Piece:
        """Take all that is in memory, and read no further."""
        kept = self.data[self.at : self.at + self.limits.kept_bytes]
        self.data, self.at, self._is_ended = b"", 0, True
        return kept, "too many broken records inside one another; from here on the file was not read"

    def _take_broken(self, problem: str) -> _Piece:
        """Take all up to the next start of a record, keeping the first part; "" is a record too long."""
        kept, length, start = b"", 0, self.at + 1
        while True:
            match = _RECORD_START.search(self.data, start)
            done = match.start() if match else max(self.at, len(self.data) - _RECORD_START_BYTES)
            length += done - self.at
            kept += self.data[self.at : min(done, self.at + self.limits.kept_bytes - len(kept))]
            self.at = done
            if match:
                break
            if not self.fill():
                rest = self.take(len(self.data) - self.at)
                length += len(rest)
                kept = (kept + rest)[: self.limits.kept_bytes]
                break
            start = self.at
        kept = kept.rstrip(b" \t\r\n,")
        if not problem:
            return kept, _too_long(length, self.limits)
        return kept, f"{problem} ({length} bytes up to the next record or the end)"

    def skip_line(self) -> tuple[bytes, int]:
        """Pass over the line that starts here; returns its first part and its length in bytes."""
        kept = self.data[self.at : self.at + self.limits.kept_bytes]
        length = 0
        while (end := self.data.find(b"\n", self.at)) < 0:
            length += len(self.data) - self.at
            self.at = len(self.data)
            if not self.fill():
                return kept, length
        length += end - self.at
        self.at = end + 1
        return kept, length


def _end_of_blank(data: bytes, at: int) -> int:
    match = _BLANK.match(data, at)
    return match.end() if match else at


def _find_end(text: bytes | memoryview) -> tuple[int, str]:
    """Find the length of the JSON value that a text starts with, or what is wrong with it."""
    try:
        return len(memoryview(_RAW.decode(text))), ""
    except RecursionError:
        return 0, "objects or lists nest too deep"
    except msgspec.DecodeError as error:
        message = str(error)
    trailing = _TRAILING.search(message)
    if not trailing:
        return 0, message if message == _TRUNCATED else f"not valid JSON: {message}"
    return len(bytes(text[: int(trailing[1]) - 1]).rstrip()), ""
