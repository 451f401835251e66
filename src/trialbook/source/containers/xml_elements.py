"""How does one large XML file become its single records, with bounded memory and no entity expanded?

The elements are found by their tags in the bytes, then each is parsed on its own. So each record's
original bytes are exact, one broken record costs only itself, a missing header or a cut-off end costs
nothing but itself, and no entity that a file declares is ever in force where a record is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, fromstring

import msgspec

from trialbook.errors import SourceFormatError, SourceReadError

MAX_ELEMENT_BYTES = 32 << 20
MAX_DEPTH = 64
MAX_TAGS = 2_000_000
KEPT_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 18
_PROLOG_BYTES = 1 << 16

_DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# All of ASCII, and what some encodings do not take as it stands.
_ASCII = bytes(range(0x20, 0x7F)) + rb"\x41\u0041 +AEE- ~{<~} .xn--ls8h"
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


class XmlPiece(msgspec.Struct, frozen=True):
    """One element of a file, or a stretch of bytes that is none.

    Attributes
    ----------
    raw
        The bytes as they stand; the first MiB where `problem` is set.
    number
        1 for the first piece of the file, and so on.
    encoding
        The encoding that the file declares, `utf-8` where it declares none.
    problem
        Why the piece is no element; "" where it is one.
    """

    raw: bytes
    number: int
    encoding: str
    problem: str = ""


def parse_element(raw: bytes, *, encoding: str = "utf-8") -> Element:
    """Parse one element, refusing document types, entities and absurd nesting.

    Raises
    ------
    SourceFormatError
        The bytes are not in that encoding, not well-formed, declare a document type or an entity,
        have more than 2,000,000 tags or nest deeper than 64 levels.
    """
    if not _keeps_ascii(encoding):
        raise SourceFormatError("the XML declares an unknown encoding", found=encoding, expected="UTF-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        found = ascii(raw[error.start : error.start + 12])
        raise SourceFormatError(f"the XML is not valid {encoding}", found=found) from None
    text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
    # An entity can only be declared inside a document type, and expat knows that by these letters
    # alone; without one its own parser in C is safe, and twice as fast as a guarded one in Python.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SourceFormatError("the XML declares a document type or an entity; such documents are refused")
    # A parsed element takes some 100 bytes even where its tag takes four.
    if text.count("<") > MAX_TAGS:
        raise SourceFormatError(f"the XML has more than {MAX_TAGS:,} tags, which no study has")
    try:
        root = fromstring(text)  # noqa: S314
    except ParseError as error:
        raise SourceFormatError(f"the XML is not well-formed: {error}") from None
    _check_depth(root)
    return root


@lru_cache(64)
def _keeps_ascii(encoding: str) -> bool:
    """Tell whether a name is that of an encoding in which tags, found as ASCII in the bytes, are tags.

    Python knows others by name too: some that never decode (`undefined`), and some in which a text of
    some MB takes hours (`punycode`).
    """
    try:
        return _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except (LookupError, UnicodeError):
        return False


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node]
        if not level:
            return
    raise SourceFormatError(f"the XML nests deeper than {MAX_DEPTH} levels")


def split_elements(stream: BinaryIO, tag: str, *, place: str) -> Iterator[XmlPiece]:
    """Find every `tag` element of a file, in order, and whatever stands between them that is no markup.

    Parameters
    ----------
    stream
        Read once, in chunks; memory stays below twice the largest element (32 MiB).
    tag
        The record's element name; it must not contain itself.
    place
        The file's name, for `SourceReadError`.

    Yields
    ------
    XmlPiece
        `problem` is set for an element that is cut off or too large, for stray text, and, as the
        only piece, for a file in UTF-16 or one that declares a document type.

    Raises
    ------
    SourceReadError
        The stream cannot be read any further.
    """
    scan = _Scan(stream, tag, place)
    scan.fill(_PROLOG_BYTES)
    if bytes(scan.buffer[:2]) in _UTF16_MARKS:
        yield scan.piece(bytes(scan.buffer), "the XML is in UTF-16; save it as UTF-8 and import it again")
        return
    declared = _DECLARED_ENCODING.match(bytes(scan.buffer[:400]).removeprefix(b"\xef\xbb\xbf"))
    scan.encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
    while True:
        outside, found = scan.find_start()
        if _DOCTYPE.search(outside):
            problem = "the XML declares a document type or an entity; such documents are refused"
            yield scan.piece(outside, problem)
            return
        if stray := _find_stray_text(outside):
            yield scan.piece(outside, f"there is text outside any <{tag}>: {stray[:60]!r}")
        if not found:
            return
        yield scan.take_element()


def _find_stray_text(outside: bytes) -> bytes:
    """What stands between records and is neither a tag, a comment, an instruction nor blank."""
    position = 0
    closers = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<", b">"))
    outside = outside.removeprefix(b"\xef\xbb\xbf").strip()
    while position < len(outside):
        closer = next((end for start, end in closers if outside.startswith(start, position)), None)
        end = outside.find(closer, position) if closer else -1
        if closer is None or end < 0:
            return outside[position:]
        position = end + len(closer)
        while outside[position : position + 1].isspace():
            position += 1
    return b""


class _Scan:
    """A window over the stream; `buffer` starts where nothing has been handed out yet."""

    def __init__(self, stream: BinaryIO, tag: str, place: str) -> None:
        self.buffer = bytearray()
        self.encoding = "utf-8"
        self._stream, self._tag, self._place = stream, tag, place
        self._start = re.compile(rb"<" + tag.encode() + rb"[\s/>]")
        self._end = re.compile(rb"</" + tag.encode() + rb"\s*>")
        self._number = 0
        self._at_end = False

    def fill(self, size: int = _CHUNK_BYTES) -> bool:
        """Read on; False at the end of the stream."""
        if self._at_end:
            return False
        try:
            chunk = self._stream.read(size)
        except (OSError, EOFError, ValueError) as error:
            raise SourceReadError(
                f"reading stopped ({error}); the file may be damaged", place=self._place
            ) from error
        self._at_end = not chunk
        self.buffer += chunk
        return bool(chunk)

    def piece(self, raw: bytes, problem: str = "") -> XmlPiece:
        self._number += 1
        kept = raw[:KEPT_BYTES] if problem else raw
        return XmlPiece(raw=kept, number=self._number, encoding=self.encoding, problem=problem)

    def find_start(self) -> tuple[bytes, bool]:
        """Move to the next start tag; the bytes before it (a MiB of them at most), and if there is one."""
        outside = bytearray()
        while True:
            match = self._start.search(self.buffer)
            # A start tag or a comment may straddle two chunks, so a tail stays in the window.
            cut = match.start() if match else max(0, len(self.buffer) - (0 if self._at_end else 256))
            if len(outside) < KEPT_BYTES:
                outside += self.buffer[:cut]
            del self.buffer[:cut]
            if match:
                return bytes(outside), True
            if not self.fill() and not self.buffer:
                return bytes(outside), False

    def take_element(self) -> XmlPiece:
        """Hand out the element at the window's start."""
        searched = 0
        while True:
            match = self._end.search(self.buffer, searched)
            if match:
                raw = bytes(self.buffer[: match.end()])
                del self.buffer[: match.end()]
                return self.piece(raw)
            searched = max(0, len(self.buffer) - 256)
            if len(self.buffer) > MAX_ELEMENT_BYTES:
                return self._skip_element()
            if not self.fill():
                raw = bytes(self.buffer)
                self.buffer.clear()
                return self.piece(raw, f"the file ends inside a <{self._tag}>; it may be incomplete")

    def _skip_element(self) -> XmlPiece:
        kept = bytes(self.buffer[:KEPT_BYTES])
        while True:
            match = self._end.search(self.buffer)
            del self.buffer[: match.end() if match else max(0, len(self.buffer) - 256)]
            if match or not self.fill():
                return self.piece(kept, f"a <{self._tag}> is larger than {MAX_ELEMENT_BYTES >> 20} MiB")
