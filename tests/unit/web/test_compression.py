"""Do texts leave packed for those who take it, with tags that tell the two apart?"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.web.app import make_app

PLAIN, PACKED = {"accept-encoding": "identity"}, {"accept-encoding": "gzip"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site of 300 studies."""
    records = [make_record(f"NCT9{number:07}") for number in range(1, 301)]
    home: Path = make_library(tmp_path_factory.mktemp("packed") / "library", records)
    with TestClient(make_app(home), base_url="http://localhost") as client:
        yield client


def read_raw(client: TestClient, path: str) -> tuple[bytes, dict[str, str]]:
    """The bytes that leave, as they leave."""
    with client.stream("GET", path, headers=PACKED) as answer:
        return b"".join(answer.iter_raw()), dict(answer.headers)


@pytest.mark.parametrize(
    "path", ["/api/v2/studies?pageSize=20", "/api/v2/studies?pageSize=300", "/", "/api/trialbook/export"]
)
def test_a_text_is_the_same_packed_and_not(client: TestClient, path: str) -> None:
    plain = client.get(path, headers=PLAIN)
    raw, headers = read_raw(client, path)
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    assert len(raw) < len(plain.content) * 0.6
    if path != "/":
        assert gzip.decompress(raw) == plain.content
    assert headers.get("content-length", str(len(raw))) == str(len(raw))


@pytest.mark.parametrize("path", ["/api/v2/studies/download", "/api/v2/version"])
def test_what_is_packed_already_or_small_leaves_as_it_is(client: TestClient, path: str) -> None:
    _, headers = read_raw(client, path)
    assert "content-encoding" not in headers


def test_each_representation_has_its_tag_and_is_not_sent_again(client: TestClient) -> None:
    path = "/api/v2/studies?pageSize=20"
    plain, packed = (client.get(path, headers=kind).headers["etag"] for kind in (PLAIN, PACKED))
    assert packed == plain[:-1] + '-gzip"'
    for tag in (plain, packed):
        again = client.get(path, headers={**PACKED, "if-none-match": f'"other", {tag}'})
        assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")


def test_a_head_has_the_length_of_the_plain_text(client: TestClient) -> None:
    path = "/api/v2/studies/NCT90000001"
    head = client.head(path, headers=PACKED)
    assert head.headers["content-length"] == str(len(client.get(path, headers=PLAIN).content))
