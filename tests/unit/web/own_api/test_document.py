"""Does the OpenAPI document describe exactly what is there, and do the answers hold to it?"""

from __future__ import annotations

import html
import re
from typing import Any

import jsonschema_rs
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.unit.web.own_api.conftest import SAVED_AFTER_FIRST_RUN

from trialbook.export.forms import FORMS
from trialbook.web.app import SECURITY_HEADERS
from trialbook.web.own_api.endpoints import BASE, ENDPOINTS
from trialbook.web.own_api.openapi import make_document

ADDRESSES = {
    "/search": ["/search?query.cond=hart&facets=Phase&as_of=2026", "/search?query.cond=heart&limit=100"],
    "/report": ["/report?query.cond=heart&as_of=2024"],
    "/export": [f"/export?format={form}" for form in FORMS],
    "/studies/{nctId}/versions": ["/studies/NCT04776239/versions"],
    "/studies/{nctId}/changes": ["/studies/NCT04776239/changes", "/studies/NCT98000001/changes"],
    "/studies/{nctId}/related": ["/studies/NCT04776239/related?landscape=true"],
    "/related": ["/related?text=Stem+cells+for+heart+failure&ids=NCT04776239,NCT98000001"],
    "/studies/{nctId}/criteria": ["/studies/NCT04776239/criteria?as_of=2026"],
    "/studies/{nctId}/cohort": ["/studies/NCT04776239/cohort", "/studies/NCT04776239/cohort?as_of=2026"],
    "/studies/{nctId}/screen": ["/studies/NCT04776239/screen"],
    "/match": ["/match"],
    "/studies/{nctId}": ["/studies/NCT04776239"],
    "/saved": ["/saved"],
    "/lists": ["/lists"],
    "/lists/{name}": ["/lists/kept"],
    "/lists/{name}/feed": [f"/lists/kept/feed?format={form}" for form in ("atom", "json")],
    "/lists/{name}/export": [f"/lists/kept/export?format={form}" for form in FORMS],
    "/compare": ["/compare?ids=NCT98000001|NCT98000002,NCT04776239"],
    "/saved/{name}/feed": [f"/saved/{SAVED_AFTER_FIRST_RUN}/feed?format={form}" for form in ("atom", "json")],
    "/feed": ["/feed?limit=200&format=json", "/feed?query.cond=heart"],
    "/openapi.json": ["/openapi.json"],
    "/": ["/"],
}

# What is sent by POST.
SENT: dict[str, Any] = {
    "/studies/{nctId}/screen": {"patient": {"age": 54, "HbA1c": "8.2 %", "creatinine": "3 mg/dL"}},
    "/match": {"patient": {"age": 64, "conditions": ["heart failure", "breast cancer"]}, "limit": 2},
}
# What must be asked with any other parameter.
NEEDED = {"/related": {"ids": "NCT04776239"}, "/compare": {"ids": "NCT04776239,NCT98000001"}}


def ask(own: TestClient, path: str, address: str, **asked: Any) -> Any:
    """The answer of an address, asked as it is to be."""
    return own.post(address, json=SENT[path], **asked) if path in SENT else own.get(address, **asked)


def find_operation(document: dict[str, Any], path: str) -> Any:
    """The one operation of a path."""
    ((method, operation),) = document["paths"][path].items()
    assert method == ("post" if path in SENT else "get")
    return operation


@pytest.fixture(scope="module")
def document(own: TestClient) -> dict[str, Any]:
    """The document as it is served."""
    served: dict[str, Any] = own.get("/openapi.json").json()
    return served


