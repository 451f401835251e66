"""An age limit is the registry's own text and a length of time."""

from __future__ import annotations

import pytest

from trialbook.model import Age


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("18 Years", 6574.5),
        ("1 Year", 365.25),
        ("6 Months", 182.625),
        ("1 Month", 30.4375),
        ("2 Weeks", 14.0),
        ("3 Days", 3.0),
        ("12 Hours", 0.5),
        ("30 Minutes", 1 / 48),
        ("0 Days", 0.0),
        ("2.5 Years", 913.125),
    ],
)
def test_an_age_knows_its_length_in_days(text: str, days: float) -> None:
    assert Age(text).days == pytest.approx(days, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    ["", "N/A", "18", "Years", "-5 Years", "18 years", "18 Years old", "18  Years", "9" * 400 + " Years"],
)
def test_a_text_that_is_no_age_is_kept_and_has_no_length(text: str) -> None:
    assert Age(text) == text
    assert Age(text).days is None
    assert Age(text).years is None


def test_ages_of_different_units_compare_by_their_years() -> None:
    assert Age("6 Months").years == 0.5
    assert Age("18 Years").years == 18.0
