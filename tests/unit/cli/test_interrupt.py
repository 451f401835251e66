"""Ctrl-C ends a command with a line and the code that shells expect, also while the program is being loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialbook.__main__ import main
from trialbook.library import Library

LOAD = """
import runpy, sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "trialbook.cli.{}":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
sys.argv = ["trialbook", "--version"]
runpy.run_module("trialbook", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("module", ["main", "writing", "options"])
def test_while_the_program_is_loaded(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(module)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "trialbook: ended by Ctrl-C before it began: nothing was changed\n"


def test_while_a_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with Library.create(tmp_path / "library"):
        pass
    monkeypatch.setattr(Library, "check", interrupt)
    done = CliRunner().invoke(main, ["--home", str(tmp_path / "library"), "check"])
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1].startswith("trialbook: ended by Ctrl-C")
