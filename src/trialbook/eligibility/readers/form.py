"""What do the answers of a form say of a person? As facts, in the words of the criteria that asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from trialbook.eligibility.days import Days, one_day, read_days
from trialbook.eligibility.derive.questions import check_answers
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.matching import Names
from trialbook.eligibility.questions import Asked, Form
from trialbook.eligibility.readers.numbers import read_value
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.eligibility.tree import Anchor
from trialbook.errors import UsageError

# What may be answered to a thing, by its form, with its words; "other": it is so, but not as it is narrowed.
ANSWERS: dict[Form, dict[str, str]] = {
    "now": {"yes": "yes", "other": "yes, but not so", "no": "no"},
    "event": {"yes": "yes", "other": "yes, but not so", "no": "never"},
    "ever": {"yes": "yes, now", "past": "in the past only", "other": "yes, but not so", "no": "never"},
}
_LONGEST = 200


def list_answers(asked: Asked) -> dict[str, str]:
    """What may be answered to a thing, with its words."""
    return {
        answer: words
        for answer, words in ANSWERS[asked.form].items()
        if answer != "other" or asked.qualifiers
    }


def read_answers(
    questions: Iterable[Asked], fields: Mapping[str, str], day: date, names: Names | None = None
) -> Person:
    """The person whom the answers of a form tell of.

    Parameters
    ----------
    fields
        By name: `age`, `birth`, `sex`; of a value `KEY.value`, `KEY.unit`, `KEY.day`, `KEY.upper`, `KEY.lower`;
        of a thing `KEY.answer`, `KEY.day`, `KEY.until`; of a choice its key; of a visit `day-screening` and so
        on. What is empty is not told, and other names are passed over.
    day
        The day of the evaluation, on which holds what has no day of its own.

    Raises
    ------
    UsageError, SourceFormatError
        An answer cannot be understood; it says which and what would be right.
    """
    reader = _Reader(fields, day)
    told = {
        name: fields[field]
        for name, field in (("birth_date", "birth"), ("age", "age"), ("sex", "sex"))
        if fields.get(field)
    }
    person = PlainReader(day, names).read_person(told, "the form")
    facts: list[Fact] = []
    answers: dict[str, str] = {}
    anchors: dict[Anchor, Days] = {}
    for each in questions:
        if each.kind == "value":
            facts += reader.read_value(each)
        elif each.kind == "thing":
            facts += reader.read_thing(each)
        elif each.kind == "choice" and fields.get(each.key):
            answers |= check_answers({each.key: fields[each.key]}, "the form")
        elif each.kind == "day" and (when := reader.read_days(each.key, each.words)):
            anchors[each.anchor] = when
    return Person("", (*person.facts, *facts), person.birth, person.sex, anchors=anchors, answers=answers)


class _Reader:
    """Reads the fields of single questions."""

    def __init__(self, fields: Mapping[str, str], day: date) -> None:
        self._fields, self._day = fields, day

    def get(self, name: str) -> str:
        """A field as it was filled in; raises UsageError for one that is longer than any answer."""
        value = self._fields.get(name, "").strip()
        if len(value) > _LONGEST:
            raise UsageError(f"an answer has more than {_LONGEST} characters: {value[:40]!r}…")
        return value

    def read_days(self, name: str, words: str) -> Days | None:
        """The days of a field; None for an empty one."""
        value = self.get(name)
        if not value:
            return None
        days = read_days(value)
        if days is None:
            raise UsageError(f"{words}: {value!r} is no date: write 2026-11-02, 2026-11 or 2026")
        return days

    def read_value(self, asked: Asked) -> list[Fact]:
        """A value with its unit, day and limits of normal."""
        written = self.get(f"{asked.key}.value")
        if not written:
            return []
        unit = self.get(f"{asked.key}.unit") or (asked.units[0] if asked.units else "")
        value = read_value(written, unit)
        if value is None:
            raise UsageError(
                f"{asked.words}: {written!r} is no value: write a number, as 8.2, < 0.5, 7 to 8 or around 8"
            )
        when = self.read_days(f"{asked.key}.day", asked.words) or one_day(self._day)
        limits = {}
        for name in ("lower", "upper"):
            limit = self.get(f"{asked.key}.{name}")
            number = read_value(limit) if limit else None
            if limit and (number is None or number.low is None or number.low != number.high or number.unit):
                raise UsageError(f"{asked.words}: {limit!r} is no limit of normal: write a number in {unit}")
            limits[name] = number.low if number else None
        assert asked.concept is not None
        return [
            Fact(
                asked.concept,
                self._find_source(asked, written),
                value=value,
                start=when,
                end=when,
                lower_normal=limits["lower"],
                upper_normal=limits["upper"],
            )
        ]

    def read_thing(self, asked: Asked) -> list[Fact]:
        """Whether a thing is so, since when and until when."""
        answer = self.get(f"{asked.key}.answer")
        if not answer:
            return []
        allowed = list_answers(asked)
        if answer not in allowed:
            raise UsageError(f"{asked.words}: {answer!r} is none of the answers {', '.join(allowed)}")
        assert asked.concept is not None
        source = self._find_source(asked, allowed[answer])
        start = self.read_days(f"{asked.key}.day", asked.words)
        until = self.read_days(f"{asked.key}.until", asked.words)
        concept, status = asked.concept, asked.status

        def deny(first: Days | None) -> Fact:
            return Fact(
                concept,
                source,
                status,
                denied=True,
                start=first,
                end=one_day(self._day),
                only=asked.qualifiers,
            )

        if answer == "no":
            # Of what counts only now, only now is denied.
            is_of_now = asked.form == "now" and status == "present"
            return [deny(one_day(self._day) if is_of_now else None)]
        is_event, is_past = asked.form == "event", answer == "past" or until is not None
        so = Fact(
            concept,
            source,
            status,
            start=start or (None if is_event else Days(None, self._day)),
            end=until or (Days(start.first if start else None, self._day) if is_past else None),
            is_ongoing=not is_past and not is_event,
            detail="; ".join(asked.qualifiers) if answer != "other" else "",
        )
        if answer == "other":
            return [so, deny(None)]
        # What was asked for as a whole has not been since: it is over, or that was the last time.
        last = start if is_event else until if is_past else None
        if last is not None and last.highest < self._day:
            return [so, deny(one_day(last.highest + timedelta(days=1)))]
        return [so, deny(one_day(self._day))] if is_past and last is None else [so]

    def _find_source(self, asked: Asked, words: str) -> Source:
        return Source("values", "the form", f"{asked.words}: {words}")
