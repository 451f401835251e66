"""What rows does an AACT export hold for each study, however large and however ordered its tables are?

The export is a zip (or the folder that it was unpacked to) of text tables as PostgreSQL's
`COPY … CSV HEADER DELIMITER '|'` writes them: a header, cells in double quotes where they hold a pipe, a
quote or a line break. A study's rows lie in some fifty tables, not all of them in the order of studies, so
the rows go through a temporary SQLite file that sorts them by study.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

from trialbook.errors import SourceReadError
from trialbook.source.containers.folder import Archive, Entry
from trialbook.source.incoming import Rejected
from trialbook.source.limits import MIB, Limits, describe_bytes

_MAX_LINE_BYTES = 16 * MIB
_MAX_CELL_SPAN_BYTES = 4 * MIB
# Nothing here outlives the run, so nothing is worth syncing; sorting spills to disk, not memory.
_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-32000")
# What a row takes in memory until its study is a record, beside three times its bytes.
_ROW_MEMORY, _TEXT_TIMES = 800, 3
# So often the lines of an open cell are looked through for its end.
_MOST_TRIES = 50
_ROWS_KEPT = 1_000
_BATCH_ROWS = 2000
_BATCH_BYTES = 8 * MIB
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)("?+)')
_NCT_ID = re.compile(r"NCT\d{8}")

Row = dict[str, str]
"""One row: column -> cell, only the cells that are not empty."""


class StudyRows(msgspec.Struct, frozen=True):
    """Every row that the export holds for one study.

    Attributes
    ----------
    tables
        Table name -> its rows in the order of their `id`.
    original
        The same rows as JSON, whole: table -> its columns and its rows of cells.
    """

    nct_id: str
    tables: dict[str, list[Row]]
    original: bytes


class _Table(msgspec.Struct):
    columns: list[str]
    rows: list[list[str]]


def get_table_name(entry_name: str) -> str:
    """Name the table that an entry of the zip holds; "" where it holds none.

    Examples
    --------
    >>> get_table_name("20250101_export/Studies.txt"), get_table_name("schema.png")
    ('studies', '')
    """
    path = PurePosixPath(entry_name)
    return path.stem.lower() if path.suffix.lower() == ".txt" else ""


def iter_studies(archive: Archive, limits: Limits) -> Iterator[StudyRows | Rejected]:
    """Sort an export's rows by study.

    Yields
    ------
    Rejected
        First: each row that has another number of cells than its table, no study's id, no UTF-8 text,
        or a quote that is never closed; later: a study with more rows than a record may hold.
    StudyRows
        In the order of the studies' ids.

    Raises
    ------
    SourceReadError
        The archive is damaged, expands to more than its budget, or the temporary file cannot be
        written. No study has been yielded then, for none is known to be whole.
    """
    with tempfile.TemporaryDirectory(prefix="trialbook-aact-") as folder:
        sorter = _Sorter(Path(folder) / "rows.sqlite", archive.place)
        try:
            for entry in archive:
                name = get_table_name(entry.name)
                if name and not entry.is_hidden:
                    yield from sorter.add_table(name, archive, entry)
            yield from sorter.iter_sorted(limits)
        except sqlite3.Error as error:
            reason = (
                f"the temporary file for sorting cannot be written ({error}); set TMPDIR to a larger disk"
            )
            raise SourceReadError(reason, place=archive.place) from error
        finally:
            sorter.close()


class _Sorter:
    """Rows on their way through a temporary SQLite file."""

    def __init__(self, path: Path, place: str) -> None:
        self.place = place
        self.tables: list[tuple[str, list[str]]] = []
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in _PRAGMAS:
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute("CREATE TABLE rows (nct INTEGER, place INTEGER, cells BLOB)")

    def close(self) -> None:
        self._connection.close()

    def add_table(self, name: str, archive: Archive, entry: Entry) -> Iterator[Rejected]:
        place = f"{archive.place}!{entry.name}"
        if any(name == known for known, _ in self.tables):
            yield Rejected(f"the table {name} is in the export twice; the second was not read", place, b"")
            return
        records = iter_cells(archive.iter_entry(entry), place)
        header = next(records, None)
        if header is None or isinstance(header, Rejected):
            if header is not None:
                yield header
            return
        columns = [column.strip().lower() for column in header[1]]
        if "nct_id" not in columns:
            # Tables such as mesh_terms say nothing on any study.
            return
        number, nct_at = len(self.tables), columns.index("nct_id")
        self.tables.append((name, columns))
        batch: list[tuple[int, int, bytes]] = []
        batch_bytes = 0
        for record in records:
            if isinstance(record, Rejected):
                yield record
                continue
            line, cells = record
            problem = _find_problem(name, columns, cells, nct_at)
            if problem:
                yield Rejected(problem, f"{place}:{line}", "|".join(cells).encode()[:MIB])
                continue
            packed = msgspec.msgpack.encode(cells)
            batch.append((int(cells[nct_at][3:]), number, packed))
            batch_bytes += len(packed)
            if len(batch) >= _BATCH_ROWS or batch_bytes >= _BATCH_BYTES:
                self._write(batch)
                batch, batch_bytes = [], 0
        self._write(batch)

    def _write(self, batch: list[tuple[int, int, bytes]]) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
        self._connection.execute("COMMIT")

    def iter_sorted(self, limits: Limits) -> Iterator[StudyRows | Rejected]:
        query = "SELECT nct, place, cells FROM rows ORDER BY nct, place, rowid"
        decode = msgspec.msgpack.Decoder(list[str]).decode
        current, size, rows = -1, 0, 0
        found: dict[int, list[list[str]]] = {}
        for nct, place, packed in self._connection.execute(query):
            if nct != current:
                yield from self._finish(current, found, size, rows, limits)
                current, size, rows, found = nct, 0, 0, {}
            size += len(packed)
            rows += 1
            if not _is_too_much(size, rows, limits):
                found.setdefault(place, []).append(decode(packed))
        yield from self._finish(current, found, size, rows, limits)

    def _finish(
        self, nct: int, found: dict[int, list[list[str]]], size: int, rows: int, limits: Limits
    ) -> Iterator[StudyRows | Rejected]:
        if nct < 0:
            return
        nct_id = f"NCT{nct:08}"
        if _is_too_much(size, rows, limits):
            yield self._refuse(nct_id, found, size, rows, limits)
            return
        whole: dict[str, _Table] = {}
        tables: dict[str, list[Row]] = {}
        for number, unordered in found.items():
            name, columns = self.tables[number]
            ordered = _in_order(unordered, columns)
            whole[name] = _Table(columns, ordered)
            tables[name] = [
                {c: cell for c, cell in zip(columns, row, strict=True) if cell} for row in ordered
            ]
        original = msgspec.json.encode(whole)
        whole.clear()
        found.clear()
        yield StudyRows(nct_id, tables, original)

    def _refuse(
        self, nct_id: str, found: dict[int, list[list[str]]], size: int, rows: int, limits: Limits
    ) -> Rejected:
        first = {self.tables[number][0]: some[:_ROWS_KEPT] for number, some in found.items()}
        reason = (
            f"{nct_id} has {rows:,} rows of {describe_bytes(size)}, which would take more than"
            f" {describe_bytes(limits.max_record_memory)} of memory to read; none of the registry's does"
        )
        return Rejected(reason, f"{self.place}!{nct_id}", msgspec.json.encode(first)[: limits.kept_bytes])


def _is_too_much(size: int, rows: int, limits: Limits) -> bool:
    """Whether so many bytes in so many rows are more than a record may have."""
    memory = size * _TEXT_TIMES + rows * _ROW_MEMORY
    return size > limits.max_record_bytes or memory > limits.max_record_memory


def _find_problem(name: str, columns: list[str], cells: list[str], nct_at: int) -> str:
    if len(cells) != len(columns):
        return f"a row of {name} has {len(cells)} cells, expected {len(columns)}"
    if not _NCT_ID.fullmatch(cells[nct_at]):
        return f"a row of {name} has nct_id {cells[nct_at][:40]!r}, expected NCT and eight digits"
    return ""


def _in_order(rows: list[list[str]], columns: list[str]) -> list[list[str]]:
    """Sort by `id`, which follows the order in the record; an export may not be written in that order."""
    if "id" not in columns:
        return rows
    at = columns.index("id")
    if not all(row[at].isascii() and row[at].isdigit() and len(row[at]) <= 18 for row in rows):
        return rows
    return sorted(rows, key=lambda row: int(row[at]))


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
    is_row = len(cells) == len(header) and _NCT_ID.fullmatch(cells[header.index("nct_id")])
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
