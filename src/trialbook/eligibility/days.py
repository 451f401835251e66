"""When was it, as exactly as it is known? Intervals of days, moved by the calendar.

A date known to the month or the year is the interval of days that it can mean, and each question of time has
three answers: yes, no, and None where the days that it can mean do not agree.
"""

from __future__ import annotations

import calendar
import math
from datetime import date, timedelta

import msgspec

from trialbook.eligibility.tree import Interval, Window
from trialbook.errors import UsageError
from trialbook.model.dates import PartialDate

# Mean days of a month, for parts of one alone.
_DAYS_A_MONTH = 30.4375
_WHOLE_DAYS = {"d": 1, "wk": 7}
_MONTHS = {"mo": 1, "a": 12}
_PARTS_OF_DAYS = {"h": 24, "min": 1440}
TIME_UNITS = frozenset({*_WHOLE_DAYS, *_MONTHS, *_PARTS_OF_DAYS})


class Days(msgspec.Struct, frozen=True, omit_defaults=True):
    """The days from `first` to `last`, one of which it was; None where that end is not known.

    Examples
    --------
    >>> read_days("2021-02")
    Days(first=datetime.date(2021, 2, 1), last=datetime.date(2021, 2, 28))
    """

    first: date | None = None
    last: date | None = None

    @property
    def lowest(self) -> date:
        """The first day, or the first that the calendar has."""
        return self.first or date.min

    @property
    def highest(self) -> date:
        """The last day, or the last that the calendar has."""
        return self.last or date.max

    def __str__(self) -> str:
        if self.first and self.last:
            first, last = self.first, self.last
            if first == last:
                return first.isoformat()
            if last == _end_of(first.year, first.month) and first.day == 1:
                return first.isoformat()[:7]
            if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
                return first.isoformat()[:4]
            return f"{first} to {last}"
        if self.first:
            return f"{self.first} or later"
        return f"{self.last} or earlier" if self.last else "unknown day"


def one_day(day: date) -> Days:
    """The interval of a day that is known."""
    return Days(day, day)


def read_days(text: str) -> Days | None:
    """The days that `2021`, `2021-02`, `2021-02-28` or a time of a day can mean; None for other texts."""
    partial = PartialDate(text.strip().replace(" ", "T", 1))
    return None if partial.earliest is None else Days(partial.earliest, partial.latest)


def move(day: date, amount: float, unit: str) -> date:
    """The day `amount` units after `day`, before it where negative; months and years by the calendar.

    A day that its month lacks becomes that month's last: a month before 31 March is 28 or 29 February. A part
    of a month counts in days of 1/30.4375 months. Days before the first of the calendar are its first.

    Raises UsageError for a unit that is no time.

    >>> move(date(2024, 2, 29), -5, "a")
    datetime.date(2019, 2, 28)
    """
    if unit in _MONTHS:
        months = amount * _MONTHS[unit]
        whole = math.trunc(months)
        part = round((months - whole) * _DAYS_A_MONTH)
        year, month = divmod(day.year * 12 + day.month - 1 + whole, 12)
        if not date.min.year <= year <= date.max.year:
            return date.min if amount < 0 else date.max
        moved = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        return _add(moved, part)
    if unit in _WHOLE_DAYS:
        return _add(day, math.trunc(amount * _WHOLE_DAYS[unit]))
    raise UsageError(f"no calendar counts in {unit!r}: use one of {', '.join(sorted(_WHOLE_DAYS | _MONTHS))}")


def place_window(window: Window, anchor: Days) -> tuple[Days, Days]:
    """The first and the last day of a window, each an interval; an end without bound is the calendar's."""
    return (
        _place(window.earliest, window, anchor, is_first=True),
        _place(window.latest, window, anchor, is_first=False),
    )


def is_within(start: Days, end: Days, window: tuple[Days, Days]) -> bool | None:
    """Whether something from `start` to `end` was so on some day of the window."""
    first, last = window
    if start.highest <= last.lowest and end.lowest >= first.highest:
        return True
    if start.lowest > last.highest or end.highest < first.lowest:
        return False
    return None


def covers(start: Days, end: Days, window: tuple[Days, Days]) -> bool:
    """Whether what was so from `start` to `end` was so on every day of the window, for certain."""
    first, last = window
    return start.highest <= first.lowest and end.lowest >= last.highest


