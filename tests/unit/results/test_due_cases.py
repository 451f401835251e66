"""Does every sentence about results follow from the record? Each kind that people met, with the right words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from trialbook.model import Study, parse_record
from trialbook.results.due import CASES, ResultsOutlook, derive_results_outlook, find_overdue_from
from trialbook.results.duty import DUTY, US_PLACES
from trialbook.source.aact.read import parse_study_rows

TODAY = date(2026, 1, 15)
ENDED = {"primaryCompletionDateStruct": {"date": "2020-03-05", "type": "ACTUAL"}}


def make_record(status: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "protocolSection": {
            "statusModule": {
                "overallStatus": "COMPLETED",
                "startDateStruct": {"date": "2018-01-10", "type": "ACTUAL"},
                **ENDED,
                **(status or {}),
            },
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": "Larkspur"},
                "responsibleParty": {"type": "SPONSOR"},
            },
            "oversightModule": changes.get(
                "oversight", {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False}
            ),
            "designModule": {
                "studyType": changes.get("kind", "INTERVENTIONAL"),
                "phases": changes.get("phases", ["PHASE3"]),
                "designInfo": {"primaryPurpose": changes.get("purpose", "TREATMENT")},
            },
            "contactsLocationsModule": {
                "locations": [{"country": each} for each in changes.get("countries", ["United States"])]
            },
        },
        "derivedSection": {
            "miscInfoModule": {
                **({"versionHolder": changes["served"]} if "served" in changes else {}),
                "submissionTracking": {"submissionInfos": changes.get("rounds", [])},
            }
        },
        "hasResults": False,
    }


def make_study(status: dict[str, Any] | None = None, **changes: Any) -> Study:
    return parse_record(make_record(status, **changes))


def look(status: dict[str, Any] | None = None, *, today: date = TODAY, **changes: Any) -> ResultsOutlook:
    return derive_results_outlook(make_study(status, **changes), today=today)


def text_of(outlook: ResultsOutlook) -> str:
    return " ".join((outlook.headline, *outlook.sentences))


@pytest.mark.parametrize("taken_back", [{"unreleaseDate": "2021-03-20"}, {"unreleaseDateUnknown": True}])
def test_a_submission_that_the_sponsor_took_back_is_none(taken_back: dict[str, Any]) -> None:
    outlook = look(rounds=[{"releaseDate": "2021-03-01", **taken_back}])
    assert (outlook.state, outlook.due) == ("overdue", date(2021, 3, 5))
    assert "submitted on 1 March 2021, taken back on" in text_of(outlook)
    assert "checks their quality" not in text_of(outlook)


def test_a_submission_that_was_returned_waits_for_the_sponsor() -> None:
    outlook = look(rounds=[{"releaseDate": "2021-03-01", "resetDate": "2021-04-20"}])
    assert outlook.state == "returned"
    assert "returned the results to the sponsor on 20 April 2021" in text_of(outlook)
    assert "has to correct them and send them again" in text_of(outlook)
    assert "The registry has nothing to check" in text_of(outlook)
    assert (
        find_overdue_from(make_study(rounds=[{"releaseDate": "2021-03-01", "resetDate": "2021-04-20"}]))
        is None
    )


def test_of_several_submissions_the_last_decides() -> None:
    first = {"releaseDate": "2020-12-01", "resetDate": "2020-12-20"}
    again = look(rounds=[first, {"releaseDate": "2021-01-10"}])
    assert again.state == "submitted"
    assert "2 submissions so far: submitted on 1 December 2020, returned on 20 December 2020" in text_of(
        again
    )
    assert "The first submission came before the due day, 5 March 2021." in again.sentences
    late = look(rounds=[{"releaseDate": "2021-03-06"}])
    assert "The first submission came after the due day, 5 March 2021." in late.sentences


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (["submitted"], "submitted"),
        (["submitted", "returned"], "returned"),
        (["submitted", "submission_canceled"], "overdue"),
        (["RELEASE", "RESET", "RELEASE"], "submitted"),
        (["RELEASE", "UNRELEASE"], "overdue"),
    ],
)
def test_pending_results_of_the_tables_of_aact_are_read(events: list[str], state: str) -> None:
    rows = [
        {"event": event, "event_date": f"2021-01-{day:02}", "event_date_description": ""}
        for day, event in enumerate(events, 1)
    ]
    made = parse_study_rows("NCT99000001", {"studies": [{}], "pending_results": rows[::-1]})
    record = make_record() | {"annotationSection": made["annotationSection"]}
    assert derive_results_outlook(parse_record(record), today=TODAY).state == state


def test_a_certificate_delays_two_years_and_no_longer() -> None:
    certified = {"dispFirstSubmitDate": "2021-01-01"}
    on_time = look(certified, today=date(2023, 1, 1))
    assert (on_time.state, on_time.due) == ("delayed", date(2023, 1, 1))
    over = look(certified, today=date(2023, 1, 2))
    assert (over.state, over.due) == ("overdue", date(2023, 1, 1))
    assert "They ended on 1 January 2023, so results are no longer delayed by it" in text_of(over)
    assert find_overdue_from(make_study(certified)) == date(2023, 1, 2)


def test_a_certificate_never_brings_the_day_forward() -> None:
    early = look({"dispFirstSubmitDate": "2018-06-01"}, today=date(2021, 3, 5))
    assert (early.state, early.due) == ("delayed", date(2021, 3, 5))


def test_a_certificate_after_the_due_day_delays_nothing() -> None:
    outlook = look({"dispFirstSubmitDate": "2021-03-06"}, today=date(2022, 1, 1))
    assert (outlook.state, outlook.due) == ("overdue", date(2021, 3, 5))
    assert "handed in a certificate of delay. That was after 5 March 2021" in text_of(outlook)
    assert "Its two years end on 6 March 2023" in text_of(outlook)
    assert look({"dispFirstSubmitDate": "2021-03-05"}, today=date(2022, 1, 1)).state == "delayed"


@pytest.mark.parametrize("place", US_PLACES)
def test_a_site_in_any_us_territory_is_one_in_the_united_states(place: str) -> None:
    outlook = look(countries=["France", place])
    assert (outlook.state, outlook.applies) == ("overdue", "likely")
    assert "it has a site in the United States" in text_of(outlook)
    assert find_overdue_from(make_study(countries=[place])) == date(2021, 3, 6)


@pytest.mark.parametrize("place", ["Virgin Islands (British)", "France", "United States of Nowhere"])
def test_no_other_place_is(place: str) -> None:
    outlook = look(countries=[place])
    assert (outlook.state, outlook.applies) == ("pending", "unclear")
    assert "none of its sites is in the United States" in text_of(outlook)
    assert "only if it runs under a US IND or IDE, which no public record tells" in text_of(outlook)


@pytest.mark.parametrize(
    ("phases", "words"),
    [(["NA"], "its phase is given as not applicable"), (["PHASE1", "PHASE2"], "it is not in phase 1 alone")],
)
def test_a_phase_is_told_as_it_is(phases: list[str], words: str) -> None:
    outlook = look(phases=phases)
    assert outlook.applies == "likely"
    assert words in text_of(outlook)
    assert "beyond phase 1" not in text_of(outlook)


@pytest.mark.parametrize(
    ("changes", "applies"),
    [
        ({"phases": []}, "unclear"),
        ({"phases": ["EARLY_PHASE1"]}, "unlikely"),
        ({"phases": ["PHASE1"], "oversight": {"isFdaRegulatedDrug": True}}, "unclear"),
        (
            {"phases": ["PHASE1"], "oversight": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": True}},
            "likely",
        ),
        (
            {
                "purpose": "DEVICE_FEASIBILITY",
                "phases": ["NA"],
                "oversight": {"isFdaRegulatedDrug": False, "isFdaRegulatedDevice": True},
            },
            "unlikely",
        ),
        ({"oversight": {"isFdaRegulatedDrug": True, "isUsExport": True}, "countries": ["Chad"]}, "likely"),
        ({"kind": "OBSERVATIONAL", "oversight": {"isPpsd": True}}, "likely"),
    ],
)
def test_the_duty_is_judged_only_as_far_as_the_record_goes(changes: dict[str, Any], applies: str) -> None:
    assert look(**changes).applies == applies


def test_what_ended_before_the_day_of_the_law_is_under_no_duty() -> None:
    ended = {"primaryCompletionDateStruct": {"date": "2007-12-25", "type": "ACTUAL"}}
    assert look(ended).applies == "unlikely"
    assert look({"primaryCompletionDateStruct": {"date": "2007-12-26", "type": "ACTUAL"}}).applies == "likely"
    assert look({"primaryCompletionDateStruct": {"date": "2007-11", "type": "ESTIMATED"}}).applies == "likely"


def test_a_surveillance_in_children_has_a_day_that_no_record_gives() -> None:
    outlook = look(kind="OBSERVATIONAL", oversight={"isPpsd": True})
    assert (outlook.state, outlook.due) == ("unknown", None)
    assert "42 CFR 11.44(f)" in text_of(outlook)


def test_a_withheld_device_says_why_nothing_is_shown() -> None:
    outlook = look({"overallStatus": "WITHHELD", "delayedPosting": True, "primaryCompletionDateStruct": {}})
    assert outlook.state == "withheld"
    assert "delayed until" in text_of(outlook)
    assert "42 CFR 11.35" in text_of(outlook)


def test_results_that_were_posted_according_to_another_are_posted() -> None:
    outlook = look({"resultsFirstPostDateStruct": {"date": "2021-03-01"}})
    assert outlook.state == "posted"
    assert outlook.sentences == (
        "The record says that results were posted on 1 March 2021, but this copy does not hold them.",
    )
    assert look({"resultsFirstPostDateStruct": {"date": "soon"}}).state == "overdue"


def test_a_copy_from_before_the_due_day_calls_nobody_late() -> None:
    older = look(served="2021-03-05")
    assert (older.state, older.due) == ("pending", date(2021, 3, 5))
    assert "whether results came since cannot be told from it" in text_of(older)
    assert find_overdue_from(make_study(served="2021-03-05")) is None
    assert look(served="2021-03-06").state == "overdue"


def test_a_month_that_the_rule_began_in_calls_nobody_late() -> None:
    outlook = look({"primaryCompletionDateStruct": {"date": "2017-01", "type": "ACTUAL"}})
    assert (outlook.state, outlook.applies) == ("pending", "likely")


def test_only_who_is_named_as_responsible_is_called_so() -> None:
    record = make_record()
    del record["protocolSection"]["sponsorCollaboratorsModule"]["responsibleParty"]
    outlook = derive_results_outlook(parse_record(record), today=TODAY)
    assert "The record names no responsible party; its sponsor, Larkspur, would owe" in text_of(outlook)
    assert "The responsible party, Larkspur, would owe the results" in text_of(look())


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ({}, {}),
        ({"dispFirstSubmitDate": "2021-01-01"}, {}),
        ({"dispFirstSubmitDate": "2021-05-01"}, {}),
        ({}, {"rounds": [{"releaseDate": "2021-03-01", "unreleaseDate": "2021-03-20"}]}),
    ],
)
def test_the_day_from_which_results_are_overdue_is_the_first_that_says_so(
    status: dict[str, Any], changes: dict[str, Any]
) -> None:
    first = find_overdue_from(make_study(status, **changes))
    assert first is not None
    assert look(status, today=first, **changes).state == "overdue"
    assert look(status, today=date.fromordinal(first.toordinal() - 1), **changes).state != "overdue"


def test_every_case_has_its_paragraph() -> None:
    assert all(case.paragraph.startswith("42 CFR 11.") for case in (*CASES, *DUTY))
    assert {"posted", "withheld", "returned", "delayed", "overdue"} <= {case.state for case in CASES}


@pytest.mark.parametrize(
    "country", ["USA", "Virgin Islands, U.S.", "US Virgin Islands", "Guam ", "PUERTO RICO"]
)
def test_a_us_site_is_one_under_every_name(country: str) -> None:
    assert look(countries=[country]).state == "overdue"


def test_british_islands_are_no_us_site() -> None:
    assert look(countries=["British Virgin Islands"]).state == "pending"
    assert look(countries=["Virgin Islands (British)"]).state == "pending"


def test_a_site_without_its_country_is_not_said_to_be_abroad() -> None:
    record = make_record(countries=["Kenya"])
    record["protocolSection"]["contactsLocationsModule"]["locations"].append({"facility": "Larkspur Clinic"})
    (reason,) = derive_results_outlook(parse_record(record), today=TODAY).reasons
    assert "no site whose country it gives is in the United States" in reason


def make_events(*events: tuple[str, str]) -> dict[str, Any]:
    record = make_record()
    told = [{"type": kind, "date": day} for kind, day in events]
    record["annotationSection"] = {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": told}}}
    return record


def test_what_was_returned_and_then_taken_back_is_one_submission() -> None:
    record = make_events(("RELEASE", "2021-01-01"), ("RESET", "2021-02-01"), ("UNRELEASE", "2021-03-01"))
    said = " ".join(derive_results_outlook(parse_record(record), today=TODAY).sentences)
    assert (
        "Results were submitted on 1 January 2021, returned on 1 February 2021, taken back on 1 March 2021:"
        in said
    )
    assert "submissions so far" not in said


def test_results_sent_again_on_the_day_of_their_return_lie_with_the_registry() -> None:
    events = (("RELEASE", "2021-01-01"), ("RELEASE", "2021-02-01"), ("RESET", "2021-02-01"))
    for order in (events, events[::-1]):
        outlook = derive_results_outlook(parse_record(make_events(*order)), today=TODAY)
        assert outlook.state == "submitted"
    only = make_events(("RESET", "2021-02-01"), ("RELEASE", "2021-02-01"))
    assert derive_results_outlook(parse_record(only), today=TODAY).state == "returned"


def test_a_month_is_said_as_a_month() -> None:
    said = " ".join(look({"dispFirstSubmitDate": "2021-03"}).sentences)
    assert "In March 2021 the responsible party" in said


def test_days_are_counted_to_the_day_of_the_copy_and_no_further() -> None:
    outlook = look(served="2021-04-01")
    assert outlook.state == "overdue"
    assert (
        "This copy shows the registry as of 1 April 2021, 27 days after the due day, 5 March 2021, and shows no"
        " results." in text_of(outlook)
    )
    assert "Whether results came since cannot be told from it." in text_of(outlook)
    assert "ago" not in text_of(outlook)


def test_a_submission_is_with_the_registry_as_of_the_day_of_the_copy() -> None:
    rounds = [{"releaseDate": "2021-03-01"}]
    told = text_of(look(rounds=rounds, served="2024-01-01"))
    assert "submitted to the registry on 1 March 2021 and were not public on 1 January 2024" in told
    assert "it checks their quality first" in told


@pytest.mark.parametrize(("served", "is_told"), [("2021-03-31", True), ("2021-04-01", False)])
def test_where_one_submission_lay_for_years_is_not_known_without_its_history(
    served: str, is_told: bool
) -> None:
    told = text_of(look({"resultsFirstSubmitDate": "2021-03-01"}, served=served))
    assert ("it checks their quality first" in told) is is_told
    assert ("or had returned them, the record does not tell" in told) is not is_told


def test_nothing_was_due_by_the_rule_before_there_was_one() -> None:
    ended = {"primaryCompletionDateStruct": {"date": "2009-02", "type": "ACTUAL"}}
    outlook = look({**ended, "dispFirstSubmitDate": "2015-09-22"}, served="2026-01-01")
    assert (outlook.state, outlook.due) == ("pending", None)
    told = text_of(outlook)
    assert "Whether that came in time cannot be told" in told
    assert "Its two years ended on 22 September 2017" in told
    assert "it seems to be of the kind that the law covers" in told
    assert "would owe the results, if any were due" in told
    assert "This copy of the record shows no results." in told
    assert "the rule seems to apply" not in told
    assert "due day" not in told
    assert look({"primaryCompletionDateStruct": {"date": "2017-01-18", "type": "ACTUAL"}}).due is not None


def test_nothing_is_said_of_results_of_expanded_access_but_that_none_are_asked_for() -> None:
    outlook = look(kind="EXPANDED_ACCESS")
    assert outlook.sentences == ("Results are not required of expanded access records (42 CFR Part 11).",)


def test_a_copy_that_does_not_say_whether_there_are_results_is_not_read_as_none() -> None:
    record = make_record({"primaryCompletionDateStruct": {}})
    silent = {name: part for name, part in record.items() if name != "hasResults"}
    outlook = derive_results_outlook(parse_record(silent), today=TODAY)
    assert outlook.headline == "Results not known"
    assert outlook.sentences[-1] == "This copy does not say whether results were posted."
    assert derive_results_outlook(parse_record(record), today=TODAY).headline == "No results yet"


def test_a_copy_that_was_cut_calls_nobody_late() -> None:
    record = make_record()
    del record["hasResults"]
    outlook = derive_results_outlook(parse_record(record), today=TODAY)
    assert (outlook.state, outlook.due) == ("pending", date(2021, 3, 5))
    assert find_overdue_from(parse_record(record)) is None
    # As `fields=` of the registry's API cuts it, of a study whose results were posted.
    assert outlook.sentences[-1] == "This copy does not say whether results were posted."


def test_nobody_is_named_who_registered_elsewhere_where_nothing_brings_the_law_to_bear() -> None:
    record = make_record(oversight={})
    record["protocolSection"]["identificationModule"] = {"nctId": "ISRCTN12345678"}
    outlook = derive_results_outlook(parse_record(record), today=TODAY)
    assert (outlook.applies, outlook.due) == ("unclear", None)
    assert "Larkspur" not in text_of(outlook)
    assert "due day" not in text_of(outlook)
    record["protocolSection"]["oversightModule"] = {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False}
    assert derive_results_outlook(parse_record(record), today=TODAY).state == "overdue"
