"""Who takes part, by a register's words: ages, sexes, and how many. None where they do not say it for certain."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from trialbook.source.ictrp.spellings import is_given

_UNITS = (
    ("Year", r"years?|yrs?|y|age|aged|años|anos|ans|jahren?|jaar|anni|歳|岁|岁以上"),
    ("Month", r"months?|mths?|mos?|m|mes(?:es)?|mois|monate?n?|maanden?|mesi|か月|个月"),
    ("Week", r"weeks?|wks?|w|semanas?|semaines?|wochen?|weken|settimane|週"),
    ("Day", r"days?|d|d[ií]as?|jours?|tagen?|dagen|giorni|日"),
    ("Hour", r"hours?|hrs?|h|horas?|heures?|stunden?"),
    ("Minute", r"minutes?|mins?"),
)
_UNIT = "|".join(rf"(?P<{name}>{words})" for name, words in _UNITS)
_AGE = re.compile(
    rf"(?P<sign>^-)?(?P<count>\d+(?:[.,]\d+)?)\s*(?:\(?(?:{_UNIT})(?:\(s\))?(?![a-z]))?", re.IGNORECASE
)
# Words beside an age that leave it what it is; any other may change it.
_BESIDE = re.compile(
    r"(?:以上|以下|以内|未満|未满|ages?|aged|old(?:er)?|over|above|and|more|than|from|up(?:wards)?|to|or|at|least|min(?:imum)?|max(?:imum)?|under|below"
    r"|less|of|until|till|inclu(?:sive|ding|ded)|is|the|between|younger|not|y|o|a|de|bis|ab|desde|hasta|[\W\d_])*"
)
# A sign behind an age turns round: "20 years-old <=" is the lowest, "75 years-old >" the highest.
_AT_MOST = re.compile(
    r"以下|以内|未満|未满|[<≤](?!=?\s*$)|\b(?:up to|under|below|less than|younger|at most|until|till|"
    r"not? (?:more|older) than|hasta|bis)\b",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"以上|[>≥](?!=?\s*$)|\+|\b(?:over|above|older|at least|and more|upwards?|not? (?:less|younger) than|desde|ab)\b"
    r"|(?<!no )(?<!not )\bmore than\b",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:old\s*)?(?:-|–|to|and|a|bis)\s*", re.IGNORECASE)
_SAYS_NO_LIMIT = re.compile(r"\b(?:no|without|un)[ -]?(?:\w+ )?(?:age )?limit", re.IGNORECASE)
_NOT_OF_A_PERSON = re.compile(
    r"gestation|gestat|postmenstrual|post-menstrual|\bpma\b|\bga\b|corrected|conception", re.IGNORECASE
)
_NO_LIMIT = re.compile(
    r"(?:(?:any|all|every) ages?|any|infinit[ey]|infinity|∞|open(?: end(?:ed)?)?)|"
    r"(?:no|without|sin|ohne|kein[e]?|sans|geen|nessun|sem|not?|un)[ -]?(?:any )?"
    r"(?:upper |lower |maximum |minimum |max |min |age )*"
    r"(?:limit(?:s|ed|ation|e|es|grenze)?|maximum|minimum|restrictions?|age|bound|l[ií]mite|altersbegrenzung)?(?: age| limit)?",
    re.IGNORECASE,
)
# In an age's place these say that there is no limit; the registry itself writes "N/A".
_NO_SUCH_LIMIT = re.compile(r"n ?[/.]? ?a|none|no|nil|not? applicable|does not apply", re.IGNORECASE)
# No life was longer than 122 years.
_OLDEST_YEARS = 130
_YEARS = {
    "Year": 1.0,
    "Month": 1 / 12,
    "Week": 1 / 52.18,
    "Day": 1 / 365.25,
    "Hour": 1 / 8766,
    "Minute": 1 / 525960,
}


def _gather(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FEMALE = _gather(
    "female females woman women f girl girls femenino femenina mujer mujeres weiblich frauen femme femmes "
    "feminino mulheres vrouw vrouwen femmina donne femenin feminin 女 女性"
)
_MALE = _gather(
    "male males man men m boy boys masculino hombre hombres männlich maennlich männer homme hommes masculin "
    "homens mannen maschio uomini 男 男性"
)
_EITHER = _gather("all both b any either ambos beide mixed todos tous alle mf fm unisex entrambi 男女")
_ONLY = frozenset(("only", "solo", "nur", "seulement"))
_DENIED = re.compile(r"\b(?:no|not|non|except|excluding|without)\b")
_ANSWER = re.compile(r"\b(female|male)s?\s*[:=]\s*(yes|no|y|n|true|false)?\b", re.IGNORECASE)

_WHOLE = re.compile(r"(\d{1,3}(?:[, ]\d{3})+|\d{1,9})(?:\.0{1,2}(?!\d))?")
_TOTAL = re.compile(r"\b(?:total|overall|sum|altogether|in all|all groups)\b", re.IGNORECASE)
# "Planned Sample Size: 100; UK Sample Size: 20": the second is a part of the first.
_PLANNED = re.compile(r"\b(?:sample size|target number)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each|per|every|(?:two|three|four|both|[2-9]) (?:groups|arms))\b", re.IGNORECASE)
_UNCERTAIN = re.compile(
    r"\b(?:at least|minimum|at most|maximum|up to|more than|less than|over|under|between|each|per|every|apiece|or|"
    r"to|groups?|arms?|sites?|cent(?:re|er)s?|hospitals?|months?|years?|weeks?|days?)\b|[<>≥≤%~/±:-]",
    re.IGNORECASE,
)
_FILLER = re.compile(r"9{6,}|2147483647|4294967295")


class Told(NamedTuple):
    """What a text says in the registry's terms, None for nothing; and whether that is all it says.

    `is_unlimited` tells of an age that the text says there is no limit, which API v2 has no value for.
    """

    value: str | None
    is_whole: bool = True
    is_unlimited: bool = False


def as_age(text: str, *, is_upper: bool = False) -> Told:
    """An age limit as the registry writes it; None for no limit. A number alone counts years.

    A number that no person reaches, in its place or beyond life, is no limit; weeks of gestation are no age.

    Examples
    --------
    >>> [as_age(text).value for text in ("18", "6 months", ">= 20age old", "No limit", "65.00 Year(s)")]
    ['18 Years', '6 Months', '20 Years', None, '65 Years']
    >>> as_age("14 Gestation (weeks)").is_whole, as_age("").is_unlimited
    (False, False)
    >>> as_age("-2147483648 No limit").is_unlimited, as_age("999 Years", is_upper=True).is_unlimited
    (True, True)
    """
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if _NO_SUCH_LIMIT.fullmatch(text.strip(" .")):
        return Told(None, is_unlimited=True)
    if not is_given(text) or not text.strip("?/ .-"):
        return Told(None)
    if _NOT_OF_A_PERSON.search(text):
        return Told(None, is_whole=False)
    ages = list(_AGE.finditer(text))
    if not ages or _SAYS_NO_LIMIT.search(text):
        is_unlimited = bool(_SAYS_NO_LIMIT.search(text) or _NO_LIMIT.fullmatch(text.strip(" .-")))
        return Told(None, is_whole=is_unlimited, is_unlimited=is_unlimited)
    if not all(_BESIDE.fullmatch(word) for word in _AGE.sub(" ", text).casefold().split()):
        return Told(None, is_whole=False)
    if len(ages) == 1 and _is_other_end(text, is_upper=is_upper):
        return Told(None, is_whole=False)
    unit = next((name for name, _ in _UNITS if ages[-1][name]), "Year")
    found = ages[-1] if is_upper else ages[0]
    if len(ages) == 2 and _find_unit(ages[0]) == "Year" and _find_unit(ages[1]) == "Month":
        return Told(f"{round(_count(ages[0]) * 12 + _count(ages[1]))} Months")
    count, unit = _count(found), _find_unit(found) or unit
    # Below nothing, or beyond every life, is what systems write for "no limit".
    if bool(found["sign"]) or count * _YEARS[unit] > _OLDEST_YEARS:
        return Told(None, is_unlimited=True)
    if is_upper and not count:
        return Told(None)
    shown = f"{count:g}"
    return Told(f"{shown} {unit}" + ("" if count == 1 else "s"), is_whole=len(ages) <= 2)


def split_ages(text: str) -> tuple[str, str] | None:
    """The two ends of a text that gives a span of ages in one place; None where it gives no span.

    >>> split_ages("18 Years to 65 Years"), split_ages("6-24 months"), split_ages("2 years 6 months")
    (('18 Years', '65 Years'), ('6 months', '24 months'), None)
    """
    ages = list(_AGE.finditer(text))
    if len(ages) != 2 or not _TO.fullmatch(text[ages[0].end() : ages[1].start()]):
        return None
    low, high = (each[0].strip() for each in ages)
    unit = "" if _find_unit(ages[0]) else high.removeprefix(ages[1]["count"])
    return low + unit, high


def _is_other_end(text: str, *, is_upper: bool) -> bool:
    """Whether an age in one limit's place is told as the other limit: "18 and over" as the highest."""
    return bool((_AT_LEAST if is_upper else _AT_MOST).search(text)) and not (
        (_AT_MOST if is_upper else _AT_LEAST).search(text)
    )


