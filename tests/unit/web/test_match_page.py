"""Does the page list the studies that would take a person, with their grounds, and keep the person to itself?"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient
from tests.library import make_library
from tests.naive.records import make_record

from trialbook.web.app import make_app

TITLE, STATUS = "identificationModule.briefTitle", "statusModule.overallStatus"
CONDITIONS = "conditionsModule.conditions"
TEXT, LEAST = "eligibilityModule.eligibilityCriteria", "eligibilityModule.minimumAge"
TAKES, REFUSES, OTHER = "NCT00000001", "NCT00000002", "NCT00000003"
SECRET = "7.8312"
PERSON = {
    "birth_date": "1962-05-01",
    "sex": "female",
    "conditions": ["heart failure"],
    "HbA1c": f"{SECRET} %",
    "stroke": True,
}
HOSTILE = "<script>alert(1)</script>"


def trial(nct_id: str, condition: str, text: str, **more: Any) -> dict[str, Any]:
    values = {
        TITLE: f"A trial in {condition} {HOSTILE}",
        STATUS: "RECRUITING",
        CONDITIONS: [condition],
        TEXT: text,
    }
    return make_record(nct_id, values | more)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [
        trial(
            TAKES, "Heart Failure", "Inclusion Criteria:\n\n* HbA1c > 7 %\n* Consents", **{LEAST: "18 Years"}
        ),
        trial(REFUSES, "Heart Failure", "Exclusion Criteria:\n\n* Stroke"),
        trial(OTHER, "Asthma", "Inclusion Criteria:\n\n* Asthma"),
    ]
    return make_library(tmp_path_factory.mktemp("match") / "library", records)


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[TestClient]:
    with TestClient(make_app(home), base_url="http://localhost") as client:
        yield client


def send(site: TestClient, path: str = "/match", *, file: bytes = b"", **fields: str) -> Response:
    return site.post(path, data=fields, files={"file": ("patient.json", file, "application/json")})


def read(page: Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def test_studies_come_with_their_grounds_and_those_that_refuse_apart(site: TestClient) -> None:
    assert 'action="/match" method="post"' in site.get("/match").text
    page = send(site, file=json.dumps(PERSON).encode())
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    told = read(page)
    assert "HbA1c > 7 % ← HbA1c 7.8312 %" in told
    assert "1 study that would not take this person" in told
    assert "Excludes: Stroke ← stroke" in told
    assert page.text.index(TAKES) < page.text.index(REFUSES)
    assert OTHER not in page.text
    assert "<script>alert" not in page.text
    assert "trials for a person" in site.get("/").text.lower()


def test_what_was_told_goes_along_to_the_form_of_a_study(site: TestClient) -> None:
    page = send(site, pasted="She is 64 and has heart failure.")
    sent = re.search(r'name="told" value="([^"]*)"', page.text)
    assert sent
    assert f'formaction="/study/{TAKES}/screen"' in page.text
    form = send(site, f"/study/{TAKES}/screen", told=html.unescape(sent[1]))
    assert "age 64 years" in read(form)
    again = send(site, told=html.unescape(sent[1]), shown="20")
    assert TAKES in again.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"pasted": " "}, "nobody is told of"),
        ({"pasted": "{"}, "no JSON"),
        ({"pasted": "[{}, {}]"}, "several persons"),
        ({"told": "{"}, "came back damaged"),
        ({"pasted": "A man of 50 with heart failure.", "near": "Zzzqx"}, "Zzzqx"),
        ({"pasted": "A man of 50 with heart failure.", "complete": "tea"}, "no domain"),
        ({"pasted": "A man of 50 with heart failure.", "day": "soon"}, "no day"),
    ],
)
def test_what_cannot_be_understood_is_said(site: TestClient, fields: dict[str, str], said: str) -> None:
    page = send(site, **fields)
    assert page.status_code == 400
    assert said in read(page)


def test_nothing_of_a_person_is_logged_or_stands_in_an_address(
    home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with TestClient(make_app(home), base_url="http://localhost") as site:
        page = send(site, file=json.dumps(PERSON).encode())
    assert SECRET in page.text
    assert SECRET not in caplog.text + "".join(capfd.readouterr())
    assert not [each for each in re.findall(r'(?:href|action|src)="([^"]*)"', page.text) if SECRET in each]
    assert not [each for each in home.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()]
