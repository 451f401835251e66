"""What is known of a version beside its body, and which of them is in force?"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

# No registry can send what it will be told later: a date more than so many days after the arrival (clocks and
# time zones differ) is not believed.
MOST_DAYS_AHEAD = 3
DOUBTED = f"version_date > date(learnt_at, '+{MOST_DAYS_AHEAD} days')"
# The day from which a version counts.
COUNTS_FROM = (
    f"CASE WHEN version_date IS NULL OR {DOUBTED} THEN substr(learnt_at, 1, 10) ELSE version_date END"
)


def is_doubted(version_date: str | None, learnt_at: str) -> bool:
    """Whether a version's own date (ISO, possibly partial) lies too long after its arrival to be believed.

    >>> is_doubted("9999-12-31", "2026-11-29T15:10:24+00:00"), is_doubted("2026-11-30", "2026-11-29T15:10:24+00:00")
    (True, False)
    """
    try:
        latest = date.fromisoformat(learnt_at[:10]) + timedelta(days=MOST_DAYS_AHEAD)
    except ValueError:  # as where SQLite can make no date of it
        return False
    return version_date is not None and version_date > latest.isoformat()


def find_first_day(version_date: str | None, learnt_at: str) -> str:
    """The day from which a version counts: its own date, else the day on which it was learnt."""
    if version_date is None or is_doubted(version_date, learnt_at):
        return learnt_at[:10]
    return version_date


class Version(msgspec.Struct, frozen=True):
    """One version of one record, by a copy of it (the fullest, unless told), without its body.

    Attributes
    ----------
    number
        The registry's own, from 0, where that is known (`is_numbered`); otherwise 0 for the oldest version
        that the library holds.
    version_date
        The date of the version (a partial date), None where no copy gives one.
    meaning
        What that date means: "submitted", "posted", "verified" or "served" (see `VersionDays`); "" without one.
    copy, copies
        Which copy of the version this is, 1 for the fullest, and how many the library holds.
    fidelity
        How much the copy can carry, see `Format`.
    learnt_at
        When this library received it, UTC, ISO 8601.
    location, place, format
        From which file or address, where in it, in which format.
    is_current
        Whether it is the version in force.
    """

    version_id: int
    nct_id: str
    number: int
    version_date: str | None
    learnt_at: str
    location: str
    place: str
    format: str
    is_current: bool
    meaning: str = "submitted"
    copy: int = 1
    copies: int = 1
    fidelity: int = 4
    is_numbered: bool = False

    def is_next_of(self, other: Version) -> bool:
        """Whether the registry's own numbers say that it published nothing between another version and this."""
        return self.is_numbered and other.is_numbered and self.number == other.number + 1

    @property
    def known_from(self) -> str:
        """The day (ISO, possibly partial) from which it counts: the registry's date, else the day learnt."""
        return find_first_day(self.version_date, self.learnt_at)

    @property
    def doubt(self) -> str:
        """Why its date is not believed, in a sentence; "" where it is."""
        if not is_doubted(self.version_date, self.learnt_at):
            return ""
        return (
            f"its date, {self.version_date}, is later than the day on which it came: it is not believed, and the"
            f" version counts from {self.known_from}"
        )


class AnnouncedVersion(msgspec.Struct, frozen=True):
    """A version that the registry's history lists (numbered from 0); its body may be unknown."""

    number: int
    version_date: str
    overall_status: str
    module_labels: tuple[str, ...]


class ListedVersion(msgspec.Struct, frozen=True):
    """A version of a record that is known of, held here (`version`) or not; what changed is the registry's word."""

    number: int
    version_date: str | None
    overall_status: str = ""
    module_labels: tuple[str, ...] = ()
    version: Version | None = None


class Counts(msgspec.Struct, frozen=True):
    """How much a library holds."""

    studies: int
    versions: int
    rejections: int
