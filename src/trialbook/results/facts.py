"""What does a record say that decides when results are due, and by which day?"""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta
from functools import cached_property

import msgspec

from trialbook.model import PartialDate, Study
from trialbook.model.enums import DateType
from trialbook.record.links import NCT_ID
from trialbook.results.duty import DutyCase, judge_duty
from trialbook.results.submissions import Round, find_rounds

RULE_IN_FORCE = date(2017, 1, 18)


class End(msgspec.Struct, frozen=True):
    """The date that the deadline is counted from; `is_primary` tells which of the two completion dates."""

    date: PartialDate
    type: str
    is_primary: bool


class ResultsFacts:
    """What a record says of its results, each worked out once, when it is asked for.

    Attributes
    ----------
    study
        The record.
    rounds
        The submissions that are not posted.
    end
        What the deadline is counted from, or None.
    due
        The last day by 42 CFR 11.44(a): a year after `end`.
    certified, limit
        The day of a certificate of delay, and the last day to which it can delay (42 CFR 11.44(b), (c)).
    is_certified_late
        Whether it came after the day that it was to delay.
    served
        The day of which this copy shows the registry, where it tells.
    duty, reason
        The case of `DUTY` that holds, and the reason in words.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.rounds: tuple[Round, ...] = find_rounds(study)
        self.end = _find_end(study)
        self.due = add_years(self.end.date.latest, 1) if self.end else None
        certified = study.status.disp_first_submit_date
        self.certified = certified if certified and certified.earliest else None
        self.limit = add_years(self.certified.latest, 2) if self.certified else None
        first = self.certified.earliest if self.certified else None
        self.is_certified_late = bool(
            first and self.due and first > self.due and self.end and self.end.type == DateType.ACTUAL
        )
        self.served = study.served

    @cached_property
    def _judged(self) -> tuple[DutyCase, str]:
        return judge_duty(self.study)

    @property
    def duty(self) -> DutyCase:
        """As in the list above."""
        return self._judged[0]

    @property
    def reason(self) -> str:
        """As in the list above."""
        return self._judged[1]

    @property
    def deadline(self) -> date | None:
        """The last day on which results are in time, as far as the record tells; None for no such day.

        A certificate in time delays; nothing else does that a record shows.
        """
        if self.certified is None or self.is_certified_late or self.due is None:
            return self.due
        return self.certified_until

    @property
    def certified_until(self) -> date | None:
        """The last day that the certificate leaves: never before the one that holds without it."""
        return None if self.limit is None else max(self.limit, self.due or self.limit)

    @property
    def accountable_from(self) -> date | None:
        """The day from which results are overdue if none have come; None where the record does not say enough.

        It must say that the duty seems to hold, that there are no results, give an actual date of completion
        under the rule, and show the registry after the deadline: what an older copy lacks may have come since.
        """
        end, deadline = self.end, self.deadline
        if end is None or deadline is None or deadline == date.max or end.type != DateType.ACTUAL:
            return None
        # A copy that was cut may lack results that were posted.
        if self.study.has_results is None:
            return None
        if not self.is_under_rule or self.duty.applies != "likely" or self.is_surveillance:
            return None
        if self.is_served_before(deadline):
            return None
        # On the day of a late certificate the record first had it.
        handed_in = self.certified.latest if self.certified else None
        return max(deadline + timedelta(days=1), handed_in or deadline)

    def is_served_before(self, day: date) -> bool:
        """Whether this copy shows the registry as it was on that day or before."""
        served = self.served.latest if self.served else None
        return served is not None and served <= day

    @property
    def is_elsewhere(self) -> bool:
        """Whether another register's record says nothing that would bring it under the law of the US."""
        nct_id = self.study.nct_id
        return self.duty.applies == "unclear" and bool(nct_id) and not NCT_ID.fullmatch(nct_id)

    @property
    def is_under_rule(self) -> bool:
        """Whether the whole of the date that is counted from lies under the rule."""
        first = self.end.date.earliest if self.end else None
        return first is not None and first >= RULE_IN_FORCE

    @property
    def is_before_rule(self) -> bool:
        """Whether the date that is counted from lies before the rule, by which then nothing was due."""
        last = self.end.date.latest if self.end else None
        return last is not None and last < RULE_IN_FORCE

    @property
    def is_surveillance(self) -> bool:
        """Whether it is a postmarket surveillance, whose results are due after its report (42 CFR 11.44(f))."""
        oversight = self.study.protocol.oversight_module
        return oversight is not None and oversight.is_ppsd is True


def add_years(day: date | None, years: int) -> date | None:
    """The same day some years later; 29 February becomes the 28th. None after 9999, the last year there is.

    >>> add_years(date(2024, 2, 29), 1), add_years(date(2024, 2, 29), 4), add_years(date(9999, 1, 1), 1)
    (datetime.date(2025, 2, 28), datetime.date(2028, 2, 29), None)
    """
    if day is None or day.year + years > MAXYEAR:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _find_end(study: Study) -> End | None:
    """The primary completion date, or else the completion date: the primary one cannot be later."""
    status = study.status
    for struct, is_primary in (
        (status.primary_completion_date_struct, True),
        (status.completion_date_struct, False),
    ):
        if struct and struct.date and struct.date.latest:
            return End(struct.date, str(struct.type or ""), is_primary)
    return None
