"""What is known of a version beside its body, and which of them is in force?"""

from __future__ import annotations

import msgspec

# Of the versions known at a date, the one in force is the last by the registry's own date; among
# copies of one date the more faithful format, then the fuller copy, then the one learnt last. A
# version without a date never displaces one that has a date.
IN_FORCE = "ORDER BY coalesce(version_date, '') DESC, fidelity DESC, extent DESC, version_id DESC"
KNOWN_AT = "coalesce(version_date, substr(learnt_at, 1, 10)) <= :as_of"


class Version(msgspec.Struct, frozen=True):
    """One version of one record, without its body.

    Attributes
    ----------
    number
        1 for the oldest version that the library holds.
    version_date
        The registry's own date of the version (a partial date), None where it gave none.
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

    @property
    def known_from(self) -> str:
        """The day (ISO, possibly partial) from which it counts: the registry's date, else the day learnt."""
        return self.version_date or self.learnt_at[:10]


class AnnouncedVersion(msgspec.Struct, frozen=True):
    """A version that the registry's history lists (numbered from 0); its body may be unknown."""

    number: int
    version_date: str
    overall_status: str
    module_labels: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True):
    """How much a library holds."""

    studies: int
    versions: int
    rejections: int
