"""Are results posted, pending or overdue, when are they due, and how do we know?

Sources: 42 CFR 11.22(b) (applicable clinical trial), 11.44 (deadlines), 11.54 (waiver); in force since
18 January 2017. The public record does not hold all facts that the law asks for (whether a trial runs under
an IND or IDE, for one), so what is said here is what the record suggests, never a finding.
"""

from __future__ import annotations

from datetime import MAXYEAR, date
from typing import Literal

import msgspec

from trialbook.model import PartialDate, Study
from trialbook.model.enums import DateType, Phase, PrimaryPurpose, Status, StudyType
from trialbook.model.sentences import count_of, write_day

RULE_IN_FORCE = date(2017, 1, 18)
ACT_SINCE = date(2007, 9, 27)
NO_DATE = "The record gives no date of completion, so the day on which results are due cannot be counted."
State = Literal["posted", "submitted", "waived", "delayed", "not_expected", "pending", "overdue", "unknown"]
Applies = Literal["likely", "unlikely", "unclear"]


class ResultsOutlook(msgspec.Struct, frozen=True):
    """What can be said about a study's results.

    `due` is the latest day on which they are due (None where the record gives no date to count from);
    `applies` whether the duty of 42 CFR Part 11 seems to hold, with `reasons`.
    """

    state: State
    headline: str
    sentences: tuple[str, ...]
    due: date | None = None
    applies: Applies = "unclear"
    reasons: tuple[str, ...] = ()


def derive_results_outlook(study: Study, *, today: date) -> ResultsOutlook:
    """Say whether results are posted, pending, late or not to be expected, and why, as of a day."""
    status = study.status
    if study.results_section is not None or study.has_results:
        return _posted(study)
    if status.results_waived:
        return ResultsOutlook(
            state="waived",
            headline="Results waived",
            sentences=("The record says that the duty to post results was waived (42 CFR 11.54).",),
        )
    tracking = _submission_sentences(study)
    if status.results_first_submit_date or tracking:
        day = status.results_first_submit_date
        first = (
            f"Results were submitted to the registry on {write_day(day)}" if day else "Results were submitted"
        )
        words = f"{first} and are not public yet: the registry checks their quality first."
        return ResultsOutlook(
            state="submitted", headline="Results submitted, not yet public", sentences=(words, *tracking)
        )
    if study.study_type in (StudyType.OBSERVATIONAL, StudyType.EXPANDED_ACCESS):
        return _not_expected(study)
    if study.overall_status == Status.WITHDRAWN:
        words = "The study was withdrawn before its first participant joined, so there is nothing to report."
        return ResultsOutlook(state="not_expected", headline="No results to expect", sentences=(words,))
    return _awaited(study, today)


def judge_applicability(study: Study) -> tuple[Applies, tuple[str, ...]]:
    """Whether the record looks like an applicable clinical trial (42 CFR 11.22(b)), and the reasons."""
    oversight = study.protocol.oversight_module
    drug = oversight.is_fda_regulated_drug if oversight else None
    device = oversight.is_fda_regulated_device if oversight else None
    design = study.protocol.design_module
    purpose = design.design_info.primary_purpose if design and design.design_info else None
    if study.study_type is None:
        return "unclear", ("the record does not give the type of study",)
    if study.study_type != StudyType.INTERVENTIONAL:
        return "unlikely", ("it is not an interventional study",)
    if drug is False and device is False:
        return "unlikely", ("the record says that it studies no drug or device that the FDA regulates",)
    if not drug and not device:
        return "unclear", (
            "the record does not say whether it studies a drug or device that the FDA regulates",
        )
    if not device and study.phases and set(study.phases) <= {Phase.PHASE1, Phase.EARLY_PHASE1}:
        return "unlikely", ("it is a phase 1 drug trial, and these are exempt",)
    if not drug and purpose == PrimaryPurpose.DEVICE_FEASIBILITY:
        return "unlikely", ("it is a small feasibility study of a device, and these are exempt",)
    start = status_start(study)
    if start and start < ACT_SINCE:
        return "unclear", ("it began before 27 September 2007, when other rules held",)
    kind = "drug" if drug else "device"
    known = f"it is an interventional study of a {kind} that the FDA regulates"
    phase = () if device and not drug else ("it is beyond phase 1",) if study.phases else ()
    if any(site.country == "United States" for site in study.locations):
        return "likely", (known, *phase, "it has a site in the United States")
    if oversight and oversight.is_us_export:
        return "likely", (known, *phase, "the product is exported from the United States")
    return "unclear", (
        known,
        "no site in the United States is listed, and the record does not show whether it runs under a US IND "
        "or IDE",
    )


