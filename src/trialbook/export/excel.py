"""How does a table open rightly in a spreadsheet program? As a workbook, or as CSV of the kind that it reads.

A cell there holds 32,767 characters and no more; what begins with = + - or @ would be taken for a formula,
in CSV also where it stands between quotation marks.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from trialbook.export.csv_table import COLUMNS, ID, Record, clean_cell
from trialbook.model import PartialDate
from trialbook.record.texts import find_text

MARK = "\ufeff"
LONGEST_CELL = 32_767
ROWS_IN_A_SHEET = 1_000_000
BLOCK_BYTES = 1 << 18
_KEPT = LONGEST_CELL - 60
_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DATES = tuple(name for name in COLUMNS if name.endswith((" Date", " Posted")))
_WIDE = {"NCT Number": 14, "Study Title": 60, "Study URL": 18, "Conditions": 30, "Interventions": 30}
_NARROW = 14


def write_excel_csv(records: Iterable[Record], columns: Sequence[str]) -> Iterator[bytes]:
    """The registry's table as CSV with a mark in front by which the letters are known as UTF-8, in blocks.

    What would be a formula has an apostrophe before it; a cell that is too long ends in how long it was.
    """
    yield (MARK + _write_row(columns)).encode()
    for record in records:
        yield _write_row([defuse(cut_cell(clean_cell(COLUMNS[name](record)))) for name in columns]).encode()


def _write_row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def defuse(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are.

    >>> defuse("=1+1"), defuse("-5"), defuse("-5 kg"), defuse("1+1")
    ("'=1+1", '-5', "'-5 kg", '1+1')
    """
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def cut_cell(cell: str) -> str:
    """A cell that a spreadsheet can hold; where it is cut, it says how long it was.

    >>> len(cut_cell("x" * 40_000)) <= LONGEST_CELL, cut_cell("x" * 40_000)[-33:]
    (True, 'xx… [cut here: 40,000 characters]')
    """
    if len(cell.encode("utf-16-le")) <= 2 * LONGEST_CELL:
        return cell
    kept = cell.encode("utf-16-le")[: 2 * _KEPT].decode("utf-16-le", "ignore")
    return f"{kept}… [cut here: {len(cell):,} characters]"


def write_workbook(records: Iterable[Record], columns: Sequence[str]) -> Iterator[bytes]:
    """The registry's table as an Excel workbook, in blocks once it is complete.

    Numbers are numbers, whole dates dates; partial dates and all else are texts, never formulas or links.
    Rows go through temporary files (TMPDIR), not through memory. A second sheet lists the cells that were
    cut, if any were.
    """
    # Taken up here: it costs every command some time otherwise.
    import xlsxwriter

    with tempfile.TemporaryDirectory(prefix="trialbook-xlsx-") as folder:
        path = Path(folder) / "studies.xlsx"
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        with xlsxwriter.Workbook(str(path), options) as book:
            _Writer(book, columns).write(records)
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


class _Writer:
    """Fills a workbook row by row."""

    def __init__(self, book: Any, columns: Sequence[str]) -> None:
        self._book, self._columns = book, columns
        self._bold = book.add_format({"bold": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._cut: list[tuple[str, str, int]] = []

    def write(self, records: Iterable[Record]) -> None:
        """Write all records, a million to a sheet, and what was cut."""
        sheet, row, number = self._open_sheet(1), 0, 1
        for record in records:
            if row == ROWS_IN_A_SHEET:
                number += 1
                sheet, row = self._open_sheet(number), 0
            row += 1
            for at in range(len(self._columns)):
                self._write_cell(sheet, row, at, record)
        if self._cut:
            self._list_cut()

    def _open_sheet(self, number: int) -> Any:
        sheet = self._book.add_worksheet("Studies" if number == 1 else f"Studies {number}")
        for at, name in enumerate(self._columns):
            sheet.set_column(at, at, _WIDE.get(name, _NARROW))
            sheet.write_string(0, at, name, self._bold)
        sheet.freeze_panes(1, 1)
        return sheet

    def _write_cell(self, sheet: Any, row: int, at: int, record: Record) -> None:
        name = self._columns[at]
        cell = COLUMNS[name](record)
        if not cell:
            return
        if name in _DATES and (day := read_whole_day(cell)) is not None and day.year >= 1900:
            sheet.write_datetime(row, at, day, self._day)
        elif name == "Enrollment" and _NUMBER.fullmatch(cell) and len(cell) <= 15:
            sheet.write_number(row, at, int(float(cell)))
        else:
            kept = cut_cell(cell)
            if kept is not cell:
                self._cut.append((find_text(record, ID), name, len(cell)))
            sheet.write_string(row, at, kept)

    def _list_cut(self) -> None:
        sheet = self._book.add_worksheet("Cut cells")
        for at, name in enumerate(("NCT Number", "Column", "Characters")):
            sheet.write_string(0, at, name, self._bold)
        for row, (nct_id, name, length) in enumerate(self._cut[:ROWS_IN_A_SHEET], 1):
            sheet.write_string(row, 0, nct_id)
            sheet.write_string(row, 1, name)
            sheet.write_number(row, 2, length)


def read_whole_day(text: str) -> date | None:
    """A date that has a day; None for a partial one and for what is none.

    >>> read_whole_day("2021-08-16"), read_whole_day("2021-08")
    (datetime.date(2021, 8, 16), None)
    """
    day = PartialDate(text)
    return day.earliest if day.earliest == day.latest else None
