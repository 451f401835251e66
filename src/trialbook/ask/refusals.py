"""What the API says when it declines: a status and one line of plain text, in the words that clients match on."""

from __future__ import annotations

from collections.abc import Iterable

from trialbook.errors import ApiError
from trialbook.record.pieces import find_close_names, list_field_names


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


def refuse_field(
    name: str, value: str, kind: str = "field name", known: Iterable[str] | None = None
) -> ApiError:
    """A list of fields, columns or tags names something that does not exist; says what may be meant."""
    return ApiError(
        f"Parameter '{name}' contains invalid {kind}: '{quote(value)}'"
        + suggest(value, list_field_names() if known is None else known)
    )


def suggest(name: str, known: Iterable[str]) -> str:
    """What to add to the refusal of a name: on a line of its own, the known names that are close; "" for none.

    >>> suggest("nctid", ["NCTId", "Phase"])
    '\\nDid you mean NCTId?'
    """
    *others, last = find_close_names(name, known) or [""]
    if not last:
        return ""
    return f"\nDid you mean {', '.join(others)} or {last}?" if others else f"\nDid you mean {last}?"
