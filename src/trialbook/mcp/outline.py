"""How does a part of a record read as text? Names and values on lines, structures indented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def render_outline(value: Any) -> str:
    """Write JSON values as indented lines of `name: value`, list items behind dashes; empty ones are left out.

    >>> print(render_outline({"phases": ["PHASE1", "PHASE2"], "arms": [{"label": "A", "note": "x"}], "a": True}))
    phases: PHASE1, PHASE2
    arms:
      - label: A
        note: x
    a: true
    """
    return "\n".join(_walk(value, ""))


def _walk(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            if _says_something(below):
                yield from _write_entry(str(name), below, indent)
    elif isinstance(value, list):
        for item in value:
            lines = list(_walk(item, indent + "  "))
            if lines:
                yield f"{indent}- {lines[0].lstrip()}"
                yield from lines[1:]
    else:
        for line in _write(value).splitlines():
            yield f"{indent}{line}".rstrip()


def _write_entry(name: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, list) and _are_short(value):
        yield f"{indent}{name}: {', '.join(map(_write, value))}"
    elif isinstance(value, dict | list) or "\n" in _write(value):
        yield f"{indent}{name}:"
        yield from _walk(value, indent + "  ")
    else:
        yield f"{indent}{name}: {_write(value)}"


def _says_something(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_says_something, value.values() if isinstance(value, dict) else value))
    return value not in (None, "")


def _are_short(values: list[Any]) -> bool:
    written = [_write(value) for value in values if not isinstance(value, dict | list)]
    return len(written) == len(values) and all(len(each) < 60 and "," not in each for each in written)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
