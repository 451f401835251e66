"""Were results handed in, and where do they lie: with the registry, back with the sponsor, or taken back?"""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import msgspec

from trialbook.model import PartialDate, Study
from trialbook.model.derived import UnpostedEvent
from trialbook.model.enums import UnpostedEventType
from trialbook.model.sentences import write_on


class Round(msgspec.Struct, frozen=True):
    """One submission of results: when it came, when the registry returned it or the sponsor took it back.

    A day that is not known is an empty date; one on which nothing happened is None.
    """

    submitted: PartialDate
    returned: PartialDate | None = None
    cancelled: PartialDate | None = None

    @property
    def lies(self) -> Literal["submitted", "returned", "cancelled"]:
        """Where it lies: with the registry, or whichever came last, back or taken back."""
        if self.cancelled is not None and (self.returned is None or not self.returned > self.cancelled > ""):
            return "cancelled"
        return "submitted" if self.returned is None else "returned"

    def say(self) -> str:
        """The round as part of a sentence."""
        told = f"submitted {_on(self.submitted)}"
        if self.returned is not None:
            told += f", returned {_on(self.returned)}"
        if self.cancelled is not None:
            told += f", taken back {_on(self.cancelled)}"
        return told


def find_rounds(study: Study) -> tuple[Round, ...]:
    """The submissions of results that are not posted, oldest first.

    The registry tells them as tracking of submissions, or as events (older records, AACT); the first is read
    where there are both, as they say the same.
    """
    misc = study.derived_section.misc_info_module if study.derived_section else None
    tracking = misc.submission_tracking if misc else None
    told = [
        Round(
            info.release_date or PartialDate(""),
            info.reset_date,
            info.unrelease_date or (PartialDate("") if info.unrelease_date_unknown else None),
        )
        for info in (tracking.submission_infos if tracking else ())
        if info.release_date or info.reset_date or info.unrelease_date or info.unrelease_date_unknown
    ]
    return tuple(told) or _read_events(study)


def _read_events(study: Study) -> tuple[Round, ...]:
    module = study.annotation_section.annotation_module if study.annotation_section else None
    unposted = module.unposted_annotation if module else None
    rounds: list[Round] = []
    for event in _in_order(unposted.unposted_events if unposted else ()):
        day = event.date or PartialDate("")
        if event.type == UnpostedEventType.RELEASE:
            rounds.append(Round(day))
        elif event.type in (UnpostedEventType.RESET, UnpostedEventType.UNRELEASE):
            is_return = event.type == UnpostedEventType.RESET
            # What was returned may still be taken back: no other submission is made of that.
            is_open = bool(rounds) and (
                rounds[-1].lies == "submitted" or (not is_return and rounds[-1].cancelled is None)
            )
            last = rounds.pop() if is_open else Round(PartialDate(""))
            name = "returned" if is_return else "cancelled"
            rounds.append(msgspec.structs.replace(last, **{name: day}))
    return tuple(rounds)


def _in_order(events: tuple[UnpostedEvent, ...]) -> tuple[UnpostedEvent, ...]:
    """By day where all have one, since tables come in any order.

    On one day, what lies with the registry goes back before the next is sent; else what is sent comes first.
    """
    if not all(event.date and event.date.earliest for event in events):
        return events
    ordered: list[UnpostedEvent] = []
    for _, on_day in groupby(sorted(events, key=_get_day), key=_get_day):
        is_pending = bool(ordered) and ordered[-1].type == UnpostedEventType.RELEASE
        ordered += sorted(on_day, key=lambda event: (event.type == UnpostedEventType.RELEASE) == is_pending)
    return tuple(ordered)


def _get_day(event: UnpostedEvent) -> str:
    return str(event.date or "")


def _on(day: PartialDate) -> str:
    return write_on(day) if day else "on a day that is not known"
