"""Do the answers hold to the registry's own OpenAPI document?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.openapi import find_faults, read_document

from trialbook.ask.agg_filters import FILTERS, write_filters
from trialbook.search.language.parse import parse_query
from trialbook.web.api_v2 import listing, one_study

ADDRESSES = {
    "/studies": ["/studies?pageSize=100&countTotal=true", "/studies?fields=NCTId|Location&pageSize=3"],
    "/studies/{nctId}": ["/studies/NCT98000001", "/studies/NCT98000001?fields=Phase"],
    "/studies/metadata": ["/studies/metadata", "/studies/metadata?includeIndexedOnly=true"],
    "/studies/search-areas": ["/studies/search-areas"],
    "/studies/enums": ["/studies/enums"],
    "/stats/size": ["/stats/size"],
    "/stats/field/values": ["/stats/field/values"],
    "/stats/field/sizes": ["/stats/field/sizes"],
    "/version": ["/version"],
}


@pytest.fixture(scope="module")
def document(shared_spec: Path) -> dict[str, Any]:
    """The registry's OpenAPI document."""
    return read_document(shared_spec / "ctgov" / "openapi-2.0.5.yaml")


@pytest.mark.parametrize("path", ADDRESSES)
def test_answers_have_the_form_of_the_document(api: TestClient, document: dict[str, Any], path: str) -> None:
    answers = document["paths"][path]["get"]["responses"]["200"]["content"]
    for address in ADDRESSES[path]:
        answer = api.get(address)
        assert answer.status_code == 200, address
        schema = answers[answer.headers["content-type"]]["schema"]
        assert list(find_faults(document, schema, answer.json())) == [], address


def test_no_path_and_no_parameter_is_missing(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == set(ADDRESSES)
    of_list = {each["name"] for each in document["paths"]["/studies"]["get"]["parameters"]}
    of_one = {each["name"] for each in document["paths"]["/studies/{nctId}"]["get"]["parameters"]}
    assert of_list == listing.KNOWN
    assert of_one - {"nctId"} == one_study.KNOWN


def test_every_example_of_the_document_is_answered(api: TestClient, document: dict[str, Any]) -> None:
    for path, operation in document["paths"].items():
        for parameter in operation["get"]["parameters"]:
            for example in (each["value"] for each in parameter.get("examples", {}).values()):
                value = "|".join(example) if isinstance(example, list) else example
                if parameter["in"] == "query":
                    address = path.replace("{nctId}", "NCT98000001")
                    answer = api.get(address, params={parameter["name"]: value})
                    assert answer.status_code == 200, (address, parameter["name"], value, answer.text)


@pytest.mark.parametrize("name", FILTERS)
def test_every_aggregation_filter_is_a_query(name: str) -> None:
    for text in write_filters(f"{name}:{' '.join(FILTERS[name])} unheard_of"):
        parse_query(text)
