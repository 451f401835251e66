"""What is one study to another of its family? Its extension, follow-up, sub-study, predecessor…

Words of the title say what a study is; whose it is follows from ids, the sponsor's numbering and acronyms.
"""

from __future__ import annotations

import re
from enum import StrEnum

from trialbook.related.traits import Traits


class Relation(StrEnum):
    """What the other study is to this one."""

    EXTENSION = "extension"
    FOLLOW_UP = "follow-up"
    SUB_STUDY = "sub-study"
    EXPANDED_ACCESS = "expanded access"
    PREDECESSOR = "predecessor"
    NAMED = "named by id"
    SISTER = "same programme"


EXTENSION, FOLLOW_UP, SUB_STUDY, EXPANDED_ACCESS = 1, 2, 4, 8
# What is no extension of another study: a part of this one ("a 8-week study with an open-label extension"), and what
# is done ("sleep extension", "continuation vs. removal").
_NO_EXTENSION = re.compile(
    r"\b(?:with|including|followed by|plus|and|subsequent)\s+"
    r"(?:an?|the|optional|open|long|active|subsequent|safety|\d+)\b[\s-]*(?:[\w-]+[\s-]+){0,4}?extension\b"
    r"|\b(?:double|single)[\s-]blind(?:ed)?,?\s+(?:and\s+)?open[\s-]label\s+extension\b"
    r"|\b(?:sleep|knee|leg|hip|neck|trunk|wrist|elbow|finger|hair)[\s-]+extension\b"
    r"|\bcontinu(?:ed|ation)\s+(?:vs\b|versus\b|or\b)",
    re.IGNORECASE,
)
_SAID_BY = (
    (
        re.compile(
            r"\bextensions?\b|\bextended (?:treatment|safety|use)|\broll[\s-]?over\b|\bcontinu(?:ed|ation)\b"
            r"|\blong[\s-]?term,? (?:[\w-]+,? ){0,4}(?:safety|study|open)|\bopen[\s-]?label (?:long|ext)"
            r"|\bOLE\b",
            re.IGNORECASE,
        ),
        EXTENSION,
    ),
    (
        re.compile(
            r"\bfollow(?:ing)?[\s-]?up (?:study|trial|of|to|safety)|\b(?:long[\s-]?term|\d+[\s-]?(?:month|year)s?)"
            r" follow[\s-]?up|\bfollow[\s-]?up$|\bfollow[\s-]?up\b.{0,40}\b(?:treated|enrolled|completed|participated)",
            re.IGNORECASE | re.MULTILINE,
        ),
        FOLLOW_UP,
    ),
    (re.compile(r"\bsub-?\s?(?:study|trial)\b|\bancillary\b", re.IGNORECASE), SUB_STUDY),
    (
        re.compile(r"\bexpanded access\b|\bcompassionate\b|\bcontinued access\b", re.IGNORECASE),
        EXPANDED_ACCESS,
    ),
)
_NAMES = {
    EXTENSION: Relation.EXTENSION,
    FOLLOW_UP: Relation.FOLLOW_UP,
    SUB_STUDY: Relation.SUB_STUDY,
    EXPANDED_ACCESS: Relation.EXPANDED_ACCESS,
}


def find_title_marks(traits: Traits) -> int:
    """What a study's titles and type say that it is, as bits.

    >>> EXTENSION | FOLLOW_UP
    3
    """
    title = _NO_EXTENSION.sub(" ", traits.texts.get("title", ""))
    marks = sum(mark for pattern, mark in _SAID_BY if pattern.search(title))
    if traits.design.get("study type") == ("EXPANDED_ACCESS",):
        marks |= EXPANDED_ACCESS
    return marks


def name_relation(own_marks: int, other_marks: int, *, is_named: bool, is_later: bool = False) -> Relation:
    """What the other study is to this one, where they are of one family.

    `is_later`: whether it began after this one, whose predecessor it then cannot be.
    """
    for mark in (EXPANDED_ACCESS, SUB_STUDY, EXTENSION, FOLLOW_UP):
        if other_marks & mark and not own_marks & mark:
            return _NAMES[mark]
    for mark in (EXPANDED_ACCESS, SUB_STUDY, EXTENSION, FOLLOW_UP):
        if own_marks & mark and not other_marks & mark and not is_later:
            return Relation.PREDECESSOR
    return Relation.NAMED if is_named else Relation.SISTER
