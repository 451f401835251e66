"""How is a giant record made one that fits on a page or into a document? Its lists are cut, and that is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

# Of real records the longest list has some 2,000 entries; the longest, near 20 MiB, has some 400,000 in all.
MOST_ENTRIES, MOST_ENTRIES_OF_ALL = 100_000, 400_000
# The longest text has 32,000 characters.
MOST_CHARACTERS, MOST_CHARACTERS_OF_ALL, LONG_TEXT = 1_000_000, 16_000_000, 100_000
MOST_TOLD, LONGEST_PATH = 5, 200


def may_have_long_lists(body: bytes) -> bool:
    """Whether lists of a record in JSON may have to be cut: it has no more entries than commas and brackets."""
    return body.count(b",") + body.count(b"[") > MOST_ENTRIES


def may_have_long_texts(body: bytes) -> bool:
    """Whether texts of a record in JSON may have to be cut."""
    return len(body) > MOST_CHARACTERS


class LeftOut(NamedTuple):
    """So many of the entries of the lists at a path, or of the characters of its texts, were left out."""

    path: str
    cut: int
    total: int
    of: str = "entries"


def shorten_lists(
    record: dict[str, Any], *, most: int = MOST_ENTRIES, most_of_all: int = MOST_ENTRIES_OF_ALL
) -> tuple[LeftOut, ...]:
    """Cut the lists of a record, in place, to as many entries each and all together; says what is left out.

    Nothing is cut of any real record.

    >>> record = {"a": [1, 2, 3], "b": [{"c": [1]}, {"c": [2, 3]}]}
    >>> shorten_lists(record, most=2), record
    ((LeftOut(path='a', cut=1, total=3, of='entries'),), {'a': [1, 2], 'b': [{'c': [1]}, {'c': [2, 3]}]})
    """
    cutter = _Cutter(most, most_of_all)
    cutter.cut(record, ())
    return tuple(
        LeftOut(".".join(path), count, total) for path, (count, total) in cutter.found.items() if count
    )


def shorten_texts(record: dict[str, Any]) -> tuple[LeftOut, ...]:
    """Cut the texts of a record, in place, to what any real one has and more; each says so where it ends.

    >>> record = {"a": "x" * 2_000_000}
    >>> shorten_texts(record), record["a"][-34:]
    ((LeftOut(path='a', cut=1000000, total=2000000, of='characters'),), '… [cut here: 2,000,000 characters]')
    """
    found: dict[str, tuple[int, int]] = {}
    left = MOST_CHARACTERS_OF_ALL
    open_values: list[tuple[Any, str]] = [(record, "")]
    while open_values:
        holder, path = open_values.pop()
        for key, each in holder.items() if isinstance(holder, dict) else enumerate(holder):
            own = f"{path}.{key}" if path and isinstance(key, str) else path or str(key)
            if isinstance(each, dict | list):
                open_values.append((each, own))
            elif isinstance(each, str) and len(each) > LONG_TEXT:
                most = max(LONG_TEXT, min(MOST_CHARACTERS, left))
                left -= min(len(each), most)
                if len(each) > most:
                    holder[key] = f"{each[:most]} … [cut here: {len(each):,} characters]"
                    cut, total = found.get(own, (0, 0))
                    found[own] = (cut + len(each) - most, total + len(each))
    return tuple(LeftOut(path, cut, total, "characters") for path, (cut, total) in found.items())


class _Cutter:
    """Walks over a record, and counts by path how many entries were left out, of how many."""

    def __init__(self, most: int, most_of_all: int) -> None:
        self._most, self._left = most, most_of_all
        self.found: dict[tuple[str, ...], tuple[int, int]] = {}

    def cut(self, value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                if isinstance(each, dict | list):
                    self.cut(each, (*path, key))
            return
        kept = min(len(value), self._most, self._left)
        count, total = self.found.get(path, (0, 0))
        self.found[path] = (count + len(value) - kept, total + len(value))
        del value[kept:]
        self._left -= kept
        for each in value:
            if isinstance(each, dict | list):
                self.cut(each, path)


def describe_left_out(left_out: Sequence[LeftOut]) -> str:
    """What was left out, in words.

    >>> describe_left_out([LeftOut("protocolSection.contactsLocationsModule.locations", 50_000, 150_000)])
    '50,000 of 150,000 entries of contactsLocationsModule.locations'
    """
    told = [
        f"{each.cut:,} of {each.total:,} {each.of} of {(each.path.partition('.')[2] or each.path)[:LONGEST_PATH]}"
        for each in left_out[:MOST_TOLD]
    ]
    if (further := len(left_out) - MOST_TOLD) > 0:
        told.append(f"parts of {further:,} more")
    return "; ".join(told)
