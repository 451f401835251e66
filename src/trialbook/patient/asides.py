"""Is what a note names only asked about, tested for, prevented or met, so that it says nothing of the patient?

"Here for diabetes screening", "PrEP for HIV", "exposed to tuberculosis": no such mention says that the patient has
it, nor that he has it not.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from trialbook.patient.cues import TURN, compile_cues

# What a search may still ask for; without one, nothing is known ("HIV status unknown").
_TESTED = r"(?:screen(?:ed|ing|s)?|test(?:ed|ing|s)?|checked|swabbed|check-?ups?)"
_BEFORE = compile_cues(
    rf"\b{_TESTED} (?:(?:today|yearly|annually|regularly|routinely) )?for\b",
    r"\b(?:PrEP|PEP|(?:chemo)?prophyla\w+|vaccin\w+|immuni[sz]\w+|shots?) (?:for|against|to)\b",
    r"\b(?:immune|immunity|exposed|exposures?|susceptib\w+|predispos\w+) to\b|\bcontacts? with\b|\bprotect\w* (?:from|against)\b",
    r"\b(?:to )?prevent(?:s|ed|ing|ion of)?\b|\bprevention of\b",
    r"\b(?:worr(?:y|ied|ies)|afraid|fears?|fearful|scared|anxious|anxiety|nervous|fear) (?:about|of|that (?:he|she|it|I))\b",
    r"\b(?:asks?|asking|asked|wonder(?:s|ing)?|curious|read(?:ing)?|information|counsel\w*|educat\w+|advice"
    r"|questions?) (?:about|on|regarding)\b",
    r"\brisk factors? for\b|\breturn precautions? for\b",
    r"\b(?:watch(?:ing)?|monitor(?:ed|ing)?|surveillance|return precautions?) (?:for|closely for)\b",
    r"\b(?:works?|working|volunteers?) (?:with|on|in|at)\b",
    r"\b(?:sexual )?partners? (?:who )?(?:is|are|was|has|have|having|with|tested|living with)\b",
    r"\b(?:contraindications? (?:to|for|against)|not (?:an? )?(?:\w+ )?candidate for|avoid(?:s|ed|ing|ance of)?|advised against"
    r"|unable to (?:take|use|receive)|non-?complian(?:t|ce) with|non-?adheren(?:t|ce) (?:to|with)|ran out of|holding"
    r"|(?:was )?offered|discussed(?: starting)?|recommended|advised to (?:take|start)|suggested|instead of|alternatives? to)\b",
)
# What may come, but not "I'd be obliged if you would see this boy with …".
_IF = compile_cues(
    r"\b(?:if|unless|whether|in case of)\b(?! (?:you|possible|there is a)\b)(?:[\s,]+[\w-]+){0,5}[\s,]*$"
)
# What is wished for; of a pregnancy it is planned.
WISHED = compile_cues(
    r"\b(?:planning|plans?|trying|tries|hop(?:es|ing)|wants?|wish(?:es|ing)?|desir(?:es|ing)|attempt(?:s|ing)|intends?|seeking"
    r"|(?:would|['’]d) like)(?: (?:for|on|to|an?|her|become|becoming|be|get|getting|have|having|another|future|next|soon))* $"
)
_NOT_WISHED = compile_cues(
    r"\b(?:no|not|never|nor|without|don['’]?t|doesn['’]?t|isn['’]?t|denies)(?: \w+)? $"
)
_PREGNANT = re.compile(r"pregnan|concepti|parenthood", re.IGNORECASE)
_OTHERS = (
    r"(?:sexual |male |female |ex-?|former )*(?:partner|husband|wife|spouse|boyfriend|girlfriend|roommate|housemate"
    r"|relative|friend|household|donor)s?"
)
# Behind a mention, or a list of which it is one.
_LIST = r"^(?:,? (?:and|or|&) (?:[\w-]+ ){0,2}[\w-]+|/[\w-]+)?"
_BEHIND = compile_cues(
    _LIST
    + r"[\s-]+(?:status )?(?:screen(?:s|ed|ing|ings)?|test(?:s|ed|ing)?|counsel\w+|clinics?|nurses?|registry|scare|shots?"
    r"|PrEP|PEP|(?:chemo|thrombo)?prophyla\w+"
    r"|prevention|exposures?|contacts?|vaccin\w+|immuni[sz]\w+|education|awareness|risk|research|patients|viral load|RNA|DNA)\b",
    rf"^(?:[\s-]*(?:positive|infected|affected|\+))? {_OTHERS}\b(?! of\b)",
    _LIST
    + r" (?:is |was |are |were )?(?:contraindicated|not (?:recommended|indicated|advised)|inadvisable|offered|recommended"
    r"|advised|discussed|on hold|held|withheld|avoided)\b",
    r"^ \((?:on hold|held|withheld|offered|contraindicated)\b",
)
_UNKNOWN_BEHIND = compile_cues(
    _LIST + r" (?:(?:sero)?status|antibody|serology|test)?\s*(?:is |was |are |were )?"
    r"(?:(?:currently )?unknown|not known|undetermined|untested|(?:not|never) (?:been )?(?:tested|checked|documented|assessed))\b"
    r"(?! (?:etiology|aetiology|cause|origin|duration|primary|onset|type|stage|significance))"
)
_UNKNOWN_BEFORE = compile_cues(
    r"\b(?:unknown|undetermined|unclear)(?: (?:if|whether)(?: \w+){0,2})? $",
    r"\b(?:not|never|n['’]t)(?: yet)?(?: been)? (?:tested|screened|checked|vaccinated|immuni[sz]ed) (?:for"
    r"|against) (?:[^.;()]{0,60},? )?$",
)
# A result says more than the test.
_RESULT = compile_cues(
    r"^[^.;,]{0,40}?(?<!non-)(?<!non\s)(?<!not\s)\b(?:positive(?! (?:partner|husband|wife|spouse|boyfriend|girlfriend))"
    r"|reactive|confirmed"
    r"|showed|revealed|found|treated|diagnosed|started|restarted|resumed|is taking)\b"
)


class Aside(NamedTuple):
    """Where the words that make a mention an aside stand; what a search may ask for, or plan."""

    start: int
    end: int
    is_wish: bool = False
    is_unknown: bool = False


def find_aside(text: str, start: int, end: int, low: int, high: int) -> Aside | None:
    """Whether a mention at `text[start:end]`, in a clause from `low` to `high`, is one; None where it is told of.

    A test whose result stands beside it is none.
    """
    before, behind = text[low:start], text[end:high]
    if wish := WISHED.search(before):
        is_wanted = not _NOT_WISHED.search(before[: wish.start()])
        if _PREGNANT.search(text, start, end):
            return Aside(low + wish.start(), start, is_wish=is_wanted, is_unknown=not is_wanted)
    if unknown := _UNKNOWN_BEHIND.match(behind):
        return Aside(end, end + unknown.end(), is_unknown=True)
    if unknown := _UNKNOWN_BEFORE.search(before):
        return Aside(low + unknown.start(), low + unknown.end(), is_unknown=True)
    if _RESULT.match(behind):
        return None
    if found := _BEHIND.match(behind):
        return Aside(end, end + found.end())
    if found := _IF.search(before):
        return Aside(low + found.start(), low + found.end())
    last = None
    for found in _BEFORE.finditer(before):
        last = found
    if last is None or TURN.search(before, last.end()):
        return None
    return Aside(low + last.start(), low + last.end())
