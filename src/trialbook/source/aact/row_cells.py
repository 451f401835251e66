"""How is the text of a table cut into rows of cells, whatever its quotes?"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from trialbook.source.incoming import Rejected
from trialbook.source.limits import MIB, describe_bytes

_MAX_LINE_BYTES = 16 * MIB
_MAX_CELL_SPAN_BYTES = 4 * MIB
# So often the lines of an open cell are looked through for its end.
_MOST_TRIES = 50
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)("?+)')
NCT_ID = re.compile(r"NCT\d{8}")


def iter_cells(chunks: Iterable[bytes], place: str) -> Iterator[tuple[int, list[str]] | Rejected]:
    """Cut a pipe-delimited table into (line, cells), the header being the first.

    A quote at the start of a cell may be the text's own (`"Time is Muscle" trial`): where quotes taken for
    marks do not give a row of the table and pipes alone do, they are. A quote that is never closed would
    swallow the rest of the table: once that shows, or after 4 MiB, its line is rejected and reading goes on
    with the next one.
    """
    lines = _Lines(chunks, place)
    header: list[str] | None = None
    while (line := lines.take()) is not None:
        if isinstance(line, Rejected):
            yield line
            continue
        number, data = line
        if not data.strip(b"\r"):
            continue
        cells = _split(data)
        if cells is None:
            cells = lines.take_to_closing_quote(data, header)
        if header and (isinstance(cells, str) or len(cells) != len(header)):
            cells = _split_at_pipes(data, header) or cells
        if isinstance(cells, str):
            yield Rejected(cells, f"{place}:{number}", data[:MIB])
            continue
        header = header or [cell.strip().lower() for cell in cells]
        yield number, cells


class _Lines:
    """Numbered lines, some of which were looked at and put back."""

    def __init__(self, chunks: Iterable[bytes], place: str) -> None:
        self._lines = _iter_lines(chunks, place)
        self._put_back: deque[tuple[int, bytes] | Rejected] = deque()

    def take(self) -> tuple[int, bytes] | Rejected | None:
        return self._put_back.popleft() if self._put_back else next(self._lines, None)

    def take_to_closing_quote(self, first: bytes, header: list[str] | None) -> list[str] | str:
        """Join lines to the one that closes the open cell; where none does, put them all back."""
        taken: list[tuple[int, bytes] | Rejected] = []
        joined, size = [first], len(first)
        quotes, tries = first.count(b'"'), [0, 0]
        reason = "a quoted cell is never closed"
        while size <= _MAX_CELL_SPAN_BYTES:
            line = self.take()
            if line is None:
                break
            taken.append(line)
            if isinstance(line, Rejected) or (header and _split_at_pipes(line[1], header)):
                break
            joined.append(line[1])
            size += len(line[1]) + 1
            # Only a line with a quote can close the cell, so only then is it worth looking. It makes their number
            # even, unless an earlier cell has one within: each of both is looked for so often.
            quotes += line[1].count(b'"')
            tries[quotes % 2] += b'"' in line[1]
            if b'"' not in line[1] or tries[quotes % 2] > _MOST_TRIES:
                continue
            cells = _split(b"\n".join(joined))
            if isinstance(cells, list):
                return cells
            if cells is not None:
                reason = f"a quoted cell is not closed in its row: {cells}"
                break
        self._put_back.extendleft(reversed(taken))
        return reason


def _split(record: bytes) -> list[str] | str | None:
    """Split one record into cells; None while a quoted cell is open, a reason where it is no text."""
    try:
        text = record.decode("utf-8").removesuffix("\r")
    except UnicodeDecodeError as error:
        return f"a row is not UTF-8 text: {error.reason} at byte {error.start}"
    if '"' not in text:
        return text.split("|")
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            match = _QUOTED.match(text, at)
            if match is None or not match[2]:
                return None
            at = match.end()
            if at < len(text) and text[at] != "|":
                return f"text after the closing quote of cell {len(cells) + 1}"
            cells.append(match[1].replace('""', '"').replace("\r\n", "\n"))
        else:
            end = text.find("|", at)
            end = len(text) if end < 0 else end
            cells.append(text[at:end])
            at = end
        if at >= len(text):
            return cells
        at += 1


def _split_at_pipes(line: bytes, header: list[str]) -> list[str] | None:
    """The cells of a line as a whole row whose quotes are all its own; None where it is none of this table."""
    if "nct_id" not in header:
        return None
    cells = line.decode("utf-8", "replace").removesuffix("\r").split("|")
    is_row = len(cells) == len(header) and NCT_ID.fullmatch(cells[header.index("nct_id")])
    return cells if is_row and "\ufffd" not in "".join(cells) else None


def _iter_lines(chunks: Iterable[bytes], place: str) -> Iterator[tuple[int, bytes] | Rejected]:
    number, pending, skipping = 1, b"", False
    for chunk in chunks:
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            if not skipping:
                yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            number, skipping = number + 1, False
        if len(pending) > _MAX_LINE_BYTES:
            if not skipping:
                reason = f"a line is longer than {describe_bytes(_MAX_LINE_BYTES)}"
                yield Rejected(reason, f"{place}:{number}", pending[:MIB])
            pending, skipping = b"", True
    if pending and not skipping:
        yield number, pending
