"""NCT04776239 as shipped: its facts are the registry's, its prose is ours and says so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from trialbook.model import encode_study, parse_study
from trialbook.samples import sample_paths

MARK = "(Retold by Trialbook from the public record.)"
PROSE = ("briefSummary", "detailedDescription", "description", "eligibilityCriteria")
_, OLDER, NEWER = (path for path in sample_paths())


def read(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def find_prose(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [item for key, item in value.items() if key in PROSE and isinstance(item, str)]
        return own + [text for item in value.values() for text in find_prose(item)]
    return [text for item in value for text in find_prose(item)] if isinstance(value, list) else []


def drop_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: drop_prose(item) for key, item in value.items() if key not in PROSE}
    return [drop_prose(item) for item in value] if isinstance(value, list) else value


def find_missing(facts: Any, record: Any, path: str = "") -> list[str]:
    """List where `record` lacks or changes a fact; more facts than asked for are no fault."""
    if isinstance(facts, dict):
        if not isinstance(record, dict):
            return [path]
        return [p for key in facts for p in find_missing(facts[key], record.get(key), f"{path}.{key}")]
    if isinstance(facts, list):
        if not isinstance(record, list) or len(record) != len(facts):
            return [path]
        return [p for i, item in enumerate(facts) for p in find_missing(item, record[i], path)]
    return [] if facts == record else [path]


def read_criteria(text: str) -> list[str]:
    return re.findall(r"^\d+\. (.*)$", text, flags=re.MULTILINE)


def find_numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", text))


def make_runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_the_older_version_holds_every_fact_of_october_2022(shared_data: Path) -> None:
    registry = read(shared_data / "ctgov" / "NCT04776239.json")
    assert find_missing(drop_prose(registry), read(OLDER)) == []


def test_between_the_versions_only_history_changes() -> None:
    older, newer = read(OLDER), read(NEWER)
    assert sorted(set(find_missing(older, newer))) == [
        ".derivedSection.miscInfoModule",
        ".protocolSection.contactsLocationsModule.locations.status",
        ".protocolSection.designModule.enrollmentInfo.count",
        ".protocolSection.designModule.enrollmentInfo.type",
        ".protocolSection.statusModule.completionDateStruct.date",
        ".protocolSection.statusModule.completionDateStruct.type",
        ".protocolSection.statusModule.lastUpdatePostDateStruct.date",
        ".protocolSection.statusModule.lastUpdateSubmitDate",
        ".protocolSection.statusModule.overallStatus",
        ".protocolSection.statusModule.primaryCompletionDateStruct",
        ".protocolSection.statusModule.statusVerifiedDate",
    ]
    assert newer["protocolSection"]["designModule"]["enrollmentInfo"] == {"count": 26, "type": "ACTUAL"}
    assert parse_study(OLDER.read_bytes()).version_date < parse_study(NEWER.read_bytes()).version_date


def test_the_newer_version_holds_the_facts_of_the_page(shared_seed: Path) -> None:
    page = (shared_seed / "NCT04776239.txt").read_text(encoding="utf-8").splitlines()
    protocol = read(NEWER)["protocolSection"]
    arms = protocol["armsInterventionsModule"]
    facts = [
        protocol["identificationModule"]["briefTitle"],
        protocol["identificationModule"]["orgStudyIdInfo"]["id"],
        *(info["id"] for info in protocol["identificationModule"]["secondaryIdInfos"]),
        protocol["statusModule"]["overallStatus"],
        protocol["statusModule"]["startDateStruct"]["date"],
        protocol["statusModule"]["completionDateStruct"]["date"],
        f"Last Updated: {protocol['statusModule']['lastUpdatePostDateStruct']['date']}",
        "/".join(protocol["designModule"]["phases"]),
        f"{protocol['designModule']['enrollmentInfo']['count']} participants",
        protocol["designModule"]["designInfo"]["allocation"],
        protocol["designModule"]["designInfo"]["interventionModel"],
        " ".join(protocol["conditionsModule"]["conditions"]),
        *(arm["label"] for arm in arms["armGroups"]),
        *(item["name"] for item in arms["interventions"]),
        *arms["interventions"][0]["otherNames"],
        protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"],
        protocol["sponsorCollaboratorsModule"]["collaborators"][0]["name"],
        protocol["sponsorCollaboratorsModule"]["responsibleParty"]["investigatorTitle"],
        *(official["name"] for official in protocol["contactsLocationsModule"]["overallOfficials"]),
        protocol["contactsLocationsModule"]["locations"][0]["facility"],
        protocol["referencesModule"]["seeAlsoLinks"][0]["url"],
        f"Description: {protocol['referencesModule']['seeAlsoLinks'][0]['label']}",
    ]
    assert [fact for fact in facts if fact not in page] == []


def test_each_of_the_23_criteria_keeps_its_numbers(shared_seed: Path) -> None:
    page = read_criteria((shared_seed / "NCT04776239.txt").read_text(encoding="utf-8"))
    text = read(NEWER)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    ours = read_criteria(text)
    assert len(page) == len(ours) == 23
    assert [find_numbers(criterion) for criterion in ours] == [find_numbers(criterion) for criterion in page]


@pytest.mark.parametrize("path", [OLDER, NEWER], ids=["2022", "2025"])
def test_all_prose_is_marked_as_retold(path: Path) -> None:
    prose = find_prose(read(path))
    assert len(prose) >= 23
    assert [text for text in prose if MARK not in (text[: len(MARK)], text[-len(MARK) :])] == []


def test_no_sentence_is_taken_over(shared_data: Path) -> None:
    theirs = " ".join(find_prose(read(shared_data / "ctgov" / "NCT04776239.json")))
    ours = " ".join(find_prose(read(NEWER))).replace(MARK, "")
    assert {" ".join(run) for run in make_runs(ours, 9) & make_runs(theirs, 9)} == set()


@pytest.mark.parametrize("path", [OLDER, NEWER], ids=["2022", "2025"])
def test_the_model_reads_it_and_writes_it_back(path: Path) -> None:
    assert json.loads(encode_study(parse_study(path.read_bytes()))) == read(path)
