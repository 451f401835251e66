"""The differences between two versions of a record."""

from __future__ import annotations

import copy
import gzip
import json
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from trialbook.changes import items as change_items
from trialbook.changes.compare import Change, compute_changes, summarise_changes
from trialbook.changes.items import drop_identical, is_rewording
from trialbook.changes.outcomes import note_outcome_switching


def make_record(**modules: Any) -> dict[str, Any]:
    return {"protocolSection": copy.deepcopy(modules), "hasResults": False}


def make_dated(updated: str, start: str, **outcomes: list[str]) -> dict[str, Any]:
    return make_record(
        statusModule={"startDateStruct": {"date": start}, "lastUpdateSubmitDate": updated},
        outcomesModule={
            f"{kind}Outcomes": [{"measure": measure, "timeFrame": "1 year"} for measure in measures]
            for kind, measures in outcomes.items()
        },
    )


def tell(changes: tuple[Change, ...], group: str) -> list[tuple[str, str, str, str]]:
    return [(c.label, c.kind, c.before, c.after) for c in changes if c.group == group]


def read_sample(name: str) -> dict[str, Any]:
    return json.loads(resources.files("trialbook.samples").joinpath(name).read_bytes())


def test_the_sample_study_shows_its_real_history() -> None:
    changes = compute_changes(read_sample("NCT04776239.2022.json"), read_sample("NCT04776239.json"))
    assert tell(changes, "Status") == [("Overall status", "changed", "Recruiting", "Completed")]
    enrolment = next(change for change in changes if change.group == "Enrolment")
    assert (enrolment.before, enrolment.after) == ("30 (estimated)", "26 (actual)")
    assert enrolment.note == "4 fewer participants"
    completion = next(change for change in changes if change.label == "Study completion")
    assert (completion.before, completion.after, completion.note) == (
        "2024-07-16 (estimated)",
        "2025-08-26 (actual)",
        "13 months later",
    )
    assert not tell(changes, "Outcomes")
    assert not tell(changes, "Eligibility")


def test_what_the_later_format_cannot_express_is_not_called_removed() -> None:
    before = make_record(
        statusModule={"overallStatus": "RECRUITING", "whyStopped": "No money"},
        contactsLocationsModule={"locations": [{"facility": "North Clinic", "city": "Oslo", "zip": "0150"}]},
    )
    after = make_record(
        statusModule={"overallStatus": "COMPLETED"},
        contactsLocationsModule={"locations": [{"facility": "North Clinic", "city": "Oslo"}]},
    )
    carried = {
        "protocolSection.statusModule.overallStatus",
        "protocolSection.contactsLocationsModule.locations.facility",
        "protocolSection.contactsLocationsModule.locations.city",
    }
    labels = [change.label for change in compute_changes(before, after, carried=carried)]
    assert labels == ["Overall status"]
    assert [c.kind for c in compute_changes(before, after)] == ["changed", "removed", "changed"]
    back = compute_changes(after, before, before_carried=carried)
    assert [(c.label, c.kind) for c in back] == [("Overall status", "changed")]


def test_what_a_page_prints_beside_a_record_was_not_added_to_the_study() -> None:
    before = make_record(statusModule={"overallStatus": "RECRUITING"})
    page = {
        "results": "Results pending",
        "joinedLists": ["protocolSection.conditionsModule.conditions"],
        "relatedTrials": [{"nctId": "NCT90000001"}],
    }
    after = make_record(statusModule={"overallStatus": "COMPLETED"}) | {"pageSection": page}
    for older, newer in ((before, after), (after, before)):
        assert [change.label for change in compute_changes(older, newer)] == ["Overall status"]
    later = after | {"pageSection": {"results": "Results posted", "relatedTrials": page["relatedTrials"]}}
    assert tell(compute_changes(after, later), "Other") == [
        ("Results", "changed", "Results pending", "Results posted")
    ]


def test_a_field_within_the_carried_paths_is_still_called_removed() -> None:
    before = make_record(statusModule={"whyStopped": "No money"})
    changes = compute_changes(before, make_record(), carried={"protocolSection.statusModule"})
    assert tell(changes, "Status") == [("Why the study stopped", "removed", "No money", "")]


