"""Does our own API list related studies with their reasons, and say the same as the library?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.related.conftest import make_trial
from tests.unit.related.conftest import related_home as home  # noqa: F401

from trialbook.library import Library
from trialbook.web.app import make_app

PARENT, EXTENSION, STRANGER = "NCT10000001", "NCT10000002", "NCT10000003"


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[TestClient]:  # noqa: F811
    with TestClient(make_app(home), base_url="http://localhost/api/trialbook") as client:
        yield client


def test_a_list_has_the_scores_and_reasons_of_the_library(api: TestClient, home: Path) -> None:  # noqa: F811
    answer = api.get(f"/studies/{PARENT.lower()}/related?limit=3").json()
    with Library(home) as library:
        found = library.find_related(PARENT, limit=3)
    assert [(each["nctId"], each["score"]) for each in answer["studies"]] == [
        (each.nct_id, each.score) for each in found.studies
    ]
    first = answer["studies"][0]
    assert (first["nctId"], first["group"], first["relation"]) == (EXTENSION, "family", "extension")
    assert first["study"]["protocolSection"]["statusModule"]["overallStatus"] == "COMPLETED"
    assert {"kind": "named by id", "ours": [PARENT], "theirs": [PARENT]}.items() <= next(
        reason for reason in first["reasons"] if reason["kind"] == "named by id"
    ).items()
    assert (answer["lag"], answer["landscape"], answer["learntFrom"]) == (0, None, 11)


def test_the_landscape_is_told_when_asked_for(api: TestClient) -> None:
    told = api.get(f"/studies/{PARENT}/related?landscape=true&limit=2").json()["landscape"]
    assert told["nctIds"] == [EXTENSION, STRANGER]
    assert {"name": "Maker of it", "place": "", "nctIds": [EXTENSION], "isOwn": True} in told["sponsors"]
    shared = {(each["kind"], each["name"]): each["nctIds"] for each in told["shared"]}
    assert shared["intervention", "macitentan"] == [EXTENSION]


def test_facets_and_fields_are_taken(api: TestClient) -> None:
    answer = api.get(f"/studies/{PARENT}/related?facets=drug%3D2%7Crecruiting&fields=BriefTitle").json()
    assert [each["nctId"] for each in answer["studies"]] == [STRANGER]
    assert answer["studies"][0]["study"] == {
        "protocolSection": {
            "identificationModule": {"briefTitle": "Bosentan in Pulmonary Arterial Hypertension"}
        }
    }


def test_several_a_text_and_a_record_elsewhere_are_asked(api: TestClient) -> None:
    several = api.get("/related", params={"ids": f"{PARENT}|{EXTENSION}"}).json()
    assert several["studies"][0]["nctId"] == STRANGER
    text = api.get("/related", params={"text": "Macitentan in pulmonary arterial hypertension"}).json()
    assert text["studies"][0]["nctId"] == PARENT
    record = json.dumps(make_trial("NCT19999999", "macitentan", "Pulmonary Arterial Hypertension"))
    handed = api.get("/related", params={"text": record, "landscape": "true"}).json()
    assert handed["studies"][0]["nctId"] == PARENT
    assert any(each["isOwn"] for each in handed["landscape"]["shared"])


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/related", 400, "name a study by its id"),
        ("/related?ids=NCT77777777", 404, "NCT77777777 is not in this library"),
        ("/related?ids=" + ",".join(f"NCT1000{n:04}" for n in range(11)), 400, "more than 10 items"),
        (f"/studies/{PARENT}/related?facets=colour", 400, "there is no facet 'colour'"),
        (f"/studies/{PARENT}/related?limit=101", 400, "between 1 and 100"),
        (f"/studies/{PARENT}/related?landscape=perhaps", 400, "landscape"),
        (f"/studies/{PARENT}/related?fields=Nonsense", 400, "Nonsense"),
        ("/related?text=%7B%22a%22%3A", 400, "the text"),
        ("/studies/NCT77777777/related", 404, "is not in this library"),
    ],
)
def test_nonsense_is_declined_in_a_sentence(api: TestClient, address: str, status: int, message: str) -> None:
    answer = api.get(address)
    assert (answer.status_code, message in answer.text) == (status, True), answer.text
