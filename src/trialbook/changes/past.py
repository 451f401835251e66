"""What do the versions held here prove of a record's past: a primary outcome that was changed, dates that moved?

Only what a page needs is unpacked: the versions of which the short history says that outcomes or dates changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from trialbook.changes.history import HistoryLine
from trialbook.changes.outcomes import OutcomeSwitching
from trialbook.changes.state import find_switching, read_state
from trialbook.model import PartialDate
from trialbook.model.present import decode_present
from trialbook.model.sentences import join_words
from trialbook.source.carried import CUT_FIDELITY
from trialbook.source.formats import get_format
from trialbook.store import Store, Version

# A page looks at so many changes, in so many bytes of records; what is beyond it leaves open.
MOST_COMPARED = 24
MOST_BYTES = 12_000_000
DATES = ("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct")


class Switch(msgspec.Struct, frozen=True):
    """Two versions, by number, between which a primary outcome certainly changed after the start.

    `told` are the changes, one for each, `when` is what is known of their time.
    """

    before: int
    after: int
    told: tuple[str, ...]
    when: str

    @property
    def words(self) -> str:
        """What changed and when, to stand within a sentence: "primary outcome added (2) 5 months after …"."""
        counted = Counter(self.told).most_common()
        said = [
            words[:1].lower() + words[1:] + (f" ({number})" if number > 1 else "")
            for words, number in counted
        ]
        return f"{join_words(said)} {self.when}"


class PastDate(msgspec.Struct, frozen=True):
    """What an older version said of a date: the element's name in `statusModule`, its value, its type."""

    name: str
    value: PartialDate
    type: str
    number: int


class Past(msgspec.Struct, frozen=True):
    """What the versions up to the one that is shown prove.

    `held` is how many of them there are; not `is_whole` tells that more changed than was looked at.
    """

    held: int
    switches: tuple[Switch, ...] = ()
    dates: tuple[PastDate, ...] = ()
    is_whole: bool = True


def find_past(
    store: Store, lines: Sequence[HistoryLine], copies: Sequence[Sequence[Version]], shown: Version
) -> Past:
    """What the versions of a study up to one of them prove.

    Parameters
    ----------
    lines
        The history in short, oldest version first, as `find_history`.
    copies
        The copies of each version in the same order, as `Store.find_copies`.
    shown
        A copy of the version that is looked at.
    """
    until = next((at for at, line in enumerate(lines) if line.version.number == shown.number), -1) + 1
    pairs = range(1, until)
    switching = [at for at in pairs if _may_switch(lines, at)]
    moving = [at for at in pairs if _has_group(lines[at], "Dates")]
    reader = _Reader(store)
    switches = [_find_switch(reader, copies, at) for at in switching[:MOST_COMPARED]]
    # The first plan is told before those that came after it.
    dates = [_read_dates(reader, lines[at - 1].version) for at in moving[:MOST_COMPARED]]
    is_whole = not reader.is_spent and max(len(switching), len(moving)) <= MOST_COMPARED
    found = dict.fromkeys(each for told in dates for each in told)
    return Past(
        held=until,
        switches=tuple(filter(None, switches)),
        dates=tuple(_drop_repeated(found)),
        is_whole=is_whole,
    )


class _Reader:
    """Unpacks versions as long as the budget of bytes lasts."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._left = MOST_BYTES

    @property
    def is_spent(self) -> bool:
        return self._left < 0

    def read(self, version: Version) -> dict[str, Any]:
        body = self.store.get_version_body(version.version_id)
        self._left -= len(body)
        return decode_present(body)

    def spend(self, version: Version) -> None:
        self._left -= len(self.store.get_version_body(version.version_id))


def _has_group(line: HistoryLine, group: str) -> bool:
    return any(name == group for name, _ in line.changes)


def _may_switch(lines: Sequence[HistoryLine], at: int) -> bool:
    """Whether outcomes changed, or may have: a copy that cannot carry all is compared by what others add to it."""
    return _has_group(lines[at], "Outcomes") or not all(
        _carries_all(line.version) for line in lines[at - 1 : at + 1]
    )


def _carries_all(version: Version) -> bool:
    form = get_format(version.format)
    return form.carries is None and form.fidelity > CUT_FIDELITY


def _find_switch(reader: _Reader, copies: Sequence[Sequence[Version]], at: int) -> Switch | None:
    if reader.is_spent:
        return None
    before, after = (read_state(reader.store, copies, place) for place in (at - 1, at))
    if before is None or after is None:
        return None
    for state in (before, after):
        reader.spend(state.version)
    switching: OutcomeSwitching | None = find_switching(before, after)
    if switching is None or not switching.is_after_start:
        return None
    return Switch(before.version.number, after.version.number, switching.told, switching.when)


def _read_dates(reader: _Reader, version: Version) -> list[PastDate]:
    if reader.is_spent:
        return []
    protocol = reader.read(version).get("protocolSection")
    module = protocol.get("statusModule") if isinstance(protocol, dict) else None
    told = []
    for name in DATES:
        struct = module.get(name) if isinstance(module, dict) else None
        value = struct.get("date") if isinstance(struct, dict) else None
        if isinstance(value, str) and isinstance(struct, dict) and PartialDate(value).earliest:
            told.append(PastDate(name, PartialDate(value), str(struct.get("type") or ""), version.number))
    return told


def _drop_repeated(told: Sequence[PastDate] | dict[PastDate, None]) -> list[PastDate]:
    """Each value of a date once, from the first version that gave it."""
    first: dict[tuple[str, str], PastDate] = {}
    for each in told:
        first.setdefault((each.name, each.value), each)
    return list(first.values())
