"""Does a real server find the studies for a person who is sent to it, as the command does, and write nothing of it?"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.e2e.conftest import SERVE_WHILE_WANTED, run_trialbook

PATIENT = {
    "person_id": "Zebulon-Quux",
    "birth_date": "1962-05-01",
    "sex": "female",
    "conditions": ["breast cancer", "heart failure", "cherubism"],
    "LVEF": "30 %",
}


def test_a_person_is_matched_over_http_as_by_the_command(library: Path, tmp_path: Path) -> None:
    run_trialbook(library, "rebuild", "criteria")
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(PATIENT))
    command = json.loads(
        run_trialbook(library, "match", "--patient", path, "--day", "2026-11-29", "--limit", "20", "--json")
    )
    assert command["unevaluated"] == 0
    assert command["studies"]
    log = tmp_path / "server.log"
    words = [sys.executable, "-c", SERVE_WHILE_WANTED, "--home", str(library), "serve", "--port", "0"]
    with (
        log.open("w") as written,
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written, text=True
        ) as server,
    ):
        try:
            assert server.stdout is not None
            address = server.stdout.readline().removeprefix("Trialbook is at ").strip()
            where = f"{address}api/trialbook/match"
            sent = json.dumps({"patient": PATIENT, "day": "2026-11-29"}).encode()
            asked = urllib.request.Request(where, sent, {"content-type": "application/json"})
            with urllib.request.urlopen(asked, timeout=60) as answer:
                found = json.load(answer)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(where, timeout=60)
            assert refused.value.code in (404, 405)
        finally:
            server.terminate()
        told = server.stdout.read()
    assert found == command
    told += log.read_text()
    assert not [each for each in ("Zebulon", "1962", "cherubism", "breast") if each in told]
