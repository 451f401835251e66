"""Which words lead in what follows? A list below "at least two of the following:" is one criterion with it.

"All of the following must be met" before inclusion criteria, "any of the following" before exclusion criteria say
nothing that the heading does not say: these are leads, and no criteria.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialbook.model.criteria import Criterion

LEADS_IN = re.compile(
    r"(?:\b(?:one|two|three|four|any|all|either|each|both|\d)\b[^:]{0,60}\b(?:of|the)\b[^:]{0,40}|\b(?:following|below|these|by|as|with|including|criteria|of|either|if|includes?|and|or))[^:;.]{0,60}:\s*\Z|\bfollowing\b[^.;]{0,40}\Z",
    re.IGNORECASE,
)
ENDS_IN_OR = re.compile(r"(?:^|[\s,;])(?:and/)?or[\s,:]*\Z", re.IGNORECASE)
OR_ALONE = re.compile(r"\W*(?:and/)?or\W*", re.IGNORECASE)
MOST_CHARACTERS = 3_000
MOST_IN_LEAD = 220
# Longer than anything that `LEADS_IN` finds, which ends with the text.
LONGEST_TAIL = 1_000
# All words of a lead: people, and what they and criteria do.
_SAID = """
a an the and or of to in for on at by with as if when only who whom which that this these those they them their it
all any each one more least is are was were be been being has have had will would can may must shall should not
patient patients subject subjects participant participants individual individuals person persons people volunteer
volunteers candidate candidates case cases men women adult adults healthy potential prospective
apply applies meet meets meeting met fulfil fulfill fulfills fulfilled fulfilling satisfy satisfies satisfied satisfying
exhibit true present presence general key main specific order
eligible ineligible considered enter entering entry enroll enrolled enrolling enrollment enrolment enrol include included
inclusion including exclude excluded excluding exclusion participate participating participation take taking part
selected selection recruited recruitment study studies trial trials screening
following below criteria criterion conditions condition characteristics requirements requirement
"""
SAID = frozenset(_SAID.split())
WORD = re.compile(r"[^\W\d_]+|\d+")
INTRODUCES = re.compile(
    r"\b(?:following|below)\b|\ball(?: of)?(?: the| these)?(?: inclusion| exclusion| eligibility)? criteria\b"
    r"|\bany of the (?:exclusion )?criteria\b",
    re.IGNORECASE,
)
SOME = re.compile(r"\b(?:any|one|either|or|least|more|if not)\b", re.IGNORECASE)
EACH = re.compile(r"\b(?:all|each)(?: of)? (?:the|these)\b|\bcriteria are met\b", re.IGNORECASE)
TURNS = re.compile(
    r"\b(?:not|no)\b(?! (?:be|enter|eligible|participate|included|enrolled|enroll|take part)\b)",
    re.IGNORECASE,
)
REMARK = re.compile(r"\([^()]*\)")


def find_criteria(text: str, criteria: Sequence[Criterion]) -> list[Criterion]:
    """The criteria of a text without leads; those that lead in a deeper list are joined with it."""
    joined: list[Criterion] = []
    at = 0
    while at < len(criteria):
        lead = criteria[at]
        last = at
        if is_lead(criteria, at):
            at += 1
            continue
        if lead.text and LEADS_IN.search(lead.text[-LONGEST_TAIL:]):
            while (
                last + 1 < len(criteria)
                and criteria[last + 1].level > lead.level
                and criteria[last + 1].heading == lead.heading
                and criteria[last + 1].end - lead.start <= MOST_CHARACTERS
            ):
                last += 1
        while last + 1 < len(criteria) and _goes_on(criteria[last], criteria[last + 1], lead):
            last += 1
        if last > at:
            end = criteria[last].end
            lead = msgspec.structs.replace(lead, end=end, text=text[lead.start : end])
        joined.append(lead)
        at = last + 1
    return joined


def _goes_on(last: Criterion, following: Criterion, lead: Criterion) -> bool:
    """Whether the next is an alternative to the last: "Hypertension or" and "Diabetes" on two lines."""
    if (following.kind, following.heading) != (lead.kind, lead.heading):
        return False
    if following.end - lead.start > MOST_CHARACTERS:
        return False
    return bool(ENDS_IN_OR.search(last.text)) or bool(OR_ALONE.fullmatch(following.text.strip()))


def is_lead(criteria: Sequence[Criterion], at: int) -> bool:
    """Whether one of the criteria that a text was split into asks nothing and only introduces those that follow.

    A remark in brackets before the first heading is one too.
    """
    lead, following = criteria[at], criteria[at + 1] if at + 1 < len(criteria) else None
    words = lead.text.strip()
    if following is None or not 0 < len(words) <= MOST_IN_LEAD:
        return False
    if lead.kind == "other" and not lead.heading and following.heading and REMARK.fullmatch(words):
        return True
    if (following.kind, following.heading) != (lead.kind, lead.heading) or not INTRODUCES.search(words):
        return False
    if TURNS.search(words) or any(word not in SAID for word in WORD.findall(words.lower())):
        return False
    if lead.kind == "exclusion":
        return bool(SOME.search(words)) or not EACH.search(words)
    return not SOME.search(words) and "exclu" not in words.lower()
