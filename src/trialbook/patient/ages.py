"""How old is the person of a note? Years as people write them: a number, or an interval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from trialbook.patient.kinship import SPELT_AGES
from trialbook.patient.persons import Persons

OLDEST = 120
# "About 60" is read as so many years around it.
ABOUT = 2
_NEWBORN_DAYS = 28
_YEARS_A_UNIT = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}

_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ONES, _TEENS = _WORDS[:9], _WORDS[9:]
_SPELT = {word: number for number, word in enumerate(_WORDS, 1)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_DECADES = {word[:-1] + "ies": number for word, number in _SPELT.items() if word in _TENS} | {"teens": 10}

_ROUGH = (
    r"(?:(?P<rough>about|around|approximately|approx\.?|roughly|circa|~|nearly|almost|over)\s*"
    r"|(?:just|only|now|currently|already|turned|aged?)\s+)?"
)
_NUMBER = (
    rf"(?<![\w.,/%-]){_ROUGH}(?P<n>\d{{1,3}}(?:\.\d|\s?½|\s1/2)?|(?:{'|'.join(_TENS)})(?:[-\s](?:{'|'.join(_ONES)}))?"
    rf"|{'|'.join((*_TEENS, *_ONES))})"
)
_UNIT = r"(?P<unit>years?|yrs?|y|months?|mths?|mos?|weeks?|wks?|days?|d)"
_TITLED = r"(?-i:(?:M(?:r|rs|s)\.?|Miss)\s+(?:[A-Z]\.\s*)?(?:[A-Z][\w'’-]*\.?)?)"
_PERSON = (
    rf"(?:man|woman|gentleman|lady|boy|girl|guy|male|female|patient|pt|child|kid(?:do)?\b|baby|toddler|infant|person|widow(?:er)?"
    rf"|nurse|teacher|farmer|worker|engineer|driver|student|pensioner|veteran|{_TITLED})"
)
_SEX = r"[♀♂]|(?-i:WM|BM|WF|BF|M|F)|fem\.?(?=\s\d)|male|female|man|woman|boy|girl|lady|gentleman"
# A measure, a share, a time, a dose or a stretch of time is no age.
_NO_MEASURE = (
    rf"(?![\w%/'’′\"”]|[-\s](?:{'|'.join(_ONES)})\b)"
    r"(?!:\d|[.,]\d|-\d)(?!\s*(?:%|/|mg|feet\b|foot\b|ft\b|inch|in\b\.?\s*tall|pounds?\b|stones?\b|points?\b|of\s+\d"
    r"|para\b|degrees?|°|mcg|kg|g\b|ml|mm|cm|lb|bpm|units?|packs?|hours?|times?|minutes?|children|kids"
    r"|weeks?\s+(?:pregnant|gest)|months?\s+pregnant|(?:years?|yrs?|y|months?|weeks?|days?)\s+(?:ago|later|post|after|into"
    r"|since)))"
)
_ENDED = r"(?=\s*(?:[,.;:)|\n]|and\b|with\b|who\b|but\b|$))"
_OLD = r"(?:of\s+age\b|young\b|olds?\b|old(?=[MF]\b)|/?o\b|/?o(?=[mf]\b)|\.?\s?o\.?(?=[\s,;:)]|$))"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 71 years old, 71 y/o, 71yoF, 6-month-old, 7 days of age
        rf"{_NUMBER}[\s-]*{_UNIT}[\s.-]*{_OLD}",
        # 71 M, 74F, 8 mo F, 58-year female
        rf"{_NUMBER}\s*-?{_UNIT}?[\s-]?(?:{_SEX})(?![\w'’])",
        # F63, M/58
        r"(?<!\w)(?-i:[MF])/?(?P<n>\d{2})(?P<unit>)(?!\w)",
        # 19/m, and 55 f at the end of a sentence
        r"(?:(?<![^\n])|(?<=[,;(])|(?<=[,;(]\s))(?P<n>\d{1,2})(?P<unit>)(?:\s?/\s?|\s)[mf](?=\s*[,.;)]|\s*$)",
        # 29/F
        r"(?<![\w/.,])(?P<n>\d{1,2})(?P<unit>)\s?/\s?(?-i:[MF])(?![\w/])",
        # I carry it and am 41; my name is Anna, 36
        rf"\b(?:and|but)\s+am\s+{_NUMBER}(?P<unit>){_NO_MEASURE}{_ENDED}",
        rf"\bmy\s+name(?:\s+is|['’]s)\s+[^\W\d]+,?\s+(?:and\s+)?(?:I(?:\s+am|['’]?m)\s+)?{_NUMBER}(?P<unit>){_NO_MEASURE}{_ENDED}",
        # Lena (now eleven)
        rf"\(now\s+{_NUMBER}(?P<unit>)\)",
        # 31G2P1
        rf"{_NUMBER}\s?(?P<unit>)(?-i:G\d{{1,2}}P\d)",
        # at 76 still
        rf"\bat\s+{_NUMBER},?\s+(?P<unit>)(?:(?:he|she)\s+)?still\b",
        # a friend from church: 74, widow; a note that begins: thirty-eight, …
        rf"[:,]\s*{_NUMBER}(?P<unit>)(?=\s*,\s*(?:widow(?:er)?|single|married|divorced|retired)\b)",
        rf"\A\s*(?=\d\d\b|[a-z]+y\b){_NUMBER}(?P<unit>)(?=\s*,\s*[^\W\d])",
        # 45, f and 21, female
        rf"{_NUMBER}(?P<unit>),\s?(?:male|female|man|woman|boy|girl|guy|[mf](?=\s*[,.;)]|\s*$))(?!\w)",
        # F 34; Male, 52; (m, 9)
        rf"(?<![\w'’])(?:{_SEX}|[mf](?=,))[,/]?\s{{0,2}}\(?{_NUMBER}{_NO_MEASURE}(?:[\s-]*{_UNIT}\b)?",
        # aged 29; age: 54; age (years): 47
        rf"\b(?<!the\s)aged?(?:\s*\((?:in\s+)?(?P<given>years?|months?)\))?\s*(?:is|of|:|=|[-–](?=\s))?\s*{_NUMBER}\b"
        rf"(?!\s*(?:-|–|to)\s*\d)(?:[\s-]*{_UNIT}\b)?",
        rf"\bage\s*/\s*(?:sex|gender)\s*[:=]\s*{_NUMBER}(?P<unit>)\b",
        # I am 38, she's 70, who is 81, the child is 10
        rf"(?<![\w'’])(?:I(?:\s+am|['’]?m)|(?:he|she|who|{_PERSON})(?:\s+is|\s*['’]?s))\s+{_NUMBER}{_NO_MEASURE}"
        rf"(?:[\s-]*{_UNIT}\b)?",
        # im 24m
        rf"(?<![\w'’])I(?:\s+am|['’]?m)\s+(?:an?\s+)?{_NUMBER}(?P<unit>)\s?[mf](?![\w'’])(?!\s+(?:tall|high|long|away|from)\b)",
        # hey, 51 here
        rf"(?:\A|[,;.!]\s*|\b(?:hi|hey|hello|yo)\W?\s+){_NUMBER}(?P<unit>)(?:\s?/?[mf])?\s+here\b",
        # I'm a carrier, 34
        rf"(?<![\w'’])I(?:\s+am"
        rf"|['’]?m)\s+an?\s+(?:[^\W\d]+\s+){{0,3}}[^\W\d]+,\s*{_NUMBER}{_NO_MEASURE}(?:[\s-]*{_UNIT}\b)?{_ENDED}",
        # a man of 54
        rf"\b{_PERSON}\s+of\s+{_NUMBER}{_NO_MEASURE}(?:[\s-]*{_UNIT}\b)?",
        # Mr A. Smith, 66 years; this woman (38)
        rf"\b{_PERSON}(?:\s*[,(:]\s*|\s+){_NUMBER}{_NO_MEASURE}(?:[\s-]*{_UNIT}\b)?{_ENDED}",
        # female; 72 y
        rf"\b(?:fe)?male;\s*{_NUMBER}\s?{_UNIT}\b",
        # 39 years, female; 70 y, m
        rf"{_NUMBER}\s?{_UNIT},\s*(?:male|female|man|woman|boy|girl|[mf](?=\s*[,.;)]|\s*$))(?!\w)",
        # me: 23
        rf"\bme\s*[:(]\s*{_NUMBER}(?P<unit>){_NO_MEASURE}{_ENDED}",
        # now 44 with …
        rf"(?:^|[,;]\s*)(?:now|currently)\s+{_NUMBER}{_NO_MEASURE}{_ENDED}",
    )
)
# What follows a relative: my mother, 64, has…; our son (9); mum is 77; my gf's 30
_OF_KIN = re.compile(
    rf"(?:\s+(?-i:[A-Z][a-z]+)(?=,))?(?:\s*[,(=]\s*(?:(?:he|she)\s*(?:is|['’]s)\s+)?|\s*['’]?s\s+|\s*(?:,\s*who\b[^,.;]{{1,60}},)?\s+(?:who\s+)?is\s+"
    rf"|\s+(?:of\s+)?){_NUMBER}(?:{_NO_MEASURE}(?:[\s-]*{_UNIT}\b)?|(?-i:(?P<glued>y|yo|yrs?|mo|wks?))\b)(?:\s+old)?",
    re.IGNORECASE,
)
_TURNING = re.compile(
    rf"\b(?:turn(?P<tense>s|ing|ed)?|(?:he|she|I)(?:\s+will|['’]?ll)\s+be)\s+(?P<n>\d{{1,3}}|{SPELT_AGES})\b"
    r"(?=\s*(?:[,.;!)]|$|(?:in|on|next|this|last|soon|and|years?|years?\s+old)\b))",
    re.IGNORECASE,
)
_TEN = rf"(?P<decade>{'|'.join(_DECADES)}|(?P<tens>[1-9]0)['’]?s)"
_DECADES_SAID = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # in her late 40s; mid-forties; a 60s male
        rf"\bin\s+(?:his|her|their|my|the)\s+(?:(?P<part>early|mid|late)[\s-]+)?{_TEN}\b",
        rf"(?<!the\s)(?<!in\s)(?<!since\s)\b(?P<part>early|mid|late)[\s-]+{_TEN}(?=\s*[,.;)])",
        r"(?<![\w-])(?P<part>)(?P<decade>)(?P<tens>[1-9]0)s\s?(?-i:[MF])(?!\w)",
        r"(?<![\w-])(?-i:[MF])\s(?P<part>)(?P<decade>)(?P<tens>[1-9]0)s\b",
        rf"\ban?\s+(?P<part>)(?:{_TEN})\s+(?:male|female|man|woman|lady|gentleman)\b",
    )
)
_PARTS = {"": (0, 10), "early": (0, 4), "mid": (3, 7), "late": (6, 10)}
_BETWEEN = re.compile(
    r"\b(?:aged?(?:\s+(?:group|range))?\s*[:=]?|between)\s*(?P<low>\d{1,3})\s*(?:-|–|to|and)\s*(?P<high>\d{1,3})\b(?!%)",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"\b(?:(?-i:b\.)|born(?:\s+(?:in|on))?|date\s+of\s+birth|year\s+of\s+birth|birth\s+(?:date|year)|DOB)(?<=[\w.])\s*[:=]?\s*"
    r"(?:[\w.,/-]{1,9}[\s./-]){0,3}(?P<year>(?:18|19|20)\d\d)\b",
    re.IGNORECASE,
)
_NEWBORN = re.compile(r"\b(?:neonate|newborn)\b", re.IGNORECASE)
# An age at which something was: "since I was 16", "diagnosed at 52".
_THEN = re.compile(
    r"\b(?:since|at|when|until|from|before|after|by|till|onset)\s+(?:the\s+)?(?:aged?\s+(?:of\s+)?)?(?:(?:I|he|she)\s+)?$",
    re.IGNORECASE,
)
# Whose ages they are: "3 kids aged 5, 7 and 9".
_OF_CHILDREN = re.compile(
    r"\b(?:\d|two|three|four|five|has|have|with|and)\s+(?:\w+\s+)?(?:kids|children|sons|daughters|boys|girls)\b\W{0,3}$",
    re.IGNORECASE,
)
# Behind these a number is a height, a temperature or a room, before the last of them the size of a tube: "5 ft 9, M".
_NO_AGE = re.compile(
    r"\d\s*(?:feet|foot|ft|['’′])\.?,?\s*$|\b(?:temp(?:erature)?|fever|T|Tmax|BMI|room|bed|ward|weight|height|wt|ht)"
    r"\s*(?:(?:of|is|was|to|:|=)\s*)?$",
    re.IGNORECASE,
)
_DEGREES = re.compile(r"\d+\.\d\s?°?\s?[FC]\b")
_TUBE = re.compile(r"\s*(?:catheter|foley|sheath|tube|stent|drain|french|cannula)", re.IGNORECASE)
_BEFORE = 24


class Age(NamedTuple):
    """From `low` to `high` years, the same where a note says it exactly; where it says so."""

    low: float
    high: float
    start: int
    end: int


def find_age(text: str, persons: Persons, day: date | None) -> Age | None:
    """The age of a note's subject, the first that is told of him.

    `day` is the day of the note: without it a year of birth says no age.
    """
    found = sorted(_find_all(text, persons, day), key=lambda each: (each.start, -each.end))
    own = [age for age in found if 0 <= age.low <= age.high <= OLDEST]
    return own[0] if own else _find_newborn(text, persons)


def _find_all(text: str, persons: Persons, day: date | None) -> Iterator[Age]:
    """Every age of the subject."""
    for kin in persons.kin:
        if kin.is_subject and (found := _OF_KIN.match(text, kin.end)):
            yield _measure(found)._replace(start=kin.start)
    others = [kin for kin in persons.kin if not kin.is_subject]
    # "Her 70-year-old husband" holds his age; "her husband, 70" is followed by it.
    taken = [(kin.start, kin.end) for kin in others]
    taken += [(kin.end, found.end()) for kin in others if (found := _OF_KIN.match(text, kin.end))]
    for start, end, low, high in _find_forms(text, day):
        of_others = any(start < stop and first < end for first, stop in taken)
        if persons.find(end - 1).is_subject and not of_others:
            yield Age(low, high, start, end)


def _find_forms(text: str, day: date | None) -> Iterator[tuple[int, int, float, float]]:
    for form in _FORMS:
        for found in form.finditer(text):
            before = text[max(0, found.start() - _BEFORE) : found.start()]
            if (
                not _THEN.search(before)
                and not _OF_CHILDREN.search(before)
                and not is_no_age(text, found.start("n"), found.end())
            ):
                age = _measure(found)
                yield age.start, age.end, age.low, age.high
    for found in _TURNING.finditer(text):
        years = _read_number(found["n"])
        yield *found.span(), years if found["tense"] == "ed" else years - 1, years
    for found in (each for form in _DECADES_SAID for each in form.finditer(text)):
        low = float(found["tens"] or _DECADES[found["decade"].lower()])
        first, last = _PARTS[(found["part"] or "").lower()]
        if not _THEN.search(text[max(0, found.start() - _BEFORE) : found.start()]):
            yield *found.span(), low + first, low + last
    for found in _BETWEEN.finditer(text):
        yield *found.span(), float(found["low"]), float(found["high"])
    for found in _BORN.finditer(text) if day else ():
        years = (day.year if day else 0) - int(found["year"])
        yield *found.span(), float(max(0, years - 1)), float(years)


def is_no_age(text: str, start: int, end: int) -> bool:
    """Whether a number at `text[start:end]`, with what letter follows it, is a height, a temperature or a size."""
    is_in_degrees = _DEGREES.match(text[start : end + 3])
    before = text[max(0, start - _BEFORE) : start]
    return bool(_NO_AGE.search(before) or _TUBE.match(text, end) or is_in_degrees)


def _find_newborn(text: str, persons: Persons) -> Age | None:
    found = _NEWBORN.search(text)
    if found is None or not persons.find(found.start()).is_subject:
        return None
    return Age(0.0, _NEWBORN_DAYS * _YEARS_A_UNIT["d"], *found.span())


def _measure(found: re.Match[str]) -> Age:
    """The years of a match: its number times its unit, less or more where it is only nearly so."""
    parts = found.groupdict()
    unit = (parts.get("unit") or parts.get("given") or parts.get("glued") or "y")[0].lower()
    years = _read_number(found["n"]) * _YEARS_A_UNIT[unit]
    rough = (parts.get("rough") or "").lower()
    low = high = years
    if rough in ("nearly", "almost"):
        low = years - _YEARS_A_UNIT[unit]
    elif rough == "over":
        high = OLDEST
    elif rough:
        low, high = max(0.0, years - ABOUT), years + ABOUT
    return Age(low, high, *found.span())


def _read_number(text: str) -> float:
    if text[0].isdigit():
        whole = re.sub(r"\s?(?:½|1/2)$", "", text)
        return float(whole) + (0.5 if whole != text else 0.0)
    return float(sum(_SPELT[word] for word in re.split(r"[-\s]", text.lower())))
