"""Does the form ask what the criteria need, say what its answers come to, and keep them to itself?"""

from __future__ import annotations

import html
import json
import logging
import re
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.web.app import make_app

STUDY, BARE = "NCT97000001", "NCT97000002"
TEXT = """Inclusion Criteria:

* Age 18 years or older
* HbA1c \\> 7%
* <script>alert(1)</script>

Exclusion Criteria:

* Stroke
* eGFR \\< 30 mL/min/1.73m2 by MDRD
* In the opinion of the investigator unsuitable
"""
# No record and no page of the site has these.
SECRETS = ("Zyxomycosis", "1951-03-17", "7.8312", "Quuxaparin", "secret reason")
PATIENT = {
    "birth_date": SECRETS[1],
    "HbA1c": f"{SECRETS[2]} %",
    "conditions": [SECRETS[0]],
    "medications": [SECRETS[3]],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [make_record(STUDY), make_record(BARE)]
    records[0]["protocolSection"]["eligibilityModule"] = {
        "eligibilityCriteria": TEXT,
        "minimumAge": "18 Years",
        "sex": "ALL",
    }
    records[1]["protocolSection"].pop("eligibilityModule", None)
    return make_library(tmp_path_factory.mktemp("screen") / "library", records)


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[TestClient]:
    with TestClient(make_app(home), base_url="http://localhost") as client:
        yield client


def find_key(page: str, words: str) -> str:
    """The name of the question with these words."""
    found = re.search(rf'<label for="([^"]+)">(?:<i>[^<]*</i> )?{re.escape(words)}', page)
    assert found, words
    return found[1]


def send(site: TestClient, *, path: str = "screen", file: bytes = b"", **fields: str) -> Response:
    return site.post(
        f"/study/{STUDY}/{path}", data=fields, files={"file": ("patient.json", file, "application/json")}
    )


def read(page: Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def fields_of(page: str) -> dict[str, str]:
    """The hidden field that goes along."""
    found = re.search(r'name="told" value="([^"]*)"', page)
    assert found
    return {"told": html.unescape(found[1])}


def test_the_form_asks_what_the_criteria_need_and_nothing_else(site: TestClient) -> None:
    page = site.get(f"/study/{STUDY}/screen")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    labels = re.findall(r'<label for="[^"]+">(?:<i>[^<]*</i> )?([^<]+)', page.text)
    assert labels[0] == "Age in years"
    assert {"HbA1c", "Stroke", "EGFR", "Creatinine", "Sex"} <= set(labels)
    assert "Which constant has the MDRD formula" in page.text
    assert "<script>alert" not in page.text
    assert 'style="' not in page.text
    assert 'action="/study/NCT97000001/screen" method="post"' in page.text
    assert site.get("/study/NCT00000000/screen").status_code == 404
    assert "could be made a question" in site.get(f"/study/{BARE}/screen").text


def test_answers_come_to_verdicts_with_what_they_rest_on(site: TestClient) -> None:
    form = site.get(f"/study/{STUDY}/screen").text
    stroke, hba1c = find_key(form, "Stroke"), find_key(form, "HbA1c")
    page = send(site, age="54", **{hba1c: "8.2", stroke: "no"})
    assert page.status_code == 200
    told = read(page)
    assert "Open Until this is known" in told
    assert "HbA1c 8.2 %" in told
    assert "no Stroke" in told
    assert "or to compute it: creatinine" in told
    against = read(send(site, age="54", **{hba1c: "8.2", stroke: "yes"}))
    assert "Not eligible Because of Exclusion 1 Stroke" in against
    # What was answered stands in the form again.
    assert f'name="{hba1c}" value="8.2"' in page.text


def test_a_verdict_is_overruled_with_a_reason_and_both_stay(site: TestClient) -> None:
    start = TEXT.index("Stroke")
    fields = {
        f"contest.{start}.verdict": "not_met",
        f"contest.{start}.reason": "seen in <b>the</b> chart",
        "contest.by": "Dr Who",
    }
    stroke = find_key(site.get(f"/study/{STUDY}/screen").text, "Stroke")
    page = send(site, **{stroke: "yes"}, **fields)
    told = read(page)
    assert "not met speaks for taking part, as a person says; computed: met" in told
    assert "Overruled by Dr Who on" in told
    assert "&lt;b&gt;the&lt;/b&gt; chart" in page.text
    refused = send(site, **{f"contest.{start}.verdict": "not_met"})
    assert refused.status_code == 400
    assert "needs its reason" in refused.text
    assert send(site, **{"contest.77.verdict": "met", "contest.77.reason": "x"}).status_code == 400


def test_a_file_a_note_and_plain_values_tell_as_well_and_go_along(site: TestClient) -> None:
    page = send(site, file=json.dumps(PATIENT).encode())
    assert "HbA1c 7.8312 %" in read(page)
    again = send(site, **fields_of(page.text), **{find_key(page.text, "Stroke"): "no"})
    assert "HbA1c 7.8312 %" in read(again)
    assert "no Stroke" in read(again)
    note = send(site, pasted="A 70-year-old woman with a stroke in 2019.")
    assert "stroke" in read(note).lower()
    assert "age 70 years" in read(note)
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01"}}],
    }
    assert "age 66 years" in read(send(site, file=json.dumps(bundle).encode(), day="2026-11-30"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"age": "old"}, "no age"),
        ({"told": "{"}, "came back damaged"),
        ({"told": '{"facts": [{"a": 1}]}'}, "came back damaged"),
        ({"told": "[" * 100_000}, "came back damaged"),
        ({"pasted": "[{}, {}]"}, "several persons"),
        ({"pasted": "{"}, "no JSON"),
        ({"day": "soon"}, "the day of the evaluation is no day"),
        ({"contest.x.verdict": "met"}, "can be overruled"),
        ({"contest.1.verdict": "maybe"}, "can be overruled"),
    ],
)
def test_what_cannot_be_understood_is_said_and_the_form_stays(
    site: TestClient, fields: dict[str, str], said: str
) -> None:
    page = send(site, **{"sex": "male", **fields})
    assert page.status_code == 400
    assert said in html.unescape(page.text)
    assert '<option value="male" selected>' in page.text


