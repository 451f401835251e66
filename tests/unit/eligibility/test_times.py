"""The same number is an age, a window, a duration or a value, by the words around it."""

from __future__ import annotations

import pytest

from trialbook.eligibility.comparisons import read_comparisons
from trialbook.eligibility.times import Timed, read_times


def read(text: str) -> list[Timed]:
    return read_times(text, read_comparisons(text))


@pytest.mark.parametrize(
    "text",
    [
        "Be ≥ 40 years of age",
        "21-64 years",
        "aged 2 to 11 years",
        "younger than 12 years",
        "men over 45 years",
        "Age: 18 years and older",
        "Adults between 30 and 70 years old",
        "30 ≤ Age",
    ],
)
def test_ages(text: str) -> None:
    assert [each.role for each in read(text)] == ["age"]


WINDOWS = [
    ("stroke within the past 3 years", 3, 0, "a", "now"),
    ("surgery within 14 days prior to screening", 14, 0, "d", "screening"),
    ("vaccination in the last 4 weeks before randomisation", 4, 0, "wk", "randomization"),
    ("antibiotics during the 6 months preceding enrolment", 6, 0, "mo", "enrollment"),
    ("relapse in the past year", 1, 0, "a", "now"),
    ("radiotherapy at least 3 weeks before the first dose of study drug", None, 3, "wk", "treatment"),
    ("infarction more than 6 months ago", None, 6, "mo", "now"),
    ("at least 12 weeks since surgery", None, 12, "wk", "now"),
    ("pregnancy planned within the next 12 months", 0, -12, "mo", "now"),
    ("fever within 7 days after birth", 0, -7, "d", "birth"),
    ("transfusion less than 30 days before enrollment", 30, 0, "d", "enrollment"),
    ("biopsy within 6 weeks of enrollment", 6, -6, "wk", "enrollment"),
]


@pytest.mark.parametrize(("text", "earliest", "latest", "unit", "anchor"), WINDOWS)
def test_windows(text: str, earliest: float | None, latest: float | None, unit: str, anchor: str) -> None:
    (found,) = read(text)
    assert found.role == "window"
    assert found.window is not None
    assert (found.window.earliest, found.window.latest, found.window.unit, found.window.anchor) == (
        earliest,
        latest,
        unit,
        anchor,
    )


@pytest.mark.parametrize(
    ("text", "low", "unit"),
    [
        ("free of disease for 4 years", 4, "a"),
        ("stable dose for at least 3 months prior to randomization", 3, "mo"),
        ("pain lasting more than 12 weeks", 12, "wk"),
        ("a smoker for at least one year", 1, "a"),
    ],
)
def test_how_long_it_lasted(text: str, low: float, unit: str) -> None:
    (found,) = read(text)
    assert (found.role, found.interval.low, found.interval.high, found.interval.unit) == (
        "lasting",
        low,
        None,
        unit,
    )


@pytest.mark.parametrize(
    "text", ["life expectancy of at least 9 months", "QTc > 480 ms", "gestational age 25-29 weeks"]
)
def test_values_that_are_times(text: str) -> None:
    assert [each.role for each in read(text)] == ["value"]


def test_the_event_of_a_window_keeps_its_words() -> None:
    (found,) = read("ticagrelor within 5 days prior to cardiac surgery")
    assert found.window is not None
    assert (found.window.anchor, found.window.event) == ("event", "cardiac surgery")


def test_how_long_something_lasts_at_a_day_is_no_time_around_that_day() -> None:
    (found,) = read("shock for less than 72 hours at the time of randomization")
    assert (found.role, found.interval.high) == ("lasting", 72)
