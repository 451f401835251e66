"""Which studies keep out who is told of in a few words? `AREA[Refuses]` and `AREA[Accepts]` of the query language."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import date

from trialbook.ask.kinds import LONGEST_TOLD
from trialbook.derived.criteria import CriteriaTrees, Refusing, get_finder
from trialbook.eligibility.days import Days
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.refusals import split_told
from trialbook.eligibility.tree import Concept
from trialbook.errors import QueryError
from trialbook.store import Store

MOST_FACTS = 50
# So many things are counted: those that most studies refuse.
MOST_COUNTED = 40
# What stands alone where a criterion was cut short, and is nothing that a person has.
_NOTHING = """
known suspected mild moderate severe cardiac hepatic renal pulmonary hypertrophic active stable device devices trial
trials study disease condition disorder
"""
SAYS_NOTHING = frozenset(_NOTHING.split())
# Studies by what they refuse, and how many whose criteria are known refuse none of it.
Counted = tuple[dict[str, int], int]
_EXAMPLE = "write it as HbA1c 8.2 %, prior myocardial infarction, no heart failure"


def find_refusing(store: Store, text: str, day: date) -> Refusing:
    """The studies in force whose criteria keep somebody out by one of the things told alone.

    Raises QueryError where the words are not understood, or where it is not known what the criteria ask.
    """
    facts = list(read_facts(text, day))
    if not facts:
        raise QueryError("nothing is told of a person", hint=_EXAMPLE)
    if len(facts) > MOST_FACTS:
        raise QueryError(f"more than {MOST_FACTS} things are told of a person at once")
    finder = get_finder()
    asked = [finder.ask(each, day) for each in facts]
    return CriteriaTrees(store.home).find_refusing(asked, finder, store)


def count_refused(store: Store, nct_ids: Sequence[str], day: date) -> Counted:
    """How many of some studies keep out whoever has one thing now, by that thing in words that a query takes.

    Each is asked as `AREA[Refuses]` asks it, so that as many are found by it. Raises QueryError as `find_refusing`.
    """
    # Refused where it is not known what criteria ask; of some studies nobody knows it yet.
    among = frozenset(nct_ids) - find_refusing(store, "pregnancy", day).unread
    counts: dict[str, int] = {}
    # Other words for what is there already refuse the same studies: "HBV", "hepatitis B".
    found: set[frozenset[str]] = set()
    for words in CriteriaTrees(store.home).list_most_refused(nct_ids, MOST_COUNTED):
        if words.casefold() in SAYS_NOTHING:
            continue
        with contextlib.suppress(QueryError):
            refusing = find_refusing(store, words, day).refusing & among
            if refusing and (refusing not in found or len(refusing) == 1):
                counts[words] = len(refusing)
                found.add(refusing)
    return counts, len(among.difference(*found))


def read_facts(text: str, day: date) -> Iterator[Fact]:
    """What a few words say of a person; what no reader of notes knows is a thing that the person has.

    Raises QueryError.
    """
    if len(text) > LONGEST_TOLD:
        raise QueryError(f"more than {LONGEST_TOLD:,} characters are told of a person", hint=_EXAMPLE)
    for part in split_told(text):
        # Rules for notes take a while to make, which few questions need.
        from trialbook.library.screening import read_person

        person, _ = read_person(part, day)
        facts = [each for each in person.facts if each.concept.words not in ("female", "male")]
        if not facts and (person.birth is not None or person.sex is not None):
            raise QueryError(f"age and sex have filters of their own: {part[:60]!r}", hint=_EXAMPLE)
        if any(not each.is_certain for each in facts):
            raise QueryError(f"that is not certain: {part[:60]!r}", hint=_EXAMPLE)
        if any(each.value is not None and _is_past(each, day) for each in facts):
            raise QueryError(f"a value counts as of the day of asking: {part[:60]!r}", hint=_EXAMPLE)
        yield from facts or [_take_as_told(part, person, day)]


def _is_past(fact: Fact, day: date) -> bool:
    return fact.end is not None and fact.end.highest < day


def _take_as_told(part: str, person: Person, day: date) -> Fact:
    if re.search(r"\d", part) or person.unread:
        raise QueryError(f"not understood of a person: {part[:60]!r}", hint=_EXAMPLE)
    return Fact(
        Concept(part, "condition"),
        Source("note", "", part),
        start=Days(None, day),
        is_ongoing=True,
    )
