"""Does the API tell a record's past as the library knows it?"""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient


def test_every_version_is_listed_with_what_changed_in_it(own: TestClient) -> None:
    found = own.get("/studies/NCT98000001/versions").json()
    assert found["nctId"] == "NCT98000001"
    assert [(each["number"], each["versionDate"], each["isCurrent"]) for each in found["versions"]] == [
        (0, "2024-05-01", False),
        (1, "2025-06-01", True),
    ]
    assert {"group": "Status", "text": "Overall status: Recruiting → Completed"} in found["versions"][1][
        "changes"
    ]
    assert "first.jsonl" not in json.dumps(found)


def test_the_changes_between_two_versions_are_told_element_by_element(own: TestClient) -> None:
    found = own.get("/studies/NCT98000001/changes?from=0&to=1").json()
    assert (found["before"]["number"], found["after"]["number"]) == (0, 1)
    by_path = {each["path"]: each for each in found["changes"]}
    enrollment = by_path["protocolSection.designModule.enrollmentInfo"]
    assert (enrollment["before"], enrollment["after"]) == ("26 (actual)", "30 (actual)")
    assert own.get("/studies/NCT98000001/changes").json() == found
    back = own.get("/studies/NCT98000001/changes?from=1&to=0").json()
    assert {each["path"] for each in back["changes"]} == set(by_path)


def test_a_record_comes_as_it_was_received_now_and_then(own: TestClient) -> None:
    def find_status(query: str) -> str:
        record = own.get(f"/studies/NCT98000001{query}").json()
        return str(record["protocolSection"]["statusModule"]["overallStatus"])

    assert find_status("") == "COMPLETED"
    assert find_status("?as_of=2024-12-31") == "RECRUITING"
    assert find_status("?version=0") == "RECRUITING"
    assert find_status("?version=1") == "COMPLETED"


def test_an_unchanged_record_is_not_sent_again(own: TestClient) -> None:
    tag = own.get("/studies/NCT98000001").headers["etag"]
    assert own.get("/studies/NCT98000001", headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("written", ["NCT98000001", "nct98000001", "NCT098000001"])
def test_an_id_may_be_written_in_several_ways(own: TestClient, written: str) -> None:
    assert own.get(f"/studies/{written}/versions").json()["nctId"] == "NCT98000001"


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/studies/NCT00000404", 404, "NCT00000404 is not in this library"),
        ("/studies/NCT00000404/versions", 404, "NCT00000404 is not in this library"),
        ("/studies/a%20b/changes", 404, "is not in this library"),
        ("/studies/a%0Ab/changes", 404, "There is nothing at /api/trialbook/studies/a"),
        ("/studies/" + "x" * 5_000, 404, "is not in this library"),
        ("/studies/NCT98000001?version=3", 404, "NCT98000001: no version 3 is held here; held: 0 to 1"),
        ("/studies/NCT98000001?as_of=2019-01-01", 404, "no version as old as 2019-01-01"),
        ("/studies/NCT98000001?as_of=2024-12-31&version=1", 400, "exclude each other"),
        ("/studies/NCT98000001/changes?from=0&to=9", 404, "no version 9"),
        ("/studies/NCT98000001/changes?from=x", 400, "Parameter `from` has incorrect format"),
        ("/studies/NCT98000001/versions?from=1", 400, "`from` is unknown parameter"),
        ("/nothing", 404, "There is nothing at /api/trialbook/nothing"),
    ],
)
def test_what_is_not_here_is_said_in_plain_text(
    own: TestClient, address: str, status: int, message: str
) -> None:
    answer = own.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert message in answer.text
    assert len(answer.text) < 400
