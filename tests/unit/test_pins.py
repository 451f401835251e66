"""Is every package that is installed pinned, with hashes, and is nothing else installed?"""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==[a-z0-9.]+(?: ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n")


def read_pins() -> str:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_each_version_has_its_hashes_and_no_address() -> None:
    pins = read_pins()
    assert "".join(match[0] for match in PIN.finditer(pins)) == pins


def test_all_that_is_declared_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = list(chain(project["dependencies"], *project["optional-dependencies"].values()))
    names = {re.split(r"[<>=]", each)[0] for each in declared}
    assert len(names) > 20
    assert names <= {match["name"] for match in PIN.finditer(read_pins())}


def test_nothing_is_installed_without_its_hash() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\n$(READY):")[2]
    installs = [line for line in made.splitlines() if "pip install" in line]
    assert [re.findall(r"--no-deps (.*)", line)[0] for line in installs] == [
        "--require-hashes -r constraints.txt",
        "--no-build-isolation -e .",
    ]
