"""Which studies would take this person? What a form says, and what it comes to; nothing of it is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from trialbook.eligibility.facts import Person
from trialbook.errors import UsageError
from trialbook.library.library import Library
from trialbook.library.matching import PatientMatch
from trialbook.library.screening import get_person, make_told
from trialbook.library.screening_form import Fields, read_day_of, read_sent

LISTED, MOST_LISTED = 10, 100
_FILTERS = ("near", "within", "country")


class FilledMatch(msgspec.Struct, frozen=True):
    """What a form's answers come to: the person as read, and the studies."""

    person: Person
    match: PatientMatch


def match_form(library: Library, fields: Fields, today: date) -> FilledMatch:
    """Find the studies for the person whom a form tells of.

    Parameters
    ----------
    fields
        `file`, `pasted`, `told`, `day` and `complete` as `evaluate_form` takes them; `near`, `within` and `country`
        as in a search; `shown`, how many are listed.

    Raises
    ------
    UsageError, SourceFormatError, SourceReadError, QueryError
        Nobody is told of, or something cannot be understood; it says what.
    """
    given = {name: values[-1].strip() for name, values in fields.items() if values}
    day = read_day_of(given.get("day", ""), today)
    text, person = read_sent(fields)
    if not text and person is None:
        raise UsageError("nobody is told of: hand over a file or write a few sentences")
    filters: dict[str, Any] = {name: given[name] for name in _FILTERS if given.get(name)}
    if "country" in filters:
        filters["country"] = (filters["country"],)
    match = library.match(
        text or person or "",
        day=day,
        told=make_told(fields.get("complete", ())),
        limit=_read_shown(given.get("shown", "")),
        **filters,
    )
    return FilledMatch(person or get_person(text, day), match)


def _read_shown(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 4):
        return LISTED
    return min(max(int(written), 1), MOST_LISTED)
