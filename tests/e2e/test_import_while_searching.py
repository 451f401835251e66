"""Eight clients search while another process imports: no request fails, and what is new is soon found."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import run_trialbook, serve

from trialbook.samples import sample_paths

COPIES, CHANGED_COPIES, CLIENTS = 8, 4, 8
VISIBLE_WITHIN_S = 10.0
NEW_WORD = "zyzzogeton"


def make_records(copies: int, *, is_changed: bool) -> list[dict[str, Any]]:
    records = []
    for copy in range(copies):
        for number, line in enumerate(sample_paths()[0].read_text(encoding="utf-8").splitlines()):
            record = json.loads(line)
            protocol = record["protocolSection"]
            protocol["identificationModule"]["nctId"] = f"NCT9{copy}{number:06d}"
            if is_changed:
                protocol["identificationModule"]["briefTitle"] += f" {NEW_WORD}"
                protocol["statusModule"]["lastUpdateSubmitDate"] = "2026-10-31"
            records.append(record)
    return records


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = write(tmp_path / "first.jsonl", make_records(COPIES, is_changed=False))
    run_trialbook(tmp_path / "library", "import", path)
    return tmp_path / "library"


class Searchers:
    """Clients that ask all the time, each what people ask, until they are told to stop."""

    REQUESTS = (
        "/api/v2/studies?query.cond=heart+failure&countTotal=true",
        "/api/v2/studies?query.term=stroke&sort=LastUpdatePostDate&pageSize=50&fields=NCTId",
        "/api/v2/studies?filter.advanced=AREA[Phase]PHASE3&format=csv",
        "/api/v2/studies/NCT90000001",
        "/api/v2/studies?filter.geo=distance(59.3,18.07,100km)",
        "/?q=diabetes",
        "/study/NCT90000002",
        "/api/v2/version",
    )

    def __init__(self, address: str) -> None:
        self.address = address
        self.stop = threading.Event()
        self.failed: list[str] = []
        self.answered = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(n,), daemon=True) for n in range(CLIENTS)]

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self.address, timeout=60, trust_env=False) as client:
            while not self.stop.is_set():
                path = self.REQUESTS[number % len(self.REQUESTS)]
                number += 1
                try:
                    answer = client.get(path)
                    said = "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:200]}"
                except httpx.HTTPError as error:
                    said = repr(error)
                with self._lock:
                    self.answered += not said
                    self.failed += [f"{path}: {said}"] if said else []

    def __enter__(self) -> Searchers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(90)


def walk(client: httpx.Client, query: str) -> list[str]:
    """The ids that whoever follows the tokens meets."""
    found, token = [], ""
    while True:
        page = (
            client.get(f"/api/v2/studies?pageSize=20&fields=NCTId&{query}{token}").raise_for_status().json()
        )
        found += [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]
        if "nextPageToken" not in page:
            return found
        token = f"&pageToken={page['nextPageToken']}"


def count_changed(client: httpx.Client) -> int:
    answer = client.get(f"/api/v2/studies?query.titles={NEW_WORD}&countTotal=true&pageSize=1")
    total: int = answer.raise_for_status().json()["totalCount"]
    return total


def test_an_import_disturbs_nobody_and_is_seen_soon(home: Path, tmp_path: Path) -> None:
    changed = make_records(CHANGED_COPIES, is_changed=True)
    path = write(tmp_path / "second.jsonl", changed)
    command = [sys.executable, "-m", "trialbook", "--home", str(home), "import", str(path)]
    with serve(home) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        everything = walk(client, "")
        assert count_changed(client) == 0
        with Searchers(address) as searchers:
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as writing:
                walked = []
                while writing.poll() is None:
                    # In the order of dates, which the import changes under the walk, and by relevance.
                    walked.append(walk(client, "sort=LastUpdatePostDate"))
                    walked.append(walk(client, "query.term=study+OR+heart+OR+trial"))
                ended = time.monotonic()
            assert writing.returncode == 0
            while count_changed(client) < len(changed):
                assert time.monotonic() - ended < VISIBLE_WITHIN_S
                time.sleep(0.05)
        assert searchers.failed == []
        assert searchers.answered > 10 * CLIENTS
        assert walk(client, "") == everything
    for ids in walked:
        assert len(ids) == len(set(ids))
    assert set(walked[0]) == set(everything)
