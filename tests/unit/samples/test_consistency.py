"""The shipped samples make sense: ids resolve, dates are in order, counts add up, all reproducible."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tools.samples import generate_samples
from tools.samples.__main__ import encode_samples
from trialbook.model import encode_study, parse_study
from trialbook.samples import sample_paths

Record = dict[str, Any]
RECORDS: list[Record] = [json.loads(line) for line in sample_paths()[0].read_text("utf-8").splitlines()]
WITH_RESULTS = [record for record in RECORDS if record["hasResults"]]


def get_id(record: Record) -> str:
    nct_id: str = record["protocolSection"]["identificationModule"]["nctId"]
    return nct_id


def pad_date(date: str, *, last: bool) -> str:
    """Complete a partial date to its first or last possible day (as text, for comparing)."""
    return date + ("-12-31" if last else "-01-01")[len(date) - 4 :]


each_record = pytest.mark.parametrize("record", RECORDS, ids=get_id)
each_result = pytest.mark.parametrize("record", WITH_RESULTS, ids=get_id)


def test_the_shipped_file_is_what_the_generator_makes() -> None:
    assert sample_paths()[0].read_bytes() == encode_samples()


def test_another_seed_makes_other_records_of_the_same_studies() -> None:
    others = generate_samples(7)
    assert [get_id(record) for record in others] == [get_id(record) for record in RECORDS]
    assert others != RECORDS


def test_ids_are_distinct_and_far_from_those_given_out() -> None:
    ids = [get_id(record) for record in RECORDS]
    assert len(set(ids)) == len(ids) >= 60
    assert all(re.fullmatch(r"NCT990000\d\d", nct_id) for nct_id in ids)


def test_a_search_demo_finds_several_studies_of_common_conditions() -> None:
    terms = ("Heart Failure", "Myocardial Infarction", "Breast Neoplasms", "Asthma", "Malaria")
    counts = dict.fromkeys(terms, 0)
    for record in RECORDS:
        for mesh in record["derivedSection"].get("conditionBrowseModule", {}).get("meshes", ()):
            counts[mesh["term"]] = counts.get(mesh["term"], 0) + 1
    assert counts["Heart Failure"] >= 4
    assert counts["Breast Neoplasms"] >= 4
    assert counts["Asthma"] >= 3
    assert counts["Myocardial Infarction"] >= 3
    assert sum(n for term, n in counts.items() if term.startswith("Diabetes Mellitus")) >= 4
    assert sum(n for term, n in counts.items() if term.startswith("Depress")) >= 3


@each_record
def test_the_model_reads_it_and_writes_it_back(record: Record) -> None:
    study = parse_study(json.dumps(record).encode())
    assert study.nct_id == get_id(record)
    assert study.unmodelled == {}
    assert json.loads(encode_study(study)) == record


@each_record
def test_results_are_announced_if_and_only_if_present(record: Record) -> None:
    posted = "resultsFirstPostDateStruct" in record["protocolSection"]["statusModule"]
    assert record["hasResults"] == ("resultsSection" in record) == posted


@each_record
def test_dates_are_in_order(record: Record) -> None:
    status = record["protocolSection"]["statusModule"]
    milestones = [
        status[name]
        for name in ("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct")
        if name in status
    ]
    for earlier, later in itertools.pairwise(milestones):
        assert pad_date(earlier["date"], last=False) <= pad_date(later["date"], last=True)
    updated = status["lastUpdateSubmitDate"]
    for milestone in milestones:
        if milestone["type"] == "ACTUAL":
            assert pad_date(milestone["date"], last=False) <= updated
    steps = [
        status["studyFirstSubmitDate"],
        status["studyFirstSubmitQcDate"],
        status["studyFirstPostDateStruct"]["date"],
    ]
    if record["hasResults"]:
        steps += [pad_date(milestones[1]["date"], last=True)]
        steps += [
            status["resultsFirstSubmitDate"],
            status["resultsFirstSubmitQcDate"],
            status["resultsFirstPostDateStruct"]["date"],
        ]
    steps += [
        status["lastUpdatePostDateStruct"]["date"],
        record["derivedSection"]["miscInfoModule"]["versionHolder"],
    ]
    assert steps == sorted(steps)


@each_record
def test_arms_and_interventions_name_each_other(record: Record) -> None:
    module = record["protocolSection"].get("armsInterventionsModule", {})
    pairs = {
        (arm["label"], name.partition(": ")[2])
        for arm in module.get("armGroups", ())
        for name in arm.get("interventionNames", ())
    }
    back = {
        (label, item["name"])
        for item in module.get("interventions", ())
        for label in item.get("armGroupLabels", ())
    }
    assert pairs == back


def test_expanded_access_links_lead_to_expanded_access_records_of_that_status() -> None:
    by_id = {get_id(record): record["protocolSection"] for record in RECORDS}
    links = 0
    for protocol in by_id.values():
        info = protocol["statusModule"].get("expandedAccessInfo", {})
        if "nctId" in info:
            target = by_id[info["nctId"]]
            assert target["designModule"]["studyType"] == "EXPANDED_ACCESS"
            assert target["statusModule"]["overallStatus"] == info["statusForNctId"]
            assert (
                target["sponsorCollaboratorsModule"]["leadSponsor"]
                == protocol["sponsorCollaboratorsModule"]["leadSponsor"]
            )
            links += 1
    assert links == 4


def test_one_study_has_150_sites_and_the_set_spans_20_countries() -> None:
    sites = [
        record["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
        for record in RECORDS
    ]
    assert max(map(len, sites)) == 150
    assert len({location["country"] for locations in sites for location in locations}) >= 20


def test_a_withheld_record_tells_next_to_nothing() -> None:
    withheld = [r for r in RECORDS if r["protocolSection"]["statusModule"]["overallStatus"] == "WITHHELD"]
    assert [sorted(record["protocolSection"]) for record in withheld] == [
        ["identificationModule", "sponsorCollaboratorsModule", "statusModule"]
    ]


def find_group_ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "groupId":
                yield item
            elif key == "groupIds":
                yield from item
            else:
                yield from find_group_ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from find_group_ids(item)


@each_result
def test_group_ids_resolve_within_their_module(record: Record) -> None:
    results = record["resultsSection"]
    scopes = [
        (results["participantFlowModule"], "groups"),
        (results["baselineCharacteristicsModule"], "groups"),
    ]
    scopes += [(measure, "groups") for measure in results["outcomeMeasuresModule"]["outcomeMeasures"]]
    scopes.append((results["adverseEventsModule"], "eventGroups"))
    for scope, name in scopes:
        assert set(find_group_ids(scope)) <= {group["id"] for group in scope[name]}


@each_result
def test_the_flow_adds_up_in_each_period(record: Record) -> None:
    flow = record["resultsSection"]["participantFlowModule"]
    previous: list[int] | None = None
    for period in flow["periods"]:
        numbers = {
            m["type"]: [int(row["numSubjects"]) for row in m["achievements"]] for m in period["milestones"]
        }
        lost = numbers["NOT COMPLETED"]
        assert [a + b for a, b in zip(numbers["COMPLETED"], lost, strict=True)] == numbers["STARTED"]
        assert previous in (None, numbers["STARTED"])
        reasons = [
            [int(row["numSubjects"]) for row in drop["reasons"]] for drop in period.get("dropWithdraws", ())
        ]
        assert [sum(column) for column in zip(*reasons, strict=True)] == (lost if reasons else [])
        assert bool(reasons) == any(lost)
        previous = numbers["COMPLETED"]
    started = sum(int(row["numSubjects"]) for row in flow["periods"][0]["milestones"][0]["achievements"])
    assert started == record["protocolSection"]["designModule"]["enrollmentInfo"]["count"]


@each_result
def test_baseline_counts_add_up_over_groups_and_categories(record: Record) -> None:
    module = record["resultsSection"]["baselineCharacteristicsModule"]
    denoms = {c["groupId"]: int(c["value"]) for c in module["denoms"][0]["counts"]}
    for measure in module["measures"]:
        if measure["paramType"] not in ("COUNT_OF_PARTICIPANTS", "NUMBER"):
            continue
        sums = dict.fromkeys(denoms, 0)
        for item in measure["classes"]:
            for category in item["categories"]:
                values = [int(cell["value"]) for cell in category["measurements"]]
                assert values[-1] == sum(values[:-1]), measure["title"]
                assert min(values) >= 0
                for cell in category["measurements"]:
                    sums[cell["groupId"]] += int(cell["value"])
        assert sums == denoms, measure["title"]


@each_result
def test_no_count_exceeds_its_denominator(record: Record) -> None:
    for measure in record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]:
        if not measure.get("paramType", "").startswith("COUNT_OF"):
            continue
        units = (
            "Participants"
            if measure["paramType"] == "COUNT_OF_PARTICIPANTS"
            else measure["typeUnitsAnalyzed"]
        )
        sizes = next(denom["counts"] for denom in measure["denoms"] if denom["units"] == units)
        sums = {row["groupId"]: 0 for row in sizes}
        for category in measure["classes"][0]["categories"]:
            for cell in category["measurements"]:
                sums[cell["groupId"]] += int(cell["value"])
        assert all(sums[row["groupId"]] <= int(row["value"]) for row in sizes), measure["title"]
        if len(measure["classes"][0]["categories"]) > 1:
            assert all(sums[row["groupId"]] == int(row["value"]) for row in sizes), measure["title"]


@each_result
def test_limits_enclose_their_value(record: Record) -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict):
            if {"value", "lowerLimit", "upperLimit"} <= value.keys() and value["value"] != "NA":
                assert float(value["lowerLimit"]) <= float(value["value"]) <= float(value["upperLimit"])
            if {"paramValue", "ciLowerLimit", "ciUpperLimit"} <= value.keys():
                assert (
                    float(value["ciLowerLimit"]) <= float(value["paramValue"]) <= float(value["ciUpperLimit"])
                )
            for item in value.values():
                check(item)
        elif isinstance(value, list):
            for item in value:
                check(item)

    check(record["resultsSection"])


@each_result
def test_adverse_events_stay_within_those_at_risk(record: Record) -> None:
    module = record["resultsSection"]["adverseEventsModule"]
    for kind in ("serious", "other"):
        for i, group in enumerate(module["eventGroups"]):
            affected = [event["stats"][i]["numAffected"] for event in module.get(f"{kind}Events", ())]
            total, at_risk = group[f"{kind}NumAffected"], group[f"{kind}NumAtRisk"]
            assert max(affected, default=0) <= total <= min(sum(affected), at_risk)
        for event in module.get(f"{kind}Events", ()):
            assert all(row["numAffected"] <= row["numEvents"] for row in event["stats"])


@each_result
def test_deaths_in_the_flow_are_among_the_deaths_reported(record: Record) -> None:
    results = record["resultsSection"]
    deaths = [0] * len(results["adverseEventsModule"]["eventGroups"])
    for period in results["participantFlowModule"]["periods"]:
        for drop in period.get("dropWithdraws", ()):
            if drop["type"] == "Death":
                deaths = [n + int(row["numSubjects"]) for n, row in zip(deaths, drop["reasons"], strict=True)]
    assert deaths == [group["deathsNumAffected"] for group in results["adverseEventsModule"]["eventGroups"]]


@each_record
def test_people_and_addresses_reach_nobody(record: Record) -> None:
    text = json.dumps(record)
    assert set(re.findall(r"@([\w.-]+)", text)) <= {"example.org"}
    assert all(host.endswith("example.org") for host in re.findall(r"https?://([^/\"\s]+)", text))
    assert all(re.fullmatch(r"555-01\d\d", phone) for phone in re.findall(r'"phone": "([^"]*)"', text))
