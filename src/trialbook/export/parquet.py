"""How do records become a Parquet table that leaves while it is made?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from trialbook.errors import UsageError
from trialbook.export.csv_table import COLUMNS, LINE_ENDS

# Whatever comes first ends a group of rows: memory holds one group, whatever the size of the table.
ROWS_IN_A_GROUP = 10_000
CHARACTERS_IN_A_GROUP = 8_000_000
# Columns of few different values: each of these is written once for a group.
REPEATED = (
    "Study Status",
    "Study Results",
    "Sex",
    "Age",
    "Phases",
    "Funder Type",
    "Study Type",
    "Study Design",
)
NUMBERS = frozenset({"Enrollment"})
MISSING = "Parquet needs the package pyarrow: install it with `pip install 'trialbook[parquet]'`"


class Sink:
    """Takes what the Parquet writer writes and gives it away in blocks."""

    closed = False

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._length = 0

    def write(self, block: Any) -> int:
        """Take a block."""
        held = bytes(block)
        self._waiting.append(held)
        self._length += len(held)
        return len(held)

    def tell(self) -> int:
        """How much was written."""
        return self._length

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """Nothing is held open."""

    def drain(self) -> bytes:
        """What was written since the last time."""
        waiting, self._waiting = self._waiting, []
        return b"".join(waiting)


def open_writer() -> tuple[Any, Any]:
    """The modules that write Parquet; raises UsageError where they are not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(MISSING) from error
    return pyarrow, pyarrow.parquet


def write_parquet(records: Iterable[dict[str, Any]], columns: list[str]) -> Iterator[bytes]:
    """Write the registry's table as Parquet, in blocks of a row group each.

    Every column holds text, `Enrollment` whole numbers; what a record lacks is null. Raises UsageError
    where pyarrow is not installed.
    """
    arrow, parquet = open_writer()
    schema = arrow.schema([(name, arrow.int64() if name in NUMBERS else arrow.string()) for name in columns])
    sink = Sink()
    repeated = [name for name in columns if name in REPEATED]
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=repeated) as writer:
        for rows in _group(records, columns):
            arrays = [arrow.array(row, type=field.type) for row, field in zip(rows, schema, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield sink.drain()
    yield sink.drain()


def _group(records: Iterable[dict[str, Any]], columns: list[str]) -> Iterator[list[list[Any]]]:
    """The cells of a group of rows, column by column."""
    rows: list[list[Any]] = [[] for _ in columns]
    count = characters = 0
    for record in records:
        for name, row in zip(columns, rows, strict=True):
            cell = LINE_ENDS.sub(" ", COLUMNS[name](record))
            characters += len(cell)
            row.append(_read_number(cell) if name in NUMBERS else cell or None)
        count += 1
        if count >= ROWS_IN_A_GROUP or characters >= CHARACTERS_IN_A_GROUP:
            yield rows
            rows = [[] for _ in columns]
            count = characters = 0
    if count:
        yield rows


def _read_number(cell: str) -> int | None:
    """A cell of digits as a number that fits into 64 bits; None for all else."""
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 18 else None
