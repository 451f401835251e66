"""What kind of study is it, and does it go on? The types and statuses of some twenty registers.

Only what means the same is mapped: "recruitment completed" does not say whether the trial goes on, and a
"diagnostic test" may be of either type. What is not mapped is kept as the register's word, beside.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

from trialbook.record.pieces import find_enum_value
from trialbook.source.ictrp.participants import Told
from trialbook.source.ictrp.spellings import is_given

_SIGNS = re.compile(r"[\W_]+")
_LONGEST_SLIP = 2

_STATUSES = {
    "NOT_YET_RECRUITING": (
        "pending|not yet recruiting|not yet open|recruiting planned|preinitiation|planned|not started|"
        "recruitment not yet started|not yet started|authorised recruitment pending|authorized recruitment pending|"
        "authorised not started|recruitment pending|not yet recruiting participants|study not yet started"
    ),
    "RECRUITING": (
        "recruiting|open to recruitment|open public recruiting|recruiting ongoing|ongoing recruiting|recruitment open|"
        "authorised recruiting|authorized recruiting|open for patient inclusion|currently recruiting|"
        "recruitment ongoing|ongoing recruitment|open recruiting|actively recruiting|in recruitment|reclutando"
    ),
    "ENROLLING_BY_INVITATION": "enrolling by invitation|by invitation only",
    "SUSPENDED": (
        "suspended|suspended by competent authority|temporary halt|"
        "temporarily halted|recruiting suspended on temporary hold|temporarily suspended|"
        "halted|suspended by ca|temporary suspended|recruitment suspended|temporarily closed|on hold|"
        "temporarily suspended halted|temporarily halted suspended"
    ),
    "ACTIVE_NOT_RECRUITING": (
        "active not recruiting|ongoing not recruiting|ongoing but not recruiting|"
        "complete follow up continuing|completed follow up continuing|"
        "closed follow up continuing|recruiting complete follow up continuing|recruiting complete study continuing|"
        "recruitment complete follow up continuing|ongoing recruitment ended|recruitment ended ongoing|"
        "no longer recruiting follow up continuing|recruitment completed follow up ongoing|"
        "closed to recruitment of participants follow up is going on"
    ),
    "COMPLETED": (
        "completed|complete|complete follow up complete|closed follow up complete|complete follow up|study completed|"
        "main results already published|recruiting complete follow up complete|recruitment complete follow up complete|"
        "trial completed|data analysis completed|finished|completed follow up complete|completado|completed results available"
    ),
    "TERMINATED": (
        "terminated|stopped early|prematurely ended|recruiting stopped after recruiting started|other terminated|"
        "stopped|closed stopped early|prematurely terminated|terminated early|early termination|ended prematurely|discontinued"
    ),
    "WITHDRAWN": "withdrawn|recruiting withdrawn before recruiting started|withdrawn before recruitment",
}  # fmt: skip
# "Active, recruiting": what follows says more than that a study goes on.
_GOES_ON = re.compile(
    r"^(?:ongoing|active|authori[sz]ed|approved|open)(?: but)? (?=recruit|not (?:yet|started)|pending)"
)
_WITHDRAWN_BEFORE = re.compile(
    r"withdrawn (?:before|prior to) (?:the )?(?:first |any )?(?:participants?|patients?|enrol\w+|recruit\w+|inclusion|start)"
    r"(?: (?:was|were|has|had|of|start\w*|enrol\w*|recruit\w*|includ\w*|\w+ed))*"
)
_STATUS_OF = {name: status for status, names in _STATUSES.items() for name in names.split("|")}

_NOT_INTERVENTIONAL = re.compile(
    r"\bno[nt]? ?(?:an )?intervention|\bnichtinterventionell|\bnao intervenc|\bno intervenc"
)
_INTERVENTIONAL = re.compile(
    r"\bintervention|\bintervenc|\binterventionell|\binterventie|\bba be\b|\bintervenzion"
)
_OBSERVATIONAL = re.compile(r"\bobservation|\bobservac|\bobservaz|\bbeobacht|\bobservationeel")
_EXPANDED = re.compile(r"\bexpanded access\b|\bcompassionate use\b")


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _SIGNS.sub(" ", "".join(char for char in plain if not unicodedata.combining(char))).strip()


def as_status(text: str) -> Told:
    """A recruitment status as API v2 has it; None where none is given, or none that means the same.

    Examples
    --------
    >>> as_status("Complete: follow-up continuing").value, as_status("Authorised, recruiting").value
    ('ACTIVE_NOT_RECRUITING', 'RECRUITING')
    >>> as_status("Not Recruiting").value, as_status("Not Recruiting").is_whole
    (None, False)
    """
    if not is_given(text):
        return Told(None)
    folded = _fold(text)
    found = (
        _STATUS_OF.get(folded) or find_enum_value("Status", text) or _STATUS_OF.get(_GOES_ON.sub("", folded))
    )
    if found is None and _WITHDRAWN_BEFORE.fullmatch(folded):
        found = "WITHDRAWN"
    return Told(found, is_whole=found is not None)


def as_study_type(text: str) -> tuple[Told, bool]:
    """The type of a study as API v2 has it, and whether an observational one is a patient registry.

    Examples
    --------
    >>> as_study_type("Interventional clinical trial of medicinal product")[0].value
    'INTERVENTIONAL'
    >>> as_study_type("Non-interventional")[0].value, as_study_type("Diagnostic test")[0].value
    ('OBSERVATIONAL', None)
    """
    folded = _fold(text)
    if not is_given(text) or not folded:
        return Told(None), False
    if _EXPANDED.search(folded):
        return Told("EXPANDED_ACCESS"), False
    is_observed = bool(_OBSERVATIONAL.search(folded) or _NOT_INTERVENTIONAL.search(folded))
    is_intervened = bool(_INTERVENTIONAL.search(_NOT_INTERVENTIONAL.sub(" ", folded)))
    if not is_observed and not is_intervened:
        slips = {word: _find_slip(word) for word in folded.split()}
        is_observed = "observational" in slips.values()
        is_intervened = "interventional" in slips.values()
    if is_observed == is_intervened:
        return Told(None, is_whole=False), False
    is_registry = is_observed and "patient registry" in folded
    return Told("OBSERVATIONAL" if is_observed else "INTERVENTIONAL"), is_registry


def _find_slip(word: str) -> str:
    """The word that one with a slip or two of the pen means; "" where it means neither."""
    for meant in ("interventional", "observational"):
        if OSA.distance(word, meant, score_cutoff=_LONGEST_SLIP) <= _LONGEST_SLIP:
            return meant
    return ""
