"""Of which sex is the person of a note?"""

from __future__ import annotations

import re
from typing import NamedTuple

from trialbook.patient.ages import is_no_age
from trialbook.patient.kinship import Sex
from trialbook.patient.persons import Persons

_CHILDREN = r"(?:two|three|four|five|six|\d(?![\d\s-]*(?:y|m)))"
_WORD = re.compile(
    r"(?<![\w-])(?:"
    r"(?P<female>woman|female|fem(?=\.?,?\s?\d)|girl|lady|gal|widow|Mrs|(?-i:Ms)|Miss|primigravida|multigravida|(?<!not\s)pregnant(?!\s*[:=])"
    rf"|mother\s+of\s+{_CHILDREN}|(?-i:G\d{{1,2}}P\d))"
    rf"|(?P<male>man|male|boy|guy|gentleman|widower|Mr|father\s+of\s+{_CHILDREN})"
    r"|(?:sex|gender)\s*(?:[:=]|\s[-–]\s|\sis\s|(?=\s[FM]\b))\s*(?:(?P<f>f|w|woman|girl|female)|(?P<m>m|man|boy|male))"
    r")\b(?!\s+(?:partners?|donors?|sexual|relatives?|siblings?|friends?|pattern|infertility|condom|genital\w*))",
    re.IGNORECASE,
)
# 71yo M, 58F, 67 WM, 71yoF, F 34; "45, f"
_LETTER = re.compile(
    r"(?<![\w.])(?:\d{1,3}\s?-?(?:y\.?/?o?\.?|yrs?(?:\sold)?|year[s-]*old|mo|wk|d)?[\s-]?(?:[WB](?=[MF]))?(?P<after>[MF])(?![\w'’])"
    r"|(?:(?<![^\n])|(?<=[,;(])|(?<=[,;(]\s))\d{1,2}(?:\s?/\s?|\s)(?P<low>[mf])(?=\s*[,.;)]|\s*$)|\d{1,2}\s?(?P<given>G)\d{1,2}P\d"
    r"|(?P<before>[MF])[,/]?\s?(?=\d{1,3}\b(?!\s*(?:%|mg)))|\d{1,3}\s?/\s?(?P<slash>[MF])(?![\w'’])"
    r"|\d{1,3}\s?(?:y\.?/?o|years?\sold),?\s?(?P<loose>[MFmf])(?![\w'’])|\d{1,3}\s?(?:y|yrs?|years)?,\s?(?P<chat>[mf])(?=\s*[,.;)]|\s*$)"
    r"|\d{1,3}\s?/?(?P<here>[MFmf])(?=\s+here\b)|[1-9]0s\s?(?P<decade>[MF])(?![\w'’])|(?P<of>[MF])(?=\s[1-9]0s\b)"
    r"|(?<!\w)[Ii](?:['’]?m|\s+am)\s+(?:an?\s+)?\d{1,3}\s?(?P<said>[MFmf])(?![\w'’])|(?<!\w)(?P<first>[mf]),\s?(?=\d{1,3}\b)|(?<=old\s)(?P<old>[MF])(?![\w'’])|(?<=,\s)(?P<alone>[MF])(?=,\s))"
    r"|(?P<sign>[♀♂])"
)
_CHANGED = re.compile(
    r"\btrans(?:gender\w*|sexual|\s+(?:man|woman|male|female|boy|girl))\b|\bnon-?binary\b|\b(?:FTM|MTF)\b",
    re.IGNORECASE,
)
_AT_BIRTH = re.compile(
    r"\bassigned\s+(?P<sex>fe)?male\s+at\s+birth\b|\b(?:(?P<short>afab)|amab)\b", re.IGNORECASE
)
_PRONOUN = re.compile(r"\b(?:(?P<she>she|her|hers)|he|his|him)(?!\w)", re.IGNORECASE)


class ReadSex(NamedTuple):
    """A sex, and where a note says so."""

    sex: Sex
    start: int
    end: int


def find_sex(text: str, persons: Persons) -> ReadSex | None:
    """The sex of a note's subject: by his kinship, the first word that tells it, or pronouns that agree.

    None where the note says that it changed, and not what it was at birth: registries mean that.
    """
    if born := _AT_BIRTH.search(text):
        return ReadSex("FEMALE" if born["sex"] or born["short"] else "MALE", *born.span())
    if _CHANGED.search(text):
        return None
    subject = persons.subject
    if subject.sex:
        at = text.find(subject.words)
        return ReadSex(subject.sex, at, at + len(subject.words))
    named = [
        each for each in (*_find_words(text), *_find_letters(text)) if persons.find(each.start).is_subject
    ]
    if named:
        return min(named, key=lambda each: each.start)
    meant = [
        ReadSex("FEMALE" if found["she"] else "MALE", *found.span())
        for found in _PRONOUN.finditer(text)
        if persons.find_named_by(found.start()).is_subject
    ]
    return meant[0] if len({each.sex for each in meant}) == 1 else None


def _find_words(text: str) -> list[ReadSex]:
    return [
        ReadSex("FEMALE" if found["female"] or found["f"] else "MALE", *found.span())
        for found in _WORD.finditer(text)
    ]


def _find_letters(text: str) -> list[ReadSex]:
    found = []
    for match in _LETTER.finditer(text):
        letter = next(part for part in match.groups() if part)
        # "Temp 101 F", "12 F catheter"
        if match[0][0].isdigit() and is_no_age(text, match.start(), match.end()):
            continue
        found.append(ReadSex("FEMALE" if letter in "FfG♀" else "MALE", *match.span()))
    return found
