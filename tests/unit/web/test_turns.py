"""How many exports leave at once has a bound, and every one that ends makes room, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from trialbook.errors import ApiError
from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.web import app
from trialbook.web.api_v2.answers import Turns


def blocks() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def test_a_turn_ends_with_its_blocks() -> None:
    turns = Turns(2)
    read, left = turns.take(blocks()), turns.take(blocks())
    with pytest.raises(ApiError, match="2 exports and downloads leave already") as caught:
        turns.take(blocks())
    assert caught.value.status == 503
    assert list(read) == [b"one", b"two"]
    assert next(left) == b"one"
    del read
    begun_never = turns.take(blocks())
    del begun_never, left
    assert [turns.take(blocks()), turns.take(blocks())]


@pytest.mark.parametrize("address", ["/api/v2/studies/download?format=json.zip", "/api/trialbook/export"])
def test_an_export_too_many_is_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    import_paths(tmp_path, sample_paths()[:1])
    turns = Turns(1)
    monkeypatch.setattr(app, "Turns", lambda: turns)
    client = TestClient(app.make_app(tmp_path, hosts=("testserver",)))
    taken = turns.take(blocks())
    refused = client.get(address)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    del taken
    assert [client.get(address).status_code for _ in range(3)] == [200, 200, 200]
