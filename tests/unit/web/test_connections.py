"""A client that does not say what it wants is left; one that is being answered, or asks again, is not."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from trialbook.web import connections
from trialbook.web.connections import ImpatientConnection


async def answer_slowly(scope: Any, receive: Any, send: Any) -> None:
    """An answer that takes longer than a client may take to ask."""
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
