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
# How many of a list must hold, where it is not all of an inclusion or any of an exclusion.
HOW_MANY = re.compile(
    r"\b(?P<every>all )?(?P<count>one|two|three|four|five|any|either|all|each|both|none|\d)\b"
    r"(?: \(\w+\))?(?: or more)?(?: of)?(?: the| these| those)?"
    r"(?: [\w-]+){0,2} (?:following|below|listed)\b[^.;:]{0,60}:\s*\Z",
    re.IGNORECASE,
)
ALL = frozenset(["all", "each", "both", "none"])
SAYS_THE_HEADING = re.compile(
    r"\b(?:inclusion|exclusion|exclude\w*|enroll\w*|eligib\w*|meets?)\b", re.IGNORECASE
)
# "* - Signs of heart failure": a mark behind the mark.
INNER_MARK = re.compile(r"\\?([-–•o])\s+(?=\S)")
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
        if last == at:
            last = _find_last_listed(criteria, at)
        while last + 1 < len(criteria) and _goes_on(criteria[last], criteria[last + 1], lead):
            last += 1
        if last > at:
            end = criteria[last].end
            lead = msgspec.structs.replace(lead, end=end, text=text[lead.start : end])
        joined.append(lead)
        at = last + 1
    return joined


def _find_last_listed(criteria: Sequence[Criterion], at: int) -> int:
    """Where a list ends that says how many of it must hold and stands at the level of what leads it in.

    Its items are told by their marks: others than that of the lead, or numbers that begin anew. Without marks of
    their own nothing tells where it ends.
    """
    lead = criteria[at]
    last = at
    if not lead.text.rstrip().endswith(":") or not _says_how_many(lead):
        return at
    for following in criteria[at + 1 :]:
        mark = _find_mark(following)
        is_same_list = (following.heading, following.level) == (lead.heading, lead.level)
        if not mark or not is_same_list or following.end - lead.start > MOST_CHARACTERS:
            break
        if last == at and mark == _find_mark(lead) and _read_number(following) != 1:
            return at
        if last > at and (mark != _find_mark(criteria[last]) or _is_over(lead, criteria[last], following)):
            break
        last += 1
    return last if last > at + 1 else at


def _says_how_many(lead: Criterion) -> bool:
    found = HOW_MANY.search(lead.text[-LONGEST_TAIL:])
    if found is None:
        return False
    is_all = bool(found["every"]) or found["count"].lower() in ALL
    if lead.kind != "exclusion":
        return not is_all and not re.search("exclu", lead.text, re.IGNORECASE)
    # Any of a list keeps out, whether it stands together or not, unless it is asked of somebody.
    is_any = found["count"].lower() in ("any", "either", "one", "1")
    return not (is_any and SAYS_THE_HEADING.search(lead.text))


def _find_mark(criterion: Criterion) -> str:
    """The kind of a criterion's mark: a bullet, "-", or "1", "a"; "" for none."""
    inner = INNER_MARK.match(criterion.text)
    if inner:
        return criterion.number + inner[1]
    bare = criterion.number.strip("().\\ ")
    return "1" if bare.isdigit() else "a" if bare.isalpha() and bare != "o" else bare


def _read_number(criterion: Criterion) -> int:
    """The number of a list that a mark says; 0 for none."""
    bare = criterion.number.strip("().\\ ").lower()
    if bare.isdigit():
        return int(bare)
    return 1 if bare in ("a", "i") else 0


def _is_over(lead: Criterion, last: Criterion, following: Criterion) -> bool:
    """Whether a number goes on from that of the lead, or back: the list between them is over."""
    before, here = _read_number(last), _read_number(following)
    return following.number[:1].isdigit() and (
        here <= before or (here == _read_number(lead) + 1 and here != before + 1)
    )


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
