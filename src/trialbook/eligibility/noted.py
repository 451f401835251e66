"""By what of a person are studies looked for? What the person has, as a note would name it."""

from __future__ import annotations

from collections import Counter
from datetime import date

from trialbook.eligibility.days import measure_length
from trialbook.eligibility.facts import Fact, Person
from trialbook.eligibility.having import is_event_named
from trialbook.eligibility.matching import strip_tag
from trialbook.eligibility.readers.described import DescribedNames
from trialbook.errors import UsageError
from trialbook.patient.ages import OLDEST
from trialbook.patient.kinship import Sex
from trialbook.patient.mentions import find_mentions, list_names
from trialbook.patient.note import NoteConcept, PatientNote, is_telling
from trialbook.terms.text import cut_words

_SEXES: dict[str, Sex] = {"female": "FEMALE", "male": "MALE"}
# By more different conditions nobody looks for a study; persons of real data have some dozens.
MOST_CONDITIONS = 500
# What vocabularies put into the names of anything, and what tells nothing of it.
_IDLE = frozenset(
    {
        "disorder",
        "finding",
        "situation",
        "procedure",
        "event",
        "status",
        "due",
        "with",
        "without",
        "and",
        "nos",
    }
)


def note_person(person: Person, names: DescribedNames, day: date) -> PatientNote:
    """What is told of a person as a note's age, sex and concepts: the conditions that are there on a day.

    What is over is left out, but for what happens on a day and stays in the history, as an infarction. Raises
    UsageError for more than 500 different conditions.
    """
    concepts: dict[str, NoteConcept] = {}
    for fact in person.facts:
        name = strip_tag(fact.concept.words)
        if not name or not has_condition(fact, day):
            continue
        held = concepts.get(name.lower())
        affirmed = held.affirmed + 1 if held else 1
        forms = held.names if held else _list_names(name, names)
        if forms:
            concepts[name.lower()] = NoteConcept(held.text if held else name, forms, affirmed)
        if len(concepts) > MOST_CONDITIONS:
            raise UsageError(
                f"more than {MOST_CONDITIONS} different conditions are told of one person: by so many no study is looked"
                " for; leave out what is over"
            )
    words = [word for each in concepts.values() for word in cut_words(each.text)]
    counted = Counter(word for word in words if is_telling(word) and word not in _IDLE)
    return PatientNote(
        _find_ages(person, day),
        _SEXES.get(person.sex or ""),
        tuple(concepts.values()),
        tuple(counted.items()),
    )


def has_condition(fact: Fact, day: date) -> bool:
    """Whether a fact tells of a condition that is there on a day, or of what stays in the history."""
    if (
        fact.concept.domain != "condition"
        or fact.status != "present"
        or fact.denied
        or fact.value is not None
    ):
        return False
    has_begun = fact.start is None or fact.start.lowest <= day
    lasts = fact.is_ongoing or fact.end is None or fact.end.highest >= day
    return has_begun and (lasts or is_event_named(fact.concept.words))


def _list_names(name: str, names: DescribedNames) -> tuple[tuple[str, ...], ...]:
    """The names of a condition; of one that no vocabulary knows, those of what its name mentions too."""
    if names.find_concepts(name):
        return list_names((name,), names)
    return list_names(
        (name, *(each.phrase for each in find_mentions(name, names) if each.is_condition)), names
    )


def _find_ages(person: Person, day: date) -> tuple[float, float] | None:
    """From how many completed years to how many years: limits by the calendar are for the record's fields."""
    birth = person.birth
    if birth is None or birth.first is None or birth.last is None or birth.last > day:
        return None
    low, high = int(measure_length(birth.last, day, "a")), measure_length(birth.first, day, "a") + 0.01
    # Who is older was not born on that day, or is looked at on an odd one: no limit of the index is for such an age.
    return (float(low), min(high, float(OLDEST))) if low <= OLDEST else None
