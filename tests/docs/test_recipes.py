"""The recipes run: shell, pandas and clients against a server with the samples; the others at least parse."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import run_trialbook, serve

from trialbook.samples import sample_paths

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "recipes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python|polars|r)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"


def list_blocks(language: str) -> list[str]:
    return [block for kind, block in BLOCKS if kind == language]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a library of the samples is served."""
    home: Path = tmp_path_factory.mktemp("recipes") / "library"
    run_trialbook(home, "import", *sample_paths())
    with serve(home) as found:
        yield found.rstrip("/")


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NO_PROXY": "*"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("block", list_blocks("sh"))
def test_a_shell_recipe_gets_studies(block: str, address: str, tmp_path: Path) -> None:
    script = block.replace(ADDRESS, address).replace("curl -s", "curl -sS --fail-with-body")
    printed = run(["bash", "-eu", "-c", script], tmp_path)
    printed += "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert len(re.findall(r"NCT[0-9]{8}", printed)) >= 1


@pytest.mark.parametrize("block", list_blocks("python"))
def test_a_python_recipe_runs_and_prints_something(block: str, address: str, tmp_path: Path) -> None:
    if "pandas" in block:
        pytest.importorskip("pandas")
    (tmp_path / "recipe.py").write_text(block.replace(ADDRESS, address), encoding="utf-8")
    assert run([sys.executable, "recipe.py"], tmp_path).strip()


@pytest.mark.parametrize("block", list_blocks("polars"))
def test_a_polars_recipe_is_python(block: str) -> None:
    ast.parse(block)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R to parse its recipes")
@pytest.mark.parametrize("block", list_blocks("r"))
def test_an_r_recipe_parses(block: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.R").write_text(block, encoding="utf-8")
    run(["Rscript", "-e", 'invisible(parse("recipe.R"))'], tmp_path)


def test_walking_pages_gives_every_study(address: str, tmp_path: Path) -> None:
    (block,) = [block for block in list_blocks("python") if "nextPageToken" in block]
    program = block.replace(ADDRESS, address) + "print(studies.nctId.is_unique)\n"
    (tmp_path / "recipe.py").write_text(program, encoding="utf-8")
    first, second = run([sys.executable, "recipe.py"], tmp_path).splitlines()
    assert int(first.split()[0]) > 10
    assert second == "True"
    assert json.loads(first.partition(" ")[2].replace("'", '"')) == [
        "briefTitle",
        "count",
        "date",
        "nctId",
    ]


def test_every_kind_of_recipe_is_there() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "python", "polars", "r"}