def test_a_format_that_names_countries_only_does_not_lose_the_sites() -> None:
    sites = [{"facility": f"Clinic {n}", "city": "Lyon", "country": "France"} for n in range(3)]
    before = make_record(contactsLocationsModule={"locations": sites})
    after = make_record(contactsLocationsModule={"locations": [{"country": "France"}, {"country": "Chile"}]})
    carried = {"protocolSection.contactsLocationsModule.locations.country"}
    changes = compute_changes(before, after, carried=carried)
    assert tell(changes, "Sites") == [("Site", "added", "", "Chile")]


def test_outcomes_are_matched_by_measure_and_then_by_likeness() -> None:
    def outcome(measure: str, frame: str) -> dict[str, str]:
        return {"measure": measure, "timeFrame": frame}

    before = make_record(
        outcomesModule={
            "primaryOutcomes": [
                outcome("Change in walking distance", "6 months"),
                outcome("Death from any cause within the study", "1 year"),
                outcome("Left ventricular volume", "1 year"),
            ]
        }
    )
    after = make_record(
        outcomesModule={
            "primaryOutcomes": [
                outcome("Change in walking distance", "12 months"),
                outcome("Deaths from any cause during the study", "2 years"),
                outcome("Hospital stays", "1 year"),
            ]
        }
    )
    changes = compute_changes(before, after)
    assert [(c.kind, c.path.rpartition(".")[2], c.note) for c in changes] == [
        ("changed", "timeFrame", "Time frame: 6 months → 12 months"),
        ("reworded", "measure", "Time frame: 1 year → 2 years"),
        ("removed", "primaryOutcomes", ""),
        ("added", "primaryOutcomes", ""),
    ]


def test_a_primary_outcome_changed_after_the_start_is_called_out() -> None:
    before = make_dated("2021-10-01", "2021-08", primary=["Coronary flow reserve"])
    after = make_dated("2022-04-20", "2021-08", primary=["Quality of life by questionnaire"])
    switching = note_outcome_switching(compute_changes(before, after), before, after, is_next=True)
    assert switching.warnings == (
        "Primary outcome removed 8 months after the study started (August 2021)",
        "Primary outcome added 8 months after the study started (August 2021)",
    )
    assert switching.is_after_start
    noted = [change.note for change in switching.changes if change.group == "Outcomes"]
    assert noted == list(switching.warnings)


def test_a_primary_outcome_swapped_with_a_secondary_one_is_told_as_a_move() -> None:
    # Alike enough to be taken for a rewording if likeness were looked at before the move.
    one, two = "Infarct size by imaging at month 6", "Infarct size by imaging at month 3"
    before = make_dated("2021-10-01", "2021-08", primary=[one], secondary=[two])
    after = make_dated("2021-11-20", "2021-08", primary=[two], secondary=[one])
    switching = note_outcome_switching(compute_changes(before, after), before, after, is_next=True)
    assert switching.warnings == (
        "Primary outcome became secondary 3 months after the study started (August 2021)",
        "Secondary outcome became primary 3 months after the study started (August 2021)",
    )


def test_a_change_between_two_versions_that_span_the_start_claims_no_more_than_is_known() -> None:
    before = make_dated("2021-03-01", "2021-08-16", primary=["Coronary flow reserve"])
    after = make_dated("2022-04-20", "2021-08-16", primary=["Coronary flow reserves"])
    switching = note_outcome_switching(compute_changes(before, after), before, after)
    assert switching.warnings == (
        "Primary outcome reworded between 1 March 2021 and 20 April 2022, from when no version in between is held"
        " here; the study started in between (August 2021), so this may have been before its start",
    )
    assert not switching.is_after_start


def test_a_change_between_versions_that_are_no_neighbours_is_told_as_one_between_their_dates() -> None:
    before = make_dated("2020-03-26", "2020-02", primary=["Death"])
    after = make_dated("2025-04-16", "2020-02", primary=["Stay in hospital"])
    switching = note_outcome_switching(compute_changes(before, after), before, after)
    assert switching.warnings == (
        "Primary outcome removed between 26 March 2020 and 16 April 2025, from when no version in between is held"
        " here; the study started before that (February 2020)",
        "Primary outcome added between 26 March 2020 and 16 April 2025, from when no version in between is held"
        " here; the study started before that (February 2020)",
    )
    assert switching.is_after_start


