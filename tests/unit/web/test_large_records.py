"""Large records are read as far as they fit into memory together; others wait, and in vain are asked to come again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from trialbook.errors import ApiError
from trialbook.library.build import import_paths
from trialbook.store.codec import LARGE_BYTES
from trialbook.web.app import make_app
from trialbook.web.large_records import MOST_WAITING, MemoryRoom

LARGE, SMALL = "NCT00000001", "NCT00000002"
ADDRESSES = [
    f"/study/{LARGE}",
    f"/study/{LARGE}.txt",
    f"/study/{LARGE}.json",
    f"/study/{LARGE}/criteria",
    f"/api/v2/studies/{LARGE}",
    f"/api/v2/studies/{LARGE}?fields=NCTId",
    "/api/v2/studies?pageSize=10",
    "/api/v2/studies?format=csv",
]


def make_record(nct_id: str, words: int) -> bytes:
    return msgspec.json.encode(
        {
            "protocolSection": {
                "identificationModule": {"nctId": nct_id, "briefTitle": "A trial"},
                "descriptionModule": {"detailedDescription": "word " * words},
            }
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    records = folder / "records.jsonl"
    records.write_bytes(make_record(LARGE, LARGE_BYTES // 4) + b"\n" + make_record(SMALL, 4) + b"\n")
    import_paths(folder / "home", [records])
    return folder / "home"


@pytest.fixture
def room() -> MemoryRoom:
    return MemoryRoom(LARGE_BYTES, wait_s=0.05)


@pytest.fixture
def client(home: Path, room: MemoryRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("trialbook.web.app.MemoryRoom", lambda: room)
    with TestClient(make_app(home), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_large_record_waits_in_vain_and_is_shown_once_there_is_room(
    client: TestClient, room: MemoryRoom, address: str
) -> None:
    room.take(LARGE_BYTES, may_wait=False)
    refused = client.get(address)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "ask again in a minute" in refused.text
    assert client.get(f"/study/{SMALL}").status_code == 200
    assert client.get(f"/api/v2/studies/{SMALL}").status_code == 200
    room.give_back(LARGE_BYTES)
    assert client.get(address).status_code == 200
    # Nothing is held once an answer is sent.
    room.take(LARGE_BYTES, may_wait=False)


def test_who_waits_goes_on_as_soon_as_there_is_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = MemoryRoom(LARGE_BYTES, wait_s=60)
    monkeypatch.setattr("trialbook.web.app.MemoryRoom", lambda: room)
    room.take(LARGE_BYTES, may_wait=False)
    with TestClient(make_app(home), base_url="http://127.0.0.1") as client:
        found: list[int] = []
        asking = threading.Thread(
            target=lambda: found.append(client.get(f"/api/v2/studies/{LARGE}").status_code)
        )
        asking.start()
        asking.join(0.2)
        assert asking.is_alive()
        room.give_back(LARGE_BYTES)
        asking.join(30)
        assert found == [200]


def test_no_more_than_a_few_threads_wait() -> None:
    room = MemoryRoom(10, wait_s=60)
    room.take(10, may_wait=False)
    waiting = [
        threading.Thread(target=room.take, args=(1,), kwargs={"may_wait": True}) for _ in range(MOST_WAITING)
    ]
    for each in waiting:
        each.start()
    while room._waiting < MOST_WAITING:
        waiting[0].join(0.01)
    with pytest.raises(ApiError, match="ask again in a minute"):
        room.take(1, may_wait=True)
    room.give_back(10)
    for each in waiting:
        each.join(30)
        assert not each.is_alive()