def status_start(study: Study) -> date | None:
    """The last day that the start date can mean, or None."""
    start = study.status.start_date_struct
    return start.date.latest if start and start.date else None


def add_year(day: date) -> date | None:
    """The same day a year later; 29 February becomes the 28th. None after the year 9999, the last there is.

    >>> add_year(date(2024, 2, 29)), add_year(date(9999, 1, 1))
    (datetime.date(2025, 2, 28), None)
    """
    if day.year == MAXYEAR:
        return None
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _posted(study: Study) -> ResultsOutlook:
    posted = study.status.results_first_post_date_struct
    when = f" on {write_day(posted.date)}" if posted and posted.date else ""
    if study.results_section is None:
        words = f"The registry says that results were posted{when}, but this copy does not hold them."
    else:
        words = f"The sponsor's results were first posted{when}; the tables are further down this page."
    return ResultsOutlook(state="posted", headline="Results posted", sentences=(words,))


def _not_expected(study: Study) -> ResultsOutlook:
    kind = (
        "observational studies" if study.study_type == StudyType.OBSERVATIONAL else "expanded access records"
    )
    words = f"Results are not required of {kind} (42 CFR Part 11); some sponsors post them all the same."
    return ResultsOutlook(
        state="not_expected", headline="No results required", sentences=(words,), applies="unlikely"
    )


def _awaited(study: Study, today: date) -> ResultsOutlook:
    applies, reasons = judge_applicability(study)
    judged = _judgement(study, applies, reasons)
    if study.status.disp_first_submit_date:
        return _delayed(study, judged, applies, reasons)
    if applies == "unlikely":
        return ResultsOutlook("pending", "No results posted", (judged,), applies=applies, reasons=reasons)
    counted = _find_end(study)
    if counted is None:
        return ResultsOutlook(
            "unknown", "No results yet", (NO_DATE, judged), applies=applies, reasons=reasons
        )
    end = counted.date.latest or today
    due = add_year(end)
    if due is None:
        return ResultsOutlook(
            "unknown", "No results yet", (_too_far(counted), judged), applies=applies, reasons=reasons
        )
    is_late = today > due and applies == "likely" and counted.type == DateType.ACTUAL and end >= RULE_IN_FORCE
    sentences = (_rule(counted, due), judged, *_remarks(counted, due, today))
    headline = "Results pending, past the usual due date" if is_late else "Results pending"
    state: State = "overdue" if is_late else "pending"
    return ResultsOutlook(state, headline, sentences, due=due, applies=applies, reasons=reasons)


class _End(msgspec.Struct, frozen=True):
    """The date that the deadline is counted from; `is_primary` tells which of the two completion dates."""

    date: PartialDate
    type: str
    is_primary: bool


def _find_end(study: Study) -> _End | None:
    """The primary completion date, or else the completion date: the primary one cannot be later."""
    status = study.status
    for struct, is_primary in (
        (status.primary_completion_date_struct, True),
        (status.completion_date_struct, False),
    ):
        if struct and struct.date and struct.date.latest:
            return _End(struct.date, str(struct.type or ""), is_primary)
    return None


