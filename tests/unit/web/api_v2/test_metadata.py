"""Are fields, areas and enumerations answered as the registry answers them?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient


def walk(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        children = node.pop("children", [])
        yield node
        yield from walk(children)


def test_the_tree_equals_the_registrys(api: TestClient, shared_spec: Path) -> None:
    theirs = json.loads((shared_spec / "ctgov" / "studies_metadata.json").read_bytes())
    expected = {node["piece"]: node for node in walk(theirs)}
    for node in expected.values():
        node.pop("description", None)  # prose of the registry, which is not passed on
    ours = {node["piece"]: node for node in walk(api.get("/studies/metadata").json())}
    assert ours == expected
    assert len(ours) == 454


def test_a_node_stands_below_its_structure(api: TestClient) -> None:
    protocol = api.get("/studies/metadata").json()[0]
    assert protocol["name"] == "protocolSection"
    first = protocol["children"][0]["children"][0]
    assert (first["name"], first["piece"]) == ("nctId", "NCTId")


def test_pieces_for_searching_alone_are_shown_when_asked_for(api: TestClient) -> None:
    tree = list(walk(api.get("/studies/metadata?includeIndexedOnly=true").json()))
    hidden = {node["piece"] for node in tree if node.get("indexedOnly")}
    assert len(tree) == 531
    assert {"NumArmGroups", "LocationCountryCode"} <= hidden


def test_areas_carry_their_weights(api: TestClient) -> None:
    (document,) = api.get("/studies/search-areas").json()
    areas = {area["name"]: area for area in document["areas"]}
    assert (document["name"], len(areas)) == ("Study", 19)
    assert areas["TitleSearch"] == {
        "name": "TitleSearch",
        "param": "query.titles",
        "uiLabel": "Title / acronym",
        "parts": [
            {"pieces": [piece], "isEnum": False, "isSynonyms": True, "type": "text", "weight": weight}
            for piece, weight in (("Acronym", 1.0), ("BriefTitle", 0.95), ("OfficialTitle", 0.8))
        ],
    }


def test_areas_equal_the_registrys(api: TestClient, shared_spec: Path) -> None:
    theirs = json.loads((shared_spec / "ctgov" / "search_areas.json").read_bytes())["areas"]
    (document,) = api.get("/studies/search-areas").json()
    for area in document["areas"]:
        ours = [(part["pieces"][0], part["weight"], part["isSynonyms"]) for part in area["parts"]]
        assert ours == [
            (each["piece"], each["weight"], each["synonyms"]) for each in theirs[area["name"]]["fields"]
        ]


def test_enumerations_name_their_pieces_and_older_wordings(api: TestClient) -> None:
    enums = {each["type"]: each for each in api.get("/studies/enums").json()}
    assert enums["Phase"]["pieces"] == ["Phase"]
    assert enums["Phase"]["values"][0] == {"value": "NA", "legacyValue": "Not Applicable"}
    assert enums["Status"]["pieces"] == ["OverallStatus", "LastKnownStatus"]


def test_enumerations_hold_the_registrys_values(api: TestClient, shared_spec: Path) -> None:
    theirs = json.loads((shared_spec / "ctgov" / "enums.json").read_bytes())
    ours = {
        each["type"]: [value["value"] for value in each["values"]]
        for each in api.get("/studies/enums").json()
    }
    theirs.pop("FieldStatsType")  # of the API itself, not of records
    assert ours == theirs


def test_the_version_is_the_registrys_and_the_time_the_librarys(api: TestClient) -> None:
    shown = api.get("/version").json()
    assert shown["apiVersion"] == "2.0.5"
    assert len(shown["dataTimestamp"]) == len("2026-11-26T07:11:09")


@pytest.mark.parametrize(
    "address",
    [
        "/studies/metadata?x=1",
        "/studies/metadata?includeIndexedOnly=maybe",
        "/studies/enums?x",
        "/version?a=b",
    ],
)
def test_what_makes_no_sense_is_declined(api: TestClient, address: str) -> None:
    answer = api.get(address)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
