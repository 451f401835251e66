"""What the API says when it declines: a status and one line of plain text, in the words that clients match on."""

from __future__ import annotations

from trialbook.errors import ApiError


def quote(value: str) -> str:
    """A value of the request as it is repeated in a message: one short line.

    >>> quote("a" * 300)[-5:], quote("x\\ny")
    ('aaaa…', 'x y')
    """
    line = " ".join(value.split())
    return line if len(line) <= 200 else line[:200] + "…"


def refuse_value(name: str, value: str) -> ApiError:
    """One of a few allowed values was expected; names of filters go without their prefix."""
    return ApiError(f"Invalid value in parameter `{name.rpartition('.')[2]}`: `{quote(value)}`")


def refuse_format(name: str, item: int | None = None) -> ApiError:
    """A value, or the `item`th (from 1) of a list, is not written as it must be."""
    place = "Parameter" if item is None else f"Item {item} in parameter"
    return ApiError(f"{place} `{name}` has incorrect format")


def refuse_field(name: str, value: str, kind: str = "field name") -> ApiError:
    """A list of fields, columns or tags names something that does not exist."""
    return ApiError(f"Parameter '{name}' contains invalid {kind}: '{quote(value)}'")
