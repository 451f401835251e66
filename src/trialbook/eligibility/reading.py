"""What does an evaluation rest on? The person, the day, and how names, units and formulas are understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from trialbook.eligibility.facts import Fact, Person
from trialbook.eligibility.matching import FactIndex, Matcher
from trialbook.eligibility.quantities import Measures
from trialbook.eligibility.tree import Concept, Span
from trialbook.eligibility.verdicts import Evidence, Finding, Missing, Question, Verdict
from trialbook.model.protocol import EligibilityModule


class Derived(NamedTuple):
    """What was computed from other facts, what has to be decided first, and what lacks."""

    facts: tuple[Fact, ...] = ()
    questions: tuple[Question, ...] = ()
    missing: tuple[str, ...] = ()


class Deriver(Protocol):
    """Computes what was not measured: body mass index from height and weight."""

    def derive(self, concepts: Sequence[Concept], said: str, reading: Reading) -> Derived:
        """What follows from a person's facts; `said` are the criterion's words, which may name a formula."""


class Reading(NamedTuple):
    """One evaluation; `make_reading` makes it.

    Attributes
    ----------
    known
        The person's facts by what they are about.
    text
        The eligibility text, "" where only the tree is there.
    any_value_counts
        Of several values within a window, whether any one counts, or the last: each criterion is read so that
        it protects, an exclusion by any value, an inclusion by the last. True of what keeps out.
    takes_all_sexes
        Whether the record says that all sexes may take part.
    """

    person: Person
    day: date
    matcher: Matcher
    measures: Measures
    deriver: Deriver
    known: FactIndex
    text: str = ""
    any_value_counts: bool = False
    takes_all_sexes: bool = False

    def of(self, person: Person) -> Reading:
        """The same for another person."""
        return self._replace(person=person, known=FactIndex(person.facts, self.matcher))

    def of_study(self, module: EligibilityModule | None, text: str) -> Reading:
        """The same for another study."""
        return self._replace(text=text, takes_all_sexes=module is not None and module.sex == "ALL")

    def turned(self) -> Reading:
        """The same for what must not be so."""
        return self._replace(any_value_counts=not self.any_value_counts)

    def quote(self, span: Span) -> str:
        """The criterion's words."""
        return " ".join(self.text[span.start : span.end].split())


def make_reading(
    person: Person, day: date, matcher: Matcher, measures: Measures, deriver: Deriver, text: str = ""
) -> Reading:
    """One evaluation of a person on a day."""
    return Reading(person, day, matcher, measures, deriver, FactIndex(person.facts, matcher), text)


def settle(verdict: Verdict, span: Span, *facts: tuple[Fact, str]) -> Finding:
    """A verdict that rests on facts, each with how it was read."""
    return Finding(verdict, tuple(Evidence(fact, verdict, span, note) for fact, note in facts))


def leave_open(span: Span, what: str, *facts: tuple[Fact, str], verdict: Verdict = "unknown") -> Finding:
    """Undecided, with what would settle it."""
    evidence = tuple(Evidence(fact, "unknown", span, note) for fact, note in facts)
    return Finding(verdict, evidence, (Missing(what, span),))
