"""Does a person meet a criterion, how do we know, and what would settle it?"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.facts import Fact
from trialbook.eligibility.tree import Span
from trialbook.model.criteria import Kind

# Whether what a criterion's words say is so of a person: an exclusion that applies is "met".
Verdict: TypeAlias = Literal["met", "not_met", "unknown", "conflict", "judgement"]
Overall: TypeAlias = Literal["eligible", "ineligible", "open"]
VERDICTS: tuple[Verdict, ...] = ("met", "not_met", "unknown", "conflict", "judgement")
# Of several reasons for which something stays open, the first of these is named.
OPEN: tuple[Verdict, ...] = ("conflict", "unknown", "judgement")


class Evidence(msgspec.Struct, frozen=True):
    """A fact that bears on a part of a criterion.

    Attributes
    ----------
    says
        What it makes of that part: "unknown" where it leaves it open.
    span
        The part's characters in the eligibility text.
    note
        How it was read, where that is not plain.
    """

    fact: Fact
    says: Verdict
    span: Span
    note: str = ""


class Missing(msgspec.Struct, frozen=True):
    """What is not known, and what would settle it, in a sentence."""

    what: str
    span: Span


class Question(msgspec.Struct, frozen=True):
    """What a person has to decide before a value can be computed as the record means it.

    Attributes
    ----------
    key, answers
        The answer is kept with the patient as `key: answer`.
    """

    key: str
    text: str
    answers: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True):
    """What is found of a tree."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    questions: tuple[Question, ...] = ()


class Contest(msgspec.Struct, frozen=True):
    """A person's verdict against the computed one; both stay.

    Attributes
    ----------
    start
        Where the criterion begins in the eligibility text; -1, -2 and -3 for the record's fields.
    """

    start: int
    verdict: Verdict
    reason: str
    by: str = ""
    day: date | None = None


class CriterionVerdict(msgspec.Struct, frozen=True):
    """The verdict on a criterion, computed and as contested.

    Attributes
    ----------
    verdict
        As computed.
    contests
        Those who said otherwise, the last of whom counts.
    cohort
        The heading of the cohort that alone it is for, "" for all.
    """

    kind: Kind
    text: str
    start: int
    end: int
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    questions: tuple[Question, ...] = ()
    contests: tuple[Contest, ...] = ()
    cohort: str = ""
    number: str = ""

    @property
    def counted(self) -> Verdict:
        """The verdict that counts."""
        return self.contests[-1].verdict if self.contests else self.verdict

    @property
    def speaks(self) -> Literal["for", "against", "open"]:
        """What it means for taking part; of a text that does not say whether it includes, what a person says."""
        if self.counted not in ("met", "not_met") or (self.kind == "other" and not self.contests):
            return "open"
        return "for" if (self.counted == "met") == (self.kind != "exclusion") else "against"


class PatientVerdict(msgspec.Struct, frozen=True):
    """One person against one study.

    Attributes
    ----------
    overall
        "open" while something undecided could make the person ineligible.
    because
        The criteria against, of an ineligible person; those that are open, of one that is open.
    cohorts
        Of a study whose criteria differ by cohort: what holds for each.
    day
        The day for which it was evaluated.
    """

    person_id: str
    overall: Overall
    criteria: tuple[CriterionVerdict, ...]
    because: tuple[CriterionVerdict, ...] = ()
    cohorts: dict[str, Overall] = {}
    day: date | None = None
    unread: tuple[str, ...] = ()

    def explain(self) -> str:
        """Overall, and why, in a sentence."""
        told = "; ".join(_shorten(each.text) for each in self.because)
        if self.overall == "eligible":
            return "eligible"
        return (
            f"ineligible because of: {told}" if self.overall == "ineligible" else f"open until known: {told}"
        )


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"
