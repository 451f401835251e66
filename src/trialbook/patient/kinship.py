"""Where does a note name relatives, and what do they there: are they ill, or do they only tell?"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Sex = Literal["FEMALE", "MALE"]

_FEMALE = (
    "mother mom mum mama mommy mummy sister daughter grandmother grandma granny gran nan nana nanna granddaughter aunt niece "
    "wife girlfriend gf fiancée stepmother stepmom stepmum stepdaughter stepsister sis"
)
_MALE = (
    "father dad papa daddy brother son grandfather grandpa grandad granddad gramps grandson uncle nephew husband hubby "
    "boyfriend bf fiancé stepfather stepdad stepson stepbrother bro"
)
_EITHER = (
    "parent sibling cousin spouse partner grandparent grandchild fiance friend neighbor neighbour relative twin "
    "roommate housemate flatmate coworker boss"
)
# What they have is nobody's illness here; without an owner they are none: "cat allergy".
PETS = ("cat", "dog", "puppy", "kitten", "horse", "rabbit", "hamster", "pet")
_SEXES: dict[str, Sex | None] = {
    **dict.fromkeys(PETS),
    **dict.fromkeys(_FEMALE.split(), "FEMALE"),
    **dict.fromkeys(_MALE.split(), "MALE"),
    **dict.fromkeys(_EITHER.split()),
    "girl": "FEMALE",
    "boy": "MALE",
}
NAMES = "|".join(sorted([*f"{_FEMALE} {_MALE} {_EITHER}".split(), *PETS], key=len, reverse=True))
AGED = r"\d{1,3}[\s-]?(?:years?|yrs?|months?|mo|weeks?|days?|yo|y/o|y\.\s?o\.)[\s-]?(?:olds?\b)?"
SPELT_AGES = (
    "(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[-\\s](?:one|two|three|four|five|six|seven|eight|nine))?"
    "|(?:thir|four|fif|six|seven|eigh|nine)teen|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
)
_KINSHIP = re.compile(
    r"(?:\b(?P<owner>my|our|his|her|their|your|\w+['’]s|patients?|pt|an?|the|both|two|three)\s+(?:\w+\s+)?)?"
    r"(?:\b(?:own|late|older|elder|younger|little|big|dear|biological|maternal|paternal|twin|half|step|only"
    rf"|adopted|best|{AGED})\s+){{0,3}}(?:(?P<of>{NAMES})['’]s\s+(?=(?:{NAMES}|boy|girl|kid|baby)\b))?"
    rf"\b(?P<kin>{NAMES}|(?<=['’]s\s)(?:boy|girl|kid|baby)|famil(?:y|ial)|(?-i:F(?:M|am)?[Hh]x?\b))s?(?:-in-law)?\b(?!(?<=twin)\s+(?:boy|girl|son|daughter|brother"
    rf"|sister)s?\b)(?!(?<!son)(?<!hter)(?<!phew)(?<!iece)\s+of\s+(?:(?:an?|two|three|four|five|this|the)\b|\d))"
    rf"(?!(?<=cat|dog|pet|rse|bit)[\s-]+(?:allerg|dander|hair|bit(?:e|ten)|scratch|scan|owner|epithel|fur|therapy|food))"
    rf"|\b(?P<mine>my|our)\s+(?:(?:almost|nearly|little|dear|sweet|poor|twin)\s+)?"
    rf"(?:{AGED}|(?:child|children|kids?|baby|toddler|infant|newborn|teenager|teen|boys?|girls?|one)\b)",
    re.IGNORECASE,
)
# Without an owner these are no relatives: "twin pregnancy", "sexual partners".
_NEED_OWNERS = (
    *PETS,
    "nan",
    "sis",
    "bro",
    "bf",
    "partner",
    "friend",
    "relative",
    "twin",
    "roommate",
    "housemate",
    "flatmate",
    "coworker",
    "boss",
)
# But "Partner is HIV positive", "Roommate, 25, had influenza", at the beginning of a sentence.
_BEGINS = re.compile(r"(?:^|[\n.;,:|])\s*$")
_TOLD_OF = re.compile(
    r"\s*(?:[:,(]|(?:who|is|was|has|had|with|died|tested|now|aged)\b|[\w-]+\s?(?:positive\b|\+))",
    re.IGNORECASE,
)
# Relatives who say, bring or see something are not who is spoken of.
_TELL = re.compile(
    r"['’]?s?(?:\s+(?:also|now|then|has|have|had|who|is|was|both|and|\w+ly)){0,3}\s*,?\s*(?:reports?|reported|says?"
    r"|said|states?|stated|tells?|told|notices?|noticed|describes?|described|thinks?|thought|brought|brings?"
    r"|accompan\w+|gives?|gave|den(?:y|ies|ied)|called|calls|worried|worries|feels|felt\s+that|noted|notes?|found"
    r"|explain\w*|recalls?|recount\w*|mentions?|mentioned|agrees?|adds?|observed|saw|seen?|heard?|believe\w*"
    r"|at\s+(?:the\s+)?bedside|house|home)\b|\s+and\s+(?:I|me)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"\b(?:by|with|from|to|and|between|without)\s+$", re.IGNORECASE)
_WHO = re.compile(r"\s*,?\s*(?:who|whose)\b", re.IGNORECASE)
_ILL = re.compile(
    r"(?:\s*[,(]\s*(?:aged\s+)?\d{1,3}\s*[,)])?\s+(?:both\s+|also\s+)?(?:have|had|has|with|died|suffers?)\b(?!\s+not(?:iced|ed))",
    re.IGNORECASE,
)
# "He is 1 of 4 brothers, aged 33" is of him.
_ONE_OF = re.compile(r"\b(?:\d+|one)\s+of\s+(?:(?:\d+|four|five|six)\s+)?$")
_OWNED = re.compile(r"\w['’]s\s+$")
_HISTORY = re.compile(r"\s*(?:history|hx|hist|members?)\b", re.IGNORECASE)
_RUNS_IN = re.compile(r"\bin\s+(?:the|my|our|his|her)\s+(?:\w+\s+)?famil", re.IGNORECASE)
_NEAR = 12


class Relative(NamedTuple):
    """Somebody whom a note names by kinship.

    `key` is the word of kinship in small letters, "child" for "our 6-month-old", "family" for all of them;
    `owner` whose he is in the note's word ("my", "her", ""); `tells` whether he only says or brings
    something, `is_beside` whether he only stands by ("lives with her mother").
    """

    start: int
    end: int
    words: str
    key: str
    sex: Sex | None
    owner: str
    tells: bool
    is_beside: bool

    @property
    def is_of_kin(self) -> bool:
        """Whether he is a relative of a relative: "my father's brother"."""
        return "'s " in self.key

    @property
    def is_mine(self) -> bool:
        """Whether he is the writer's relative."""
        return self.owner in ("my", "our")


