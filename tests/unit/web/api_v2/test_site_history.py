"""Is a record's past told as the registry's own site tells it?"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.conftest import make_record

from trialbook.library.build import import_paths
from trialbook.source.version_history import read_history
from trialbook.store import Store
from trialbook.web.api_v2.site_history import list_changes
from trialbook.web.app import make_app

STUDY = "NCT98000001"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A record in three versions, asked for beside the API."""
    folder = tmp_path_factory.mktemp("past")
    versions = []
    for day, status in (("2021-01-05", "NOT_YET_RECRUITING"), ("2022-02-06", "RECRUITING")):
        versions.append(make_record(STUDY))
        versions[-1]["protocolSection"]["statusModule"] |= {
            "overallStatus": status,
            "lastUpdateSubmitDate": day,
        }
    versions.append(json.loads(json.dumps(versions[-1])))
    versions[-1]["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2023-03-07"
    versions[-1]["protocolSection"]["eligibilityModule"]["minimumAge"] = "21 Years"
    versions[-1]["protocolSection"]["contactsLocationsModule"]["locations"].pop()
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, versions)), encoding="utf-8")
    import_paths(folder / "library", [folder / "records.jsonl"])
    return TestClient(make_app(folder / "library"), base_url="http://localhost/api/int/studies")


CHANGES = [
    {"version": 0, "date": "2021-01-05", "status": "NOT_YET_RECRUITING", "moduleLabels": []},
    {"version": 1, "date": "2022-02-06", "status": "RECRUITING", "moduleLabels": ["Study Status"]},
    {
        "version": 2,
        "date": "2023-03-07",
        "status": "RECRUITING",
        "moduleLabels": ["Study Status", "Eligibility", "Contacts/Locations"],
    },
]


def test_versions_are_listed_from_zero_with_what_changed(past: TestClient) -> None:
    expected = [{**change, "studyType": "INTERVENTIONAL"} for change in CHANGES]
    assert past.get(f"/{STUDY}/history").json() == {"changes": expected}
    both = past.get(f"/{STUDY}?history=true").json()
    assert both["history"] == {"changes": expected}
    assert both["study"] == past.get(f"/{STUDY}").json()["study"]
    assert both["study"]["protocolSection"]["eligibilityModule"]["minimumAge"] == "21 Years"


def test_each_version_is_the_record_of_its_time(past: TestClient) -> None:
    for change in CHANGES:
        answer = past.get(f"/nct098000001/history/{change['version']}").json()
        assert answer["studyVersion"] == change["version"]
        status = answer["study"]["protocolSection"]["statusModule"]
        assert (status["overallStatus"], status["lastUpdateSubmitDate"]) == (change["status"], change["date"])


def test_our_own_reader_of_histories_reads_it(past: TestClient) -> None:
    body = past.get(f"/{STUDY}?history=true").content
    read = list(read_history(io.BytesIO(body), "history.json"))
    assert [type(each).__name__ for each in read] == ["HistoryNotice"] * 3 + ["Incoming"]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/NCT98000009", 404, "NCT number NCT98000009 not found"),
        ("/NCT98000009/history", 404, "NCT number NCT98000009 not found"),
        (f"/{STUDY}/history/3", 404, f"Version 3 of {STUDY} not found"),
        (f"/{STUDY}/history/-1", 400, "Parameter `version` has incorrect format"),
        (f"/{STUDY}/history/99999999999999999999", 400, "Parameter `version` has incorrect format"),
        ("/ACTRN1", 400, "Parameter `nctId` has incorrect format"),
        (f"/{STUDY}?history=maybe", 400, "Invalid value in parameter `history`: `maybe`"),
        (f"/{STUDY}/history?x=1", 400, "`x` is unknown parameter"),
    ],
)
def test_what_is_not_there(past: TestClient, path: str, status: int, text: str) -> None:
    answer = past.get(path)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_all_versions_are_listed_the_last_sixty_with_what_changed(tmp_path: Path) -> None:
    versions = []
    for number in range(63):
        versions.append(make_record(STUDY))
        status = versions[-1]["protocolSection"]["statusModule"]
        status["lastUpdateSubmitDate"] = f"{2015 + number // 12}-{number % 12 + 1:02}-05"
    (tmp_path / "records.jsonl").write_text("\n".join(map(json.dumps, versions)), encoding="utf-8")
    import_paths(tmp_path / "library", [tmp_path / "records.jsonl"])
    unpacked = []

    class CountingStore(Store):
        def get_version_body(self, version_id: int) -> bytes:
            unpacked.append(version_id)
            return super().get_version_body(version_id)

    with CountingStore(tmp_path / "library") as store:
        found = store.find_versions(STUDY)
        listed = list_changes(store, found)
    assert [each["version"] for each in listed] == list(range(63))
    assert [each["moduleLabels"] for each in listed] == [[]] * 3 + [["Study Status"]] * 60
    assert unpacked == [version.version_id for version in found]