def _rule(end: _End, due: date) -> str:
    kinds = {"ACTUAL": "actual", "ESTIMATED": "estimated, so the due date may still move"}
    about = f"{write_day(end.date)} ({kinds.get(end.type, 'of unstated type')})"
    by = write_day(PartialDate(due.isoformat()))
    rule = "Where 42 CFR 11.44(a) applies, results are due one year after the primary completion date"
    if end.is_primary:
        return f"{rule}, {about}: by {by}."
    return (
        f"{rule}. The record does not give that date, but it cannot be later than the study's "
        f"completion, {about}: so by {by} at the latest."
    )


def _too_far(end: _End) -> str:
    which = "primary completion date" if end.is_primary else "completion date"
    return (
        f"The record gives {write_day(end.date)} as its {which}, and no calendar holds the day a year later, "
        "on which results would be due."
    )


def _remarks(end: _End, due: date, today: date) -> tuple[str, ...]:
    remarks = []
    last = end.date.latest or due
    if last < RULE_IN_FORCE:
        remarks.append(
            "It ended before the rule took effect on 18 January 2017; fewer trials had to report until then."
        )
    if end.type == DateType.ESTIMATED and last < today:
        remarks.append("The estimated date has gone by; this record does not confirm that it was kept.")
    if today > due:
        remarks.append(
            f"The due date passed {count_of((today - due).days, 'day')} ago and this copy of the record "
            "shows no results. An extension, a waiver or a submission under review need not show in it."
        )
    return tuple(remarks)


def _delayed(study: Study, judged: str, applies: Applies, reasons: tuple[str, ...]) -> ResultsOutlook:
    certified = study.status.disp_first_submit_date or PartialDate("")
    last = certified.latest
    year_later = add_year(last) if last else None
    due = add_year(year_later) if year_later else None
    limit = f", at the latest by {write_day(PartialDate(due.isoformat()))}" if due else ""
    words = (
        f"On {write_day(certified)} the responsible party certified a delay, because approval of the product "
        "or of a new use is being sought. Results are then due 30 days after the decision and within two "
        f"years of that day{limit} (42 CFR 11.44(b) and (c))."
    )
    return ResultsOutlook(
        state="delayed",
        headline="Results delayed by certificate",
        sentences=(words, judged),
        due=due,
        applies=applies,
        reasons=reasons,
    )


def _judgement(study: Study, applies: Applies, reasons: tuple[str, ...]) -> str:
    why = "; ".join(reasons)
    party = _who_owes(study)
    if applies == "likely":
        return f"From this record the rule seems to apply: {why}. {party} would owe the results."
    if applies == "unlikely":
        return (
            f"From this record the US duty to post results (42 CFR 11.22) does not seem to apply: {why}. "
            "Funders or other countries may still ask for them."
        )
    return (
        f"Whether the rule applies cannot be told from this record: {why}. "
        f"{party} would owe the results if it does."
    )


def _who_owes(study: Study) -> str:
    module = study.protocol.sponsor_collaborators_module
    party = module.responsible_party if module else None
    sponsor = module.lead_sponsor.name if module and module.lead_sponsor else None
    name = party.investigator_full_name if party and party.investigator_full_name else sponsor
    return f"The responsible party, {name}," if name else "The responsible party"


def _submission_sentences(study: Study) -> tuple[str, ...]:
    derived = study.derived_section
    misc = derived.misc_info_module if derived else None
    tracking = misc.submission_tracking if misc else None
    if tracking is None or not (tracking.submission_infos or tracking.estimated_results_first_submit_date):
        return ()
    steps = [
        f"released {write_day(info.release_date)}"
        + (f", returned {write_day(info.reset_date)}" if info.reset_date else "")
        for info in tracking.submission_infos
        if info.release_date
    ]
    return (f"Rounds of the registry's quality check: {'; '.join(steps)}.",) if steps else ()
