"""For whom is a criterion: for all, or for one cohort of the study? And what follows for the person?

A cohort is told by its heading, and its inclusions and its exclusions stand under two: "Inclusion Criteria for
Part A" and "Part A: Exclusion Criteria" are of one. A heading over exclusions alone makes no cohort of its own:
nobody can be eligible for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.verdicts import CriterionVerdict, Overall
from trialbook.model.criteria import Kind

Asked = TypeVar("Asked")

_PART = (
    r"cohorts?|arms?|groups?|parts?|phases?|sub-?\s?stud(?:y|ies)|stages?|stratum|strata|populations?|"
    r"participants?|patients?|subjects?"
)
# A heading over criteria that are those of a part of the participants.
_COHORT = re.compile(
    r"\b(?:cohorts?|arms?|groups?|parts?|phases?|sub-?stud(?:y|ies)|stages?|stratum|strata|healthy|controls?|"
    r"donors?|recipients?|caregivers?|parents?)\b",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(
    rf"\b(?:all|both|each|every|either|any)\s+(?:of\s+)?(?:the\s+)?(?:\w+\s+)?(?:{_PART})\b|"
    rf"\b(?:{_PART})\s*:?\s+(?:both|all)\b",
    re.IGNORECASE,
)
# What a heading says beside the cohort: that criteria follow, and of which kind.
_OF_CRITERIA = re.compile(
    r"\b(?:must|should|will|have to) (?:also )?(?:meet|fulfil|satisfy|not)\b.*"
    r"|\b(?:(?:key|main|additional|specific|general|major|further|other)\s+)*"
    r"(?:inclusions?|exclusions?|eligibility|inclusion\W+exclusion)\b(?:\s+criteri(?:a|on))?"
    r"|\bcriteri(?:a|on)\b|\badditional\b",
    re.IGNORECASE | re.DOTALL,
)
_EDGES = re.compile(r"^(?:[\W_]|(?:for|of|in|to|the|and|only|specific)\b)+|[\s:;,.–—-]+$", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"\(\s*\)")
_LABEL = re.compile(
    r"\b(cohort|arm|group|part|phase|stage|sub-?stud(?:y|ie)|stratum)s?\W{0,2}((?:\d+[a-z]?|[ivx]+|[a-h])\b"
    r"(?:\s*(?:,|and|or|&|/|-|–|to)\s*(?:\d+[a-z]?|[ivx]+|[a-h])\b)*)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")
_MOST_IN_RANGE = 20
_WORD = re.compile(r"\w+")
_IDLE = frozenset(
    ["the", "of", "in", "for", "and", "to", "a", "an", "with", "who", "patients", "participants", "subjects"]
)
# Those beside whom others take part, whose criteria stand under a heading that names nobody.
_BESIDE = re.compile(r"\b(?:healthy|controls?|donors?|recipients?|caregivers?|parents?)\b", re.IGNORECASE)


def name_cohort(criterion: ParsedCriterion) -> str:
    """The cohort that alone a criterion is for, as its heading names it; "" for all."""
    return _name_cohort(criterion.heading)


@lru_cache(maxsize=1_024)
def _name_cohort(heading: str) -> str:
    if not _COHORT.search(heading) or _FOR_ALL.search(heading):
        return ""
    plain = _EMPTY_BRACKETS.sub(" ", _OF_CRITERIA.sub(" ", heading))
    plain = " ".join(_EDGES.sub("", " ".join(plain.split())).split())
    if plain.count("(") < plain.count(")"):
        plain = plain.rstrip(")")
    return plain if _COHORT.search(plain) else " ".join(heading.split())


def conclude(
    found: Sequence[CriterionVerdict],
) -> tuple[Overall, tuple[CriterionVerdict, ...], dict[str, Overall]]:
    """Overall: ineligible by any criterion against, eligible when all speak for, else open.

    Of a study with cohorts: eligible for one of them is enough, ineligible only who is so for all. What is said for
    a part that is none of the cohorts makes nobody ineligible.
    """
    common, own, apart = sort_by_cohort([(each, each.cohort, each.kind) for each in found])
    by_cohort = {name: _soften(_conclude([*common, *those]), apart) for name, those in own.items()}
    overall = _soften(_conclude(common), apart) if common or not by_cohort else "open"
    if by_cohort:
        overall = _conclude_all(overall, common, own, by_cohort)
    if overall == "eligible":
        return overall, (), by_cohort
    against = tuple(each for each in found if each.speaks == "against")
    undecided = tuple(each for each in found if each.speaks == "open")
    return overall, against if overall == "ineligible" else undecided or against, by_cohort


def _conclude_all(
    overall: Overall,
    common: Sequence[CriterionVerdict],
    own: dict[str, list[CriterionVerdict]],
    by_cohort: dict[str, Overall],
) -> Overall:
    beside = [name for name in own if _BESIDE.search(name)]
    if overall == "ineligible":
        # Healthy controls need not have the illness that stands under "Inclusion Criteria".
        fields = [each for each in common if each.start < 0]
        may = any(_conclude([*fields, *own[name]]) != "ineligible" for name in beside)
        return "open" if may else "ineligible"
    said = set(by_cohort.values())
    if "eligible" in said:
        return "eligible"
    is_one_of_all = len(own) == 1 or len(beside) == len(own)
    has_others = any(each.start >= 0 and each.kind != "exclusion" for each in common)
    return "open" if "open" in said or (is_one_of_all and has_others) else "ineligible"


class ByCohort(NamedTuple, Generic[Asked]):
    """What is asked of all, of each cohort that someone can be included in, and of parts that are none of these."""

    common: list[Asked]
    own: dict[str, list[Asked]]
    apart: list[Asked]


def sort_by_cohort(asked: Sequence[tuple[Asked, str, Kind]]) -> ByCohort[Asked]:
    """Whom is each thing asked of? It comes with the cohort that its heading names, "" for all, and its kind."""
    cohorts = _list_cohorts(asked)
    own = {name: [each for each, said, _ in asked if _is_asked_of(name, said, cohorts)] for name in cohorts}
    placed = {id(each) for those in own.values() for each in those}
    return ByCohort(
        [each for each, said, _ in asked if not said],
        own,
        [each for each, said, _ in asked if said and id(each) not in placed],
    )


def _list_cohorts(asked: Sequence[tuple[Asked, str, Kind]]) -> list[str]:
    """The cohorts that someone can be included in, each by the name that it first has."""
    first: dict[str, str] = {}
    for _, said, kind in asked:
        if said and kind != "exclusion":
            first.setdefault(said.casefold(), said)
    names = list(first.values())
    # "Parts 1 and 2" is no third part beside the two.
    return [
        name
        for name in names
        if not any(_read_labels(other) < _read_labels(name) and _read_labels(other) for other in names)
    ]


def _is_asked_of(name: str, said: str, cohorts: Sequence[str]) -> bool:
    """Whether what is said under a heading is asked of a cohort."""
    if not said or said.casefold() == name.casefold():
        return bool(said)
    return said.casefold() not in {each.casefold() for each in cohorts} and _is_of(said, name)


def _is_of(said: str, name: str) -> bool:
    """Whether what is said under a heading is said of a cohort that has another."""
    labels = _read_labels(said)
    if labels or _read_labels(name):
        return bool(labels & _read_labels(name))
    words, others = _list_words(said), _list_words(name)
    return bool(words) and (words <= others or others <= words)


def _read_labels(name: str) -> frozenset[tuple[str, str]]:
    """The cohorts that a name counts: "Parts 1 and 2" are `part 1` and `part 2`."""
    labels = set()
    for kind, said in _LABEL.findall(name):
        for low, high in _RANGE.findall(said):
            numbers = range(int(low), min(int(high), int(low) + _MOST_IN_RANGE) + 1)
            labels |= {(kind.lower(), str(each)) for each in numbers}
        labels |= {
            (kind.lower(), each.lower()) for each in re.findall(r"\d+[a-z]?|[a-z]+", said, re.IGNORECASE)
        }
    return frozenset((kind, each) for kind, each in labels if each not in ("and", "or", "to"))


def _list_words(name: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in _WORD.findall(name.lower()) if word not in _IDLE)


def _soften(overall: Overall, apart: Sequence[CriterionVerdict]) -> Overall:
    """What is not for all, and nobody knows for whom, leaves open who else would be eligible."""
    return "open" if overall == "eligible" and any(each.speaks != "for" for each in apart) else overall


def _conclude(found: Sequence[CriterionVerdict]) -> Overall:
    said = {each.speaks for each in found}
    return "ineligible" if "against" in said else "open" if "open" in said or not found else "eligible"
