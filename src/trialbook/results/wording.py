"""In which words is it told where a study's results are, and by which day they are due?

Each sentence follows from the record alone; `trialbook.results.due` says which of them hold.
"""

from __future__ import annotations

from datetime import date, timedelta

from trialbook.model import PartialDate, Study
from trialbook.model.enums import DateType, StudyType
from trialbook.model.sentences import count_of, write_day, write_on
from trialbook.results.facts import End, ResultsFacts

# Within so many days the registry posts what was submitted (42 CFR 11.52).
POSTED_WITHIN = timedelta(days=30)
NO_DATE = "The record gives no date of completion, so the day on which results are due cannot be counted."


def say_posted(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """When they were posted, and whether this copy holds them."""
    posted = facts.study.status.results_first_post_date_struct
    when = f" {write_on(posted.date)}" if posted and posted.date else ""
    if facts.study.results_section is None:
        return (f"The record says that results were posted{when}, but this copy does not hold them.",)
    return (f"The sponsor's results were first posted{when}; the tables are further down this page.",)


def say_withheld(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """Why a record of a device is held back."""
    return (
        "The registry holds this record back: it studies a device that the FDA has not approved or cleared, and "
        "posting is delayed until that is done (42 CFR 11.35(b)(2)). What is held back, results among it, cannot "
        "be told from here.",
    )


def say_submitted(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """When they were submitted, how often, and whether in time."""
    first = facts.rounds[0].submitted if facts.rounds else facts.study.status.results_first_submit_date
    last = facts.rounds[-1].submitted if facts.rounds else first
    when = f" {write_on(last)}" if last else ""
    served = _find_served(facts)
    public = f"were not public {write_on(served)}, the day of this copy" if served else "are not public yet"
    words = f"Results were submitted to the registry{when} and {public}"
    # Of one submission without a history of it nothing is known but the day.
    if facts.rounds or not _is_long_after(served, last):
        words += ": it checks their quality first."
    else:
        words += (
            ". Whether it still checked their quality then, or had returned them, the record does not tell."
        )
    return (words, *_say_rounds(facts), *_say_in_time(facts, first))


def _is_long_after(served: PartialDate | None, submitted: PartialDate | None) -> bool:
    """Whether a copy is younger than the 30 days that the registry has to post results (42 CFR 11.52)."""
    first, last = served.earliest if served else None, submitted.latest if submitted else None
    return bool(first and last and first - last > POSTED_WITHIN)


def say_returned(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """When they were returned, and who has to act."""
    last = facts.rounds[-1].returned
    when = f" {write_on(last)}" if last else ""
    words = (
        f"The registry returned the results to the sponsor{when}, and this copy of the record shows none sent "
        "since: the sponsor has to correct them and send them again before they can be public (42 CFR 11.64(b)). "
        "The registry has nothing to check."
    )
    return (words, *_say_rounds(facts), *_say_in_time(facts, facts.rounds[0].submitted), *_say_served(facts))


def _say_rounds(facts: ResultsFacts) -> tuple[str, ...]:
    if len(facts.rounds) < 2:
        return ()
    told = "; ".join(each.say() for each in facts.rounds)
    return (f"{count_of(len(facts.rounds), 'submission')} so far: {told}.",)


def _say_in_time(facts: ResultsFacts, submitted: PartialDate | None) -> tuple[str, ...]:
    day = submitted.latest if submitted else None
    if day is None or facts.deadline is None or facts.duty.applies != "likely" or facts.end is None:
        return ()
    if facts.end.type != DateType.ACTUAL or facts.is_surveillance:
        return ()
    side = "before" if day < facts.deadline else "on" if day == facts.deadline else "after"
    due = write_day(PartialDate(facts.deadline.isoformat()))
    return (
        f"The first submission came on the due day, {due}."
        if side == "on"
        else f"The first submission came {side} the due day, {due}.",
    )


def _say_served(facts: ResultsFacts) -> tuple[str, ...]:
    served = _find_served(facts)
    return (f"This copy shows the registry as of {write_day(served)}.",) if served else ()


def _find_served(facts: ResultsFacts) -> PartialDate | None:
    return facts.served if facts.served and facts.served.earliest else None


def say_not_required(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """Of what kind of study none are asked."""
    if facts.study.study_type == StudyType.EXPANDED_ACCESS:
        return ("Results are not required of expanded access records (42 CFR Part 11).",)
    return (
        "Results are not required of observational studies (42 CFR Part 11); some sponsors post them all the same.",
    )


def say_delayed(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """What a certificate in time delays."""
    limit = f", at the latest by {_write(facts.limit)}" if facts.limit else ""
    words = (
        f"{_capital(write_on(facts.certified or PartialDate('')))} the responsible party certified a delay, because "
        "approval of the product or of a new use is being sought. Results are then due 30 days after the "
        f"decision and within two years of that day{limit} (42 CFR 11.44(b) and (c))."
    )
    return (words, _judge(facts))


def _ended(limit: date | None, today: date) -> str:
    return f"{'ended' if limit and limit < today else 'end'} on {_write(limit)}" if limit else "have no end"


def _say_certificate(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """A certificate that delays no more, or never did."""
    if facts.certified is None:
        return ()
    certified = _capital(write_on(facts.certified))
    if facts.is_certified_late and facts.is_before_rule:
        return (
            f"{certified} the responsible party handed in a certificate of delay. Whether that came in time cannot "
            "be told, as the record does not tell when results were due by the law before the rule. Its two years "
            f"{_ended(facts.limit, today)}.",
        )
    if facts.is_certified_late:
        return (
            f"{certified} the responsible party handed in a certificate of delay. That was after "
            f"{_write(facts.due)}, and a certificate delays only when it comes before results are due (42 CFR "
            f"11.44(b) and (c)). Its two years {_ended(facts.limit, today)}.",
        )
    return (
        f"{certified} the responsible party certified a delay of at most two years. They ended on "
        f"{_write(facts.limit)}, so results are no longer delayed by it (42 CFR 11.44(b) and (c)).",
    )


def _say_taken_back(facts: ResultsFacts) -> tuple[str, ...]:
    if not facts.rounds:
        return ()
    last = facts.rounds[-1]
    words = (
        f"Results were {last.say()}: the sponsor withdrew them, so the registry has nothing to check and none "
        "count as submitted."
    )
    return (words, *_say_rounds(facts))


def say_awaited(facts: ResultsFacts, today: date) -> tuple[str, ...]:
    """The rule, what came before, whether the duty holds, and what a reader has to know of this copy."""
    before = (*_say_taken_back(facts), *_say_certificate(facts, today))
    if facts.is_surveillance:
        words = (
            "Results of a postmarket surveillance that is no trial are due 30 days after its final report to the "
            "FDA (42 CFR 11.44(f)); the record does not give that day."
        )
        return (*before, words, _judge(facts))
    if facts.duty.applies == "unlikely" or facts.is_elsewhere:
        return (*before, _judge(facts))
    if facts.end is None:
        return (*before, NO_DATE, _judge(facts))
    if facts.due is None or facts.deadline is None:
        return (*before, _say_too_far(facts.end), _judge(facts))
    return (
        _say_rule(facts.end, facts.due),
        *before,
        _judge(facts),
        *_say_remarks(facts, facts.end, facts.deadline, today),
    )


def _say_rule(end: End, due: date) -> str:
    kinds = {"ACTUAL": "actual", "ESTIMATED": "estimated, so the due date may still move"}
    about = f"{write_day(end.date)} ({kinds.get(end.type, 'of unstated type')})"
    rule = "Where 42 CFR 11.44(a) applies, results are due one year after the primary completion date"
    if end.is_primary:
        return f"{rule}, {about}: by {_write(due)}."
    return (
        f"{rule}. The record does not give that date, but it cannot be later than the study's "
        f"completion, {about}: so by {_write(due)} at the latest."
    )


def _say_too_far(end: End) -> str:
    which = "primary completion date" if end.is_primary else "completion date"
    return (
        f"The record gives {write_day(end.date)} as its {which}, and no calendar holds the day a year later, "
        "on which results would be due."
    )


def _say_remarks(facts: ResultsFacts, end: End, deadline: date, today: date) -> tuple[str, ...]:
    remarks = []
    last = end.date.latest or deadline
    if facts.is_before_rule:
        return (
            "It ended before the rule took effect on 18 January 2017: results were then due only if the product "
            "had been approved (42 CFR 11.42), which the record does not tell.",
            "This copy of the record shows no results.",
            *_say_served(facts),
        )
    if end.type == DateType.ESTIMATED and last < today:
        remarks.append("The estimated date has gone by; this record does not confirm that it was kept.")
    served = _find_served(facts)
    since = f"The due day, {_write(deadline)}, passed {count_of((today - deadline).days, 'day')} ago"
    if today > deadline and facts.is_served_before(deadline):
        remarks.append(
            f"{since}. This copy shows the registry as of {write_day(facts.served or PartialDate(''))}, no later than "
            "it: whether results came since cannot be told from it."
        )
    elif today > deadline:
        extended = (
            "An extension for good cause (42 CFR 11.44(e)), a waiver or a submission of the last weeks need not "
            "show in it."
        )
        if served and served.earliest and served.earliest > deadline:
            late = count_of((served.earliest - deadline).days, "day")
            remarks.append(
                f"This copy shows the registry as of {write_day(served)}, {late} after the due day, "
                f"{_write(deadline)}, and shows no results. {extended} Whether results came since cannot be told from it."
            )
        else:
            remarks.append(f"{since} and this copy of the record shows no results. {extended}")
    return tuple(remarks)


def _judge(facts: ResultsFacts) -> str:
    applies, why, paragraph = facts.duty.applies, facts.reason, facts.duty.paragraph
    if applies == "likely" and facts.is_before_rule:
        return (
            f"From this record it seems to be of the kind that the law covers ({paragraph}): {why}. "
            f"{_who_owes(facts.study)}, if any were due."
        )
    if applies == "likely":
        return f"From this record the rule seems to apply ({paragraph}): {why}. {_who_owes(facts.study)}."
    if applies == "unlikely":
        return (
            f"From this record the US duty to post results ({paragraph}) does not seem to apply: {why}. "
            "Funders or other countries may still ask for them."
        )
    told = f"Whether the rule applies ({paragraph}) cannot be told from this record: {why}."
    if facts.is_elsewhere:
        return told
    return f"{told} If it does: {_lower(_who_owes(facts.study))}."


def _who_owes(study: Study) -> str:
    """Who would owe the results: the sponsor, unless a principal investigator was named (42 CFR 11.4(c))."""
    module = study.protocol.sponsor_collaborators_module
    party = module.responsible_party if module else None
    sponsor = module.lead_sponsor.name if module and module.lead_sponsor else None
    named = party and (party.investigator_full_name or party.old_name_title or party.old_organization)
    if named:
        return f"The responsible party, {named}, would owe the results"
    if party and party.type and sponsor:
        return f"The responsible party, {sponsor}, would owe the results"
    if sponsor:
        return (
            f"The record names no responsible party; its sponsor, {sponsor}, would owe the results unless it named "
            "an investigator for that"
        )
    return "The responsible party, whom the record does not name, would owe the results"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _write(day: date | None) -> str:
    return write_day(PartialDate(day.isoformat() if day else ""))
