"""What is a file that holds no registry records? The message names it, so that its owner finds the slip."""

from __future__ import annotations

import re

_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (b"BZh", "a bzip2 file; unpack it first"),
    (b"\xfd7zXZ\0", "an xz file; unpack it first"),
    (b"\x04\x22\x4d\x18", "an LZ4 file; unpack it first"),
    (b"PGDMP", "a PostgreSQL dump; use the pipe-delimited files instead"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_XML_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,80})")
_UTF16 = re.compile(rb"\xff\xfe|\xfe\xff|(?:\0[\x09-\x7e]){4}|(?:[\x09-\x7e]\0){4}")


def describe_unknown(head: bytes) -> str:
    """Say what a file that no reader knows seems to be, from its first bytes.

    Examples
    --------
    >>> describe_unknown(b"%PDF-1.7 ..."), describe_unknown(b""), describe_unknown(b"a,b\\n1,2\\n")
    ('a PDF document', 'an empty file', "a table with the columns 'a', 'b'")
    """
    if not head.strip():
        return "an empty file" if not head else "a file of blanks only"
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return name
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it first"
    if _UTF16.match(head):
        return "text in UTF-16; save it as UTF-8"
    if b"\0" in head:
        return "a binary file (it has NUL bytes)"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(text):
        return "a web page (HTML)"
    if text.lstrip()[:1] == b"<" and (root := _XML_ROOT.search(text)):
        return f"XML with the root element <{root[1].decode('ascii', 'replace')}>"
    return _describe_text(text)


def _describe_text(text: bytes) -> str:
    try:
        first = text.decode().lstrip().split("\n", 1)[0].strip()
    except UnicodeDecodeError as error:
        # A character that the end of `head` cuts in two is no fault of the file.
        if error.start < len(text) - 4:
            return f"a file that is not UTF-8 (byte {error.start} is 0x{text[error.start]:02x})"
        first = text[: error.start].decode().lstrip().split("\n", 1)[0].strip()
    for separator in ("\t", "|", ";", ","):
        columns = [column.strip().strip('"') for column in first.split(separator)]
        if len(columns) > 1 and all(0 < len(column) <= 40 for column in columns):
            names = ", ".join(repr(column) for column in columns[:4])
            return f"a table with the columns {names}{', …' if len(columns) > 4 else ''}"
    return f"text that starts with {first[:60]!r}"
