"""What does a cell of an AACT table mean in API v2: a date, a yes or no, a value of an enumeration?"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from trialbook.source.aact.tables import Row
from trialbook.source.spellings import as_date, as_enum

Convert = Callable[[str], Any]

_YES_NO = {
    **dict.fromkeys(("t", "true", "yes", "y", "1", "accepts healthy volunteers"), True),
    **dict.fromkeys(("f", "false", "no", "n", "0"), False),
}


def as_bool(cell: str) -> bool | None:
    """Read PostgreSQL's `t` and `f` and the words that older exports have; None for any other."""
    return _YES_NO.get(cell.strip().casefold())


def as_int(cell: str) -> int | None:
    """Read a whole number; None for any other."""
    return int(cell) if re.fullmatch(r"-?\d{1,15}", cell) else None


@lru_cache(maxsize=20_000)
def as_day(cell: str) -> str | None:
    """Read a date, whole or partial; None where it is none."""
    return as_date(cell.partition(" ")[0]) or as_date(cell)


def enum(kind: str) -> Convert:
    """Make a converter to an enumeration's API v2 value."""
    return lambda cell: as_enum(kind, cell)


def pick(row: Row, wanted: dict[str, str | tuple[str, Convert]]) -> dict[str, Any]:
    """Make an API v2 object of a row: key -> column, or (column, converter); empty cells are absent.

    Examples
    --------
    >>> pick({"name": "Ada", "role": "Study Chair"}, {"name": "name", "role": ("role", enum("OfficialRole"))})
    {'name': 'Ada', 'role': 'STUDY_CHAIR'}
    """
    made: dict[str, Any] = {}
    for key, source in wanted.items():
        if isinstance(source, str):
            if cell := row.get(source):
                made[key] = cell
        elif (cell := row.get(source[0])) and (value := source[1](cell)) is not None:
            made[key] = value
    return made


def keep(**parts: Any) -> dict[str, Any]:
    """Make an object of the parts that are not empty; False and 0 are values."""
    return {key: value for key, value in parts.items() if value not in (None, "", [], {})}


def read_partial_date(row: Row, name: str) -> str | None:
    """Read a date of the studies table, which has it twice.

    `start_month_year` is as the registry has it; `start_date` is a whole day even where the registry
    has only a month, so it counts only where the other is missing.
    """
    return as_day(row.get(f"{name}_month_year", "")) or as_day(row.get(f"{name}_date", ""))


def read_dated(row: Row, name: str) -> dict[str, Any]:
    """Read a partial date and its type (`start`, `completion`)."""
    date = read_partial_date(row, name)
    return keep(date=date, **pick(row, {"type": (f"{name}_date_type", enum("DateType"))})) if date else {}


def read_posted(row: Row, name: str) -> dict[str, Any]:
    """Read a date of posting and its type (`study_first_posted`)."""
    return pick(row, {"date": (f"{name}_date", as_day), "type": (f"{name}_date_type", enum("DateType"))})
