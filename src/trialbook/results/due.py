"""Are results posted, pending or overdue, when are they due, and how do we know? One table of cases.

Source: 42 CFR Part 11, in force since 18 January 2017. What is said of people follows from the record, each
sentence from what stands in it; where it does not say enough, that is said. `docs/concepts/results-due.md` has the
same cases, and where they depart from FDAAA TrialsTracker's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec

from trialbook.model import Study
from trialbook.model.enums import EnrollmentType, Status, StudyType
from trialbook.results.duty import Applies
from trialbook.results.facts import ResultsFacts
from trialbook.results.wording import (
    say_awaited,
    say_delayed,
    say_not_required,
    say_posted,
    say_returned,
    say_submitted,
    say_withheld,
)

State = Literal[
    "posted",
    "withheld",
    "waived",
    "returned",
    "submitted",
    "not_expected",
    "delayed",
    "overdue",
    "pending",
    "unknown",
]


class ResultsOutlook(msgspec.Struct, frozen=True):
    """What can be said about a study's results.

    `due` is the latest day on which they are due (None where the record gives no date to count from, or one before
    the rule);
    `applies` whether the duty of 42 CFR Part 11 seems to hold, with `reasons`; `paragraph` what the case rests on.
    `is_counted_from_certificate` tells that `due` is the end of a certified delay.
    """

    state: State
    headline: str
    sentences: tuple[str, ...]
    due: date | None = None
    applies: Applies = "unclear"
    reasons: tuple[str, ...] = ()
    paragraph: str = ""
    is_counted_from_certificate: bool = False


NONE_POSTED, NONE_YET, PENDING = "No results posted", "No results yet", "Results pending"
NOT_KNOWN = "Results not known"
Say = Callable[[ResultsFacts, date], tuple[str, ...]]


class Case(msgspec.Struct, frozen=True):
    """A case of the table: when it holds on a day, what it is called, the paragraph, and what is said.

    Where the duty `is_judged`, the outlook tells it too, and the day.
    """

    state: State
    paragraph: str
    meaning: str
    holds: Callable[[ResultsFacts, date], bool]
    headline: str
    say: Say
    is_judged: bool = False


def derive_results_outlook(study: Study, *, today: date) -> ResultsOutlook:
    """Say whether results are posted, pending, late or not to be expected, and why, as of a day."""
    facts = ResultsFacts(study)
    case = next(each for each in CASES if each.holds(facts, today))
    headline, sentences = case.headline, case.say(facts, today)
    if case.is_judged and study.has_results is None:
        headline = NOT_KNOWN if headline in (NONE_POSTED, NONE_YET, PENDING) else headline
        sentences = (*sentences, "This copy does not say whether results were posted.")
    outlook = ResultsOutlook(case.state, headline, sentences, paragraph=case.paragraph, applies="unclear")
    if case.state == "not_expected":
        return msgspec.structs.replace(outlook, applies="unlikely")
    if not case.is_judged:
        return outlook
    days = {"delayed": facts.certified_until, "overdue": facts.deadline, "pending": facts.deadline}
    is_judged = facts.duty.applies != "unlikely" and not facts.is_elsewhere and not facts.is_before_rule
    is_told = is_judged or case.state == "delayed"
    due = days.get(case.state) if is_told else None
    return msgspec.structs.replace(
        outlook,
        due=due,
        is_counted_from_certificate=due is not None and due == facts.limit and due != facts.due,
        applies=facts.duty.applies,
        reasons=(facts.reason,),
    )


def find_overdue_from(study: Study) -> date | None:
    """The first day on which `derive_results_outlook` calls a record's results overdue; None for never.

    On each later day it does too, as long as the record stays as it is.
    """
    facts = ResultsFacts(study)
    first = facts.accountable_from
    if first is None:
        return None
    case = next(each for each in CASES if each.holds(facts, first))
    return first if case.state == "overdue" else None


def _is_posted(facts: ResultsFacts, today: date) -> bool:
    posted = facts.study.status.results_first_post_date_struct
    is_dated = bool(posted and posted.date and posted.date.earliest)
    return facts.study.results_section is not None or facts.study.has_results is True or is_dated


def _is_not_required(facts: ResultsFacts, today: date) -> bool:
    kinds = (StudyType.OBSERVATIONAL, StudyType.EXPANDED_ACCESS)
    return facts.study.study_type in kinds and not facts.is_surveillance


def _has_enrolled_nobody(facts: ResultsFacts, today: date) -> bool:
    """An open study may have enrolled nobody yet."""
    design = facts.study.protocol.design_module
    enrolled = design.enrollment_info if design else None
    if enrolled is None or facts.study.overall_status not in (Status.COMPLETED, Status.TERMINATED):
        return False
    return enrolled.count == 0 and enrolled.type == EnrollmentType.ACTUAL


def _is_delayed(facts: ResultsFacts, today: date) -> bool:
    first = facts.certified.earliest if facts.certified else None
    if first is None or today < first:
        # A certificate of a day that is yet to come says nothing that could be held against anyone.
        return first is not None
    if facts.is_certified_late:
        return False
    return facts.certified_until is None or today <= facts.certified_until


def _is_overdue(facts: ResultsFacts, today: date) -> bool:
    first = facts.accountable_from
    return first is not None and today >= first


# The first case that holds decides.
CASES: tuple[Case, ...] = (
    Case(
        "posted",
        "42 CFR 11.52",
        "The record holds results, says that it has some, or gives the day on which they were posted.",
        _is_posted,
        "Results posted",
        say_posted,
    ),
    Case(
        "withheld",
        "42 CFR 11.35(b)(2)",
        "The record is withheld: an unapproved or uncleared device.",
        lambda facts, today: facts.study.overall_status == Status.WITHHELD,
        "Posting delayed until the device is cleared",
        say_withheld,
    ),
    Case(
        "waived",
        "42 CFR 11.54",
        "The record says that the duty was waived.",
        lambda facts, today: facts.study.status.results_waived is True,
        "Results waived",
        lambda facts, today: ("The record says that the duty to post results was waived (42 CFR 11.54).",),
    ),
    Case(
        "returned",
        "42 CFR 11.64(b)",
        "The registry returned the last submission, and none came since.",
        lambda facts, today: bool(facts.rounds) and facts.rounds[-1].lies == "returned",
        "Results returned to the sponsor",
        say_returned,
    ),
    Case(
        "submitted",
        "42 CFR 11.52 and 11.64(b)",
        "The last submission was neither returned nor taken back.",
        lambda facts, today: (
            facts.rounds[-1].lies == "submitted"
            if facts.rounds
            else bool(facts.study.status.results_first_submit_date)
        ),
        "Results submitted, not yet public",
        say_submitted,
    ),
    Case(
        "not_expected",
        "42 CFR 11.22(b)",
        "It is observational or expanded access, and no postmarket surveillance of a device in children.",
        _is_not_required,
        "No results required",
        say_not_required,
    ),
    Case(
        "not_expected",
        "42 CFR 11.10(a)",
        "It was withdrawn.",
        lambda facts, today: facts.study.overall_status == Status.WITHDRAWN,
        "No results to expect",
        lambda facts, today: (
            "The study was withdrawn before its first participant joined, so there is nothing to report.",
        ),
    ),
    Case(
        "not_expected",
        "42 CFR 11.10(a)",
        "It has ended, and its actual enrollment is 0.",
        _has_enrolled_nobody,
        "No results to expect",
        lambda facts, today: (
            "The study has ended, and its actual enrollment is 0, so there is nothing to report.",
        ),
    ),
    Case(
        "delayed",
        "42 CFR 11.44(b) and (c)",
        "A certificate came before the due day, and its two years have not ended.",
        _is_delayed,
        "Results delayed by certificate",
        say_delayed,
        is_judged=True,
    ),
    Case(
        "overdue",
        "42 CFR 11.44(a)",
        "The duty seems to hold, the date of completion is actual and since 18 January 2017, the day has passed, and "
        "the copy says that there are none and shows the registry after it.",
        _is_overdue,
        "Results pending, past the usual due date",
        say_awaited,
        is_judged=True,
    ),
    Case(
        "pending",
        "42 CFR 11.22",
        "The duty does not seem to hold.",
        lambda facts, today: facts.duty.applies == "unlikely",
        NONE_POSTED,
        say_awaited,
        is_judged=True,
    ),
    Case(
        "unknown",
        "42 CFR 11.44",
        "The record gives no day to count from.",
        lambda facts, today: facts.deadline is None or facts.is_surveillance,
        NONE_YET,
        say_awaited,
        is_judged=True,
    ),
    Case(
        "pending",
        "42 CFR 11.44(a)",
        "All others: the day has not passed, or the record does not say enough to call results overdue.",
        lambda facts, today: True,
        PENDING,
        say_awaited,
        is_judged=True,
    ),
)
