"""Which copies are of one version, which of them is the fullest, and which version is the last?

A version is what the registry published on a day; a copy is what reached us of it. Copies are arranged by
the days that they give, and only days of one meaning are compared as days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import msgspec

from trialbook.model.dates import PartialDate
from trialbook.model.version_days import MEANINGS, NO_DAYS, VersionDays
from trialbook.store.versions import find_first_day, is_doubted

# The registry posts what was submitted within so many days, but for results: a copy that knows only when it
# was posted is one of the version submitted before it.
MOST_DAYS_TO_POST = 31
# Formats whose one date is that of another's taking over, in whatever element it stands.
TAKEN_OVER = frozenset({"ictrp"})


class HeldCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a record, as far as its place among others goes.

    `version_date` is the best of its days. `extent` is the length of what the sponsor wrote, `length` that of all.
    """

    version_id: int
    version_date: str | None
    fidelity: int
    extent: int
    learnt_at: str
    days: VersionDays = NO_DAYS
    length: int = 0

    @property
    def meaning(self) -> str:
        """What the day means by which the copy is placed; "" where it has none that is believed."""
        return self.days.meaning

    @property
    def fullness(self) -> tuple[int, int, str, int, int]:
        """The greater, the more the copy holds; of two that hold as much the one served, or learnt, last."""
        return self.fidelity, self.extent, self.days.served, self.length, self.version_id


class HeldVersion(msgspec.Struct, frozen=True):
    """A version with the copies that are held of it, the fullest first.

    `day` is that of the version (None where none is known), `meaning` what it means.
    """

    copies: tuple[HeldCopy, ...]
    day: str | None
    meaning: str

    @property
    def counts_from(self) -> str:
        """The day from which it counts: its own, else the first on which a copy of it was learnt."""
        first = min(self.copies, key=lambda copy: copy.version_id)
        return find_first_day(self.day, first.learnt_at)


class _Draft:
    """A version while copies are being laid to it."""

    def __init__(self, copy: HeldCopy, meaning: str) -> None:
        self.copies, self.meaning = [copy], meaning
        self.day: str | None = getattr(copy.days, meaning) if meaning else copy.version_date

    def get_day(self, meaning: str) -> str:
        """The day of a meaning that a copy of it gives."""
        return next((day for copy in self.copies if (day := getattr(copy.days, meaning))), "")


def read_days(days: VersionDays, format_name: str) -> VersionDays:
    """The days of a copy, by the format that it came in."""
    if format_name not in TAKEN_OVER:
        return days
    return VersionDays(served=days.posted or days.served)


def arrange(copies: Iterable[HeldCopy]) -> tuple[HeldVersion, ...]:
    """The versions of which there are copies, the oldest first.

    A copy with the day on which its version was submitted or posted is laid to the version of that day.
    One that knows only when it was posted, verified or served, or nothing, is laid to the last version that
    it can be of; so it never stands before a fuller one, nor as a version of its own that nobody published.
    """
    line: list[_Draft] = []
    believed: list[HeldCopy] = []
    doubted: list[HeldCopy] = []
    undated: list[HeldCopy] = []
    for copy in sorted(copies, key=lambda copy: copy.version_id):
        if not copy.meaning:
            undated.append(copy)
        elif not is_doubted(copy.version_date, copy.learnt_at):
            believed.append(copy)
        else:
            (doubted if copy.meaning in ("submitted", "posted") else undated).append(copy)
    for meaning in MEANINGS:
        same = [copy for copy in believed if copy.meaning == meaning]
        same.sort(key=lambda copy: (len(getattr(copy.days, meaning)) < 10, getattr(copy.days, meaning)))
        for copy in same:
            _LAY[meaning](line, copy)
    _lay_undated(line, undated)
    for copy in doubted:
        _lay_doubted(line, copy, (*believed, *undated))
    return tuple(
        HeldVersion(
            tuple(sorted(draft.copies, key=lambda copy: copy.fullness, reverse=True)),
            draft.day,
            draft.meaning,
        )
        for draft in line
    )


