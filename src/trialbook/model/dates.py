"""Dates as the registry writes them: a day, a month or a year, each an interval of days."""

from __future__ import annotations

import calendar
import re
from datetime import date
from enum import StrEnum
from functools import lru_cache

PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?")


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class PartialDate(str):
    """A date with the precision that it was given: `2021-08-16`, `2021-08` or `2021`.

    It is the registry's own text (so it compares, sorts and prints as such) and knows the interval
    of days that it stands for. A text that is no date is kept: its `precision` is `UNKNOWN`.
    Data element: PartialDate (API v2 2.0.5).

    Examples
    --------
    >>> PartialDate("2021-02").latest
    datetime.date(2021, 2, 28)
    >>> PartialDate("2021-02").precision
    <Precision.MONTH: 'month'>
    >>> PartialDate("Sept 2019").earliest is None
    True
    """

    __slots__ = ()

    @property
    def earliest(self) -> date | None:
        """The first day that the date can mean, or None for a text that is no date."""
        return self._bounds()[0]

    @property
    def latest(self) -> date | None:
        """The last day that the date can mean, or None for a text that is no date."""
        return self._bounds()[1]

    @property
    def precision(self) -> Precision:
        """How exactly the date is known."""
        if self.earliest is None:
            return Precision.UNKNOWN
        return {4: Precision.YEAR, 7: Precision.MONTH}.get(len(self), Precision.DAY)

    def _bounds(self) -> tuple[date | None, date | None]:
        return _find_bounds(str(self))


@lru_cache(maxsize=4096)
def _find_bounds(text: str) -> tuple[date | None, date | None]:
    """The first and the last day of a partial date; a page asks of few dates many times."""
    match = PARTIAL_DATE.fullmatch(text)
    if match is None:
        return None, None
    year = int(match[1])
    month, day = (None if part is None else int(part) for part in match.groups()[1:])
    try:
        if month is not None and day is not None:
            return date(year, month, day), date(year, month, day)
        if month is not None:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except (ValueError, calendar.IllegalMonthError):
        return None, None


def find_asked_day(as_of: str | None) -> date:
    """The day on which something is asked: the last one of `as_of`, or the present day.

    >>> find_asked_day("2021-02")
    datetime.date(2021, 2, 28)
    """
    day = PartialDate(as_of).latest if as_of else None
    return day or date.today()  # noqa: DTZ011 - a calendar day where the reader is
