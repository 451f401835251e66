"""What the page on agents says is so: its tools, its arguments, its message and its program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import trialbook
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.mcp.arguments import MOST_CHARS, MOST_STUDIES
from trialbook.mcp.shown import MOST_CHARS_OF_FACTS
from trialbook.mcp.tools import TOOLS, call_tool
from trialbook.samples import sample_paths

PAGE = (Path(__file__).parents[2] / "docs/how-to/use-it-from-an-agent.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples."""
    folder: Path = tmp_path_factory.mktemp("agents") / "library"
    import_paths(folder, sample_paths())
    return folder


def find_block(language: str, beginning: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(beginning)]
    return str(block)


def test_every_tool_and_argument_is_on_the_page() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    for tool in TOOLS:
        assert {tool.name, *tool.arguments.__struct_fields__} <= named


def test_limits_on_the_page_are_so() -> None:
    for limit in (MOST_STUDIES, MOST_CHARS, MOST_CHARS_OF_FACTS):
        assert f"{limit:,}" in PAGE


def test_the_message_on_the_page_is_what_a_tool_says(home: Path) -> None:
    reply = call_tool(Library(home), TOOLS[0], {"cond": "AREA[Conditon]asthma"})
    assert reply.error == find_block("text", "Error").strip()


def test_the_program_on_the_page_runs(home: Path, tmp_path: Path) -> None:
    # The SDK's client passes no PYTHONPATH on; this one starts the code under test.
    environment = {"PYTHONPATH": str(Path(trialbook.__file__).parents[1])}
    program = find_block("python", "import asyncio").replace("/path/to/library", str(home))
    program = program.replace('"mcp"])', f'"mcp"], env={environment!r})')
    command = str(Path(sys.executable).parent / "trialbook")
    (tmp_path / "program.py").write_text(program.replace('command="trialbook"', f"command={command!r}"))
    run = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(find_block("text", "NCT"))
    assert "eligibilityCriteria:" in run.stdout
