"""Does the OpenAPI document that is served describe what is answered?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.unit.web.api_v2.openapi import find_faults

from trialbook.web.api_v2 import listing, routes

ADDRESSES = {
    "/studies": "/studies?pageSize=1000&countTotal=true",
    "/studies/{nctId}": "/studies/NCT98000001",
    "/studies/metadata": "/studies/metadata?includeIndexedOnly=true",
    "/studies/search-areas": "/studies/search-areas",
    "/studies/enums": "/studies/enums",
    "/stats/size": "/stats/size",
    "/stats/field/values": "/stats/field/values",
    "/stats/field/sizes": "/stats/field/sizes",
    "/stats/fieldValues/{field}": "/stats/fieldValues/Phase",
    "/stats/listSizes/{field}": "/stats/listSizes/Phase",
    "/version": "/version",
}


@pytest.fixture(scope="module")
def document(api: TestClient) -> dict[str, Any]:
    """The document as it is served."""
    served: dict[str, Any] = api.get("/openapi.json").json()
    return served


def find_schema(document: dict[str, Any], path: str) -> dict[str, Any]:
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schema


@pytest.mark.parametrize("path", ADDRESSES)
def test_each_answer_has_the_form_of_the_document(
    api: TestClient, document: dict[str, Any], path: str
) -> None:
    answer = api.get(ADDRESSES[path])
    assert answer.status_code == 200
    assert list(find_faults(document, find_schema(document, path), answer.json())) == []


def test_every_address_of_the_document_is_answered(api: TestClient, document: dict[str, Any]) -> None:
    paths = {route.path for route in api.app.routes if isinstance(route, Route)}  # type: ignore[attr-defined]
    for path in document["paths"]:
        assert routes.BASE + path.replace("{nctId}", "{nct_id:path}") in paths
    assert set(document["paths"]) - set(ADDRESSES) == {"/studies/download"}


def test_every_parameter_of_a_list_is_in_it(document: dict[str, Any]) -> None:
    named = {each["name"] for each in document["paths"]["/studies"]["get"]["parameters"]}
    assert named == listing.KNOWN


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    names = document["components"]["schemas"]
    assert all(part.partition('"')[0] in names for part in text.split("#/components/schemas/")[1:])


def test_real_records_have_its_form(document: dict[str, Any], shared_data: Path) -> None:
    with gzip.open(shared_data / "ctgov/records.jsonl.gz") as file:
        records = [json.loads(line) for _, line in zip(range(300), file, strict=False)]
    schema = {"$ref": "#/components/schemas/Study"}
    assert [fault for record in records for fault in find_faults(document, schema, record)] == []
