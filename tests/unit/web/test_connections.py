"""A client that does not say what it wants is left; one that is being answered, or asks again, is not."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import re
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from trialbook.web import connections
from trialbook.web.connections import ImpatientConnection

LEFT = threading.Event()


async def _is_left(receive: Any) -> bool:
    """Whether the client's connection was closed, without waiting for it."""
    try:
        message = await asyncio.wait_for(receive(), 0.01)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")


async def answer_slowly(scope: Any, receive: Any, send: Any) -> None:
    """An answer that takes longer than a client may take to ask."""
    if scope["path"] == "/long":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not await _is_left(receive):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        LEFT.set()
        return
    await asyncio.sleep(2.5 if scope["path"] == "/slow" else 0.0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a server listens that waits a second and a half for a request."""
    monkeypatch.setattr(connections, "LONGEST_HEAD_S", 1.5)
    config = uvicorn.Config(
        answer_slowly,
        port=0,
        http=ImpatientConnection,
        lifespan="off",
        log_level="error",
        timeout_keep_alive=30,
    )
    listener = config.bind_socket()
    listener.listen()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-a: "], ids=["nothing", "half a head"])
def test_a_request_that_never_comes_is_not_waited_for(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        assert connection.recv(1) == b"", "the server closes the connection"


def test_bytes_now_and_then_keep_no_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
        with pytest.raises(OSError, match=r"reset|[Bb]roken|aborted"):
            send_for_ever(connection)


def send_for_ever(connection: socket.socket) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        connection.sendall(b"x-a: b\r\n")
        time.sleep(0.05)


def test_who_is_answered_and_asks_again_stays_connected(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    held = connection.sock
    for path in ("/", "/slow", "/"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"ok"
        assert connection.sock is held
    connection.close()


def test_the_longest_waiting_connection_makes_room(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST_HEAD_S", 60.0)
    monkeypatch.setattr(ImpatientConnection, "most", 20)
    idle = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(60)]
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        assert idle[0].recv(1) == b"", "the server closes the connection"
        idle[-1].sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert idle[-1].recv(12) == b"HTTP/1.1 200"
    finally:
        for each in idle:
            each.close()


def test_who_takes_nothing_of_an_answer_is_left(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST_STALL_S", 0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n")
        assert LEFT.wait(30), "the answer is given up though the client stays"


def test_uvicorn_has_what_is_relied_upon() -> None:
    methods = (
        "connection_made",
        "on_response_complete",
        "connection_lost",
        "pause_writing",
        "resume_writing",
    )
    for method in methods:
        assert callable(getattr(H11Protocol, method)), method
    loop = asyncio.new_event_loop()
    try:
        config = uvicorn.Config(answer_slowly, lifespan="off")
        connection = H11Protocol(config, ServerState(), {}, _loop=loop)
        assert connection.loop is loop
        assert connection.connections == set(), "all of the server"
        assert isinstance(connection.server_state, ServerState)
        assert connection.cycle is None, "nothing has been asked yet"
        assert connection.transport is None, "set by connection_made"
    finally:
        loop.close()
    assert "response_complete" in inspect.getsource(RequestResponseCycle.__init__)


@pytest.mark.parametrize("name", ["msgspec", "uvicorn"])
def test_a_package_whose_insides_are_relied_upon_is_bounded(name: str) -> None:
    root = Path(__file__).parents[3]
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    (bounds,) = (line.removeprefix(name) for line in wanted if line.startswith(name))
    least, below = (as_numbers(bound) for bound in re.findall(r"[\d.]+", bounds))
    (pinned,) = re.findall(rf"^{name}==([\d.]+) ", (root / "constraints.txt").read_text(), re.MULTILINE)
    assert least <= as_numbers(pinned) < below
    assert below <= (*as_numbers(pinned)[:1], as_numbers(pinned)[1] + 1), "no untried version is let in"


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
