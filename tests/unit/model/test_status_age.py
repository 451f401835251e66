"""As of when is a status, and when is it out of date?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trialbook.model import parse_record
from trialbook.model.status_age import StatusAge, find_status_age

TODAY = date(2026, 1, 15)


def age_of(**status: Any) -> StatusAge:
    return find_status_age(parse_record({"protocolSection": {"statusModule": status}}).status)


def test_an_open_study_that_nobody_verified_and_whose_end_is_past_would_be_unknown() -> None:
    age = age_of(
        overallStatus="RECRUITING", statusVerifiedDate="2015-01", completionDateStruct={"date": "2016-06"}
    )
    assert age.describe(TODAY) == (
        "Nobody has confirmed this since January 2015.",
        "The record's own completion date, June 2016, has passed.",
        "The registry shows the status of such a study as Unknown.",
    )
    assert age.write_short(TODAY) == "as of January 2015, out of date"
    assert age.current_until == date(2016, 6, 30)


@pytest.mark.parametrize(
    ("verified", "end", "until"),
    [
        ("2024-03", "2025-02-10", date(2025, 2, 10)),
        ("2024-03", "2030", date(2026, 3, 31)),
        ("2024-03", None, date(2026, 3, 31)),
        ("2024-02", None, date(2026, 2, 28)),
        ("2022-02", None, date(2024, 2, 29)),
        (None, "2025-02-10", date(2025, 2, 10)),
        ("soon", "later", None),
    ],
)
def test_the_earlier_of_both_ends_it(verified: str | None, end: str | None, until: date | None) -> None:
    age = age_of(
        overallStatus="ACTIVE_NOT_RECRUITING",
        **({"statusVerifiedDate": verified} if verified else {}),
        **({"completionDateStruct": {"date": end}} if end else {}),
    )
    assert age.current_until == until
    if until:
        assert not age.is_outdated(until)
        assert age.is_outdated(date.fromordinal(until.toordinal() + 1))


def test_each_of_both_is_told_by_itself() -> None:
    over = age_of(
        overallStatus="RECRUITING", statusVerifiedDate="2025-11", completionDateStruct={"date": "2025-12-01"}
    )
    assert over.describe(TODAY) == (
        "As of November 2025, when the record was last confirmed.",
        "The record's own completion date, 1 December 2025, has passed.",
    )
    old = age_of(
        overallStatus="RECRUITING", lastUpdateSubmitDate="2020-05-01", completionDateStruct={"date": "2030"}
    )
    assert old.describe(TODAY) == ("Nobody has updated this since 1 May 2020.",)


@pytest.mark.parametrize("status", ["COMPLETED", "WITHDRAWN", "UNKNOWN", "TERMINATED", "SUSPENDED"])
def test_what_has_ended_does_not_go_out_of_date(status: str) -> None:
    age = age_of(overallStatus=status, statusVerifiedDate="2010-01", completionDateStruct={"date": "2010"})
    assert age.current_until is None
    assert age.write_short(TODAY) == "as of January 2010"


def test_a_record_that_does_not_say_as_of_when_says_so() -> None:
    age = age_of(overallStatus="RECRUITING")
    assert (age.describe(TODAY), age.write_short(TODAY)) == (("The record does not say as of when.",), "")
    assert age_of(overallStatus="RECRUITING", statusVerifiedDate="9999").current_until == date.max


def test_the_day_of_the_last_update_tells_it_where_a_copy_gives_no_more() -> None:
    posted = {"lastUpdatePostDateStruct": {"date": "2021-06-28"}}
    age = age_of(overallStatus="RECRUITING", completionDateStruct={"date": "2027-11"}, **posted)
    assert age.describe(TODAY) == ("Nobody has updated this since 28 June 2021.",)
    assert age.current_until == date(2023, 6, 28)
    ended = age_of(overallStatus="COMPLETED", **posted)
    assert ended.describe(TODAY) == ("As of 28 June 2021, when the record was last updated.",)


def test_a_status_is_no_younger_than_the_day_on_which_a_portal_took_the_copy_over() -> None:
    record = {
        "protocolSection": {"statusModule": {"overallStatus": "RECRUITING"}},
        "derivedSection": {"miscInfoModule": {"versionHolder": "2020-02-17"}},
    }
    study = parse_record(record)
    age = find_status_age(study.status, study.served)
    assert age.is_outdated(TODAY)
    assert age.write_short(TODAY) == "as of 17 February 2020, out of date"
    assert age.describe(TODAY) == (
        "As of 17 February 2020 or before: on that day this copy was taken over from its register. "
        "Nothing here tells whether it holds still.",
    )


def test_a_day_of_verification_counts_before_that_of_taking_over() -> None:
    record = {
        "protocolSection": {"statusModule": {"overallStatus": "RECRUITING", "statusVerifiedDate": "2025-11"}},
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-01-10"}},
    }
    study = parse_record(record)
    assert find_status_age(study.status, study.served).write_short(TODAY) == "as of November 2025"


def test_an_end_is_as_old_as_the_update_that_told_it() -> None:
    verified = {"statusVerifiedDate": "2019-08", "lastUpdateSubmitDate": "2021-07-02"}
    closed = age_of(overallStatus="NO_LONGER_AVAILABLE", **verified)
    assert closed.describe(TODAY) == ("As of 2 July 2021, when the record was last updated.",)
    # The registry makes a status unknown by the day of verification.
    unknown = age_of(overallStatus="UNKNOWN", **verified)
    assert unknown.describe(TODAY) == ("As of August 2019, when the record was last confirmed.",)
    same = age_of(overallStatus="COMPLETED", statusVerifiedDate="2021-07", lastUpdateSubmitDate="2021-07-31")
    assert same.describe(TODAY) == ("As of July 2021, when the record was last confirmed.",)


def test_an_open_status_that_nobody_confirms_names_later_updates() -> None:
    age = age_of(overallStatus="RECRUITING", statusVerifiedDate="2019-08", lastUpdateSubmitDate="2021-07-02")
    assert age.describe(TODAY) == (
        "Nobody has confirmed this since August 2019.",
        "The record was updated after that, on 2 July 2021.",
    )
    assert age.current_until == date(2021, 8, 31)
