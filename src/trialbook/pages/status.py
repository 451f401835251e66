"""How is a status shown: its word, what it means, as of when, and that time may have passed it by?"""

from __future__ import annotations

from datetime import date

import msgspec

from trialbook.model import Study
from trialbook.model.status_age import find_status_age
from trialbook.pages.labels import label_of, meaning_of, status_tone


class ShownStatus(msgspec.Struct, frozen=True):
    """A status for a reader: `label`, `age` beside it, `meaning` in sentences, and the `tone` of its badge."""

    label: str
    age: str
    meaning: str
    tone: str


def show_status(study: Study, today: date, *, own_words: str = "") -> ShownStatus:
    """The status of a record as it is told on a day. One that is out of date is told as what the record says.

    `own_words` are those of another register, told where they mean none of the statuses for certain.
    """
    status = study.status
    if status.overall_status is None:
        meaning = "So its register says; none of the statuses used here means the same." if own_words else ""
        return ShownStatus(own_words or "Status not given", "", meaning, status_tone(""))
    found = find_status_age(status, study.served)
    meaning = meaning_of(status.overall_status)
    is_outdated = found.is_outdated(today)
    if is_outdated and meaning:
        meaning = f"The record still says: {meaning[0].lower()}{meaning[1:]}"
    return ShownStatus(
        label=label_of(status.overall_status),
        age=found.write_short(today),
        meaning=" ".join(filter(None, (meaning, *found.describe(today)))),
        tone="quiet" if is_outdated else status_tone(str(status.overall_status)),
    )
