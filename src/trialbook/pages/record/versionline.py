"""A record's versions as a picture: when each came, and what changed in it."""

from __future__ import annotations

from datetime import date

from trialbook.changes.groups import GROUPS
from trialbook.model.sentences import count_of, write_day
from trialbook.pages.contents import StudyHistory, VersionLine
from trialbook.pages.drawing.versionline import MOST_VERSIONS, Drawn, draw_versionline
from trialbook.pages.tree import Picture, Row, Table


def draw_history(history: StudyHistory, today: date) -> Picture | None:
    """The versions on a line of time; None where fewer than two have a date."""
    dated = [(line, day) for line in history.versions if (day := _find_day(line, today))]
    if len(dated) < 2:
        return None
    shown = dated[:MOST_VERSIONS]
    changed = {note.group for line, _ in shown for note in line.changes}
    rows = [group for group in GROUPS if group in changed]
    drawn = [
        Drawn(
            day,
            _name(line),
            "" if line.is_shown else line.url,
            line.is_held,
            tuple({note.group: None for note in line.changes}),
        )
        for line, day in shown
    ]
    table = Table(
        "Versions and what changed in them",
        "Version",
        ("Date", "Held here", "What changed"),
        tuple(_write_row(line) for line, _ in shown),
    )
    meaning = _tell(len(history.versions), len(history.held), len(shown), shown[-1][0], shown[0][0])
    picture = draw_versionline(
        "versionline", drawn, rows, today=today, title="Versions of the record", meaning=meaning
    )
    return Picture(picture, meaning, table)


def _tell(versions: int, held: int, shown: int, first: VersionLine, last: VersionLine) -> str:
    days = [write_day(line.version_date) for line in (first, last) if line.version_date]
    which = f", the newest {shown:,} with a date drawn" if shown < versions else ""
    said = f"{count_of(versions, 'version')} are known{which}, from {' to '.join(days)}; {held:,} held here."
    return f"{said} Hollow ones are not held; squares tell what changed against the one before that is held."


def _find_day(line: VersionLine, today: date) -> date | None:
    """The first day that a version's date can mean, unless it lies in a time without records."""
    day = line.version_date.earliest if line.version_date else None
    return day if day and 1990 <= day.year <= today.year + 1 else None


def _name(line: VersionLine) -> str:
    day = write_day(line.version_date) if line.version_date else "date not given"
    return f"Version {line.number}, {day}{'' if line.is_held else ', not held here'}"


def _write_row(line: VersionLine) -> Row:
    day = write_day(line.version_date) if line.version_date else ""
    groups = dict.fromkeys(note.group for note in line.changes)
    changed = ", ".join(groups) or ", ".join(line.labels)
    return Row(f"Version {line.number}", (day, "yes" if line.is_held else "no", changed))