def _count(found: re.Match[str]) -> float:
    return float(found["count"].replace(",", "."))


def _find_unit(found: re.Match[str]) -> str:
    return next((name for name, _ in _UNITS if found[name]), "")


def as_sex(text: str) -> Told:
    """Which sexes a study takes, as API v2 has it; None where none is told, or what contradicts itself.

    Examples
    --------
    >>> as_sex("Both, male and female").value, as_sex("F").value, as_sex("Female: yes Male: no").value
    ('ALL', 'FEMALE', 'FEMALE')
    >>> as_sex("Female: no Male: no").value, as_sex("Both, females only").is_whole
    (None, False)
    """
    said = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    if not is_given(said):
        return Told(None)
    if answers := _ANSWER.findall(said):
        yes = {sex for sex, answer in answers if answer[:1] in ("y", "t")}
        no = {sex for sex, answer in answers if answer[:1] in ("n", "f") and answer}
        if not yes and not no:
            return Told(None)
        if not yes or yes & no:
            return Told(None, is_whole=False)
        return Told("ALL" if len(yes) == 2 else yes.pop().upper())
    words = set(re.findall(r"[^\W\d_]+", said))
    if _DENIED.search(said) and words & (_FEMALE | _MALE | _EITHER - {"any"}):
        return Told(None, is_whole=False)
    female, male, either = bool(words & _FEMALE), bool(words & _MALE), bool(words & _EITHER)
    if (either or (female and male)) and words & _ONLY and not (female and male):
        return Told(None, is_whole=False)
    if either and female != male:
        return Told(None, is_whole=False)
    if either or (female and male) or "restriction" in words or "restrictions" in words:
        return Told("ALL")
    if female or male:
        return Told("FEMALE" if female else "MALE")
    return Told(None, is_whole=False)


