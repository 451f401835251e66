"""On which day was that? Dates and lengths of time as notes write them, beside what they speak of.

A day that may be read in two ways ("3/1") is from the first to the last of them; a year that is not told is that
of the last such day before the note.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from trialbook.eligibility.days import Days, move, one_day
from trialbook.eligibility.numbers import SPELLED, read_word

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=\s*\d))?"
)
_YEAR = r"(?:19|20)\d\d"
# No dose and no count, which look like years: "metformin 2000 mg".
_ENDED = (
    r"(?![\w/%]|[.,]\d|-\d|\s*(?:m?c?g|mg|ml|units?|iu|kcal|cells|mm|ms|steps|meters|packs?|ppd|tabs?|tablets?|cups?"
    r"|hours?)\b)"
)
_UNIT = r"(?P<unit>days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_AMOUNT = (
    r"(?P<rough>(?:about|around|approximately|almost|nearly|over|more than|some|~)\s*)?"
    rf"(?P<n>\d{{1,3}}|(?i:{SPELLED})|an?|several|few)"
)
_DATE = (
    rf"(?:(?P<iso>{_YEAR}-\d\d(?:-\d\d)?)|(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<y>{_YEAR}|\d\d))?"
    rf"|(?P<my>\d{{1,2}})[/-](?P<myy>{_YEAR})"
    rf"|(?P<dm>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<dmm>{_MONTH})(?:,?\s+(?P<dmy>{_YEAR}))?"
    rf"|(?P<md>{_MONTH})(?:\s+(?P<mdd>\d{{1,2}})(?:st|nd|rd|th)?(?!\d))?(?:,?\s+(?P<mdy>{_YEAR}))?"
    rf"|(?P<year>{_YEAR})){_ENDED}"
)
_AGO = rf"{_AMOUNT}\s*{_UNIT}\s+(?:ago|earlier|back)\b"
_LATELY = (
    r"(?P<today>today|now|currently|this\s+(?:morning|afternoon|evening))\b|(?P<yesterday>yesterday)\b"
    r"|last\s+(?P<last>week|month|year)\b"
)
_WHEN = rf"(?:{_LATELY}|{_AGO}|{_DATE})"
_LEAD = (
    r"[\s,]*(?:\(\s*)?(?:(?:as\s+of|dated|measured|drawn|checked|taken|done|obtained|on|in|from|since|at|diagnosed|dx(?:['’]?d)?"
    r"|found|performed|placed|started|stopped|quit|resolved|until|till|discontinued|ended|which|was|were|first|back|late|early|mid)\s+){0,4}(?:the\s+)?"
)
_BEHIND = re.compile(rf"(?P<lead>{_LEAD}){_WHEN}", re.IGNORECASE)
_AT_START = re.compile(
    rf"\s*(?:[-*•]\s+)?(?:labs?\s+)?(?P<lead>(?:as\s+of|on|in)\s+)?{_WHEN}\s*(?P<mark>[:,)]|[-–]\s)?",
    re.IGNORECASE,
)
_LASTING = re.compile(
    rf"[\s,]*(?:\(\s*)?(?:for|x|×|over)\s*(?:the\s+(?:last|past)\s+)?{_AMOUNT}\s*{_UNIT}(?!\w|\s+(?:ago|earlier|later))",
    re.IGNORECASE,
)
_HISTORY_OF = re.compile(
    rf"\b{_AMOUNT}[\s-]*{_UNIT}\s+(?:history|hx|h/o)\s+of\s+(?:\w+\s+){{0,2}}$", re.IGNORECASE
)
_SINCE = re.compile(r"\b(?:since|diagnosed|dx(?:['’]?d)?|started|first|found)\b", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:stopped|quit|resolved|until|till|discontinued|ended)\b", re.IGNORECASE)
_UNITS = {"d": "d", "w": "wk", "m": "mo", "y": "a"}
# A time told in whole units is right to half of one, "about" so many to a whole one.
_HALVES = {"d": 0.0, "wk": 0.5, "mo": 0.5, "a": 0.5}
_VAGUE = {"several": (2.0, 12.0), "few": (2.0, 9.0), "a": (0.5, 1.5), "an": (0.5, 1.5)}


class When(NamedTuple):
    """The days that words can mean, where these end, and what they say was then: its beginning, its end, or all of it."""

    days: Days
    end: int
    part: Literal["", "start", "end"] = ""


def find_when_behind(text: str, at: int, stop: int, day: date) -> When | None:
    """The day that is told right behind a place: "… on 3/1", "… (2015)", "… 2 years ago", "… for 10 years"."""
    lasting = _LASTING.match(text, at, stop)
    if lasting and (days := _count_back(lasting, day)):
        return When(days, lasting.end(), "start")
    found = _BEHIND.match(text, at, stop)
    days = _read(found, day) if found else None
    if found is None or days is None:
        return None
    # A number behind a number is no date without a word before it: "EF 35 2015" may be anything.
    if found["a"] and not found["y"] and not found["lead"].strip(" ,"):
        return None
    part: Literal["", "start", "end"] = "end" if _UNTIL.search(found["lead"]) else ""
    return When(days, found.end(), part or ("start" if _SINCE.search(found["lead"]) else ""))


def find_when_before(text: str, low: int, at: int, day: date) -> When | None:
    """The day with which a sentence begins ("3/1/2026: HbA1c …", "In May his …"), or "a 10-year history of"."""
    history = _HISTORY_OF.search(text, max(low, at - 60), at)
    if history and (days := _count_back(history, day)):
        return When(days, history.end(), "start")
    found = _AT_START.match(text, low, at)
    if found is None or not (found["lead"] or found["mark"] or found["n"] or found["today"]):
        return None
    days = _read(found, day)
    return When(days, found.end()) if days else None


def _read(found: re.Match[str], day: date) -> Days | None:
    """The days of a date or of a time ago; None for one that no calendar has, or that lies after the note."""
    if found["today"]:
        return one_day(day)
    if found["yesterday"]:
        return one_day(move(day, -1, "d"))
    if found["last"]:
        return Days(_begin_last(found["last"][0].lower(), day), move(day, -1, "d"))
    if found["n"]:
        return _count_back(found, day)
    meant = [each for each in _list_dates(found, day) if each.lowest <= day]
    if not meant:
        return None
    return Days(min(each.lowest for each in meant), min(day, max(each.highest for each in meant)))


def _begin_last(unit: str, day: date) -> date:
    """The first day that "last week", "last month" or "last year" can mean."""
    if unit == "y":
        return date(day.year - 1, 1, 1)
    return move(day, -1, "mo").replace(day=1) if unit == "m" else move(day, -13, "d")


def _count_back(found: re.Match[str], day: date) -> Days | None:
    unit = _UNITS[found["unit"][0].lower()]
    said = found["n"].lower()
    if said in _VAGUE:
        low, high = _VAGUE[said]
    else:
        number = float(said) if said.isdigit() else read_word(said)
        slack = _HALVES[unit] + (max(_HALVES[unit], 0.1 * number) if found["rough"] else 0.0)
        low, high = max(0.0, number - slack), number + slack
    return Days(move(day, -high, unit), move(day, -low, unit))


def _list_dates(found: re.Match[str], day: date) -> Iterator[Days]:
    """Each way to read a date."""
    if found["iso"]:
        parts = [int(each) for each in found["iso"].split("-")]
        yield from _make(parts[0], parts[1], parts[2] if len(parts) > 2 else None)
    elif found["a"]:
        one, two = int(found["a"]), int(found["b"])
        year = _read_year(found["y"], day) if found["y"] else None
        for month, number in {(one, two), (two, one)}:
            yield from _make(year, month, number) if year else _make_last(month, number, day)
    elif found["my"]:
        yield from _make(int(found["myy"]), int(found["my"]), None)
    elif found["year"]:
        yield Days(date(int(found["year"]), 1, 1), date(int(found["year"]), 12, 31))
    else:
        name, said, year_said = (
            (found["dmm"], found["dm"], found["dmy"])
            if found["dm"]
            else (found["md"], found["mdd"], found["mdy"])
        )
        month = _MONTHS.index(name[:3].lower()) + 1
        told = int(said) if said else None
        yield from _make(int(year_said), month, told) if year_said else _make_last(month, told, day)


def _read_year(said: str, day: date) -> int:
    year = int(said)
    if len(said) > 2:
        return year
    return year + (2000 if year + 2000 <= day.year else 1900)


def _make_last(month: int, number: int | None, day: date) -> Iterator[Days]:
    """The last such day, or month, up to the note's."""
    for year in (day.year, day.year - 1):
        for days in _make(year, month, number):
            if days.lowest <= day:
                yield days
                return


def _make(year: int, month: int, number: int | None) -> Iterator[Days]:
    if not 1 <= month <= 12:
        return
    last = monthrange(year, month)[1]
    if number is None:
        yield Days(date(year, month, 1), date(year, month, last))
    elif 1 <= number <= last:
        yield one_day(date(year, month, number))
