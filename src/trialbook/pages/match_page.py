"""Which studies would take a person, what speaks for each, against it, and what is open?"""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.eligibility.screening import name_criteria
from trialbook.eligibility.verdicts import CriterionVerdict
from trialbook.eligibility.worksheet import NOTICE
from trialbook.pages.contents import Content, Hit
from trialbook.pages.environment import render
from trialbook.record.markup import strip_markup

# So many criteria of each kind are shown of a study; the form of the study shows all.
SHOWN = 6
LONGEST = 160
_LEADS = {"for": "Does not exclude", "against": "Excludes", "open": "May exclude"}


class CriterionNote(Content, frozen=True):
    """A criterion in a line: its words, and the facts that it rests on or what would settle it."""

    words: str
    ground: str = ""


class MatchedHit(Content, frozen=True):
    """A study of the list.

    Attributes
    ----------
    about
        What of the person it is about.
    score, fit
        What it is ranked by, and the share of its criteria that speak for the person; 0 to 1.
    counts
        How many criteria speak for, are open, and speak against.
    """

    hit: Hit
    about: str
    score: float
    fit: float
    is_evaluated: bool
    counts: tuple[int, int, int]
    speaks_for: tuple[CriterionNote, ...] = ()
    open: tuple[CriterionNote, ...] = ()
    speaks_against: tuple[CriterionNote, ...] = ()


class MatchView(Content, frozen=True):
    """Everything on the page.

    Attributes
    ----------
    explained
        What was found, in a sentence; "" before anything was sent.
    read
        By what of the person studies were looked for.
    told
        What was read of the person, as it goes along with the page.
    facts
        The same in lines.
    more
        How many to show next, 0 for no more.
    """

    pasted: str = ""
    near: str = ""
    within: str = ""
    country: str = ""
    day: str = ""
    complete: tuple[tuple[str, str, bool], ...] = ()
    error: str = ""
    explained: str = ""
    read: str = ""
    told: str = ""
    facts: tuple[str, ...] = ()
    place: str = ""
    others: tuple[str, ...] = ()
    hits: tuple[MatchedHit, ...] = ()
    refusals: tuple[MatchedHit, ...] = ()
    excluded: int = 0
    excluded_by: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()
    more: int = 0


def note_criteria(
    criteria: Sequence[CriterionVerdict], found: Sequence[CriterionVerdict]
) -> tuple[CriterionNote, ...]:
    """Some criteria of a study in lines; `criteria` are all of them, by which they are called."""
    names = dict(zip((each.start for each in criteria), name_criteria(criteria), strict=True))
    return tuple(_note(each, names[each.start]) for each in found[:SHOWN])


def _note(verdict: CriterionVerdict, name: str) -> CriterionNote:
    words = _shorten(strip_markup(verdict.text))
    if verdict.kind == "exclusion":
        words = f"{_LEADS[verdict.speaks]}: {words}"
    told = "; ".join(dict.fromkeys(each.fact.describe() for each in verdict.evidence))
    lacking = "; ".join(dict.fromkeys(each.what for each in verdict.missing))
    ground = told if verdict.speaks != "open" else lacking
    return CriterionNote(
        words=words if verdict.start >= 0 else f"{words} ({name.replace('_', ' ')})", ground=_shorten(ground)
    )


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def render_match_page(view: MatchView) -> str:
    """Render the form and, once something was sent, the studies."""
    return render("match.html", view=view, notice=NOTICE.replace("This sheet", "The page"), query="")