def find_relatives(text: str) -> list[Relative]:
    """The relatives of a note, in its order; the family where what runs in it is told."""
    found = []
    for match in _KINSHIP.finditer(text):
        relative = _read(text, match)
        before = text[max(0, relative.start - _NEAR) : relative.start].lower()
        begins = _BEGINS.search(before) and _TOLD_OF.match(text, relative.end)
        is_idle = relative.key in _NEED_OWNERS and not relative.owner and not begins
        is_idle = is_idle or bool(_ONE_OF.search(before))
        is_family = relative.key == "family"
        is_told = (
            relative.words.lower().endswith(("fh", "hx"))
            or _HISTORY.match(text, relative.end)
            or _RUNS_IN.search(text, max(0, relative.start - _NEAR), relative.end)
        )
        if not is_idle and not before.endswith("sexual ") and (is_told or not is_family):
            found.append(relative)
    return found


def _read(text: str, match: re.Match[str]) -> Relative:
    word = (match["kin"] or match[0].split()[-1]).lower()
    key = (
        "family"
        if word.startswith("famil") or word.endswith(("fh", "hx"))
        else word
        if match["kin"]
        else "child"
    )
    # "My mother's mother" is not my mother.
    key = f"{match['of'].lower()}'s {key}" if match["of"] else key
    tells = bool(_TELL.match(text, match.end()))
    is_ill = _WHO.match(text, match.end()) or (not tells and _ILL.match(text, match.end()))
    before = text[max(0, match.start() - _NEAR) : match.start()]
    is_beside = not is_ill and (tells or key == "parent" or bool(_BESIDE.search(before)))
    owner = (match["owner"] or match["mine"] or "").lower()
    if not owner and _OWNED.search(before):
        owner = "her"
    return Relative(*match.span(), match[0], key, _SEXES.get(word.removesuffix("s")), owner, tells, is_beside)
