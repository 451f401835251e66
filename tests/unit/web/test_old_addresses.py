"""Do addresses of the registry's site lead to the page that they mean?"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.web.app import make_app


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("library")
    import_paths(home, sample_paths())
    return TestClient(make_app(home), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/ct2/show/NCT99000001", "/study/NCT99000001"),
        ("/ct2/show/study/NCT99000001", "/study/NCT99000001"),
        ("/ct2/show/results/NCT99000001?term=heart&rank=1", "/study/NCT99000001"),
        ("/show/NCT99000001", "/study/NCT99000001"),
        ("/show/nct99000001", "/study/NCT99000001"),
        ("/ct2/history/NCT99000001", "/study/NCT99000001/history"),
        ("/search", "/"),
        ("/search?cond=heart+failure&viewType=Table", "/?cond=heart+failure"),
        ("/search?term=stem+cells&aggFilters=status:rec", "/?q=%28stem+cells%29+AND+"),
        ("/search?distance=30&lat=25.76&lng=-80.19", "/?near=25.76%2C-80.19&within=30mi"),
    ],
)
def test_an_address_leads_on(client: TestClient, address: str, page: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 301
    assert answer.headers["location"].startswith(page)
    assert client.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("address", ["/ct2/show/NCT00000000", "/show/x/y/z", "/ct2/show/"])
def test_an_address_of_nothing_here_is_not_found(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_search_that_is_not_understood_is_told(client: TestClient) -> None:
    answer = client.get("/search?cond=asthma&start=yesterday")
    assert answer.status_code == 400
    assert "start" in answer.text


def test_nothing_leads_off_the_site(client: TestClient) -> None:
    for address in (
        "/show/%2F%2Fevil.example",
        "/ct2/show/..%2F..%2Fevil.example",
        "/search?q=//evil.example",
    ):
        answer = client.get(address)
        assert not urlsplit(answer.headers.get("location", "")).netloc


@pytest.mark.parametrize(
    "query",
    [
        {"cond": "heart failure", "intr": "placebo"},
        {"titles": "cells", "aggFilters": "phase:2 3,sex:f"},
        {"term": "cells OR placebo", "country": "United States"},
        {"start": "2019-01-01_", "ageRange": "18y_65y"},
    ],
)
def test_the_page_finds_what_the_sites_own_interface_finds(client: TestClient, query: dict[str, str]) -> None:
    found = client.get("/api/int/studies", params={**query, "limit": "100"}).json()
    page = client.get("/search", params=query).headers["location"]
    fields = parse_qs(urlsplit(page).query)
    assert fields
    shown = client.get(page.replace("/?", "/report.json?")).json()
    assert shown["total"] == found["total"]
