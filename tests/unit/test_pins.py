"""Is every package that is installed pinned, with hashes, and is nothing else installed?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[a-z0-9.]+)(?: ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)


# All that is ever installed, and the part of it that the program runs with.
FILES = ("constraints.txt", "constraints-run.txt")


def read_pins(name: str = FILES[0]) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def read_project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def find_names(declared: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=]", each)[0] for each in declared}


@pytest.mark.parametrize("name", FILES)
def test_each_version_has_its_hashes_and_no_address(name: str) -> None:
    pins = read_pins(name)
    assert "".join(match[0] for match in PIN.finditer(pins)) == pins


def test_all_that_is_declared_is_pinned() -> None:
    project = read_project()
    declared = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = find_names(declared)
    assert len(names) > 20
    assert names <= {match["name"] for match in PIN.finditer(read_pins())}


def test_what_the_program_runs_with_is_the_same_part_of_it_and_nothing_for_development() -> None:
    project = read_project()
    all_of_it, runs = (
        {match["name"]: match["version"] for match in PIN.finditer(read_pins(name))} for name in FILES
    )
    assert runs.items() < all_of_it.items()
    extras = project["optional-dependencies"]
    assert find_names(chain(project["dependencies"], extras["checkout"])) <= set(runs)
    assert not (find_names(extras["dev"]) - find_names(project["dependencies"])) & set(runs)


def test_nothing_is_installed_without_its_hash() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\n$(RUN):")[2]
    assert "pip install" not in made
    installs = [line for line in made.splitlines() if "$(INSTALL)" in line]
    assert [line.partition("$(INSTALL) ")[2] for line in installs] == [
        "--require-hashes -r constraints-run.txt",
        "--no-build-isolation -e .",
        "--require-hashes -r constraints.txt",
    ]
    assert "--no-deps" in next(line for line in read_makefile() if line.startswith("INSTALL :="))


def read_makefile() -> list[str]:
    return (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
