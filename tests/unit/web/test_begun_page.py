"""The page of a long record begins before it is made, and is the same page."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from trialbook.errors import StoreError
from trialbook.library.build import import_paths
from trialbook.store.codec import LARGE_BYTES
from trialbook.web import site
from trialbook.web.app import make_app
from trialbook.web.large_records import MemoryRoom

LONG = "NCT00000001"
SCOPE = {
    "type": "http",
    "method": "GET",
    "path": f"/study/{LONG}",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", b"gzip")],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    protocol = {
        "identificationModule": {"nctId": LONG, "briefTitle": "A <b>long</b> trial"},
        "descriptionModule": {"detailedDescription": "word " * (LARGE_BYTES // 4)},
    }
    (folder / "record.json").write_bytes(msgspec.json.encode({"protocolSection": protocol}))
    import_paths(folder / "home", [folder / "record.json"])
    return folder / "home"


@pytest.fixture
def room() -> MemoryRoom:
    return MemoryRoom(64 * LARGE_BYTES, wait_s=0.05)


@pytest.fixture
def client(home: Path, room: MemoryRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("trialbook.web.app.MemoryRoom", lambda: room)
    with TestClient(make_app(home), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_it_is_the_page_that_is_sent_whole(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    begun = client.get(f"/study/{LONG}", headers={"accept-encoding": encoding})
    assert "content-length" not in begun.headers
    assert begun.headers["cache-control"]
    assert "<title>NCT00000001: A &lt;b&gt;long&lt;/b&gt; trial · Trialbook</title>" in begun.text
    monkeypatch.setattr(site, "LONG_BYTES", 1 << 40)
    whole = client.get(f"/study/{LONG}", headers={"accept-encoding": encoding})
    assert whole.headers.get("content-length")
    assert begun.text == whole.text


def test_its_head_can_be_read_before_it_is_made(
    home: Path, room: MemoryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialbook.web.app.MemoryRoom", lambda: room)
    is_read, held, parts = threading.Event(), [], []
    render, unpack = site.render_study_page, zlib.decompressobj(16 + zlib.MAX_WBITS)

    def render_once_read(*args: object, **values: object) -> str:
        assert is_read.wait(30)
        held.append(room._taken)
        return render(*args, **values)  # type: ignore[arg-type]

    async def send(message: MutableMapping[str, Any]) -> None:
        parts.append(unpack.decompress(message.get("body", b"")))
        if b"Search the studies" in parts[-1]:
            is_read.set()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    monkeypatch.setattr(site, "render_study_page", render_once_read)
    asyncio.run(make_app(home)(SCOPE, receive, send))
    assert b'<main id="main"' not in next(filter(None, parts))
    assert b'<main id="main"' in b"".join(parts)
    # What its record takes is held until it is made, and then no more.
    assert held[0] > 16 * LARGE_BYTES
    assert room._taken == 0


def test_what_goes_wrong_meanwhile_is_said_in_its_place(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise StoreError("the disk is gone; look at its cable")

    monkeypatch.setattr(site, "render_study_page", fail)
    page = client.get(f"/study/{LONG}").text
    assert "the disk is gone; look at its cable" in page
    assert page.count("<header") == page.count("</html>") == 1


def test_what_is_wrong_with_the_question_has_its_status(client: TestClient) -> None:
    assert client.get(f"/study/{LONG}?version=7").status_code == 404
