"""What is an id among what registers write in its place, and of which kind?"""

from __future__ import annotations

import re

_TRIAL_ID = re.compile(r"(?=\D*\d)[A-Za-z0-9][\w./:-]{3,59}")
_TYPES = (
    ("EUDRACT_NUMBER", re.compile(r"(?:EUCTR)?\d{4}-\d{6}-\d{2}(?:-[A-Z]{2}|-3RD)?", re.IGNORECASE)),
    ("CTIS", re.compile(r"(?:CTIS)?\d{4}-5\d{5}-\d{2}(?:-\d{2})?", re.IGNORECASE)),
    (
        "REGISTRY",
        re.compile(
            r"(NCT\d{8}|ISRCTN\d+|ACTRN\d+|ChiCTR\S+|CTRI/\S+|DRKS\d+|IRCT\S+|jRCT\S+|JPRN-\S+|UMIN\d+"
            r"|KCT\d+|LBCTR\S+|NTR\d+|NL-?\S*\d+|PACTR\d+|PER-\S+|RBR-\S+|RPCEC\d+|SLCTR/\S+|TCTR\d+)"
        ),
    ),
)
_PLACEHOLDER = re.compile(
    r"(?:nil|none|no|not|na|nothing)(?: (?:known|applicable|available|assigned|provided|specified|stated|given|yet"
    r"|registered|secondary ids?|other ids?|ids?|number|.{0,20}numbers?))*|(?:un|not )known|n ?a|tb[acd]|pending|"
    r"to be (?:determined|confirmed|announced|assigned|provided)|see above|same as above|(?:protocol )?(?:number|no|id)|"
    r"not yet.{0,40}|[0 ]*|[a-z]{1,10} ?0+|[x ]*|"
    r"(?:keine?|ninguno|aucune?|néant|entfällt|nicht|sin|не|なし|無し|无)(?: [^\W\d]+){0,2}|"
    r"(\w)\1+|[a-z]{2,8} ?x{2,}|to be advised|pending \w+|not \w+|"
    r"\D{0,40}\b(?:not (?:yet )?(?:assigned|issued|registered|obtained|allocated|applicable|available)|pending)|"
    r"no .{0,30}(?:ids?|identifiers?|numbers?)|"
    r"(?:eudract|nct|isrctn|ctis|utn|irb|who|clinicaltrials(?: gov)?|protocol)(?: (?:numbers?|no|ids?|identifiers?))?",
    re.IGNORECASE,
)
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


def find_id_type(text: str) -> str | None:
    """The kind of an id as API v2 has it; None where it is not certain."""
    if re.fullmatch(r"(?:CTIS)?\d{4}-5\d{5}-\d{2}-\d{2}", text, re.IGNORECASE):
        return "CTIS"
    return next((kind for kind, shape in _TYPES if shape.fullmatch(text)), None)