def _lay_submitted(line: list[_Draft], copy: HeldCopy) -> None:
    day = copy.days.submitted
    same = [draft for draft in line if _may_be_same(draft.get_day("submitted"), day)]
    if len(same) == 1 or (same and same[-1].day == day):
        same[-1].copies.append(copy)
    else:
        _insert(line, _Draft(copy, "submitted"), lambda draft: draft.get_day("submitted") <= day)


def _lay_posted(line: list[_Draft], copy: HeldCopy) -> None:
    day = copy.days.posted
    same = [draft for draft in line if _may_be_same(draft.get_day("posted"), day)]
    before = [draft for draft in line if (draft.get_day("posted") or draft.day or "") <= day]
    if same:
        same[-1].copies.append(copy)
    elif before and not before[-1].get_day("posted") and is_posted_soon(before[-1].get_day("submitted"), day):
        before[-1].copies.append(copy)
    else:
        _insert(
            line, _Draft(copy, "posted"), lambda draft: (draft.get_day("posted") or draft.day or "") <= day
        )


def _lay_verified(line: list[_Draft], copy: HeldCopy) -> None:
    day = copy.days.verified
    same = [draft for draft in line if _may_be_same(draft.get_day("verified"), day)]
    if same:
        same[-1].copies.append(copy)
    else:
        _insert(
            line,
            _Draft(copy, "verified"),
            lambda draft: (draft.get_day("verified") or (draft.day or "")[:7]) <= day,
        )


def _lay_served(line: list[_Draft], copy: HeldCopy) -> None:
    day = copy.days.served
    before = [draft for draft in line if (draft.get_day("posted") or draft.day or "") <= day]
    if before and (before[-1].meaning != "served" or before[-1].day == day):
        before[-1].copies.append(copy)
    else:
        _insert(line, _Draft(copy, "served"), lambda draft: (draft.day or "") <= day)


def _lay_undated(line: list[_Draft], copies: list[HeldCopy]) -> None:
    if not line:
        line.extend(_Draft(copy, "") for copy in sorted(copies, key=lambda copy: copy.fullness))
        return
    for copy in copies:
        before = [draft for draft in line if (draft.day or "") <= copy.learnt_at[:10]]
        (before or line)[-1].copies.append(copy)


def _lay_doubted(line: list[_Draft], copy: HeldCopy, believed: Sequence[HeldCopy]) -> None:
    """Its place is by arrival: after all that came before it, and before whatever has a later date."""
    same = [draft for draft in line if draft.day == copy.version_date and not draft.meaning]
    if same:
        same[-1].copies.append(copy)
        return
    earlier = {each.version_id for each in believed if each.version_id < copy.version_id}
    reached = max((at for at, draft in enumerate(line) if _came(draft, earlier)), default=-1)
    while reached + 1 < len(line) and not line[reached + 1].meaning and line[reached + 1].day:
        reached += 1  # another that is doubted, and came before
    line.insert(reached + 1, _Draft(copy, ""))


def _came(draft: _Draft, among: set[int]) -> bool:
    return any(copy.version_id in among for copy in draft.copies)


def _insert(line: list[_Draft], new: _Draft, is_before: Callable[[_Draft], bool]) -> None:
    """Put a draft behind the last one that is before it."""
    place = max((at for at, draft in enumerate(line) if is_before(draft)), default=-1)
    line.insert(place + 1, new)


def _may_be_same(known: str, asked: str) -> bool:
    """Whether two partial dates can mean one day; one of month and year, the days in it."""
    return bool(known) and (known.startswith(asked) or asked.startswith(known))


def is_posted_soon(submitted: str, posted: str) -> bool:
    """Whether what was submitted on one day can well be what was posted on another."""
    start, end = _first_day(submitted), _first_day(posted)
    return start is not None and end is not None and end - start <= timedelta(days=MOST_DAYS_TO_POST)


def _first_day(text: str) -> date | None:
    return PartialDate(text).earliest if text else None


_LAY: dict[str, Callable[[list[_Draft], HeldCopy], None]] = {
    "submitted": _lay_submitted,
    "posted": _lay_posted,
    "verified": _lay_verified,
    "served": _lay_served,
}
