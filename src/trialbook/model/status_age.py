"""As of when does a record say what it says of its status, and can it be taken as it stands?

The registry shows a study that recruits or is active as Unknown once its completion date has passed and nobody has
verified it for two years (ClinicalTrials.gov glossary, "Unknown"). Each of the two is told here by itself.
"""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta

import msgspec

from trialbook.model.dates import PartialDate
from trialbook.model.enums import Status
from trialbook.model.protocol import StatusModule
from trialbook.model.sentences import write_day, write_on

# What goes on, or is still to begin: its status is out of date once time has passed it by.
OPEN = frozenset(
    {
        Status.RECRUITING,
        Status.NOT_YET_RECRUITING,
        Status.ENROLLING_BY_INVITATION,
        Status.ACTIVE_NOT_RECRUITING,
        Status.AVAILABLE,
    }
)
VERIFIED_FOR_YEARS = 2


class StatusAge(msgspec.Struct, frozen=True):
    """How old a status is.

    Attributes
    ----------
    told_on
        When it was last verified, else last updated; None where the record does not say.
    is_verified
        Whether `told_on` is a day of verification.
    is_served
        Whether `told_on` is only the day on which another portal took this copy over.
    ended_on
        The completion date, of a study that is open according to its status; None for others.
    updated_on
        When an open study's record was updated after it was last verified; None where it was not.
    current_until
        The last day on which the status can be taken as it stands; None where no day ends that.
    """

    told_on: PartialDate | None = None
    is_verified: bool = False
    ended_on: PartialDate | None = None
    current_until: date | None = None
    is_served: bool = False
    updated_on: PartialDate | None = None

    def is_outdated(self, today: date) -> bool:
        """Whether an open study's completion date has passed, or nobody verified it for two years."""
        return self.current_until is not None and today > self.current_until

    def write_short(self, today: date) -> str:
        """The age in a few words, for beside the status; "" where the record does not tell it.

        >>> StatusAge(PartialDate("2015-01"), current_until=date(2016, 6, 30)).write_short(date(2026, 1, 1))
        'as of January 2015, out of date'
        """
        told = self.write_as_of()
        if self.is_outdated(today):
            return f"{told}, out of date" if told else "out of date"
        return told

    def write_as_of(self) -> str:
        """As of when, without a judgement; "" where the record does not tell it."""
        return f"as of {write_day(self.told_on)}" if self.told_on else ""

    def describe(self, today: date) -> tuple[str, ...]:
        """The age in sentences, as of a day; at least one."""
        verb = "confirmed" if self.is_verified else "updated"
        told = write_day(self.told_on) if self.told_on else ""
        if not self.is_outdated(today):
            return (self._say_told(told, verb),) if told else (_NO_DAY,)
        sentences = []
        is_old = bool(self.told_on) and _lapses(self.told_on) < today
        end = self.ended_on.latest if self.ended_on else None
        is_over = end is not None and today > end
        if is_old and self.is_served:
            sentences.append(f"{self._say_told(told, verb)} Nothing here tells whether it holds still.")
        elif is_old:
            sentences.append(f"Nobody has {verb} this since {told}.")
            if self.updated_on:
                sentences.append(f"The record was updated after that, {write_on(self.updated_on)}.")
        else:
            sentences.append(self._say_told(told, verb) if told else _NO_DAY)
        if is_over and self.ended_on:
            sentences.append(f"The record's own completion date, {write_day(self.ended_on)}, has passed.")
        if is_old and is_over and not self.is_served:
            sentences.append("The registry shows the status of such a study as Unknown.")
        return tuple(sentences)

    def _say_told(self, told: str, verb: str) -> str:
        if self.is_served:
            return f"As of {told} or before: on that day this copy was taken over from its register."
        return f"As of {told}, when the record was last {verb}."


_NO_DAY = "The record does not say as of when."


def find_status_age(status: StatusModule, served: PartialDate | None = None) -> StatusAge:
    """How old the status of a record is; `served` is the day on which a portal took the copy over, if one did."""
    verified = _known(status.status_verified_date)
    updated = _known(status.last_update_submit_date)
    posted = status.last_update_post_date_struct
    told = verified or updated or _known(posted.date if posted else None)
    is_served = told is None and _known(served) is not None
    told = told or _known(served)
    if status.overall_status not in OPEN:
        # An end may have come with an update that left the day of verification as it was.
        is_stated = status.overall_status != Status.UNKNOWN
        if is_stated and verified and updated and _is_later(updated, verified):
            return StatusAge(updated)
        return StatusAge(told, is_verified=verified is not None, is_served=is_served)
    end = status.completion_date_struct
    # An expanded access goes on as long as it is offered.
    has_end = status.overall_status != Status.AVAILABLE
    ended = _known(end.date if end and has_end else None)
    days = [day for day in (ended.latest if ended else None, _lapses(told) if told else None) if day]
    updated = updated if verified and updated and _is_later(updated, verified) else None
    return StatusAge(told, verified is not None, ended, min(days, default=None), is_served, updated)


def _known(day: PartialDate | None) -> PartialDate | None:
    return day if day and day.latest else None


def _is_later(day: PartialDate, other: PartialDate) -> bool:
    """Whether a day lies wholly after another."""
    return bool(day.earliest and other.latest and day.earliest > other.latest)


def _lapses(told: PartialDate | None) -> date:
    """The last day on which something told then is not two years old."""
    last = told.latest if told else None
    if last is None or last.year + VERIFIED_FOR_YEARS > MAXYEAR:
        return date.max
    following = last + timedelta(days=1)
    try:
        return following.replace(year=following.year + VERIFIED_FOR_YEARS) - timedelta(days=1)
    except ValueError:
        return following.replace(year=following.year + VERIFIED_FOR_YEARS, day=28)
