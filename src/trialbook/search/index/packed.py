"""What most answers are counted by, packed into a few whole-number columns.

To count by the values of a piece costs the more the more columns are opened. These pieces have few
values each, so that several fit into one number, and an answer has few different numbers: one column is
counted by its numbers, which are then taken apart. A study with a value that the registry does not have is
marked `ODD` instead, and counted from its values as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import msgspec

from trialbook.record.pieces import get_enums, get_pieces

# The pieces of each column; those of one column go together in few ways.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "packed_state": ("OverallStatus", "StudyType"),
    "packed_phase": ("Phase", "StdAge"),
    "packed_who": ("Sex", "LeadSponsorClass", "HasResults"),
}
# Among the values of the piece `State` for a study that has no packed columns.
ODD = "odd"


class Slot(msgspec.Struct, frozen=True):
    """Where a piece stands in the numbers of its column: some bits, from `shift` on.

    A set has a bit for each value. Of others the bits are 0 for none, or one more than the value's place.
    """

    column: str
    shift: int
    width: int
    places: dict[str, int]
    is_set: bool

    def pack(self, values: Sequence[str]) -> int | None:
        """The bits of some values; None where these do not fit."""
        try:
            places = [self.places[value] for value in values]
        except KeyError:
            return None
        if self.is_set:
            return sum({1 << place for place in places}) << self.shift
        if len(places) > 1:
            return None
        return (places[0] + 1 if places else 0) << self.shift

    def count(self, numbers: Mapping[int, int]) -> tuple[dict[str, int], int]:
        """How many studies have each value, and how many none, from how many have each number of the column."""
        by_bits = self._count_bits(numbers)
        empty = by_bits.get(0, 0)
        if not self.is_set:
            return {value: by_bits[at + 1] for value, at in self.places.items() if at + 1 in by_bits}, empty
        counts = {
            value: sum(studies for bits, studies in by_bits.items() if bits >> at & 1)
            for value, at in self.places.items()
        }
        return {value: studies for value, studies in counts.items() if studies}, empty

    def _count_bits(self, numbers: Mapping[int, int]) -> dict[int, int]:
        mask = (1 << self.width) - 1
        by_bits: dict[int, int] = {}
        for number, studies in numbers.items():
            bits = number >> self.shift & mask
            by_bits[bits] = by_bits.get(bits, 0) + studies
        return by_bits


@cache
def get_slots() -> dict[str, Slot]:
    """Where each packed piece stands."""
    slots = {}
    for column, names in COLUMNS.items():
        shift = 0
        for name in names:
            piece = get_pieces()[name]
            values = [each.value for each in get_enums()[piece.enum]] if piece.enum else ["true", "false"]
            is_set = piece.type.endswith("[]")
            width = len(values) if is_set else len(values).bit_length()
            slots[name] = Slot(column, shift, width, {value: at for at, value in enumerate(values)}, is_set)
            shift += width
    return slots


def pack_columns(values: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    """A study's number for each column, from its values by piece; None where it has one that is odd.

    >>> pack_columns({"Sex": ["ALL"], "HasResults": ["true"]})["packed_state"]
    0
    >>> pack_columns({"Sex": ["NOBODY"]}) is None
    True
    """
    numbers = dict.fromkeys(COLUMNS, 0)
    for name, slot in get_slots().items():
        found = values.get(name)
        if found:
            bits = slot.pack(found)
            if bits is None:
                return None
            numbers[slot.column] |= bits
    return numbers


def find_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns in which pieces stand, each once."""
    return tuple(dict.fromkeys(get_slots()[name].column for name in names))