def test_the_sheet_is_blank_or_filled_in(site: TestClient) -> None:
    blank = read(site.get(f"/study/{STUDY}/worksheet"))
    assert "Screening sheet" in blank
    assert "not known; from:" in blank
    assert "Checked by:" in blank
    page = send(site, path="worksheet", age="54")
    assert page.headers["cache-control"] == "no-store"
    assert "age 54 years" in read(page)
    assert "Overall: open, until this is known:" in read(page)
    assert send(site, path="worksheet", age="old").status_code == 400


def test_what_is_too_long_or_comes_from_elsewhere_is_refused(site: TestClient) -> None:
    assert send(site, file=b"x" * 16_100_000).status_code == 413
    foreign = site.post(
        f"/study/{STUDY}/screen", data={"age": "54"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    body = b'{"patient": {}}'
    url = f"/api/trialbook/studies/{STUDY}/screen"
    assert site.post(url, content=body, headers={"content-type": "text/plain"}).status_code == 415
    assert (
        site.post(url, content=b" " * 16_100_000, headers={"content-type": "application/json"}).status_code
        == 413
    )
    cross = {"content-type": "application/json", "sec-fetch-site": "cross-site"}
    assert site.post(url, content=body, headers=cross).status_code == 403


def test_the_api_answers_as_the_command_line(site: TestClient) -> None:
    url = f"/api/trialbook/studies/{STUDY}/screen"
    answer = site.post(url, json={"patient": {**PATIENT, "Stroke": False}, "day": "2026-11-30"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told: dict[str, Any] = answer.json()
    assert told["overall"] == "open"
    by_text = {each["text"]: each for each in told["criteria"]}
    assert by_text["Stroke"]["verdict"] == "not_met"
    assert by_text["Minimum age: 18 Years"]["evidence"][0]["fact"] == "age 75 years, 2026-11-30"
    start = by_text["Stroke"]["start"]
    contest = {"start": start, "verdict": "met", "reason": "seen"}
    overruled = site.post(url, json={"patient": "A man of 54.", "contests": [contest]}).json()
    assert overruled["overall"] == "ineligible"
    assert overruled["because"] == [start]
    for sent, said in (
        ({"patient": 5}, "patient"),
        ({"patient": {}, "complete": ["tea"]}, "no domain 'tea'"),
        ({"patient": {}, "answers": {"tea": "yes"}}, "no question 'tea'"),
        ({"patient": {}, "visits": {"screening": "soon"}}, "visit screening=soon"),
        ({"patient": {}, "day": "soon"}, "day is no day"),
        ({"patient": {}, "tea": 1}, "tea"),
        ({"patient": [{}, {}]}, "several persons"),
        (
            {"patient": {}, "contests": [{"start": 7, "verdict": "met", "reason": "x"}]},
            "no criterion begins at 7",
        ),
    ):
        refused = site.post(url, json=sent)
        assert (refused.status_code, said in refused.text) == (400, True), refused.text
    assert site.post("/api/trialbook/studies/NCT00000000/screen", json={"patient": {}}).status_code == 404
    assert site.get(url).status_code in (404, 405)


def list_files(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(each.relative_to(folder)): (each.stat().st_size, each.stat().st_mtime_ns)
        for each in folder.rglob("*")
        if each.is_file() and not each.name.endswith("-shm")
    }


def test_nothing_of_a_person_is_kept_logged_or_sent(
    home: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spooled: list[bool] = []
    rollover = tempfile.SpooledTemporaryFile.rollover
    monkeypatch.setattr(
        tempfile.SpooledTemporaryFile, "rollover", lambda self: (spooled.append(True), rollover(self))[1]
    )
    caplog.set_level(logging.DEBUG)
    before = list_files(home)
    # Beyond what a form's file may have before it is laid down on a disk elsewhere.
    large = {**PATIENT, "facts": [{"name": f"thing {number}", "value": "yes"} for number in range(40_000)]}
    with TestClient(make_app(home), base_url="http://localhost") as site:
        start = TEXT.index("Stroke")
        contest = {f"contest.{start}.verdict": "not_met", f"contest.{start}.reason": SECRETS[4]}
        pages = [
            send(site, file=json.dumps(large).encode(), **contest),
            send(site, path="worksheet", file=json.dumps(PATIENT).encode(), **contest),
            send(site, pasted=f"She was born {SECRETS[1]} and has {SECRETS[0]}.", age=SECRETS[4]),
            site.post(f"/api/trialbook/studies/{STUDY}/screen", json={"patient": PATIENT}),
            site.post(f"/api/trialbook/studies/{STUDY}/screen", json={"patient": {"age": SECRETS[4]}}),
        ]
    assert [each.status_code for each in pages] == [200, 200, 400, 200, 400]
    assert all(SECRETS[2] in each.text for each in pages[:2])
    assert not spooled
    assert list_files(home) == before
    written = caplog.text + "".join(capfd.readouterr())
    assert not [each for each in SECRETS if each in written]
    for page in pages:
        assert not any(secret in str(page.url) for secret in SECRETS)
        assert not re.findall(r'(?:src|href|action)="https?://', page.text)
        links = re.findall(r'(?:href|action)="([^"]*)"', page.text)
        assert not [each for each in links if any(secret in each for secret in SECRETS)]


def test_an_error_that_nobody_expects_says_nothing_of_the_person(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError(f"no number: {SECRETS[2]}")

    monkeypatch.setattr("trialbook.eligibility.screening.Screener.screen", fail)
    url = f"/api/trialbook/studies/{STUDY}/screen"
    for ask in (lambda: send(site, pasted=SECRETS[0]), lambda: site.post(url, json={"patient": PATIENT})):
        with pytest.raises(
            RuntimeError, match=r"ValueError while a person was looked at \(.*py:\d+\)"
        ) as found:
            ask()
        written = "".join(traceback.format_exception(found.value))
        assert not [each for each in SECRETS if each in written]


def test_of_a_text_without_end_the_sheet_has_the_first_part_and_says_so(tmp_path: Path) -> None:
    record = make_record(STUDY)
    text = "Inclusion Criteria:\n\n* Adult\n" + "* HIV or other words\n" * 50_000
    record["protocolSection"]["eligibilityModule"] = {"eligibilityCriteria": text}
    with TestClient(make_app(make_library(tmp_path, [record])), base_url="http://localhost") as client:
        sheet = client.get(f"/study/{STUDY}/worksheet").text
    assert (
        "900,028 characters more, in the record&#39;s JSON" in sheet
        or "characters more, in the record" in sheet
    )
    assert len(sheet) < 2_500_000
