"""A partial date is the registry's own text and the interval of days that it stands for."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from trialbook.model import PartialDate, Precision


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("2021-08-16", date(2021, 8, 16), date(2021, 8, 16), Precision.DAY),
        ("2021-08", date(2021, 8, 1), date(2021, 8, 31), Precision.MONTH),
        ("2021", date(2021, 1, 1), date(2021, 12, 31), Precision.YEAR),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), Precision.MONTH),
        ("2021-02", date(2021, 2, 1), date(2021, 2, 28), Precision.MONTH),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28), Precision.MONTH),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31), Precision.MONTH),
        ("2023-05-04T13:45:00", date(2023, 5, 4), date(2023, 5, 4), Precision.DAY),
    ],
)
def test_a_date_is_the_interval_of_days_that_its_text_means(
    text: str, earliest: date, latest: date, precision: Precision
) -> None:
    value = PartialDate(text)

    assert (value.earliest, value.latest, value.precision) == (earliest, latest, precision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sept 2019",
        "2021-13",
        "2021-02-30",
        "0000",
        "0000-01",
        "2021-8",
        "20210816",
        "2021-08-16 ",
    ],
)
def test_a_text_that_is_no_date_is_kept_and_says_so(text: str) -> None:
    value = PartialDate(text)

    assert value == text
    assert (value.earliest, value.latest, value.precision) == (None, None, Precision.UNKNOWN)


def test_dates_sort_by_time_and_a_month_stands_before_its_days() -> None:
    texts = ["2022", "2021-08-16", "2021-08", "2021-12-01"]

    assert sorted(map(PartialDate, texts)) == ["2021-08", "2021-08-16", "2021-12-01", "2022"]


def test_a_date_is_written_as_it_was_read() -> None:
    assert msgspec.json.encode({"date": PartialDate("2021-08")}, enc_hook=str) == b'{"date":"2021-08"}'


@pytest.mark.parametrize("text", ["2021-00", "2021-08-00", "0000", "2021-13", "2021-02-30"])
def test_a_date_that_no_calendar_has_is_kept_and_has_no_place_in_time(text: str) -> None:
    assert (str(PartialDate(text)), PartialDate(text).earliest, PartialDate(text).precision) == (
        text,
        None,
        "unknown",
    )
