"""Killed at any moment and started again, an import ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from trialbook.store import Store

SAMPLES = Path(__file__).parents[2] / "src" / "trialbook" / "samples" / "records.jsonl"
COPIES = 12
KILLS = 8


def run_trialbook(home: Path, *args: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "trialbook", "--home", str(home), *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ask(home: Path, *args: str) -> dict[str, Any]:
    out, err = run_trialbook(home, *args).communicate(timeout=120)
    assert out, err.decode()
    answer: dict[str, Any] = json.loads(out)
    return answer


def write_records(path: Path) -> None:
    """The samples under new ids; a third of them in two versions, the newer first; and a broken line."""
    lines = SAMPLES.read_text().splitlines()
    records = []
    for copy in range(COPIES):
        for number, line in enumerate(lines):
            record = json.loads(line)
            record["protocolSection"]["identificationModule"]["nctId"] = f"NCT{copy:03d}{number:05d}"
            record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2024-05-01"
            records.append(json.dumps(record))
            if number % 3 == 0:
                record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2020-05-01"
                record["protocolSection"]["identificationModule"]["briefTitle"] = "As first registered"
                records.append(json.dumps(record))
        if copy == 6:
            records.append('{"protocolSection": {"identificationModule": "broken"}')
    path.write_text("\n".join(records) + "\n")


def read_state(home: Path) -> dict[str, Any]:
    """What the library and its index hold, without what depends on when it was learnt."""
    with Store(home) as store:
        select = store.connection.execute
        state: dict[str, Any] = {
            "check": select("PRAGMA integrity_check").fetchall(),
            "versions": sorted(
                select(
                    "SELECT nct_id, version_date, content_hash, version_id = current_version_id"
                    " FROM version JOIN study USING (study_id)"
                )
            ),
            "bodies": dict(store.iter_current()),
            "rejections": [reason for _, reason, _ in store.find_rejections()],
            "sourced": sum(len(store.find_versions(nct_id)) for nct_id, _ in store.iter_current()),
        }
    for name, args in {
        "all": ["search", "--json", "--limit", "1000", ""],
        "past": ["search", "--json", "--limit", "1000", "--as-of", "2021-01-01", ""],
        "words": ["search", "--json", "--limit", "1000", "--as-of", "2021-01-01", "--", "first registered"],
    }.items():
        found = ask(home, *args)
        state[name] = (found["total"], sorted(found["nct_ids"]))
    return state


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    write_records(path)
    return path


def test_an_import_killed_at_random_ends_as_one_that_was_not(records: Path, tmp_path: Path) -> None:
    counts = ask(tmp_path / "whole", "import", str(records), "--json")
    expected = read_state(tmp_path / "whole")
    assert counts["read"] == counts["stored"] + counts["unchanged"] + counts["rejected"]
    assert expected["all"][0] == len(expected["bodies"]) >= COPIES * 50
    assert expected["past"][0] == expected["words"][0] == counts["new_versions"] >= COPIES * 15
    assert len(expected["versions"]) == expected["sourced"] == counts["stored"]
    assert len(expected["rejections"]) == counts["rejected"] == 1

    rng = random.Random(20210816)
    library, killed, torn = 0, 0, []
    for _ in range(KILLS):
        home = tmp_path / f"killed-{library}"
        process = run_trialbook(home, "import", str(records), "--json")
        # By what is kept, not by the clock: a busy machine would be killed too early or too late.
        wait_for_studies(process, home, rng.randint(0, len(expected["bodies"])))
        time.sleep(rng.uniform(0, 0.3))
        if process.poll() is None:
            process.kill()
            killed += 1
        else:
            library += 1
        process.communicate()
        torn.append(count_studies(home))

    for number in range(library + 1):
        home = tmp_path / f"killed-{number}"
        ask(home, "import", str(records), "--json")
        assert read_state(home) == expected
        again = ask(home, "import", str(records), "--json")
        assert (again["stored"], again["unchanged"]) == (0, counts["stored"])
    assert killed >= KILLS // 2, f"only {killed} runs were long enough to be killed"
    assert any(studies > 0 for studies in torn), "no kill came after the first batch"


def wait_for_studies(process: subprocess.Popen[bytes], home: Path, wanted: int) -> None:
    """Wait until an import has kept so many studies, or has ended."""
    while process.poll() is None and count_studies(home) < wanted:
        time.sleep(0.01)


def count_studies(home: Path) -> int:
    """How many studies a killed run left; 0 where it had made no library yet."""
    try:
        with sqlite3.connect(f"file:{home / 'library.sqlite'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM study").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_a_search_after_a_kill_says_what_it_does_not_see_and_one_command_completes_it(
    records: Path, tmp_path: Path
) -> None:
    """The store has its last batch, the index has not: a reader says so and changes nothing."""
    process = run_trialbook(tmp_path, "import", str(records), "--json")
    deadline = time.monotonic() + 60
    while count_studies(tmp_path) == 0:
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.communicate()

    kept = count_studies(tmp_path)

    assert kept > 0
    search = run_trialbook(tmp_path, "search", "--json", "")
    found, warning = (text.decode() for text in search.communicate(timeout=60))
    assert json.loads(found)["total"] < kept
    assert "the index lacks the last" in warning
    assert "trialbook rebuild --behind" in warning
    assert ask(tmp_path, "rebuild", "--behind", "--json")["index"] == kept
    search = run_trialbook(tmp_path, "search", "--json", "")
    found, warning = (text.decode() for text in search.communicate(timeout=60))
    assert (json.loads(found)["total"], warning) == (kept, "")


def test_a_second_import_beside_a_running_one_is_told_to_wait(records: Path, tmp_path: Path) -> None:
    with Store.create(tmp_path):
        pass
    first = run_trialbook(tmp_path, "import", str(records), "--json")
    deadline = time.monotonic() + 60
    while count_studies(tmp_path) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    second = run_trialbook(tmp_path, "import", str(records))
    out, err = second.communicate(timeout=60)
    assert first.wait(120) == 1, "the broken line makes the import end with 1"
    first.communicate()

    assert second.returncode == 1
    assert out == b""
    assert (
        f"being written by process {first.pid}: wait until it is done, or use another --home" in err.decode()
    )
    assert "Traceback" not in err.decode()
