"""What rows does an AACT export hold for each study, however large and however ordered its tables are?

The export is a zip (or the folder that it was unpacked to) of text tables as PostgreSQL's
`COPY … CSV HEADER DELIMITER '|'` writes them: a header, cells in double quotes where they hold a pipe, a
quote or a line break. A study's rows lie in some fifty tables, not all of them in the order of studies, so
the rows go through a temporary SQLite file that sorts them by study.
"""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from trialbook.errors import SourceReadError
from trialbook.source.aact.row_cells import NCT_ID, iter_cells
from trialbook.source.containers.folder import Archive, Entry
from trialbook.source.incoming import Rejected
from trialbook.source.limits import MIB, Limits, describe_bytes

# Nothing here outlives the run, so nothing is worth syncing; sorting spills to disk, not memory.
_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-32000")
# What a row takes in memory until its study is a record, beside three times its bytes.
_ROW_MEMORY, _TEXT_TIMES = 800, 3
_ROWS_KEPT = 1_000
# Of so many studies that the export holds rows of, and that are not in `studies`, each is rejected by itself.
_MOST_ORPHANS = 100
_ORPHANS_NAMED = 3
# An export has some fifty tables; more are not looked through for `studies`, which is read first.
ENTRIES_TO_ASK = 300
# Rows and bytes of a study are counted in one number: the rows above so many bits.
_ROWS_AT = 40
_BATCH_ROWS = 2000
_BATCH_BYTES = 8 * MIB

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
        or a quote that is never closed; then, as one, what rows of studies there are that are not in
        `studies`, from the hundredth such study on; later: a study with more rows than a record may hold.
    StudyRows
        In the order of the studies' ids.

    Raises
    ------
    SourceReadError
        The archive is damaged, expands to more than its budget, or the temporary file cannot be
        written. No study has been yielded then, for none is known to be whole.
    """
    with tempfile.TemporaryDirectory(prefix="trialbook-aact-") as folder:
        sorter = _Sorter(Path(folder) / "rows.sqlite", archive.place, limits)
        try:
            # Read first, so that no row is sorted that belongs to none of them.
            heads = enumerate(itertools.islice(archive, ENTRIES_TO_ASK))
            first, studies = next((each for each in heads if _get_table(each[1]) == "studies"), (-1, None))
            if studies is not None:
                yield from sorter.add_table("studies", archive, studies, first)
            for at, entry in enumerate(archive):
                name = _get_table(entry)
                if name and at != first:
                    yield from sorter.add_table(name, archive, entry, at)
            yield from sorter.orphans.tell(archive.place)
            yield from sorter.iter_sorted()
        except sqlite3.Error as error:
            reason = (
                f"the temporary file for sorting cannot be written ({error}); set TMPDIR to a larger disk"
            )
            raise SourceReadError(reason, place=archive.place) from error
        finally:
            sorter.close()


def _get_table(entry: Entry) -> str:
    return "" if entry.is_hidden else get_table_name(entry.name)


class _Orphans:
    """Rows of studies that are not in `studies`, beyond the first hundred of these: counted, and the first kept."""

    def __init__(self, kept_bytes: int) -> None:
        self._first: set[int] = set()
        self._others: set[int] = set()
        self._rows = 0
        self._left = kept_bytes
        self._kept: dict[str, list[list[str]]] = {}

    def take(self, nct: int, table: str, cells: list[str]) -> bool:
        """Whether a row is of one of those beyond the first hundred; if so, it is counted here."""
        if nct in self._first:
            return False
        if len(self._first) < _MOST_ORPHANS:
            self._first.add(nct)
            return False
        self._others.add(nct)
        self._rows += 1
        if self._left > 0:
            self._kept.setdefault(table, []).append(cells)
            self._left -= sum(map(len, cells)) + 4 * len(cells)
        return True

    def tell(self, place: str) -> Iterator[Rejected]:
        """All that was counted, as one rejection."""
        if not self._others:
            return
        named = ", ".join(f"NCT{nct:08}" for nct in sorted(self._others)[:_ORPHANS_NAMED])
        reason = (
            f"{self._rows:,} rows of {len(self._others):,} more studies ({named}, …) are of none in studies, so they"
            " were not read; the first of them are kept"
        )
        yield Rejected(reason, place, msgspec.json.encode(self._kept)[:MIB])


class _Sorter:
    """Rows on their way through a temporary SQLite file."""

    def __init__(self, path: Path, place: str, limits: Limits) -> None:
        self._place, self._limits = place, limits
        self._tables: dict[int, tuple[str, list[str]]] = {}
        # How many rows and bytes there are of each study; those above the bound are counted only.
        self._counts: dict[int, int] = {}
        self.orphans = _Orphans(limits.kept_bytes)
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in _PRAGMAS:
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute("CREATE TABLE rows (nct INTEGER, place INTEGER, cells BLOB)")

    def close(self) -> None:
        self._connection.close()

    def add_table(self, name: str, archive: Archive, entry: Entry, number: int) -> Iterator[Rejected]:
        """Take the rows of a table, which stands at this place among the entries."""
        place = f"{archive.place}!{entry.name}"
        if any(name == known for known, _ in self._tables.values()):
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
        nct_at, is_first = columns.index("nct_id"), name == "studies"
        self._tables[number] = (name, columns)
        counts, orphans = self._counts, self.orphans
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
            nct = int(cells[nct_at][3:])
            if nct not in counts and not is_first and orphans.take(nct, name, cells):
                continue
            packed = msgspec.msgpack.encode(cells)
            count = counts[nct] = counts.get(nct, 0) + (1 << _ROWS_AT) + len(packed)
            if self._is_too_much(count):
                continue
            batch.append((nct, number, packed))
            batch_bytes += len(packed)
            if len(batch) >= _BATCH_ROWS or batch_bytes >= _BATCH_BYTES:
                self._write(batch)
                batch, batch_bytes = [], 0
        self._write(batch)

    def _write(self, batch: list[tuple[int, int, bytes]]) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
        self._connection.execute("COMMIT")

    def iter_sorted(self) -> Iterator[StudyRows | Rejected]:
        """The rows of one study after the other."""
        query = "SELECT nct, place, cells FROM rows ORDER BY nct, place, rowid"
        decode = msgspec.msgpack.Decoder(list[str]).decode
        current, is_too_much = -1, False
        found: dict[int, list[list[str]]] = {}
        for nct, place, packed in self._connection.execute(query):
            if nct != current:
                yield from self._finish(current, found)
                current, found = nct, {}
                is_too_much = self._is_too_much(self._counts[nct])
            rows = found.setdefault(place, [])
            if not is_too_much or len(rows) < _ROWS_KEPT:
                rows.append(decode(packed))
        yield from self._finish(current, found)

    def _finish(self, nct: int, found: dict[int, list[list[str]]]) -> Iterator[StudyRows | Rejected]:
        if nct < 0:
            return
        nct_id = f"NCT{nct:08}"
        if self._is_too_much(self._counts[nct]):
            yield self._refuse(nct_id, self._counts[nct], found)
            return
        whole: dict[str, _Table] = {}
        tables: dict[str, list[Row]] = {}
        for number, unordered in found.items():
            name, columns = self._tables[number]
            ordered = _in_order(unordered, columns)
            whole[name] = _Table(columns, ordered)
            tables[name] = [
                {c: cell for c, cell in zip(columns, row, strict=True) if cell} for row in ordered
            ]
        original = msgspec.json.encode(whole)
        whole.clear()
        found.clear()
        yield StudyRows(nct_id, tables, original)

    def _refuse(self, nct_id: str, count: int, found: dict[int, list[list[str]]]) -> Rejected:
        first = {self._tables[number][0]: some for number, some in found.items()}
        rows, size = _take_apart(count)
        limits = self._limits
        reason = (
            f"{nct_id} has {rows:,} rows of {describe_bytes(size)}, which would take more than"
            f" {describe_bytes(limits.max_record_memory)} of memory to read; none of the registry's does"
        )
        return Rejected(reason, f"{self._place}!{nct_id}", msgspec.json.encode(first)[: limits.kept_bytes])

    def _is_too_much(self, count: int) -> bool:
        """Whether so many bytes in so many rows are more than a record may have."""
        rows, size = _take_apart(count)
        memory = size * _TEXT_TIMES + rows * _ROW_MEMORY
        return size > self._limits.max_record_bytes or memory > self._limits.max_record_memory


def _take_apart(count: int) -> tuple[int, int]:
    """How many rows, and how many bytes."""
    return count >> _ROWS_AT, count & ((1 << _ROWS_AT) - 1)


def _find_problem(name: str, columns: list[str], cells: list[str], nct_at: int) -> str:
    if len(cells) != len(columns):
        return f"a row of {name} has {len(cells)} cells, expected {len(columns)}"
    if not NCT_ID.fullmatch(cells[nct_at]):
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
