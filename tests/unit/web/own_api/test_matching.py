"""Studies for a person over our own API: sent by POST alone, answered as the library says, and forgotten."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import trialbook
from trialbook.library.match_answer import write_match
from trialbook.web.app import make_app

PATIENT = {"birth_date": "1962-05-01", "sex": "female", "conditions": ["heart failure", "breast cancer"]}
SECRETS = ("Zebulon-Quux", "1931-03-07", "cherubism")


def send(own: TestClient, sent: Any, **more: Any) -> Any:
    return own.post("/match", json=sent, **more)


def test_the_answer_is_the_librarys(own: TestClient, own_home: Path) -> None:
    asked = {"patient": PATIENT, "day": "2026-11-29", "complete": ["drug"], "limit": 3}
    answer = send(own, {**asked, "filters": {"status": ["RECRUITING"], "sex": ["ALL"]}})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    from trialbook.library.screening import Told

    with trialbook.open(own_home) as library:
        found = library.match(
            PATIENT,
            day=date(2026, 11, 29),
            told=Told(complete=frozenset({"drug"})),
            limit=3,
            status="RECRUITING",
            sex="ALL",
        )
    assert answer.json() == json.loads(write_match(found))
    assert answer.json()["studies"][0]["shares"]


@pytest.mark.parametrize(
    "patient", ["A 64-year-old woman with heart failure.", [PATIENT], json.dumps(PATIENT)]
)
def test_each_form_of_patient_data_is_taken(patient: Any, own: TestClient) -> None:
    answer = send(own, {"patient": patient})
    assert answer.status_code == 200, answer.text
    assert answer.json()["studies"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "missing required field `patient`"),
        ({"patient": PATIENT, "colour": "red"}, "unknown field `colour`"),
        ({"patient": PATIENT, "limit": 101}, "<= 100"),
        ({"patient": PATIENT, "filters": {"colour": "red"}}, "there is no filter called 'colour'"),
        # These are arguments of the library's method, and no filters.
        ({"patient": PATIENT, "filters": {"day": "2026-11-29"}}, "there is no filter called 'day'"),
        ({"patient": PATIENT, "filters": {"near": "Nowhere at all"}}, "Nowhere at all"),
        ({"patient": PATIENT, "day": "soon"}, "day is no day: 'soon'"),
        ({"patient": {"sex": "robot"}}, "no such sex"),
        ({"patient": [PATIENT, PATIENT]}, "several persons"),
        ({"patient": "   "}, "the note says nothing"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(sent: Any, said: str, own: TestClient) -> None:
    answer = send(own, sent)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


def test_it_is_asked_by_post_from_no_other_site(own: TestClient) -> None:
    assert own.get("/match").status_code in (404, 405)
    assert send(own, {"patient": PATIENT}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert own.post("/match", data={"patient": "x"}).status_code == 415
    assert own.post("/match?patient=x", json={"patient": PATIENT}).status_code == 400
    deep = b'{"patient":' + b"[" * 100_000
    assert own.post("/match", content=deep, headers={"content-type": "application/json"}).status_code == 400


def test_what_would_take_more_memory_than_any_person_s_record_is_refused(own: TestClient) -> None:
    many = b'{"patient": {"x": [' + b"[]," * 3_000_000 + b"[]]}}"
    answer = own.post("/match", content=many, headers={"content-type": "application/json"})
    assert (answer.status_code, "more than 256.0 MiB of memory" in answer.text) == (413, True), answer.text


def test_nothing_of_a_person_is_kept_or_logged(
    own_home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def list_files() -> dict[str, int]:
        return {str(each): each.stat().st_mtime_ns for each in own_home.rglob("*") if "-shm" not in each.name}

    caplog.set_level(logging.DEBUG)
    before = list_files()
    told = {"person_id": SECRETS[0], "birth_date": SECRETS[1], "conditions": [SECRETS[2], "heart failure"]}
    with TestClient(make_app(own_home), base_url="http://localhost") as site:
        answers = [
            site.post("/api/trialbook/match", json={"patient": told}),
            site.post("/api/trialbook/match", json={"patient": f"{SECRETS[0]} has {SECRETS[2]}."}),
            site.post("/api/trialbook/match", json={"patient": {"sex": SECRETS[2]}}),
        ]
    assert [each.status_code for each in answers] == [200, 200, 400]
    assert answers[0].json()["person_id"] == SECRETS[0]
    assert list_files() == before
    written = caplog.text + "".join(capfd.readouterr())
    assert not [each for each in SECRETS if each in written]
