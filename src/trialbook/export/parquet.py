"""How do records become a Parquet table that leaves while it is made?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trialbook.errors import UsageError
from trialbook.export.typed_table import TYPED, TypedColumn

# Whatever comes first ends a group of rows: memory holds one group, whatever the size of the table.
ROWS_IN_A_GROUP = 10_000
CHARACTERS_IN_A_GROUP = 8_000_000
# Columns of few different values: each of these is written once for a group.
REPEATED = ("Study Status", "Sex", "Funder Type", "Study Type", "Study Design")
MISSING = "Parquet needs the package pyarrow: `pip install pyarrow`"


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


def write_parquet(records: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterator[bytes]:
    """Write the registry's table, with types, as Parquet, in blocks of a row group each.

    What a record lacks is null, a list that it lacks is empty. Raises UsageError where pyarrow is not
    installed.
    """
    arrow, parquet = open_writer()
    schema = arrow.schema([(name, _find_type(arrow, TYPED[name])) for name in columns])
    sink = Sink()
    repeated = [name for name in columns if name in REPEATED]
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=repeated) as writer:
        for rows in _group(records, columns):
            arrays = [arrow.array(row, type=field.type) for row, field in zip(rows, schema, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield sink.drain()
    yield sink.drain()


def _find_type(arrow: Any, column: TypedColumn) -> Any:
    """The type that a column has in the file."""
    if column.kind == "structures":
        return arrow.list_(arrow.struct([(name, arrow.string()) for name in column.members]))
    types = {"number": arrow.int64, "day": arrow.date32, "yes_no": arrow.bool_}
    if column.kind == "texts":
        return arrow.list_(arrow.string())
    return types.get(column.kind, arrow.string)()


def _group(records: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterator[list[list[Any]]]:
    """The values of a group of rows, column by column."""
    rows: list[list[Any]] = [[] for _ in columns]
    count = characters = 0
    for record in records:
        for name, row in zip(columns, rows, strict=True):
            value = TYPED[name].read(record)
            characters += _measure(value)
            row.append(value)
        count += 1
        if count >= ROWS_IN_A_GROUP or characters >= CHARACTERS_IN_A_GROUP:
            yield rows
            rows = [[] for _ in columns]
            count = characters = 0
    if count:
        yield rows


def _measure(value: Any) -> int:
    """About how many characters a value has."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_measure, value))
    if isinstance(value, dict):
        return sum(map(_measure, value.values()))
    return 8