@pytest.mark.parametrize(
    ("start", "last_day_before", "first_day_after"),
    [("2021-08-16", "2021-08-16", "2021-08-17"), ("2021-08", "2021-08-31", "2021-09-01")],
)
def test_after_the_start_begins_on_the_day_after_the_last_on_which_the_study_may_have_started(
    start: str, last_day_before: str, first_day_after: str
) -> None:
    before = make_dated("2021-03-01", start, primary=["Coronary flow reserve"])
    for day, is_called_out in ((last_day_before, False), (first_day_after, True)):
        after = make_dated(day, start, primary=["Quality of life by questionnaire"])
        warnings = note_outcome_switching(compute_changes(before, after), before, after).warnings
        assert bool(warnings) is is_called_out, day


@pytest.mark.parametrize("start", ["2022-05", "2022", "soon"])
def test_no_switch_is_called_out_before_or_without_a_known_start(start: str) -> None:
    before = make_dated("2021-10-01", start, primary=["Coronary flow reserve"])
    after = make_dated("2022-04-20", start, primary=["Quality of life by questionnaire"])
    changes = compute_changes(before, after)
    switching = note_outcome_switching(changes, before, after)
    assert (switching.changes, switching.warnings) == (changes, ())


def test_secondary_outcomes_and_descriptions_are_no_switch() -> None:
    before = make_dated("2021-10-01", "2021-08", primary=["Survival"], secondary=["Pain"])
    after = make_dated("2022-04-20", "2021-08", primary=["Survival"], secondary=["Nausea"])
    after["protocolSection"]["outcomesModule"]["primaryOutcomes"][0]["description"] = "Alive at one year"
    changes = compute_changes(before, after)
    assert len(tell(changes, "Outcomes")) == 3
    assert note_outcome_switching(changes, before, after).warnings == ()


def test_many_sites_make_few_lines() -> None:
    def sites(status: str, count: int) -> dict[str, Any]:
        named = [
            {"facility": f"Clinic {n}", "city": "Oslo", "country": "Norway", "status": status}
            for n in range(count)
        ]
        return {"locations": named}

    before = make_record(contactsLocationsModule=sites("RECRUITING", 200))
    after = make_record(contactsLocationsModule=sites("COMPLETED", 250))
    changes = compute_changes(before, after)
    assert tell(changes, "Sites") == [
        ("Sites", "added", "", "50 sites: 50 in Norway"),
        ("Site status", "changed", "Recruiting", "Completed"),
    ]
    assert changes[1].note.startswith("At 200 sites: Clinic 0, Oslo, Norway; ")


def test_numbered_arms_are_not_taken_for_each_other() -> None:
    before = make_record(armsInterventionsModule={"armGroups": [{"label": "Arm 1"}, {"label": "Arm 2"}]})
    after = make_record(armsInterventionsModule={"armGroups": [{"label": "Arm 2"}, {"label": "Arm 3"}]})
    assert tell(compute_changes(before, after), "Arms and interventions") == [
        ("Arm", "removed", "Arm 1", ""),
        ("Arm", "added", "", "Arm 3"),
    ]


def make_sites(*numbers: int, **parts: Any) -> list[dict[str, Any]]:
    return [
        {"facility": f"Clinic {n}", "city": "Oslo", "contacts": [{"name": f"Dr {n}"}], **parts}
        for n in numbers
    ]


def test_items_held_to_the_letter_are_left_out_as_often_as_both_lists_hold_them() -> None:
    removed, added = drop_identical(make_sites(1, 2, 3, 3, 4, 5), make_sites(1, 3, 2, 6, 5))
    assert (removed, added) == (make_sites(3, 4), make_sites(6))
    assert drop_identical(make_sites(1, 1), make_sites(1)) == (make_sites(1), [])
    assert drop_identical(make_sites(1, 2), make_sites(2, 1)) == ([], [])
    assert drop_identical([], make_sites(1)) == ([], make_sites(1))
    assert drop_identical(make_sites(1), make_sites(1, state="Oslo")) == (
        make_sites(1),
        make_sites(1, state="Oslo"),
    )


