"""The page on mirroring runs, from the first command to the last, against a stand-in of the registry."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.stand_in.registry import StandInRegistry

from trialbook.samples import sample_paths
from trialbook.store import Store

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "mirror-the-registry.md").read_text(encoding="utf-8")
# The page names this study.
(NAMED,) = (path for path in sample_paths() if path.name == "NCT04776239.json")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if not line.startswith("export ")
]


def test_the_page_shows_the_way_by_pull_and_by_download() -> None:
    assert "trialbook pull --all" in COMMANDS
    assert "trialbook import bulk.zip" in COMMANDS
    assert COMMANDS[0] == "trialbook pull --all"
    assert len(COMMANDS) >= 6
    assert len(GO_ON) == 1


# The page's first command stands for itself; a mirror that began as a download goes on by a pull of what came since.
GO_ON = [line for line in COMMANDS if line.startswith("trialbook pull --since")]


@pytest.mark.parametrize(
    "commands", [COMMANDS, ["trialbook import bulk.zip", *GO_ON]], ids=["pull", "download"]
)
def test_every_command_runs_and_accounts_for_every_record(commands: list[str], tmp_path: Path) -> None:
    bodies = [NAMED.read_bytes(), *sample_paths()[0].read_bytes().splitlines()]
    with zipfile.ZipFile(tmp_path / "bulk.zip", "w", zipfile.ZIP_DEFLATED) as bulk:
        for number, body in enumerate(bodies):
            bulk.writestr(f"{number}.json", body)
    with StandInRegistry(bodies) as registry:
        root = "/api/int/studies/NCT04776239"
        earlier = sample_paths()[1].read_bytes()
        registry.other_pages = {
            root: b'{"study":%b,"history":{"changes":[{"version":0,"date":"2021-02-23"}]}}' % bodies[0],
            f"{root}/history/0": b'{"studyVersion":0,"study":%b}' % earlier,
        }
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TRIALBOOK_HOME": str(tmp_path / "registry"),
            "TRIALBOOK_REGISTRY": registry.address,
            "NO_PROXY": "127.0.0.1",
        }
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            if command.startswith(("trialbook pull", "trialbook import")):
                assert_accounted(done.stdout)
    with Store(tmp_path / "registry") as store:
        assert store.count().studies == len(bodies)


def assert_accounted(printed: str) -> None:
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", printed.splitlines()[-1])]
    read, stored, _, unchanged, rejected = numbers[:5]
    assert read == stored + unchanged + rejected
    assert rejected == 0
