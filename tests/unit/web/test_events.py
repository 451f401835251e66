"""Are a record's adverse events served as page and as CSV, whatever the address says?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.pages.test_events_page import make_study

from trialbook.library.build import import_paths
from trialbook.web.app import SECURITY_HEADERS, make_app

EVENTS = "/study/NCT99000001/events"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("events")
    (home / "record.json").write_text(json.dumps(make_study().to_dict()))
    import_paths(home / "library", [home / "record.json"])
    return TestClient(make_app(home / "library"), base_url="http://localhost", follow_redirects=False)


def test_the_record_leads_to_its_events(site: TestClient) -> None:
    page = site.get("/study/NCT99000001").text
    assert f'href="{EVENTS}?kind=other"' in page
    answer = site.get(f"{EVENTS}?kind=other&sort=first&page=3")
    assert answer.status_code == 200
    assert "Event 0<" in answer.text
    assert 'rel="next"' not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=%00%FF",
        "?page=-1",
        "?kind=%3Cscript%3E",
        "?first=EG001&second=EG001",
        "?sort=&organ=Heart&q=x",
    ],
)
def test_any_address_is_answered(site: TestClient, query: str) -> None:
    for address in (f"{EVENTS}{query}", f"{EVENTS}.csv{query}"):
        answer = site.get(address)
        assert answer.status_code == 200
        assert "<script>" not in answer.text.replace('<script src="', "")
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name.decode()] == value.decode()


def test_the_csv_is_a_file_of_its_own(site: TestClient) -> None:
    answer = site.get(f"{EVENTS}.csv?q=event+24")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="NCT99000001-adverse-events.csv"'
    assert len(answer.text.splitlines()) == 14


def test_unknown_records_and_versions_are_missing(site: TestClient) -> None:
    assert site.get("/study/NCT00000000/events").status_code == 404
    assert site.get("/study/NCT00000000/events.csv").status_code == 404
    assert site.get(f"{EVENTS}?version=77").status_code == 404
    assert site.get(f"{EVENTS}?version=x").status_code == 400