def test_what_is_the_same_to_the_letter_is_never_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    normalised: list[str] = []

    def note(text: str) -> str:
        normalised.append(text)
        return text

    def record(*numbers: int) -> dict[str, Any]:
        measures = [{"measure": f"Share with an event of kind {n}"} for n in numbers]
        return make_record(
            contactsLocationsModule={"locations": make_sites(*numbers)},
            outcomesModule={"secondaryOutcomes": measures},
        )

    before, after = record(*range(600)), record(0, 7, *range(2, 300), 1, *range(301, 600))
    monkeypatch.setattr(change_items, "normalise", note)
    changes = compute_changes(before, after)
    assert [(change.label, change.kind) for change in changes] == [
        ("Secondary outcome", "reworded"),
        ("Site", "reworded"),
    ]
    assert 0 < len(normalised) < 60


@pytest.mark.parametrize(
    "format_paths", [None, {"protocolSection.contactsLocationsModule.locations.facility"}]
)
def test_sites_that_differ_in_white_space_or_derived_place_alone_are_the_same(
    format_paths: set[str] | None,
) -> None:
    place = {"geoPoint": {"lat": 1.0, "lon": 2.0}}
    before = make_record(contactsLocationsModule={"locations": make_sites(1, 2, **place)})
    after = make_record(contactsLocationsModule={"locations": make_sites(2, 1, state=" ")})
    for site in after["protocolSection"]["contactsLocationsModule"]["locations"]:
        site["facility"] += " "
        del site["state"]
    assert compute_changes(before, after, carried=format_paths) == ()


def test_a_text_is_reworded_from_six_words_in_ten_in_the_same_order() -> None:
    old = "one two three four five six seven eight nine ten"
    assert is_rewording(old, "one two three four five six A B C D")
    assert not is_rewording(old, "one two three four five A B C D E")
    assert not is_rewording(old, "six five four three two one A B C D")
    assert is_rewording("", "")
    long = " ".join(f"word{n}" for n in range(5_000))
    assert not is_rewording(long, " ".join(reversed(long.split())))
    assert is_rewording(long, long.replace("7", "seven"))


def make_interventions(*names: str) -> dict[str, Any]:
    return make_record(armsInterventionsModule={"interventions": [{"name": name} for name in names]})


def test_of_two_long_lists_the_most_alike_are_paired_however_far_apart() -> None:
    names = [f"Tablet of kind {n:03}{n:03}" for n in range(200)]
    later = [f"{names[n * 37 % 200]}x" for n in range(200)]
    changes = compute_changes(make_interventions(*names), make_interventions(*later))
    assert [(change.kind, change.after) for change in changes] == [
        ("reworded", f"{change.before}x") for change in changes
    ]
    assert len(changes) == 200


def test_an_item_whose_best_match_is_taken_gets_the_next_one() -> None:
    before = make_interventions("Vitamin D3 oral solution", "Vitamin D oral solution")
    after = make_interventions("Vitamin D3, oral solution", "Vitamin K2, oral solution")
    assert tell(compute_changes(before, after), "Arms and interventions") == [
        ("Intervention", "reworded", "Vitamin D3 oral solution", "Vitamin D3, oral solution"),
        ("Intervention", "reworded", "Vitamin D oral solution", "Vitamin K2, oral solution"),
    ]


def test_names_alike_by_letters_that_share_no_word_are_different_things() -> None:
    changes = compute_changes(make_interventions("Chemotherapeutics"), make_interventions("Chemotherapeutic"))
    assert [change.kind for change in changes] == ["removed", "added"]


def test_white_space_escapes_bullets_order_and_bookkeeping_are_no_change() -> None:
    before = make_record(
        eligibilityModule={"eligibilityCriteria": "Age \\> 18\n\n* Consent"},
        conditionsModule={"conditions": ["Asthma", "Cough"]},
    )
    after = make_record(
        eligibilityModule={"eligibilityCriteria": "Age > 18\n  Consent"},
        conditionsModule={"conditions": ["Cough", "Asthma"]},
    )
    before["derivedSection"] = {"miscInfoModule": {"versionHolder": "2022-01-01"}}
    after["derivedSection"] = {"miscInfoModule": {"versionHolder": "2025-01-01"}}
    assert compute_changes(before, after) == ()


