"""Where a server cannot listen, is the reason a sentence? And does Ctrl-C end one as it should?"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from trialbook.errors import UsageError
from trialbook.library import Library
from trialbook.web.app import listen_at


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with listen_at("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=f"another program listens at 127.0.0.1, port {port}; choose"):
            listen_at("127.0.0.1", port)
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


@pytest.mark.parametrize("host", ["nope.invalid", "a..b", "192.0.2.1", "x" * 300, "\0"])
def test_an_address_that_is_not_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="is no address of this machine to listen on"):
        listen_at(host, 0)


def test_an_interrupt_ends_a_server_without_a_word(tmp_path: Path) -> None:
    Library.create(tmp_path).close()
    command = [sys.executable, "-m", "trialbook", "--home", str(tmp_path), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().removeprefix("Trialbook is at ").strip()
        assert httpx.get(address, timeout=60).status_code == 200
        server.send_signal(signal.SIGINT)
        told, complaint = server.communicate(timeout=60)
    assert (server.returncode, told, complaint) == (0, "", "")
