"""Large records are read as far as they fit into memory together; others wait, and in vain are asked to come again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import msgspec
import pytest
from anyio import to_thread
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from trialbook.errors import ApiError
from trialbook.library.build import import_paths
from trialbook.store.codec import LARGE_BYTES, ON_LARGE
from trialbook.web.app import make_app
from trialbook.web.large_records import MOST_WAITING, BoundedMemory, MemoryRoom

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


async def send_in_parts(sizes: list[int], room: MemoryRoom) -> list[int]:
    """What an export holds of the room after each part, and at last, if it meets records of these sizes."""
    held: list[int] = []

    async def export(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for size in sizes:
            if size and (tell := ON_LARGE.get()):
                await to_thread.run_sync(tell, size)
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            held.append(room._taken)
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        pass

    await BoundedMemory(export, room)({"type": "http"}, receive, send)
    return [*held, room._taken]


def test_a_giant_that_an_export_meets_on_its_way_is_counted_until_its_end() -> None:
    room = MemoryRoom(1_000, wait_s=0.05)
    assert anyio.run(send_in_parts, [0, 100, 0, 10], room) == [0, 300, 300, 300, 0]


def test_an_export_on_its_way_waits_for_room_and_is_never_broken_off() -> None:
    room = MemoryRoom(1_000, wait_s=0.05)
    room.take(900, may_wait=False)
    assert anyio.run(send_in_parts, [0, 100], room) == [900, 1_200, 900]
    assert not room._waiting
    room.give_back(900)

    room = MemoryRoom(1_000, wait_s=60)
    room.take(900, may_wait=False)
    threading.Timer(0.2, room.give_back, (900,)).start()
    assert anyio.run(send_in_parts, [0, 100], room) == [900, 300, 0]


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose large record is the last of all, behind a megabyte of others."""
    folder = tmp_path_factory.mktemp("late")
    records = [make_record(f"NCT{number:08}", 10_000) for number in range(1, 21)]
    records.append(make_record("NCT00000099", LARGE_BYTES // 4))
    (folder / "records.jsonl").write_bytes(b"\n".join(records))
    import_paths(folder / "home", [folder / "records.jsonl"])
    return folder / "home"


# What CSV and the archive say of these records is so short that they begin when all are read.
@pytest.mark.parametrize(
    ("form", "is_late"), [("csv", False), ("json.zip", False), ("json", True), ("jsonl", True)]
)
def test_an_export_in_any_form_counts_a_giant_that_comes_last(
    late: Path, form: str, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, taken = MemoryRoom(), []
    take = room.take

    def note(size: int, *, may_wait: bool, is_begun: bool = False) -> None:
        take(size, may_wait=may_wait, is_begun=is_begun)
        taken.append((size > LARGE_BYTES, is_begun))

    monkeypatch.setattr(room, "take", note)
    monkeypatch.setattr("trialbook.web.app.MemoryRoom", lambda: room)
    with TestClient(make_app(late), base_url="http://127.0.0.1") as client:
        answer = client.get(f"/api/int/studies/download?format={form}")
    assert answer.status_code == 200
    assert taken == [(True, is_late)]
    assert room._taken == 0