def test_results_are_compared_by_module() -> None:
    after = make_record()
    events = [{"term": f"Event {n}"} for n in range(5000)]
    after["resultsSection"] = {"adverseEventsModule": {"eventGroups": [{"id": "EG0"}], "otherEvents": events}}
    after["hasResults"] = True
    assert tell(compute_changes(make_record(), after), "Results") == [
        ("Results posted", "changed", "No", "Yes"),
        ("Adverse events", "added", "", "1 groups, 5000 other adverse events"),
    ]


def test_the_summary_counts_like_changes_and_leaves_out_the_date_of_update() -> None:
    before = make_record(statusModule={"overallStatus": "RECRUITING", "lastUpdateSubmitDate": "2021-01-01"})
    after = make_record(
        statusModule={"overallStatus": "SUSPENDED", "lastUpdateSubmitDate": "2021-02-01"},
        conditionsModule={"conditions": ["Asthma", "Cough"]},
    )
    assert summarise_changes(compute_changes(before, after)) == (
        ("Status", "Overall status: Recruiting → Suspended"),
        ("Conditions", "Condition: 2 added"),
    )
    only_dated = make_record(
        statusModule={"overallStatus": "RECRUITING", "lastUpdateSubmitDate": "2021-02-01"}
    )
    assert summarise_changes(compute_changes(before, only_dated)) == (
        ("Dates", "Last update submitted: 2021-01-01 → 2021-02-01"),
    )


def test_wrong_types_anywhere_raise_nothing() -> None:
    sample = read_sample("NCT04776239.json")
    for module, fields in sample["protocolSection"].items():
        for field in fields:
            for wrong in (None, 7, "text", [1, "a"], [[{}]], {"a": [1]}, [{"measure": 3, "city": {"b": 1}}]):
                other = copy.deepcopy(sample)
                other["protocolSection"][module][field] = wrong
                compute_changes(sample, other)
                changes = compute_changes(other, sample)
                note_outcome_switching(changes, other, sample)
                summarise_changes(changes)


def test_hundreds_of_reworded_outcomes_stay_quick() -> None:
    def outcomes(tail: str) -> dict[str, Any]:
        text = "Share of participants with an event of kind {} in the time of the study, {}"
        return {"primaryOutcomes": [{"measure": text.format(n, tail)} for n in range(600)]}

    start = time.process_time()
    compute_changes(
        make_record(outcomesModule=outcomes("counted")), make_record(outcomesModule=outcomes("rated"))
    )
    assert time.process_time() - start < 2


def read_real(path: Path) -> dict[str, dict[str, Any]]:
    records = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
    return {record["protocolSection"]["identificationModule"]["nctId"]: record for record in records}


def test_real_studies_three_years_apart(shared_data: Path) -> None:
    later = read_real(shared_data / "ctgov" / "records.jsonl.gz")
    earlier = read_real(shared_data / "ctgov" / "records_stem_cells_2022.jsonl.gz")
    both = sorted(later.keys() & earlier.keys())
    assert len(both) == 22
    for nct_id in both:
        changes = compute_changes(earlier[nct_id], later[nct_id])
        assert compute_changes(later[nct_id], later[nct_id]) == ()
        assert len(changes) < 120
        assert all(change.before or change.after or change.note for change in changes)
        assert all(change.before == "" for change in changes if change.kind == "added")
        note_outcome_switching(changes, earlier[nct_id], later[nct_id])
        summarise_changes(changes)


def test_list_numbers_and_items_run_together_by_a_page_of_text_are_no_change() -> None:
    def record(criteria: str, conditions: list[str]) -> dict[str, object]:
        return {
            "protocolSection": {
                "eligibilityModule": {"eligibilityCriteria": criteria},
                "conditionsModule": {"conditions": conditions},
            }
        }

    before = record("Inclusion Criteria:\n\n* Adults\n* Consent", ["Diabetes", "Heart Disease"])
    after = record("Inclusion Criteria:\n\n1. Adults\n2. Consent", ["Diabetes Heart Disease"])
    assert compute_changes(before, after) == ()
    assert len(compute_changes(before, record("Inclusion Criteria:\n\n1. Adults", ["Diabetes"]))) == 2
