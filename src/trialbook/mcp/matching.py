"""The tool `match_patient`: which studies would take this person, and why?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trialbook.ask.filters import FILTERS
from trialbook.eligibility.verdicts import CriterionVerdict
from trialbook.eligibility.worksheet import NOTICE
from trialbook.library import Library
from trialbook.library.matching import MatchedStudy
from trialbook.library.screening import make_told, read_day, take_patient
from trialbook.mcp.arguments import MatchArguments
from trialbook.mcp.shown import keep_what_fits, shorten

MOST_CHARS_OF_STUDIES, MOST_CHARS_OF_REFUSALS = 40_000, 12_000
MOST_CRITERIA, LONGEST_CRITERION, LONGEST_FACT = 12, 200, 150


def match_patient(library: Library, asked: MatchArguments) -> dict[str, Any]:
    """The studies for a person, in short, each with what speaks for it; nothing of the person is kept."""
    filters = {each.name: value for each in FILTERS if (value := getattr(asked, each.name)) not in (None, "")}
    found = library.match(
        take_patient(asked.patient),
        day=read_day(asked.day, "day"),
        told=make_told(asked.complete, asked.answers, asked.visits),
        limit=asked.limit,
        as_of=asked.as_of or None,
        **filters,
    )
    answer: dict[str, Any] = {
        "read": found.asked.explain(),
        "found": found.explain(),
        **{
            name: getattr(found, name)
            for name in ("fitting", "sharing", "compared", "aside", "unevaluated", "matching", "excluded")
        },
        "excluded_by": found.excluded_by,
        "studies": keep_what_fits(map(_show, found.hits), MOST_CHARS_OF_STUDIES),
        "excluding": keep_what_fits(map(_show_refusal, found.refusals), MOST_CHARS_OF_REFUSALS),
        "notice": NOTICE,
    }
    if left_out := found.hits[len(answer["studies"]) :]:
        answer["shown_by_id_alone"] = [each.facts.nct_id for each in left_out]
    if found.place and found.place.next_words:
        answer["nearest"] = found.place.next_words
    return answer


def _show(study: MatchedStudy) -> dict[str, Any]:
    facts = study.facts
    shown: dict[str, Any] = {
        "nct_id": facts.nct_id,
        "title": shorten(facts.title),
        "status": facts.status,
        "status_age": facts.status_age,
        "overall": study.verdict.overall,
        "score": study.score,
        "about": list(dict.fromkeys((*study.shares, *study.conditions)))[:MOST_CRITERIA],
        "speaks_for": _list_criteria(study.speaks_for),
        "open": _list_criteria(study.open),
    }
    if facts.nearest_site:
        shown["nearest_site"] = facts.nearest_site.distance
    if not study.is_evaluated:
        shown["criteria_not_evaluated"] = True
    return shown


def _show_refusal(study: MatchedStudy) -> dict[str, Any]:
    return {
        "nct_id": study.facts.nct_id,
        "title": shorten(study.facts.title),
        "because": _list_criteria(study.verdict.because),
    }


def _list_criteria(criteria: Iterable[CriterionVerdict]) -> list[dict[str, str]]:
    """The first of them, each with what it rests on, or what would settle it; how many more there are is said."""
    every = list(criteria)
    told = [_tell(each) for each in every[:MOST_CRITERIA]]
    if more := len(every) - len(told):
        told.append({"more": str(more)})
    return told


def _tell(verdict: CriterionVerdict) -> dict[str, str]:
    told = {"kind": verdict.kind, "text": shorten(" ".join(verdict.text.split()), LONGEST_CRITERION)}
    if verdict.speaks == "open":
        missing = "; ".join(dict.fromkeys(each.what for each in verdict.missing))
        return {**told, "missing": shorten(missing, LONGEST_FACT)} if missing else told
    facts = "; ".join(dict.fromkeys(each.fact.describe() for each in verdict.evidence))
    return {**told, "from": shorten(facts, LONGEST_FACT)} if facts else told