def test_every_route_is_in_the_document_and_the_other_way_round(
    site: TestClient, document: dict[str, Any]
) -> None:
    routes = [route.path for route in site.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    ours = {path.removeprefix(BASE) for path in routes if path.startswith(BASE)} - {"/{rest:path}"}
    assert {path.replace("{nct_id:path}", "{nctId}") for path in ours} == set(document["paths"])
    assert set(document["paths"]) == set(ADDRESSES)
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", ADDRESSES)
def test_answers_have_the_form_that_the_document_gives_them(
    own: TestClient, document: dict[str, Any], path: str
) -> None:
    answers = find_operation(document, path)["responses"]["200"]["content"]
    seen = set()
    for address in ADDRESSES[path]:
        answer = ask(own, path, address)
        assert answer.status_code == 200, answer.text
        media_type = answer.headers["content-type"].partition(";")[0]
        seen.add(media_type)
        if "schema" in answers[media_type]:
            schema = {**answers[media_type]["schema"], "components": document["components"]}
            jsonschema_rs.validate(schema, answer.json())
    assert seen == set(answers)


def test_a_wrong_answer_would_be_noticed(own: TestClient, document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/SearchAnswer", "components": document["components"]}
    answer = own.get("/search").json()
    jsonschema_rs.validate(schema, answer)
    assert not jsonschema_rs.is_valid(schema, {**answer, "total": "many"})
    assert not jsonschema_rs.is_valid(schema, {name: answer[name] for name in answer if name != "total"})


def test_every_parameter_is_accepted_and_no_other(own: TestClient, document: dict[str, Any]) -> None:
    for path, addresses in ADDRESSES.items():
        address = addresses[0].partition("?")[0]
        parameters = find_operation(document, path)["parameters"]
        assert {each["name"] for each in parameters if each["in"] == "path"} == set(
            re.findall(r"\{(\w+)\}", path)
        )
        for parameter in parameters:
            value = str(parameter.get("example", parameter["schema"].get("default", "1")))
            if parameter["in"] == "query":
                needed = NEEDED.get(path, {}) | ({"near": "Miami"} if parameter["name"] == "within" else {})
                answer = own.get(address, params={**needed, parameter["name"]: value})
                assert answer.status_code == 200, (address, parameter["name"], value, answer.text)
        assert ask(own, path, address, params={"unheard_of": "1"}).status_code == 400


def test_bounds_of_numbers_are_those_of_the_document(own: TestClient, document: dict[str, Any]) -> None:
    for path, addresses in ADDRESSES.items():
        for parameter in find_operation(document, path)["parameters"]:
            if parameter["schema"]["type"] == "integer":
                beyond = {parameter["name"]: parameter["schema"]["maximum"] + 1}
                answer = own.get(addresses[0].partition("?")[0], params=beyond)
                assert answer.status_code == 400, (path, parameter["name"])


def test_operations_have_names_of_their_own() -> None:
    names = [endpoint.operation for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
    assert all(endpoint.summary and endpoint.meaning for endpoint in ENDPOINTS)


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named == set(document["components"]["schemas"])


def test_the_page_shows_every_address_and_parameter_without_scripts_of_others(
    site: TestClient, own: TestClient
) -> None:
    answer = own.get("/")
    page = html.unescape(answer.text)
    for path, item in make_document()["paths"].items():
        ((method, operation),) = item.items()
        assert f"{method.upper()} {BASE}{path}" in page
        for parameter in operation["parameters"]:
            assert f"<code>{parameter['name']}</code>" in page
    assert re.findall(r"<script[^>]*>", page) == re.findall(r"<script[^>]*>", site.get("/").text)
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS[b"content-security-policy"].decode()


def test_every_example_on_the_page_is_answered(site: TestClient, own: TestClient) -> None:
    examples = re.findall(r'For example <a href="([^"]+)"', own.get("/").text)
    assert len(examples) == len([each for each in ENDPOINTS if each.method == "GET"])
    for example in map(html.unescape, examples):
        # The name of a saved search and of a list is anyone's choice.
        expected = 404 if "/saved/heart-failure" in example or "/lists/to-read" in example else 200
        assert site.get(example).status_code == expected, example


def test_an_address_without_its_last_slash_leads_to_the_page(site: TestClient) -> None:
    answer = site.get(BASE)
    assert (answer.status_code, answer.headers["location"]) == (307, f"http://localhost{BASE}/")
