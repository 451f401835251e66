"""Which days does a record give, of which the registry's version can be told? Days of four meanings."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.model.dates import PartialDate

MEANINGS = ("submitted", "posted", "verified", "served")


class VersionDays(msgspec.Struct, frozen=True):
    """The days that a copy of a record gives, each a partial date, "" where it gives none.

    Only days of one meaning are compared with each other.

    Attributes
    ----------
    submitted
        When the sponsor handed in what it says: by this the registry's own history counts.
    posted
        When the registry published that.
    verified
        When the sponsor last confirmed it, mostly a month.
    served
        When a copy was given out: by the registry, or taken over by the WHO. No update of anybody.
    """

    submitted: str = ""
    posted: str = ""
    verified: str = ""
    served: str = ""

    @property
    def meaning(self) -> str:
        """The best of the four meanings of which there is a day; "" where there is none."""
        return next((name for name in MEANINGS if getattr(self, name)), "")

    @property
    def first(self) -> str | None:
        """The day of that meaning."""
        return getattr(self, self.meaning) if self.meaning else None


NO_DAYS = VersionDays()


def find_days(record: dict[str, Any]) -> VersionDays:
    """The days of a raw record; what is no date counts as absent.

    >>> find_days({"protocolSection": {"statusModule": {"statusVerifiedDate": "2024-01"}}}).meaning
    'verified'
    """
    status = _get(record, "protocolSection", "statusModule")
    return VersionDays(
        submitted=_as_day(_get(status, "lastUpdateSubmitDate")),
        posted=_as_day(_get(status, "lastUpdatePostDateStruct", "date")),
        verified=_as_day(_get(status, "statusVerifiedDate")),
        served=_as_day(_get(record, "derivedSection", "miscInfoModule", "versionHolder")),
    )


def _get(value: Any, *steps: str) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _as_day(value: Any) -> str:
    return value if isinstance(value, str) and PartialDate(value).earliest else ""
