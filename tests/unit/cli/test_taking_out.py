"""A person takes a version out: it counts nowhere, its bytes and the reason are kept, and it can be put back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from trialbook.__main__ import main
from trialbook.library import Library
from trialbook.library.backup import restore_backup, write_backup
from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.store.repair import repair_file
from trialbook.web.app import make_app

ACESO, SINGLE = "NCT04776239", "NCT99000001"
REASON = "sent by mistake"


def run(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["--home", str(home), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture
def home(tmp_path: Path) -> Path:
    import_paths(tmp_path / "library", sample_paths())
    return tmp_path / "library"


def find_version_date(home: Path) -> str:
    lines = json.loads(run(home, "history", ACESO, "--json").stdout)["versions"]
    (day,) = (line["version"]["version_date"] for line in lines if line["version"]["is_current"])
    return str(day)


def count(home: Path, query: str) -> int:
    return int(json.loads(run(home, "search", query, "--json").stdout)["total"])


def test_a_version_that_was_taken_out_counts_nowhere_until_it_is_put_back(home: Path) -> None:
    before = run(home, "export").stdout_bytes
    body = run(home, "show", ACESO, "--json").stdout
    assert find_version_date(home) == "2025-09-02"

    assert run(home, "take-out", ACESO, "1", "--reason", "  ").exit_code == 1
    assert run(home, "take-out", ACESO, "2", "--reason", REASON).exit_code == 1
    done = run(home, "take-out", ACESO.lower(), "1", "--reason", REASON)
    assert (done.exit_code, REASON in done.stdout) == (0, True)
    number = str(json.loads(run(home, "history", ACESO, "--json").stdout)["taken_out"][0]["number"])
    assert find_version_date(home) == "2022-07-07"
    assert count(home, f"AREA[NCTId]{ACESO} AND AREA[OverallStatus]COMPLETED") == 0
    assert count(home, f"AREA[NCTId]{ACESO} AND NOT AREA[OverallStatus]COMPLETED") == 1
    assert count(home, f"AREA[NCTId]{ACESO}") == 1
    history = run(home, "history", ACESO).stdout
    assert "version 1 " not in history
    assert (
        f"taken out of this library, or put back: number {number}, the version of 2025-09-02, taken out"
        in history
    )
    assert history.rstrip().endswith(REASON)
    assert json.loads(run(home, "history", ACESO, "--json").stdout)["taken_out"][0]["reason"] == REASON
    assert run(home, "show", ACESO, "--taken-out", number, "--json").stdout == body
    assert run(home, "show", ACESO, "--taken-out", number, "--original").exit_code == 0
    assert run(home, "show", ACESO, "--taken-out", "1").exit_code == 1
    assert run(home, "check").exit_code == 0

    again = run(home, "import", *map(str, sample_paths()))
    assert again.stdout == "72 read = 0 stored (0 of them new versions) + 72 unchanged + 0 rejected\n"
    assert again.stderr.count("it was taken out of this library and stays so") == 1
    assert again.exit_code == 0
    assert find_version_date(home) == "2022-07-07"

    assert run(home, "put-back", ACESO, number, "--reason", "it was right").exit_code == 0
    assert run(home, "export").stdout_bytes == before
    assert count(home, f"AREA[NCTId]{ACESO} AND AREA[OverallStatus]COMPLETED") == 1
    assert [line for line in run(home, "history", ACESO).stdout.splitlines() if "put back 20" in line]
    assert run(home, "put-back", ACESO, number).exit_code == 1
    assert run(home, "check").exit_code == 0
    assert run(home, "import", *map(str, sample_paths())).stderr == ""


def test_a_study_of_which_all_is_out_is_not_here_and_says_why(home: Path, tmp_path: Path) -> None:
    run(home, "take-out", SINGLE, "0", "--reason", REASON)
    for command in (("show", SINGLE), ("diff", SINGLE)):
        refused = run(home, *command)
        assert refused.exit_code == 1
        assert "is not in this library any more: number 1, the version of" in refused.stderr
        assert REASON in refused.stderr
    assert run(home, "history", SINGLE).stdout.count(REASON) == 1
    assert len(run(home, "export").stdout.splitlines()) == 70
    assert count(home, "") == 70
    assert run(home, "check").stdout == "as it was kept: 70 studies in 71 versions\n"
    with TestClient(make_app(home), base_url="http://localhost") as client:
        assert client.get(f"/study/{SINGLE}").status_code == 404
        assert client.get(f"/api/v2/studies/{SINGLE}").status_code == 404
        assert client.get("/api/v2/studies?countTotal=true").json()["totalCount"] == 70
    with Library(home) as library:
        assert (len(library), SINGLE in library) == (70, False)
        assert SINGLE not in [study.nct_id for study in library]

    later = json.loads(run(home, "show", SINGLE, "--taken-out", "1", "--json").stdout)
    later["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2026-01-01"
    path = tmp_path / "later.json"
    path.write_text(json.dumps(later))
    assert "1 stored (1 of them new versions)" in run(home, "import", str(path)).stdout
    assert json.loads(run(home, "show", SINGLE, "--json").stdout) == later
    assert count(home, "") == 71


def test_what_is_out_stays_out_through_a_backup_a_repair_and_a_rebuild(home: Path, tmp_path: Path) -> None:
    run(home, "take-out", ACESO, "2", "--reason", REASON)
    run(home, "take-out", SINGLE, "0", "--reason", REASON)
    before = run(home, "export").stdout_bytes
    log = run(home, "history", ACESO).stdout
    write_backup(home, tmp_path / "backup.zip")
    other = tmp_path / "other"
    restore_backup(tmp_path / "backup.zip", other)
    assert repair_file(home).lost == ()
    for each in (home, other):
        run(each, "rebuild")
        assert run(each, "export").stdout_bytes == before
        assert run(each, "history", ACESO).stdout == log
        assert run(each, "check").exit_code == 0
        assert run(each, "put-back", SINGLE, "1").exit_code == 0
        assert count(each, "") == 71
