"""Tables for a terminal: columns side by side while they fit, else one row after another."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from trialbook.pages.tree import Row, Table

MIN_COLUMN = 9
MAX_HEADER_SHARE = 0.42


def table_lines(table: Table, width: int) -> Iterator[str]:
    """The lines of a table, without caption and notes.

    A table whose columns would be narrower than nine characters is written row by row, each cell with its
    column's title.
    """
    first = _first_width(table, width)
    count = len(table.columns)
    room = (width - first - 3 * count) // count if count else 0
    if count == 0 or room < MIN_COLUMN:
        yield from _stacked(table, width)
        return
    widest = max((len(cell) for row in table.rows for cell in row.cells), default=0)
    column = min(room, max(widest, *(len(title) for title in table.columns), 4))
    yield from _line((table.corner, *table.columns), first, column)
    yield "-+-".join("-" * size for size in (first, *[column] * count))
    for row in table.rows:
        header = f"{'  ' * row.level}{row.header}" + (f" ({row.remark})" if row.remark else "")
        if row.is_group:
            yield from textwrap.wrap(header, width, break_long_words=False)
        else:
            yield from _line((header, *row.cells), first, column)


def _first_width(table: Table, width: int) -> int:
    longest = max((len(row.header) + 2 * row.level for row in table.rows if not row.is_group), default=0)
    return min(max(longest, len(table.corner), 10), int(width * MAX_HEADER_SHARE))


def _line(cells: tuple[str, ...], first: int, column: int) -> Iterator[str]:
    blocks = [_wrapped(cell, first if index == 0 else column) for index, cell in enumerate(cells)]
    for number in range(max(map(len, blocks))):
        texts = [block[number] if number < len(block) else "" for block in blocks]
        yield " | ".join(
            text.ljust(first if index == 0 else column) for index, text in enumerate(texts)
        ).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    indent = " " * (len(cell) - len(cell.lstrip()))
    return textwrap.wrap(cell, width, subsequent_indent=f"{indent}  " if width > 20 else "") or [""]


def _stacked(table: Table, width: int) -> Iterator[str]:
    for row in table.rows:
        yield from textwrap.wrap(_title(row), width, subsequent_indent="  ", break_long_words=False)
        for title, cell in zip(table.columns, row.cells, strict=False):
            if cell:
                yield from textwrap.wrap(
                    f"{title}: {cell}",
                    width,
                    initial_indent="    ",
                    subsequent_indent="      ",
                    break_long_words=False,
                )


def _title(row: Row) -> str:
    remark = f" ({row.remark})" if row.remark else ""
    return f"[{row.header}]{remark}" if row.is_group else f"- {row.header}{remark}"
