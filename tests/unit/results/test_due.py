"""When results are due, who owes them, and what the record cannot tell."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trialbook.model import Study, parse_record
from trialbook.results.due import derive_results_outlook, find_overdue_from

TODAY = date(2026, 1, 15)


def study_with(status: dict[str, Any] | None = None, **changes: Any) -> Study:
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": "NCT99000099"},
        "statusModule": {
            "overallStatus": "COMPLETED",
            "startDateStruct": {"date": "2021-03-01", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2023-05-31", "type": "ACTUAL"},
            **(status or {}),
        },
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
        "contactsLocationsModule": {"locations": [{"country": "United States"}]},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Larkspur"}},
        **changes,
    }
    return parse_record({"protocolSection": protocol, "hasResults": False})


def test_an_applicable_trial_past_its_day_is_overdue() -> None:
    outlook = derive_results_outlook(study_with(), today=TODAY)
    assert (outlook.state, outlook.due, outlook.applies) == ("overdue", date(2024, 5, 31), "likely")
    assert any("Larkspur" in sentence for sentence in outlook.sentences)
    assert any("594 days ago" in sentence for sentence in outlook.sentences)


def test_a_month_counts_to_its_last_day_and_an_estimate_is_never_overdue() -> None:
    status = {"primaryCompletionDateStruct": {"date": "2024-02", "type": "ESTIMATED"}}
    outlook = derive_results_outlook(study_with(status), today=TODAY)
    assert (outlook.state, outlook.due) == ("pending", date(2025, 2, 28))
    assert any("estimated" in sentence for sentence in outlook.sentences)


def test_without_a_primary_date_the_completion_gives_the_latest_day() -> None:
    status = {
        "primaryCompletionDateStruct": {},
        "completionDateStruct": {"date": "2025-08-26", "type": "ACTUAL"},
    }
    outlook = derive_results_outlook(study_with(status), today=TODAY)
    assert (outlook.state, outlook.due) == ("pending", date(2026, 8, 26))
    assert "by 26 August 2026 at the latest" in outlook.sentences[0]


@pytest.mark.parametrize("value", ["soon", "2023-13"])
def test_without_a_date_nothing_is_counted(value: str) -> None:
    outlook = derive_results_outlook(
        study_with({"primaryCompletionDateStruct": {"date": value}}), today=TODAY
    )
    assert (outlook.state, outlook.due) == ("unknown", None)


@pytest.mark.parametrize(
    ("changes", "applies"),
    [
        ({"designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]}}, "unlikely"),
        ({"designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]}}, "likely"),
        ({"oversightModule": {"isFdaRegulatedDrug": False, "isFdaRegulatedDevice": False}}, "unlikely"),
        ({"oversightModule": {}}, "unclear"),
        ({"oversightModule": {"isFdaRegulatedDrug": False}}, "unclear"),
        ({"contactsLocationsModule": {"locations": [{"country": "France"}]}}, "unclear"),
        ({"designModule": {}}, "unclear"),
    ],
)
def test_whether_the_rule_applies_is_judged_from_the_record(changes: dict[str, Any], applies: str) -> None:
    outlook = derive_results_outlook(study_with(**changes), today=TODAY)
    assert outlook.applies == applies
    assert outlook.reasons
    assert outlook.state != "overdue" or applies == "likely"


def test_a_study_that_owes_nothing_is_not_called_late() -> None:
    for kind in ("OBSERVATIONAL", "EXPANDED_ACCESS"):
        outlook = derive_results_outlook(study_with(designModule={"studyType": kind}), today=TODAY)
        assert (outlook.state, outlook.due) == ("not_expected", None)
    withdrawn = derive_results_outlook(study_with({"overallStatus": "WITHDRAWN"}), today=TODAY)
    assert withdrawn.state == "not_expected"


@pytest.mark.parametrize(
    ("status", "enrolled", "state"),
    [
        ("TERMINATED", {"count": 0, "type": "ACTUAL"}, "not_expected"),
        ("COMPLETED", {"count": 0, "type": "ACTUAL"}, "not_expected"),
        ("TERMINATED", {"count": 1, "type": "ACTUAL"}, "overdue"),
        ("TERMINATED", {"count": 0, "type": "ESTIMATED"}, "overdue"),
        ("TERMINATED", {"type": "ACTUAL"}, "overdue"),
        ("RECRUITING", {"count": 0, "type": "ACTUAL"}, "overdue"),
    ],
)
def test_a_study_that_ended_with_nobody_in_it_owes_nothing(
    status: str, enrolled: dict[str, Any], state: str
) -> None:
    design = {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"], "enrollmentInfo": enrolled}
    study = study_with({"overallStatus": status}, designModule=design)
    assert derive_results_outlook(study, today=TODAY).state == state
    assert (find_overdue_from(study) is None) is (state == "not_expected")


def test_certificates_waivers_and_submissions_are_told_apart() -> None:
    delayed = derive_results_outlook(study_with({"dispFirstSubmitDate": "2024-05-01"}), today=TODAY)
    assert (delayed.state, delayed.due) == ("delayed", date(2026, 5, 1))
    assert derive_results_outlook(study_with({"resultsWaived": True}), today=TODAY).state == "waived"
    submitted = derive_results_outlook(study_with({"resultsFirstSubmitDate": "2025-12-20"}), today=TODAY)
    assert submitted.state == "submitted"
    posted = parse_record({"protocolSection": {}, "resultsSection": {}, "hasResults": True})
    assert derive_results_outlook(posted, today=TODAY).state == "posted"


def test_a_trial_that_ended_before_the_rule_is_not_called_late() -> None:
    status = {"primaryCompletionDateStruct": {"date": "2015-05-31", "type": "ACTUAL"}}
    outlook = derive_results_outlook(study_with(status), today=TODAY)
    assert outlook.state == "pending"
    assert any("18 January 2017" in sentence for sentence in outlook.sentences)


@pytest.mark.parametrize("value", ["9999", "9999-12", "9999-12-31T00:00"])
@pytest.mark.parametrize("name", ["primaryCompletionDateStruct", "completionDateStruct"])
def test_from_the_last_year_of_the_calendar_no_due_date_is_counted(name: str, value: str) -> None:
    dates: dict[str, Any] = {"primaryCompletionDateStruct": {}, name: {"date": value, "type": "ESTIMATED"}}
    outlook = derive_results_outlook(study_with(dates), today=TODAY)
    assert (outlook.state, outlook.due) == ("unknown", None)
    assert "no calendar holds the day a year later" in outlook.sentences[0]


@pytest.mark.parametrize("certified", ["9998-05-01", "9999-12-31"])
def test_a_certificate_of_the_last_years_of_the_calendar_gives_no_last_day(certified: str) -> None:
    outlook = derive_results_outlook(study_with({"dispFirstSubmitDate": certified}), today=TODAY)
    assert (outlook.state, outlook.due) == ("delayed", None)
    assert "at the latest" not in outlook.sentences[0]