def as_count(text: str) -> tuple[int | None, bool]:
    """How many take part, and whether that is certain: one number, or the sum of those given by group.

    Examples
    --------
    >>> as_count("1200"), as_count("test group:49;control group:50;"), as_count("approximately 1,200 patients")
    ((1200, True), (99, True), (1200, True))
    >>> as_count("20 to 30"), as_count("100 in each arm"), as_count("Total:80;A:40;B:40;")
    ((None, False), (None, False), (80, True))
    """
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if not is_given(text) or re.fullmatch(r"-\d+", text):
        return None, True
    if _FILLER.fullmatch(text.replace(",", "")):
        return None, True
    groups = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    sized = [re.fullmatch(r"(.*\S)\s*[:：=]\s*(\d{1,9})(?:\.0+)?", group) for group in groups]
    if groups and all(sized) and not any(each and _EACH.search(each[1]) for each in sized):
        counts = [(each[1], int(each[2])) for each in sized if each]
        if _PLANNED.search(counts[0][0]) and not any(_TOTAL.search(label) for label, _ in counts):
            return counts[0][1], True
        totals = [count for label, count in counts if _TOTAL.search(label)]
        return (totals[0] if totals else sum(count for _, count in counts)), True
    numbers = _WHOLE.findall(text)
    stray = re.sub(_WHOLE, " ", text)
    if len(numbers) == 1 and not _UNCERTAIN.search(stray) and not re.search(r"\d", stray):
        return int(re.sub(r"[, ]", "", numbers[0])), True
    return None, False
