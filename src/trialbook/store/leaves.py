"""Which rows lie on the pages of a file of SQLite, when the pages that lead to them are damaged?

After SQLite's description of its file format (sqlite.org/fileformat2.html): a table's rows lie on leaf pages,
each row with its number; what does not fit goes on over a chain of pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

LEAF = 0x0D
MOST_ROWS = 2_000
MOST_BYTES = 1 << 30
WHOLE_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def iter_leaf_rows(path: Path, columns: int, page_bytes: int) -> Iterator[tuple[int, list[Any]]]:
    """Each row of `columns` columns on any leaf page: its number and its values.

    Rows of whatever table, also of pages that were given up; who asks proves them. What cannot be understood
    is passed over.
    """
    count = path.stat().st_size // page_bytes
    with path.open("rb") as file:
        for number in range(1, count + 1):
            page = _read_page(file, number, page_bytes)
            start = 100 if number == 1 else 0
            if len(page) < page_bytes or page[start] != LEAF:
                continue
            cells = min(int.from_bytes(page[start + 3 : start + 5], "big"), MOST_ROWS)
            for cell in range(cells):
                at = start + 8 + 2 * cell
                try:
                    yield _read_cell(file, page, int.from_bytes(page[at : at + 2], "big"), columns)
                except (IndexError, ValueError, OverflowError):
                    continue


def _read_page(file: BinaryIO, number: int, page_bytes: int) -> bytes:
    file.seek((number - 1) * page_bytes)
    return file.read(page_bytes)


def _read_cell(file: BinaryIO, page: bytes, at: int, columns: int) -> tuple[int, list[Any]]:
    size, at = _read_varint(page, at)
    number, at = _read_varint(page, at)
    usable = len(page)
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    local = size
    if size > most:
        fitting = least + (size - least) % (usable - 4)
        local = fitting if fitting <= most else least
    if at + local > usable or size > MOST_BYTES:
        raise ValueError("no row")
    payload = page[at : at + local]
    # Before a long chain is followed: is it a row of such a table at all?
    kinds = _read_kinds(payload, columns)
    if local < size:
        payload += _follow(
            file, int.from_bytes(page[at + local : at + local + 4], "big"), size - local, usable
        )
    return number, _read_values(payload, kinds)


def _follow(file: BinaryIO, number: int, left: int, page_bytes: int) -> bytes:
    parts = []
    while left > 0:
        page = _read_page(file, number, page_bytes)
        if number == 0 or len(page) < page_bytes:
            raise ValueError("the chain breaks off")
        parts.append(page[4 : 4 + left])
        left -= len(parts[-1])
        number = int.from_bytes(page[:4], "big")
    return b"".join(parts)


def _read_kinds(payload: bytes, columns: int) -> list[int]:
    """The kinds of a row's values, the length of its head first."""
    length, at = _read_varint(payload, 0)
    kinds = [length]
    while at < length:
        kind, at = _read_varint(payload, at)
        kinds.append(kind)
    if len(kinds) != columns + 1 or at != length:
        raise ValueError("a row of another table")
    return kinds


def _read_values(payload: bytes, kinds: list[int]) -> list[Any]:
    at, *rest = kinds
    values: list[Any] = []
    for kind in rest:
        if kind >= 12:
            length = (kind - 12) // 2
            data = payload[at : at + length]
            values.append(data.decode(errors="replace") if kind % 2 else data)
        elif kind in WHOLE_BYTES:
            length = WHOLE_BYTES[kind]
            values.append(int.from_bytes(payload[at : at + length], "big", signed=True))
        elif kind in (0, 8, 9):
            length = 0
            values.append(None if kind == 0 else kind - 8)
        else:
            raise ValueError("a kind that no table of a library has")
        at += length
    if at != len(payload):
        raise ValueError("its head does not say how long it is")
    return values


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of 1 to 9 bytes, and where it ends."""
    value = 0
    for count in range(8):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    return value << 8 | data[at + 8], at + 9
