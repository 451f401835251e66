"""How is a giant record made one that fits on a page or into a document? Its lists are cut, and that is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

# Of real records the longest list has some 2,000 entries; the longest, near 20 MiB, has some 400,000 in all.
MOST_ENTRIES, MOST_ENTRIES_OF_ALL = 100_000, 400_000
MOST_TOLD = 5


class LeftOut(NamedTuple):
    """So many of the entries of the lists at a path were left out."""

    path: str
    cut: int
    total: int


def shorten_lists(
    record: dict[str, Any], *, most: int = MOST_ENTRIES, most_of_all: int = MOST_ENTRIES_OF_ALL
) -> tuple[LeftOut, ...]:
    """Cut the lists of a record, in place, to as many entries each and all together; says what is left out.

    Nothing is cut of any real record.

    >>> record = {"a": [1, 2, 3], "b": [{"c": [1]}, {"c": [2, 3]}]}
    >>> shorten_lists(record, most=2), record
    ((LeftOut(path='a', cut=1, total=3),), {'a': [1, 2], 'b': [{'c': [1]}, {'c': [2, 3]}]})
    """
    cutter = _Cutter(most, most_of_all)
    cutter.cut(record, ())
    return tuple(
        LeftOut(".".join(path), count, total) for path, (count, total) in cutter.found.items() if count
    )


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
        f"{each.cut:,} of {each.total:,} entries of {each.path.partition('.')[2] or each.path}"
        for each in left_out[:MOST_TOLD]
    ]
    if (further := len(left_out) - MOST_TOLD) > 0:
        told.append(f"entries of {further:,} more lists")
    return "; ".join(told)
