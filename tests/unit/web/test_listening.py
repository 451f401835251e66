"""Where a server cannot listen, is the reason a sentence, and what was there left as it was?"""

from __future__ import annotations

import socket

import pytest

from trialbook.errors import UsageError
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
