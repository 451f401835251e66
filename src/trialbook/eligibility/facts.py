"""What is known of a person? Facts, each with its days, its value, and where it was said.

Nothing here says what is not known: a fact that is missing is unknown, but in a domain that is declared
complete.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.days import Days, one_day
from trialbook.eligibility.tree import Anchor, Concept, Domain, Interval
from trialbook.eligibility.unit_names import write_unit

# What a person has to do with a thing. Whether it is over is said by its days.
Status: TypeAlias = Literal["present", "planned", "at_risk", "family", "able", "allergy"]
Origin: TypeAlias = Literal["fhir", "omop", "values", "note", "derived"]
Sex: TypeAlias = Literal["female", "male"]


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a fact was said.

    Attributes
    ----------
    where
        `Condition/4ec4`, `CONDITION_OCCURRENCE row 3`, `facts[2]`, or the characters of a note.
    words
        As it was written there.
    """

    origin: Origin
    where: str = ""
    words: str = ""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is known of a person.

    Attributes
    ----------
    concept
        What it is about.
    denied
        Whether it is said not to be so, from `start` (ever, where that is None) to `end`.
    is_certain
        False for what is only suspected.
    value
        Of a measurement or a score, in its `unit`: an interval, whose ends are alike where it is known exactly.
        Its `limit` says that it was told as a multiple of a limit of normal.
    start, end
        From when to when it was so, each an interval of days; a measurement has the one day in both. An `end` of
        None is one that is not known; `Days(day)` is one on that day or later.
    is_ongoing
        Whether it is known to be so still.
    lower_normal, upper_normal
        The laboratory's own limits, in the unit of `value`.
    detail
        What else was said: shown, and evaluated only for the words that narrow what a criterion asks for.
    only
        Of what is denied: it is so only as far as these words narrow it. "No severe pain" denies no other pain.
    """

    concept: Concept
    source: Source
    status: Status = "present"
    denied: bool = False
    is_certain: bool = True
    value: Interval | None = None
    start: Days | None = None
    end: Days | None = None
    is_ongoing: bool = False
    lower_normal: float | None = None
    upper_normal: float | None = None
    detail: str = ""
    only: tuple[str, ...] = ()

    def describe(self) -> str:
        """The fact in a line: what, how much, when.

        >>> hba1c = Concept("HbA1c", "measurement")
        >>> told = Fact(hba1c, Source("values"), value=exactly(8.2, "%"), start=one_day(date(2026, 3, 1)))
        >>> told.describe()
        'HbA1c 8.2 %, 2026-03-01'
        """
        parts = [f"no {self.concept.words}" if self.denied else self.concept.words]
        if self.only:
            parts[0] += f" that is: {', '.join(self.only)}"
        if self.status != "present":
            parts[0] += f" ({self.status.replace('_', ' ')})"
        if not self.is_certain:
            parts[0] += " (suspected)"
        if self.value is not None:
            parts[0] += " " + describe_interval(self.value)
        if self.start is not None and self.end is not None and self.start != self.end:
            parts.append(f"{self.start} to {self.end}")
        elif self.start is not None:
            parts.append(f"since {self.start}" if self.is_ongoing else str(self.start))
        elif self.end is not None:
            parts.append(f"as of {self.end}")
        return ", ".join(parts)


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Someone who may take part, and all that is known.

    Attributes
    ----------
    birth
        The days on which the person can have been born; None where nothing says it.
    complete
        Domains of which all is known: what no fact says is not so.
    anchors
        The days of the visits from which a study counts.
    answers
        What was said to a question of `derive`, as `mdrd_constant: 175`.
    unread
        What the source holds and nothing here reads, named.
    """

    person_id: str = ""
    facts: tuple[Fact, ...] = ()
    birth: Days | None = None
    sex: Sex | None = None
    complete: frozenset[Domain] = frozenset()
    anchors: dict[Anchor, Days] = {}
    answers: dict[str, str] = {}
    unread: tuple[str, ...] = ()

    def with_facts(self, *facts: Fact) -> Person:
        """The person with further facts."""
        return msgspec.structs.replace(self, facts=(*self.facts, *facts))

    def find_anchor(self, anchor: Anchor, day: date) -> Days | None:
        """The day of a visit: the one that is given, else the day of the evaluation; of an event only one given."""
        if anchor == "birth":
            return self.birth
        given = self.anchors.get(anchor)
        return given or (None if anchor == "event" else one_day(day))


def exactly(value: float, unit: str = "") -> Interval:
    """A value that is known exactly."""
    return Interval(low=value, high=value, unit=unit)


def about(value: float, unit: str = "", *, share: float = 0.05) -> Interval:
    """A value told as "around 8": 5 % less or more, unless `share` says otherwise.

    >>> about(8, "%").low
    7.6
    """
    return Interval(low=value * (1 - share), high=value * (1 + share), unit=unit)


def describe_interval(interval: Interval) -> str:
    """An interval as people write it.

    >>> describe_interval(Interval(low=8.5, low_included=False, unit="%"))
    '> 8.5 %'
    """
    last = interval.low if interval.high is None else interval.high
    written = write_unit(interval.unit, last) if interval.unit else ""
    unit = " ".join(filter(None, ("×" if interval.limit else "", interval.limit or written)))
    low, high = interval.low, interval.high
    if low is not None and low == high:
        said = f"{low:.6g}"
    elif low is not None and high is not None:
        said = f"{low:.6g} to {high:.6g}"
    elif low is not None:
        said = f"{'≥' if interval.low_included else '>'} {low:.6g}"
    elif high is not None:
        said = f"{'≤' if interval.high_included else '<'} {high:.6g}"
    else:
        said = "any"
    return f"{said} {unit}".rstrip()
