"""How are the values of RANGE and DISTANCE written, and what do they mean?

Partial dates: a bound covers its whole month or year, `RANGE[2022, 2022]` is the year 2022. A date in
a record that names only a month or year counts as that month's or year's first day, so that each record
has one place in the order; the registry's own pages do not say what it does.
"""

from __future__ import annotations

import re
from datetime import date

from trialbook.model.ages import Age
from trialbook.model.dates import PartialDate
from trialbook.search.language.syntax import RangeKind

KM_PER_MILE = 1.609344
MAX_RADIUS = {"mi": 500.0, "km": 805.0}

FORMATS: dict[RangeKind, str] = {
    "date": "a date such as 2022-05-13, 2022-05, 2022 or 05/13/2022",
    "number": "a number such as 100 or 2.5",
    "age": "a number with a unit, such as 16 years or 6 months",
    "any": "MIN or MAX",
}

_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.ASCII)
_AMERICAN = re.compile(r"(\d{1,2})/(?:(\d{1,2})/)?(\d{4})", re.ASCII)
_WORDED = re.compile(r"([A-Za-z]{3,9})\.? (?:(\d{1,2}),? )?(\d{4})", re.ASCII)
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# Clients write out all the digits that a float has: 39.00357070000001
_NUMBER = re.compile(r"[-+]?\d{1,18}(?:\.\d{1,30})?(?:e[-+]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_AGE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([A-Za-z]+)", re.ASCII)
_AGE_UNITS = {
    **dict.fromkeys(("year", "years", "yr", "yrs", "y"), "Year"),
    **dict.fromkeys(("month", "months", "mo", "mos"), "Month"),
    **dict.fromkeys(("week", "weeks", "wk", "wks", "w"), "Week"),
    **dict.fromkeys(("day", "days", "d"), "Day"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), "Hour"),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), "Minute"),
}
_RADIUS = re.compile(r"(\d{1,9}(?:\.\d{1,30})?) ?(mi|km)", re.ASCII)


def find_date(text: str) -> str | None:
    """Read a date in any of the accepted ways; gives `yyyy[-MM[-dd]]`, or None.

    >>> find_date("01/31/2015"), find_date("May 2022"), find_date("2022"), find_date("2022-02-30")
    ('2015-01-31', '2022-05', '2022', None)
    """
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _AMERICAN.fullmatch(text):
        month, day, year = found.groups()
    elif found := _WORDED.fullmatch(text):
        name = found[1].casefold()
        number = next((n for n, known in enumerate(_MONTHS, 1) if known.startswith(name)), 0)
        month, day, year = str(number), found[2], found[3]
    else:
        return None
    iso = "-".join(part.zfill(2) for part in (year, month, day) if part is not None)
    return iso if PartialDate(iso).earliest else None


def find_number(text: str) -> str | None:
    """Read a number; gives it as written, or None."""
    return text.casefold() if _NUMBER.fullmatch(text) else None


def find_age(text: str) -> str | None:
    """Read an age; gives the registry's way of writing it, or None where the unit is not known.

    >>> find_age("16 years"), find_age("6mo"), find_age("16")
    ('16 Years', '6 Months', None)
    """
    found = _AGE.fullmatch(text)
    unit = _AGE_UNITS.get(found[2].casefold()) if found else None
    if found is None or unit is None:
        return None
    return f"{found[1]} {unit}" if found[1] == "1" else f"{found[1]} {unit}s"


def find_bound(text: str, kind: RangeKind) -> str | None:
    """Read a bound of the given kind; gives its normal form, or None."""
    if kind == "date":
        return find_date(text)
    return find_number(text) if kind == "number" else find_age(text) if kind == "age" else None


def get_first_day(bound: str) -> date:
    """Get the first day that a date bound in normal form covers."""
    day = PartialDate(bound).earliest
    if day is None:
        raise ValueError(f"not a date: {bound!r}")
    return day


def get_last_day(bound: str) -> date:
    """Get the last day that a date bound in normal form covers."""
    day = PartialDate(bound).latest
    if day is None:
        raise ValueError(f"not a date: {bound!r}")
    return day


def get_age_days(bound: str) -> float:
    """Get the length in days of an age bound in normal form (a year is 365.25 of them)."""
    days = Age(bound).days
    if days is None:
        raise ValueError(f"not an age: {bound!r}")
    return days


def find_radius(text: str) -> tuple[str, float, str] | None:
    """Read a radius; gives its normal form, its value and its unit (mi or km), or None.

    >>> find_radius("25 mi")
    ('25mi', 25.0, 'mi')
    """
    found = _RADIUS.fullmatch(text.casefold())
    return (found[1] + found[2], float(found[1]), found[2]) if found else None
