"""Short ways to the elements of a raw record, whatever shape it has; what is missing reads as nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from trialbook.record.walk import walk_values


def find_texts(record: Any, path: str) -> list[str]:
    """Every scalar at a path as text, lists flattened; true and false as JSON writes them.

    >>> find_texts({"a": [{"b": 1}, {"b": ["x", True]}, {"b": {}}]}, "a.b")
    ['1', 'x', 'true']
    """
    return [_write(value) for value in walk_values(record, path.split(".")) if not isinstance(value, dict)]


def find_text(record: Any, path: str) -> str:
    """The first scalar at a path as text; "" where there is none."""
    # Most of what is asked is one element of a structure in hand: the walk would cost five times as much.
    if "." not in path and isinstance(record, dict) and isinstance(found := record.get(path, ""), str):
        return found
    return next(iter(find_texts(record, path)), "")


def find_structures(record: Any, path: str) -> list[dict[str, Any]]:
    """Every structure at a path."""
    return [value for value in walk_values(record, path.split(".")) if isinstance(value, dict)]


def join_filled(parts: Iterable[str], separator: str) -> str:
    """Join what is not empty."""
    return separator.join(part for part in parts if part)


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def drop_controls(text: str) -> str:
    """A text without the signs that are no letters, and at which readers of lines and tables stop.

    >>> drop_controls("Aspirin\\x00 and\\x07 rest")
    'Aspirin and rest'
    """
    return _CONTROLS.sub("", text)


def _write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
