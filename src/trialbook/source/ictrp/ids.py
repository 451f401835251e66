"""What is an id among what registers write in its place, and of which kind?"""

from __future__ import annotations

import re

from trialbook.record.ids import find_european_number

_TRIAL_ID = re.compile(r"(?=\D*\d)[A-Za-z0-9][\w./:-]{3,59}")
_OF_A_REGISTER = re.compile(
    r"(?P<label>(?:[A-Za-z][A-Za-z .()/-]{1,40}?\s*[:#]?\s*|))(?P<id>NCT\d{8}|ISRCTN\d+|ACTRN\d+p?|(?:ITM|Chi)CTR\S*\d|CTRI/\S+"
    r"|DRKS\d+|IRCT\S*\d\S*|jRCT\S*\d|JPRN-\S+|UMIN\d+|KCT\d+|LBCTR\S+|NTR\d+|NL-?\S*\d+|PACTR\d+|PER-\S+|RBR-\S+|RPCEC\d+"
    r"|SLCTR/\S+|TCTR\d+)"
)
_EUCTR = re.compile(r"(?:\d{4})-(\d)\d{5}-\d{2}")
_PLACEHOLDER = re.compile(
    r"(?:there (?:is|are) )?(?:nill?|none|no|not|na|nothing)(?: (?:at (?:this|the) (?:time|moment|present)|"
    r"known|applicable|available|assigned|provided|specified|stated|given|yet"
    r"|registered|secondary ids?|other ids?|ids?|number|.{0,20}numbers?))*|(?:un|not )known|n ?a|tb[acd]|pending|"
    r"to be (?:determined|confirmed|announced|assigned|provided)|see above|same as above|(?:protocol )?(?:number|no|id)|"
    r"not yet.{0,40}|(?:[a-z]{1,10} ?)?[0 ]+|[x ]*|"
    r"(?:keine?|ninguno|aucune?|néant|entfällt|nicht|sin|не|なし|無し|无)(?: [^\W\d]+){0,2}|"
    r"(\w)\1+|[a-z]{2,8} ?x{2,}|to be advised|pending \w+|not \w+|"
    r"\D{0,40}\b(?:not (?:yet )?(?:assigned|issued|registered|obtained|allocated|applicable|available)|pending)|"
    r"no .{0,30}(?:ids?|identifiers?|numbers?)|"
    r"(?:eudract|nct|isrctn|ctis|utn|irb|who|clinicaltrials(?: gov)?|protocol)(?: (?:numbers?|no|ids?|identifiers?))?",
    re.IGNORECASE,
)
# An id has a digit, or is a name in capitals; other words in its place are about it.
_HAS_DIGIT = re.compile(r"\d")
_IS_NAME = re.compile(r"(?=.*[A-Z]{2})\S+|[A-Z]{2}[A-Z &/.-]*")
_SIGNS = re.compile(r"[\W_]+")


def is_trial_id(text: str) -> bool:
    """Whether a text can be a trial's id; each register's has a digit.

    >>> is_trial_id("ISRCTN90000001"), is_trial_id("None")
    (True, False)
    """
    return bool(_TRIAL_ID.fullmatch(text)) and not is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Whether a text in an id's place says no more than that there is none.

    >>> [is_placeholder(text) for text in ("Nil known", "N/A", "0000", "XXX", "U1111-1234", "RECOVERY", "007")]
    [True, True, True, True, False, False, False]
    """
    return bool(_PLACEHOLDER.fullmatch(_SIGNS.sub(" ", text).strip()))


def is_about_ids(text: str) -> bool:
    """Whether a text in an id's place is none, but words on ids in any language.

    >>> [is_about_ids(text) for text in ("ingen", "To be added", "해당 없음", "RECOVERY", "ProTECT", "A-1", "IIT VIE")]
    [True, True, True, False, False, False, False]
    """
    return not _HAS_DIGIT.search(text) and not _IS_NAME.fullmatch(text)


def read_id(text: str) -> tuple[str, str | None]:
    """An id without what a register writes before it, and its kind as API v2 has it; None where it is not certain.

    >>> read_id("EudraCT Number: 2013-009999-36"), read_id("ClinicalTrials.gov: NCT00000001")
    (('2013-009999-36', 'EUDRACT_NUMBER'), ('NCT00000001', 'REGISTRY'))
    >>> read_id("IRAS: 12345")
    ('IRAS: 12345', None)
    """
    if number := find_european_number(text):
        shape = _EUCTR.match(number)
        # Only numbers of the newer system begin with a five after the year.
        return number, "CTIS" if shape and shape[1] == "5" else "EUDRACT_NUMBER"
    if match := _OF_A_REGISTER.fullmatch(text):
        return match["id"], "REGISTRY"
    return text, None
