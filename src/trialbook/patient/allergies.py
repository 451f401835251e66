"""Does a note name a drug because it is taken, or because it is not borne?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from trialbook.patient.clauses import Clause, Clauses

_LABEL = re.compile(
    r"\b(?:allerg(?:y|ies|ic(?:\s+to)?)|drug\s+reactions?|adverse\s+reactions?|adrs?|all\b|nkda|sensitivit(?:y|ies))",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:allerg(?:y|ies|ic)|hypersensitiv(?:e|ity)|anaphyla(?:xis|ctic(?:\s+(?:reaction|shock))?)|rash|hives|urticaria"
    r"|angioedema|sensitivity)\s+(?:to|from|with|on|after|of|are|is|include[sd]?|:)\s*(?P<between>[^.;]*)$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"[\s-]*(?:allerg(?:y|ies|ic)|hypersensitivity|anaphylaxis)\b|\s*\((?:causes?\s+|gets?\s+)?(?:rash|hives|urticaria|anaphylaxis"
    r"|angioedema|swelling)\b",
    re.IGNORECASE,
)
# Behind these something else begins: "allergic to penicillin, takes aspirin".
_TURN = re.compile(
    r"\b(?:but|on|takes?|taking|started|given|has|have|had|with|history|who|she|he|is|was|treated|meds?|medications?|denies|now)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:no|not|denies|without|never|nkda)\b[^.;]{0,40}$", re.IGNORECASE)
_REACTION = re.compile(r"anaphylaxis|hives|urticaria|rash|angioedema", re.IGNORECASE)
_TO = re.compile(r"\s+(?:to|from|after|with|on)\s+\w", re.IGNORECASE)
_NOT_BORNE = re.compile(
    r"\b(?:intoleran(?:t|ce)|(?:did|could|can|does|do)(?:n['’]?t|\s+not)\s+tolerat\w+|cannot\s+tolerat\w+|unable\s+to\s+tolerat\w+)"
    r"\s*(?:of|to|for|:)?\s*(?P<between>[^.;]*)$",
    re.IGNORECASE,
)
_NOT_BORNE_BEHIND = re.compile(
    r"[\s-]+(?:intoleran(?:t|ce)\b|(?:(?:was|were|is)\s+)?not\s+(?:well\s+)?tolerated\b)", re.IGNORECASE
)
_NAMED = re.compile(r"[\s-]*\b(?:drug\s+)?(?:allerg(?:y|ies|ic)|hypersensitivity)\b[\s-]*", re.IGNORECASE)

_LISTED = re.compile(
    r"\b(?:allerg(?:ic|y|ies)|anaphylaxis|hypersensitiv(?:e|ity))\s+to\s+(?:the\s+)?", re.IGNORECASE
)
_THING = re.compile(
    r"(?:^|(?<=[\s,;/]))\s*(?:(?:and|or|the|any)\s+)?(?P<what>[^\W\d_][\w'’-]*(?:\s+(?!(?:and|or)\b)[\w'’-]+)*)\s*(?:\([^()]*\))?\s*(?:,|;|/|\band\b|\bor\b|\.|$)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:nkd?a|none|no|nil|denies|unknown|yes|multiple|several|many|seasonal|drugs?|medications?|foods?)\b",
    re.IGNORECASE,
)
_MOST_LISTED = 20


class Allergy(NamedTuple):
    """What is not borne, "" where the words name no such thing; whether the note denies it; the span of its cue."""

    what: str
    is_denied: bool
    start: int
    end: int


def read_allergy(text: str, start: int, end: int, clause: Clause) -> Allergy | None:
    """What a mention at `text[start:end]` says of an allergy; None where it speaks of none."""
    words = text[start:end]
    if _NAMED.search(words):
        what = _NAMED.sub("", words).strip()
        what = "" if what.lower() in ("drug", "food", "known", "seasonal") else what
        return Allergy(what, _is_denied(text, clause.start, start), start, end)
    if _REACTION.fullmatch(words) and _TO.match(text, end):
        return Allergy("", False, start, end)
    if (
        clause.label
        and clause.value
        and clause.value[0] <= start
        and _LABEL.search(text[slice(*clause.label)])
    ):
        # In brackets stands what it did: "penicillin (rash)".
        if text.count("(", clause.value[0], start) > text.count(")", clause.value[0], start):
            return Allergy("", False, *clause.label)
        return Allergy(words, _is_denied(text, clause.value[0], start), *clause.label)
    before = _BEFORE.search(text, clause.start, start)
    if before and not _TURN.search(before["between"]):
        return Allergy(
            words, _is_denied(text, clause.start, before.start()), before.start(), before.start("between")
        )
    behind = _BEHIND.match(text, end, clause.end)
    return Allergy(words, _is_denied(text, clause.start, start), *behind.span()) if behind else None


def is_not_borne(text: str, start: int, end: int, clause: Clause) -> bool:
    """Whether a mention is of what was tried and not borne: "intolerant of statins", "metformin intolerance"."""
    if _NOT_BORNE_BEHIND.match(text, end, clause.end):
        return True
    found = _NOT_BORNE.search(text, clause.start, start)
    return bool(found and not _TURN.search(found["between"]))


def find_unnamed(text: str, clauses: Clauses) -> Iterator[tuple[int, int, bool]]:
    """The things of a list of allergies, each with whether it is denied: "Allergies: sulfa, latex", "allergic to bees"."""
    for clause in clauses.fields:
        if clause.label and clause.value and _LABEL.search(text[slice(*clause.label)]):
            yield from _list_things(text, *clause.value, clause.value[0])
    for found in _LISTED.finditer(text):
        clause = clauses.find(found.start())
        if not clause.label:
            yield from _list_things(text, found.end(), clause.end, clause.start, found.start())


def _list_things(
    text: str, low: int, end: int, start: int, at: int | None = None
) -> Iterator[tuple[int, int, bool]]:
    for place, found in enumerate(_THING.finditer(text, low, end)):
        if place >= _MOST_LISTED or _TURN.match(found["what"]) or len(found["what"].split()) > 3:
            return
        if not _NONE.match(found["what"]):
            yield *found.span("what"), _is_denied(text, start, found.start() if at is None else at)


def _is_denied(text: str, low: int, at: int) -> bool:
    return bool(_DENIED.search(text, low, at))
