"""The tables of pieces, search areas and enumerations say what the registry's own lists say."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.naive.records import make_record

from trialbook.record.pieces import (
    find_area,
    find_enum_label,
    find_enum_value,
    find_piece,
    get_areas,
    get_enums,
    get_parts,
    get_pieces,
    get_values,
)
from trialbook.record.walk import get_country_codes


def values_of(name: str, record: dict[str, Any]) -> list[Any]:
    piece = find_piece(name)
    assert piece is not None
    return get_values(record, piece)


def test_every_piece_of_the_registry_is_known(shared_spec: Path) -> None:
    with (shared_spec / "ctgov" / "pieces.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == len(get_pieces()) == 531
    for row in rows:
        piece = get_pieces()[row["piece"]]
        assert piece.path == row["index_field"]
        assert piece.type == row["data_type"].removeprefix("enum ")
        assert (piece.synonyms, piece.search_only, piece.nested) == (
            bool(row["synonyms"]),
            bool(row["search_only_not_retrievable"]),
            bool(row["nested_document"]),
        )


def test_every_older_name_of_the_registry_is_accepted(shared_spec: Path) -> None:
    nodes = json.loads((shared_spec / "ctgov" / "studies_metadata.json").read_bytes())
    seen = 0
    while nodes:
        node = nodes.pop()
        nodes.extend(node.get("children", []))
        for name in node.get("altPieceNames", []):
            piece = find_piece(name)
            assert piece is not None
            assert piece.name == node["piece"]
            seen += 1
    assert seen > 90


def test_every_search_area_has_the_registrys_weights(shared_spec: Path) -> None:
    areas = json.loads((shared_spec / "ctgov" / "search_areas.json").read_bytes())["areas"]
    assert list(areas) == list(get_areas())
    for name, area in areas.items():
        ours = get_areas()[name]
        assert ours.param == (area["param"] or "")
        assert [(p.piece.name, p.weight, p.synonyms) for p in ours.parts] == [
            (field["piece"], field["weight"], field["synonyms"]) for field in area["fields"]
        ]


def test_every_enumeration_has_the_registrys_values(shared_spec: Path) -> None:
    enums = json.loads((shared_spec / "ctgov" / "enums.json").read_bytes())
    del enums["FieldStatsType"]
    assert {name: [v.value for v in values] for name, values in get_enums().items()} == enums


@pytest.mark.parametrize(
    ("enum", "text", "value"),
    [
        ("Phase", "PHASE3", "PHASE3"),
        ("Phase", "phase 3", "PHASE3"),
        ("Phase", "N/A", "NA"),
        ("Phase", "Not Applicable", "NA"),
        ("Status", "Not yet recruiting", "NOT_YET_RECRUITING"),
        ("Status", "Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Status", "Unknown status", "UNKNOWN"),
        ("DesignMasking", "None (Open Label)", "NONE"),
        ("InterventionalAssignment", "Parallel Assignment", "PARALLEL"),
        ("StandardAge", "Older Adult", "OLDER_ADULT"),
        ("Phase", "Phase", None),
        ("Phase", "", None),
    ],
)
def test_values_are_found_by_their_older_wordings(enum: str, text: str, value: str | None) -> None:
    assert find_enum_value(enum, text) == value


def test_no_two_values_of_an_enumeration_share_a_wording() -> None:
    for enum, values in get_enums().items():
        for value in values:
            for wording in (value.value, *value.legacy):
                assert find_enum_value(enum, wording) == value.value, (enum, wording)


def test_label_is_what_people_read() -> None:
    assert find_enum_label("Phase", "EARLY_PHASE1") == "Early Phase 1"
    assert find_enum_label("Phase", "PHASE9") is None


def test_names_are_case_sensitive_and_paths_are_names() -> None:
    assert find_area("basicsearch") is None
    assert find_piece("nctid") is None
    assert find_piece("protocolSection.identificationModule.nctId") is find_piece("NCTId")
    assert find_piece("NCT-ID") is find_piece("NCTId")


def test_a_structure_stands_for_the_pieces_in_it() -> None:
    names = [part.piece.name for part in get_parts("DesignMaskingInfo")]
    assert names == ["DesignMasking", "DesignMaskingDescription", "DesignWhoMasked"]


def test_an_unknown_name_has_no_parts() -> None:
    with pytest.raises(KeyError):
        get_parts("Nonsense")


SITES = [
    {"city": "Paris", "country": "France", "contacts": [{"name": "A"}, {"name": "B"}]},
    {"city": "Seoul", "country": "Korea, Republic of"},
    {"city": "Lyon", "country": "France"},
]


def test_search_only_pieces_are_computed_from_the_record() -> None:
    record = make_record(
        "NCT00000001",
        {
            "identificationModule.nctIdAliases": ["NCT00000009"],
            "statusModule.startDateStruct.date": "2020-03",
            "statusModule.studyFirstSubmitDate": "2019-12-31",
            "statusModule.studyFirstPostDateStruct.date": "2020-01-02",
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": "L"},
                "collaborators": [{"name": "C"}, {"name": "D"}],
            },
            "designModule.phases": ["PHASE1", "PHASE2"],
            "armsInterventionsModule.interventions": [{"otherNames": ["x", "y"]}, {"name": "z"}],
            "outcomesModule": {"primaryOutcomes": [{}, {}], "otherOutcomes": [{}]},
            "contactsLocationsModule.locations": SITES,
            "referencesModule.references": [{"retractions": [{"pmid": "1"}, {"pmid": "2"}]}, {}],
        },
    )
    expected = {
        "NumNCTAliases": [1],
        "StudyFirstSubmitYear": [2019],
        "StudyFirstPostYear": [2020],
        "ResultsFirstPostYear": [],
        "NumCollaborators": [2],
        "NumCollaboratorsPlusLead": [3],
        "NumPhases": [2],
        "NumInterventionOtherNames": [2, 0],
        "NumPrimaryOutcomes": [2],
        "NumSecondaryOutcomes": [0],
        "NumOutcomes": [3],
        "NumLocations": [3],
        "NumLocationContacts": [2, 0, 0],
        "NumUniqueLocationCountries": [2],
        "LocationCountryCode": ["FR", "KR", "FR"],
        "NumRetractionsForRef": [2, 0],
        "NumRetractionsAllRefs": [2],
        "NumFlowPeriods": [],
    }
    assert {name: values_of(name, record) for name in expected} == expected


def test_every_search_only_piece_says_how_it_is_computed() -> None:
    assert [p.name for p in get_pieces().values() if p.search_only != bool(p.derive)] == []


def test_values_of_an_unexpected_shape_are_absent() -> None:
    record = make_record(
        "NCT00000001", {"designModule": ["PHASE1"], "conditionsModule.conditions": [None, "A"]}
    )
    assert values_of("Phase", record) == []
    assert values_of("NumPhases", record) == []
    assert values_of("Condition", record) == ["A"]
    assert (
        values_of("StudyFirstSubmitYear", make_record("X", {"statusModule.studyFirstSubmitDate": "n.d."}))
        == []
    )


def test_every_country_of_the_real_records_has_a_code(shared_data: Path) -> None:
    unknown = set()
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        for line in lines:
            for country in values_of("LocationCountry", json.loads(line)):
                if country.casefold() not in get_country_codes():
                    unknown.add(country)
    assert unknown == set()
