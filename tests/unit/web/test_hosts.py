"""Is a library answered for the names that its keeper means, and for no other?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from trialbook.library import Library
from trialbook.web.app import make_app

OURS = ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:24210", "[::1]", "[::1]:80", "lab.example:80"]
OTHERS = [
    "evil.example",
    "evil.example:24210",
    "",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::2]",
]
PATHS = ["/", "/study/NCT04776239", "/api/v2/studies", "/api/trialbook/export", "/static/style.css", "/no"]


@pytest.fixture(scope="module")
def client(sample_library: Library) -> Iterator[TestClient]:
    with TestClient(make_app(sample_library.home, hosts=["lab.example"])) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", [*OTHERS, "e" * 5_000, "127.0.0.1@evil.example", "*"])
def test_a_request_for_another_name_is_not_answered(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 421
    assert "does not answer for" in answer.text
    assert "NCT" not in answer.text
    assert len(answer.text) < 500
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", OURS)
def test_a_request_for_this_machine_or_an_allowed_name_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/study/NCT04776239", headers={"host": host}).status_code == 200


def test_any_name_is_answered_where_its_keeper_says_so(sample_library: Library) -> None:
    anyone = TestClient(make_app(sample_library.home, hosts=["*"]))
    assert anyone.get("/", headers={"host": "evil.example"}).status_code == 200


def test_a_copy_of_a_page_is_asked_about_before_it_is_used(client: TestClient) -> None:
    for path in ("/", "/study/NCT04776239", "/api/v2/studies/NCT04776239", "/api/trialbook/search"):
        answer = client.get(path, headers={"host": "localhost"})
        assert answer.headers.get_list("cache-control") == ["private, no-cache"], path
