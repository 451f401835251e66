"""What does the site add to the API's answers, and does an answer leave without delay?"""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from starlette.testclient import TestClient

from trialbook.web.app import LONGEST_API_ADDRESS, make_app

STUDY = "/api/v2/studies/NCT98000001"


def test_scripts_of_other_sites_read_nothing_unless_told(api_home: Path, api: TestClient) -> None:
    assert "access-control-allow-origin" not in api.get("/version").headers
    site = TestClient(make_app(api_home, allow_origin="https://example.org"), base_url="http://localhost")
    assert site.get("/api/v2/version").headers["access-control-allow-origin"] == "https://example.org"
    assert "x-next-page-token" in site.get("/api/v2/version").headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in site.get("/").headers


def test_a_browser_that_asks_first_is_told(api_home: Path, api: TestClient) -> None:
    assert api.options("/version").status_code == 405
    answer = TestClient(make_app(api_home, allow_origin="*"), base_url="http://localhost").options(
        "/api/v2/version"
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"


def test_an_address_of_absurd_length_is_declined_in_plain_text(api: TestClient) -> None:
    answer = api.get("/studies?query.term=" + "a" * LONGEST_API_ADDRESS)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_head_is_answered_without_a_body(api: TestClient) -> None:
    answer = api.head("/studies/NCT98000001")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_answers_over_a_kept_connection_do_not_wait_for_acknowledgements(api_home: Path) -> None:
    command = [sys.executable, "-m", "trialbook", "--home", str(api_home), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = re.search(r":(\d+)/", server.stdout.readline())
            assert port is not None
            connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=20)
            taken = []
            for _ in range(15):
                started = time.perf_counter()
                connection.request("GET", STUDY)
                assert connection.getresponse().read()
                taken.append(time.perf_counter() - started)
            connection.close()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
    # A delayed acknowledgement costs 40 ms each time; the answer itself less than 1 ms.
    assert sorted(taken)[7] < 0.02
