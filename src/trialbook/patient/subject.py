"""Who of those whom a note names looks for a trial?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from trialbook.patient.clauses import Clauses
from trialbook.patient.kinship import AGED, PETS, SPELT_AGES, Relative, Sex

WRITER = re.compile(r"\b(?:I(?:['’]m|\s+am|['’]ve|['’]ll|m|ve)?|me|myself|mine)(?!\w)(?!\.\w)", re.IGNORECASE)
PATIENT = re.compile(
    r"\b(?P<definite>(?:the|this|our|said)\s+(?:patient|pt|participant|gentleman|lady|man|woman|boy|girl|child|baby|infant)"
    r"|patient|pt)\b(?!['’]?s\s)"
    r"|\b(?:participant|gentleman|lady|man|woman|boy|girl|guy|kid(?:do)?|toddler|widow(?:er)?|male|female|fem(?=\.?,?\s?\d)|neonate|infant|M(?:r|rs|s)\b\.?|Miss)\b"
    rf"|\b(?<!for\s)(?<!past\s)(?<!last\s)(?<!fter\s)(?<!x\s){AGED}(?!\s+ago\b)|\b\d{{1,3}}\s?[MF]\b|\b[MF][\s/]?\d{{2}}\b|\bnewborn\b|\b\d{{1,3}}\s?y/?\s?[MFo]",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"(?:\s*\([^()]{1,20}\))?(?:['’]?m|['’]?ve|\s+am|\s+have|\s+had|\s+do|\s+was|\s+got|\s+suffer|\s+take(?!\s+care)|\s+turn|\s+used|\s+think"
    r"|\s+live\s+with)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\s*(?:am|['’]?m|was)?\s*(?:just\s+)?(?:looking|writing|asking|searching|trying|hoping|wondering|worried"
    r"|the\s+(?:parent|mother|father)|here)\b",
    re.IGNORECASE,
)
_SEARCH = re.compile(
    r"\b(?:trials?|stud(?:y|ies)|help|treatments?|therap(?:y|ies)|something|anything|options?|looking|ask(?:ing)?"
    r"|writing|write|behalf|search\w*|this\s+is|it['’]?s|enrol\w*|hope|referral|question)\b",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"(?:\b(?:for|on\s+behalf\s+of|about|regarding|concerning)|\bit(?:['’]s|\s+is))\s*$", re.IGNORECASE
)
_FOR_ONE = re.compile(r"\b(?:for|behalf\s+of)\s+(?P<who>me|myself|him|her)\b", re.IGNORECASE)
_CAN_JOIN = re.compile(
    r"\b(?:can|could|may|might|would)\s+(?P<who>he|she)\s+(?:be\s+eligible|join|take\s+part|participate|enrol\w*|apply|qualify)\b",
    re.IGNORECASE,
)
_I_HAVE = re.compile(r"\b(?:I|we)(?:\s+have|['’]ve(?:\s+got)?)\s+$", re.IGNORECASE)
# Who tells a relative's illness, then his own age and health, is the one who asks: "My mom has … I'm a carrier, 34".
_OWN_AGE = re.compile(
    r"\bI(?:['’]?m|\s+am)\s+(?:(?:an?\s+)?(?:\w+\s+){0,3}?\w+,\s*)?(?:only\s+|now\s+|just\s+)?\d{1,2}"
    r"(?=\s*(?:[,.;)!]|years?\b|y/?o\b|yrs?\b|and\b|with\b|$))",
    re.IGNORECASE,
)
_OWN_HEALTH = re.compile(
    r"\bI\s+(?:have|had|take|carry|tested|was\s+(?:diagnosed|told|found|tested)|got)\b|\bI['’]ve\b"
    r"|\bI(?:['’]?m|\s+am)\s+(?:an?\s+)?(?:\w+\s+){0,2}?(?:carrier|positive|pregnant|diabetic|survivor|affected)\b",
    re.IGNORECASE,
)
_CHILDREN = ("son", "daughter", "child", "grandson", "granddaughter", "grandchild")
_ONESELF = ("me", "myself", "mine")
_SPOUSES = (
    "husband",
    "wife",
    "spouse",
    "partner",
    "boyfriend",
    "girlfriend",
    "roommate",
    "housemate",
    "friend",
)
_PRONOUNS = {"MALE": re.compile(r"\bshe\b", re.IGNORECASE), "FEMALE": re.compile(r"\bhe\b", re.IGNORECASE)}
_DIED = re.compile(
    r"\s*(?:,?\s*who\s+)?(?:(?:sadly|recently|just|has|have|had|already|also)\s+){0,2}"
    r"(?:died|passed(?:\s+away)?|is\s+dead|was\s+killed)\b",
    re.IGNORECASE,
)
_LOST = re.compile(r"\blost\s+$", re.IGNORECASE)
_NEAR = 8
_NAMED = re.compile(r"\bmy\s+name\s+is\b|\bmy\s+name['’]s\b", re.IGNORECASE)
_LATE = re.compile(r"\blate\b", re.IGNORECASE)
_AGED_NEXT = re.compile(rf"\s*[,(:]\s*(?:now\s+)?(?:\d|(?:{SPELT_AGES})\b)", re.IGNORECASE)
_LABELS_KIN = re.compile(r"\s*:")
_NO_MORE = re.compile(r"\s*[;.,]\s*")
_STOP = re.compile(r"[.;]\s")
_BEFORE = 60
# So near behind a relative, words are of him: "my nephew, a 19-year-old".
_APPOSED = 14


class Person(NamedTuple):
    """Somebody in a note: "writer", "patient", a word of kinship in small letters; how the note says it."""

    key: str
    sex: Sex | None
    words: str


def choose_subject(text: str, clauses: Clauses, relatives: Sequence[Relative]) -> Person:
    """The person whom a note is about.

    First a relative for whom somebody asks ("a trial for my sister"); then whoever is told of first: the
    writer by his own health, a patient by words of his age or sex, a relative by what he has.
    """
    relatives = [each for each in relatives if each.key not in ("family", *PETS)]
    asked = _find_asked_for(text, clauses, relatives)
    if asked:
        return asked
    writer = next((found for found in WRITER.finditer(text) if is_own_health(text, found, relatives)), None)
    patient = next(
        (found for found in PATIENT.finditer(text) if not _is_of_kin(text, found, relatives)), None
    )
    # "My mother's mother" tells of my mother's family, where she is named by herself too.
    kin = min(
        (each for each in relatives if not each.is_beside and not _is_dead(text, each)),
        key=lambda each: (each.is_of_kin, each.start),
        default=None,
    )
    first = min(found.start() for found in (writer, patient) if found) if writer or patient else len(text)
    is_writer = (_OWN_AGE.search(text) or _NAMED.search(text)) and _OWN_HEALTH.search(text)
    if (
        kin
        and kin.start <= first
        and not is_writer
        and _is_told_of(text, kin, clauses, relatives, has_patient=patient is not None)
    ):
        return Person(kin.key, kin.sex, kin.words)
    if writer and (is_writer or writer.start() == first):
        return Person("writer", None, writer[0])
    return Person("patient", None, patient[0] if patient else "")


def is_own_health(text: str, found: re.Match[str], relatives: Sequence[Relative] = ()) -> bool:
    """Whether the writer tells at a word ("I", "I'm") of himself; "I have a son with…" is of the son."""
    if found[0].lower() in _ONESELF:
        return False
    rest = text[found.start() + 1 : found.end() + 24]
    is_kin = any(
        found.end() <= kin.start < found.end() + 10 and not _STOP.search(text[found.end() : kin.start])
        for kin in relatives
    )
    return bool(_HEALTH.match(rest)) and not _ASKING.match(rest) and not is_kin


def _find_asked_for(text: str, clauses: Clauses, relatives: Sequence[Relative]) -> Person | None:
    for kin in relatives:
        before = text[max(clauses.find(kin.start).start, kin.start - _BEFORE) : kin.start]
        is_sought = _FOR.search(before) and (_SEARCH.search(before) or not before[: -len("for ")].strip())
        is_named = not kin.owner and kin.key not in _SPOUSES and _SEARCH.search(before)
        if is_sought and (kin.is_mine or is_named or (kin.key == "friend" and kin.owner)):
            return Person(kin.key, kin.sex, kin.words)
    one = _FOR_ONE.search(text) or _CAN_JOIN.search(text)
    if one and one["who"].lower() in _ONESELF:
        return Person("writer", None, one[0])
    meant = ("MALE" if one["who"].lower() in ("him", "he") else "FEMALE", None) if one else ()
    return next(
        (Person(kin.key, kin.sex, kin.words) for kin in relatives if kin.is_mine and kin.sex in meant), None
    )


def _is_of_kin(text: str, found: re.Match[str], relatives: Sequence[Relative]) -> bool:
    """Whether words that may be of a patient are of a relative: "our 9-year-old son", "my nephew, a student of 19"."""
    at = found.start()
    return any(
        kin.start <= at < kin.end
        or (kin.end <= at <= kin.end + _APPOSED and not re.search(r"[.;]", text[kin.end : at]))
        for kin in relatives
    )


def _is_dead(text: str, kin: Relative) -> bool:
    """Whether nobody can look for a trial for a relative: "my late mother", but "my late father's brother"."""
    is_lost = (
        _LATE.search(kin.words) or _DIED.match(text, kin.end) or _LOST.search(text[: kin.start][-_NEAR:])
    )
    return not kin.is_of_kin and bool(is_lost)


def _is_told_of(
    text: str, kin: Relative, clauses: Clauses, relatives: Sequence[Relative], *, has_patient: bool
) -> bool:
    """Whether the relative who is named first is the subject, not part of a patient's family history."""
    behind = _NO_MORE.match(text, kin.end)
    if behind and kin.key in _SPOUSES and kin.sex and _PRONOUNS[kin.sex].match(text, behind.end()):
        return False
    if _I_HAVE.search(text[: kin.start][-_APPOSED:]) or kin.is_mine:
        return True
    # "70-year-old husband; she is 40" is of her.
    if kin.key in _SPOUSES and (kin.sex is None or _PRONOUNS[kin.sex].search(text, kin.end)):
        return False
    if not kin.owner:
        # "Thirty-eight, endometriosis, husband has …" is not of the husband.
        # "39, no DM, mother: thyroiditis"
        if (
            text[: kin.start].strip()
            and _LABELS_KIN.match(text, kin.end)
            and not _AGED_NEXT.match(text, kin.end)
        ):
            return False
        begins = not text[clauses.find(kin.start).start : kin.start].strip(" \t-*•")
        is_aged = bool(_AGED_NEXT.match(text, kin.end))
        return (begins or is_aged) if not has_patient else begins and is_aged
    # "Her son" is the mother's who reports.
    return kin.key in _CHILDREN and any(other.is_beside and other.end <= kin.start for other in relatives)
