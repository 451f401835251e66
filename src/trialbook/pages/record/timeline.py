"""A record's dates as a picture: what was planned, what took place, what moved, when results are due."""

from __future__ import annotations

from datetime import date

from trialbook.changes.past import Past, PastDate
from trialbook.model import PartialDate, Study
from trialbook.model.protocol import DateStruct, PartialDateStruct
from trialbook.model.sentences import write_day
from trialbook.pages.contents import StudyHistory
from trialbook.pages.drawing.timebar import Ghost, Moment, draw_timebar, is_drawn
from trialbook.pages.tree import Picture, Row, Table
from trialbook.results.due import ResultsOutlook

START, END = "Start", "Completion"
FORMS = "What is hollow was planned or is counted; a small diamond is what an older version held here said"
KINDS = {"ACTUAL": "actual", "ESTIMATED": "planned"}


def draw_timeline(
    study: Study, today: date, outlook: ResultsOutlook, past: Past | None, history: StudyHistory | None
) -> Picture | None:
    """The dates of a record on one axis; None where it gives none."""
    moments = _list_moments(study, outlook, past, history)
    if not any(is_drawn(each.value, today) for each in moments):
        return None
    told = [
        f"{each.label} {write_day(each.value)}{f' ({each.kind})' if each.kind else ''}" for each in moments
    ]
    moved = [
        f"{each.label} stood at {write_day(each.ghosts[0].value)} {each.ghosts[0].words}"
        for each in moments
        if each.ghosts
    ]
    meaning = ". ".join(filter(None, ("; ".join(told), "; ".join(moved), FORMS))) + "."
    picture = draw_timebar(
        "timeline", moments, today=today, span=(START, END), title="Dates of the study", meaning=meaning
    )
    rows = tuple(
        Row(
            each.label,
            (
                write_day(each.value),
                each.kind,
                "; ".join(f"{write_day(ghost.value)} {ghost.words}" for ghost in each.ghosts),
            ),
        )
        for each in moments
    )
    columns = ("When", "Kind of date", "Before, by versions held here")
    return Picture(picture, meaning, Table("Dates of the study", "What", columns, rows))


def _list_moments(
    study: Study, outlook: ResultsOutlook, past: Past | None, history: StudyHistory | None
) -> list[Moment]:
    status = study.status
    found = [
        _moment(START, status.start_date_struct, "startDateStruct", past),
        _moment(
            "Primary completion", status.primary_completion_date_struct, "primaryCompletionDateStruct", past
        ),
        _moment(END, status.completion_date_struct, "completionDateStruct", past),
    ]
    if outlook.due:
        kind = "by certificate" if outlook.is_counted_from_certificate else "if the rule applies"
        due = PartialDate(outlook.due.isoformat())
        found.append(Moment("Results due", due, kind, is_planned=True, shape="due"))
    found += [
        _record_moment("Results first posted", status.results_first_post_date_struct),
        _record_moment("Record last updated", study.version_date),
    ]
    shown = next((line for line in history.versions if line.is_shown), None) if history else None
    if shown and shown.learnt_at:
        found.append(_record_moment("This copy received", PartialDate(shown.learnt_at[:10])))
    return [each for each in found if each is not None]


def _moment(label: str, struct: PartialDateStruct | None, name: str, past: Past | None) -> Moment | None:
    if struct is None or not struct.date or struct.date.earliest is None:
        return None
    kind = str(struct.type or "")
    ghosts = tuple(
        Ghost(each.value, _name_ghost(each))
        for each in (past.dates if past else ())
        if each.name == name and each.value != struct.date
    )
    words = KINDS.get(kind, kind.lower() or "planned or actual: not said")
    return Moment(label, struct.date, words, is_planned=kind != "ACTUAL", ghosts=ghosts)


def _name_ghost(past: PastDate) -> str:
    kind = KINDS.get(past.type, "")
    return f"{f'({kind}) ' if kind else ''}in version {past.number}"


def _record_moment(label: str, value: PartialDate | DateStruct | None) -> Moment | None:
    day = value.date if isinstance(value, DateStruct) else value
    return Moment(label, day, shape="record") if day and day.earliest else None
