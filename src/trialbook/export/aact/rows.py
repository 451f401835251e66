"""What rows do the tables hold of a record?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeAlias

from trialbook.export.aact.tables import TABLES, Value
from trialbook.model import PartialDate
from trialbook.record.texts import find_text

Row: TypeAlias = dict[str, Value]
_LARGEST = 1 << 63
# Whole numbers beyond are not all floats.
_EXACT = 1 << 53


class Rows:
    """The rows of one study as they are made, numbered on from those of the studies before.

    Attributes
    ----------
    made
        Table -> its rows, each with the values that it has.
    """

    def __init__(self, nct_id: str, numbers: Counter[str]) -> None:
        self._nct_id, self._numbers = nct_id, numbers
        self.made: dict[str, list[Row]] = {}

    def add(self, table: str, **values: Value) -> int:
        """Add a row; its number, by which others refer to it."""
        # PostgreSQL takes no text with this sign, and SQLite's functions stop at it.
        told = {
            name: value.replace("\0", "") if isinstance(value, str) else value
            for name, value in values.items()
        }
        row: Row = {"nct_id": self._nct_id, **told}
        if table != "studies":
            self._numbers[table] += 1
            row["id"] = self._numbers[table]
        self.made.setdefault(table, []).append(row)
        return self._numbers[table]

    def iter_values(self) -> Iterator[tuple[str, list[tuple[Value, ...]]]]:
        """Each table with its rows in the order of its columns."""
        for name, rows in self.made.items():
            columns = TABLES[name]
            yield name, [tuple(row.get(column) for column in columns) for row in rows]


def take(holder: Any, path: str) -> str | None:
    """A text, None where there is none."""
    return find_text(holder, path) or None


def take_number(holder: Any, path: str) -> int | None:
    """A whole number that fits into 64 bits."""
    found = find_text(holder, path).replace(",", "")
    is_whole = found.removeprefix("-").isdigit() and found.isascii() and len(found) <= 19
    return int(found) if is_whole and abs(int(found)) < _LARGEST else None


def take_decimal(holder: Any, path: str) -> float | int | None:
    """A number as text or number; None for any other text ("NA", "<0.001")."""
    whole = take_number(holder, path)
    if whole is not None and abs(whole) < _EXACT:
        return whole
    try:
        found = float(find_text(holder, path).replace(",", ""))
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def take_yes_no(holder: Any, path: str) -> bool | None:
    """A yes or no."""
    return {"true": True, "false": False}.get(find_text(holder, path))


def find_last_day(text: str) -> str | None:
    """The day of a date, the last one that it can mean where it lacks it, as AACT has it; ISO."""
    day: date | None = PartialDate(text).latest if text else None
    return None if day is None else day.isoformat()