def overlaps(start: Days, end: Days, other_start: Days, other_end: Days) -> bool:
    """Whether two stretches share a day for certain."""
    return start.highest <= other_end.lowest and other_start.highest <= end.lowest


def count_completed(born: date, day: date, unit: str = "a") -> int:
    """Completed years, months, weeks or days from a birth to a day; below 0 before it.

    Who was born on 29 February is a year older on 1 March of a common year.

    >>> count_completed(date(2004, 2, 29), date(2022, 2, 28)), count_completed(date(2004, 2, 29), date(2022, 3, 1))
    (17, 18)
    """
    if unit in _MONTHS:
        months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
        return months // _MONTHS[unit]
    if unit in _WHOLE_DAYS:
        return (day - born).days // _WHOLE_DAYS[unit]
    raise UsageError(f"no age counts in {unit!r}: use one of {', '.join(sorted(_WHOLE_DAYS | _MONTHS))}")


def find_birth(low_years: float, high_years: float, day: date) -> Days:
    """The days on which someone was born who is from `low_years` to `high_years` completed years old on `day`."""
    first = _add(move(day, -(math.floor(high_years) + 1), "a"), 1)
    return Days(first, move(day, -low_years, "a"))


def measure_length(start: date, end: date, unit: str) -> float:
    """From one day to another in a unit of time; of months and years the completed ones and a part."""
    if unit in _MONTHS:
        sign = 1 if end >= start else -1
        low, high = min(start, end), max(start, end)
        whole = count_completed(low, high, unit)
        at, after = move(low, whole, unit), move(low, whole + 1, unit)
        return sign * (whole + max(0, (high - at).days) / max(1, (after - at).days))
    days = (end - start).days
    return days / _WHOLE_DAYS[unit] if unit in _WHOLE_DAYS else float(days * _PARTS_OF_DAYS[unit])


def fits_length(start: Days, end: Days, lasting: Interval) -> bool | None:
    """Whether something from `start` to `end` lasted so long."""
    unit = lasting.unit or "d"
    if unit not in TIME_UNITS or start.first is None or start.last is None or end.last is None:
        low = (
            measure_length(start.highest, end.lowest, unit)
            if start.last and end.first and unit in TIME_UNITS
            else 0.0
        )
        high = math.inf
    else:
        low = measure_length(start.last, end.lowest, unit) if end.first else 0.0
        high = measure_length(start.first, end.last, unit)
    return fits(max(0.0, low), high, lasting)


def fits(low: float, high: float, interval: Interval) -> bool | None:
    """Whether a number from `low` to `high` lies in an interval: surely, surely not, or None.

    >>> fits(7.5, 8.5, Interval(low=8.5, low_included=False)), fits(8.5, 9.0, Interval(low=8.5))
    (False, True)
    """
    if _is_above(low, interval) and _is_below(high, interval):
        return True
    return None if _may_fit(low, high, interval) else False


def _is_above(number: float, interval: Interval) -> bool:
    return interval.low is None or number > interval.low or (interval.low_included and number == interval.low)


def _is_below(number: float, interval: Interval) -> bool:
    return (
        interval.high is None
        or number < interval.high
        or (interval.high_included and number == interval.high)
    )


def _may_fit(low: float, high: float, interval: Interval) -> bool:
    return _is_above(high, interval) and _is_below(low, interval)


def _place(amount: float | None, window: Window, anchor: Days, *, is_first: bool) -> Days:
    if amount is None:
        return one_day(date.min if is_first else date.max)
    included = window.earliest_included if is_first else window.latest_included
    if window.unit in _PARTS_OF_DAYS:
        # A day has no hour here: so many hours ago may be a day more or less.
        whole = amount / _PARTS_OF_DAYS[window.unit]
        if whole == 0:
            return anchor
        if is_first:
            return Days(_add(anchor.lowest, -math.ceil(whole)), _add(anchor.highest, -math.floor(whole) + 1))
        return Days(_add(anchor.lowest, -math.ceil(whole) - 1), _add(anchor.highest, -math.floor(whole) + 1))
    inward = 0 if included else 1 if is_first else -1
    return Days(
        _add(move(anchor.lowest, -amount, window.unit), inward),
        _add(move(anchor.highest, -amount, window.unit), inward),
    )


def _add(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return date.min if count < 0 else date.max


def _end_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
