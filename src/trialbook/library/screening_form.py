"""Would this person fit? A form that asks only what a study's criteria need, and what its answers come to.

Nothing is kept: what a file told of the person goes back with the page, and comes again with the next answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast, get_args

import msgspec

from trialbook.eligibility.days import read_days
from trialbook.eligibility.facts import Person
from trialbook.eligibility.questions import Asked, make_questions
from trialbook.eligibility.readers.form import read_answers
from trialbook.eligibility.tree import Domain
from trialbook.eligibility.verdicts import VERDICTS, Contest, PatientVerdict
from trialbook.errors import UsageError
from trialbook.library.criteria import find_criteria
from trialbook.library.screening import get_person, make_screener
from trialbook.model.study import Study
from trialbook.terms import get_thesaurus

# Made here: that several threads work out a type at once can end the process.
_PERSON = msgspec.json.Decoder(Person)

Fields = Mapping[str, Sequence[str]]
# Domains that a form offers as told in full.
COMPLETE: dict[Domain, str] = {
    "condition": "conditions",
    "drug": "drugs",
    "procedure": "procedures",
}
_LONGEST_REASON = 1_000


class FilledForm(msgspec.Struct, frozen=True):
    """What a form's answers come to.

    Attributes
    ----------
    questions
        What is asked, the most deciding first of what is still open.
    told
        What a file, a note or pasted data said, beside the answers; None for none.
    """

    questions: tuple[Asked, ...]
    verdict: PatientVerdict
    told: Person | None = None


def ask_study(study: Study) -> tuple[Asked, ...]:
    """What a study needs to know of a person, the most deciding first."""
    protocol = study.protocol_section
    return make_questions(find_criteria(study), protocol.eligibility_module if protocol else None)


def evaluate_form(study: Study, fields: Fields, today: date) -> FilledForm:
    """Hold what a form says against a study.

    Parameters
    ----------
    fields
        The answers as `read_answers` takes them; `day`, for which it is evaluated; `file` and `pasted`, what tells
        of the person as a FHIR bundle, plain values or a note; `told`, what such said before, as `write_told`
        has it; `complete`, domains of which all is told; `contest.START.verdict` and `contest.START.reason` for
        each criterion that is overruled, `contest.by` who does so.

    Raises
    ------
    UsageError, SourceFormatError, SourceReadError, QueryError
        Something cannot be understood; it says what.
    """
    given = {name: values[-1].strip() for name, values in fields.items() if values}
    day = read_day_of(given.get("day", ""), today)
    text, told = read_sent(fields)
    told = get_person(text, day) if text else told
    questions = ask_study(study)
    person = read_answers(questions, given, day, get_thesaurus())
    if told is not None:
        person = _join(told, person)
    complete = cast("list[Domain]", [each for each in fields.get("complete", ()) if each in get_args(Domain)])
    person = msgspec.structs.replace(person, complete=person.complete | frozenset(complete))
    verdict = make_screener(study).screen(person, day, _read_contests(given, day))
    protocol = study.protocol_section
    module = protocol.eligibility_module if protocol else None
    return FilledForm(make_questions(find_criteria(study), module, verdict.criteria), verdict, told)


def write_told(person: Person) -> str:
    """What was read of a person, as a page sends it along."""
    return msgspec.json.encode(person).decode()


def describe_person(person: Person) -> tuple[str, ...]:
    """All that is known of a person, in lines."""
    born = (f"born {person.birth}",) if person.birth else ()
    return (*born, *(each.describe() for each in person.facts))


def read_sent(fields: Fields) -> tuple[str, Person | None]:
    """The text of a file or what was pasted; of neither the person that was sent along. Raises UsageError."""
    texts = [text for name in ("file", "pasted") for text in fields.get(name, ()) if text.strip()]
    if len(texts) > 1:
        raise UsageError("hand over a file or paste a text, not both")
    sent = next((text for text in fields.get("told", ()) if text.strip()), "")
    if texts or not sent:
        return (texts[0] if texts else ""), None
    try:
        return "", _PERSON.decode(sent.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise UsageError("what was read of the person came back damaged: hand over the data again") from error


def _join(told: Person, answered: Person) -> Person:
    """All that data and answers say; of birth and sex the answers count."""
    return msgspec.structs.replace(
        told,
        facts=(*told.facts, *answered.facts),
        birth=answered.birth or told.birth,
        sex=answered.sex or told.sex,
        anchors={**told.anchors, **answered.anchors},
        answers={**told.answers, **answered.answers},
    )


def read_day_of(written: str, today: date) -> date:
    """The day of an evaluation, today where none is written; raises UsageError."""
    days = read_days(written) if written else None
    if not written:
        return today
    if days is None or days.first is None or days.first != days.last:
        raise UsageError(f"the day of the evaluation is no day: {written[:40]!r}, where 2026-11-02 is wanted")
    return days.first


def _read_contests(given: Mapping[str, str], day: date) -> list[Contest]:
    contests = []
    for name, verdict in given.items():
        head, _, rest = name.partition(".")
        place, _, part = rest.rpartition(".")
        if head != "contest" or part != "verdict" or not verdict:
            continue
        known = next((each for each in VERDICTS if each == verdict), None)
        start = place.removeprefix("-")
        if known is None or not (start.isascii() and start.isdigit() and len(start) < 10):
            raise UsageError(f"no criterion can be overruled by {name[:40]!r} and {verdict[:40]!r}")
        reason = given.get(f"contest.{place}.reason", "")
        if not reason:
            raise UsageError("a verdict that is overruled needs its reason")
        contests.append(
            Contest(int(place), known, reason[:_LONGEST_REASON], given.get("contest.by", "")[:200], day)
        )
    return contests
