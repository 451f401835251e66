"""Time by the calendar: month ends, leap days, and dates that are known only in part."""

from __future__ import annotations

from datetime import date

import pytest

from trialbook.eligibility.days import (
    Days,
    count_completed,
    covers,
    find_birth,
    fits_length,
    is_within,
    measure_length,
    move,
    one_day,
    place_window,
    read_days,
)
from trialbook.eligibility.tree import Interval, Window
from trialbook.errors import UsageError


def on(text: str) -> Days:
    days = read_days(text)
    assert days is not None
    return days


@pytest.mark.parametrize(
    ("day", "amount", "unit", "moved"),
    [
        ("2024-02-29", -5, "a", "2019-02-28"),
        ("2024-02-29", 4, "a", "2028-02-29"),
        ("2023-03-31", -1, "mo", "2023-02-28"),
        ("2024-03-31", -1, "mo", "2024-02-29"),
        ("2024-01-31", 3, "mo", "2024-04-30"),
        ("2024-05-31", -6, "mo", "2023-11-30"),
        ("2024-01-01", 1.5, "a", "2025-07-01"),
        ("2024-01-01", -30, "d", "2023-12-02"),
        ("2024-03-01", -2, "wk", "2024-02-16"),
        ("0001-01-02", -3, "a", "0001-01-01"),
    ],
)
def test_months_and_years_are_those_of_the_calendar(day: str, amount: float, unit: str, moved: str) -> None:
    assert move(date.fromisoformat(day), amount, unit) == date.fromisoformat(moved)


def test_a_unit_that_is_no_time_is_refused() -> None:
    with pytest.raises(UsageError, match="mg"):
        move(date(2024, 1, 1), 1, "mg")


@pytest.mark.parametrize(
    ("born", "day", "unit", "completed"),
    [
        ("2008-11-29", "2026-11-28", "a", 17),
        ("2008-11-29", "2026-11-29", "a", 18),
        ("2004-02-29", "2022-02-28", "a", 17),
        ("2004-02-29", "2022-03-01", "a", 18),
        ("2004-02-29", "2024-02-29", "a", 20),
        ("2026-01-31", "2026-02-28", "mo", 0),
        ("2026-01-31", "2026-03-31", "mo", 2),
        ("2026-01-01", "2026-01-14", "wk", 1),
        ("2026-01-01", "2026-01-14", "d", 13),
    ],
)
def test_an_age_is_completed_at_the_birthday(born: str, day: str, unit: str, completed: int) -> None:
    assert count_completed(date.fromisoformat(born), date.fromisoformat(day), unit) == completed


def test_an_age_told_in_years_is_the_days_on_which_one_can_be_born() -> None:
    born = find_birth(58, 58, date(2026, 11, 29))
    assert born == Days(date(1967, 11, 30), date(1968, 11, 29))
    assert {count_completed(each, date(2026, 11, 29)) for each in (born.lowest, born.highest)} == {58}


@pytest.mark.parametrize(
    ("window", "start", "within"),
    [
        # Within 5 years of 29 February 2024: from 28 February 2019, both ends included.
        (Window(earliest=5, latest=0, unit="a"), "2019-02-28", True),
        (Window(earliest=5, latest=0, unit="a"), "2019-02-27", False),
        (Window(earliest=5, latest=0, unit="a"), "2024-02-29", True),
        (Window(earliest=5, latest=0, unit="a"), "2024-03-01", False),
        (Window(earliest=5, latest=0, unit="a"), "2020", True),
        (Window(earliest=5, latest=0, unit="a"), "2019", None),
        (Window(earliest=5, latest=0, unit="a"), "2019-02", None),
        (Window(earliest=5, latest=0, unit="a"), "2018", False),
        # More than 5 years ago: the day itself does not count.
        (Window(latest=5, unit="a", latest_included=False), "2019-02-28", False),
        (Window(latest=5, unit="a", latest_included=False), "2019-02-27", True),
        # Up to 30 days after.
        (Window(earliest=0, latest=-30), "2024-03-30", True),
        (Window(earliest=0, latest=-30), "2024-03-31", False),
        # A day has no hour: yesterday may be within 24 hours.
        (Window(earliest=24, latest=0, unit="h"), "2024-02-29", True),
        (Window(earliest=24, latest=0, unit="h"), "2024-02-28", None),
        (Window(earliest=24, latest=0, unit="h"), "2024-02-27", False),
    ],
)
def test_what_lies_within_a_window(window: Window, start: str, within: bool | None) -> None:
    placed = place_window(window, one_day(date(2024, 2, 29)))
    assert is_within(on(start), on(start), placed) is within


def test_an_anchor_known_to_the_month_leaves_open_what_hangs_on_the_day() -> None:
    placed = place_window(Window(earliest=30, latest=0), on("2026-03"))
    assert is_within(on("2026-02-15"), on("2026-02-15"), placed) is None
    assert is_within(on("2026-03-01"), on("2026-03-01"), placed) is True
    assert is_within(on("2026-01-29"), on("2026-01-29"), placed) is False


def test_what_is_denied_for_a_part_of_a_window_does_not_cover_it() -> None:
    placed = place_window(Window(earliest=5, latest=0, unit="a"), one_day(date(2026, 11, 29)))
    ever = one_day(date.min)
    assert covers(ever, one_day(date(2026, 11, 29)), placed)
    assert not covers(ever, one_day(date(2026, 11, 28)), placed)
    assert not covers(on("2022"), one_day(date(2026, 11, 29)), placed)


@pytest.mark.parametrize(
    ("start", "end", "unit", "length"),
    [
        ("2026-01-31", "2026-02-28", "mo", 1.0),
        ("2026-01-01", "2026-07-01", "mo", 6.0),
        ("2025-07-02", "2026-01-01", "a", 183 / 365),
        ("2026-01-01", "2026-01-15", "wk", 2.0),
        ("2026-01-01", "2026-01-02", "h", 24.0),
    ],
)
def test_a_stretch_is_measured_by_the_calendar(start: str, end: str, unit: str, length: float) -> None:
    measured = measure_length(date.fromisoformat(start), date.fromisoformat(end), unit)
    assert measured == pytest.approx(length, abs=0.03 if unit == "mo" else 1e-9)


def test_how_long_it_lasted_is_open_while_its_days_leave_it_open() -> None:
    six_months = Interval(low=6, unit="mo")
    now = one_day(date(2026, 11, 29))
    assert fits_length(on("2026-05-29"), now, six_months) is True
    assert fits_length(on("2026-05-30"), now, six_months) is False
    assert fits_length(on("2026"), now, six_months) is None
    assert fits_length(Days(None, date(2026, 1, 1)), now, six_months) is True
    assert fits_length(Days(None, date(2026, 11, 1)), now, six_months) is None


@pytest.mark.parametrize("text", ["", "Sept 2019", "2019-13", "2023-02-29", "yesterday"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_days(text) is None


def test_days_say_how_exactly_they_are_known() -> None:
    assert [str(on(text)) for text in ("2026", "2026-02", "2026-02-03")] == ["2026", "2026-02", "2026-02-03"]
    assert str(Days(None, date(2026, 1, 2))) == "2026-01-02 or earlier"
    assert str(Days(date(2026, 1, 2), None)) == "2026-01-02 or later"
