"""What the documents say is so: commands exist and run, links lead somewhere, the reference is complete."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from trialbook.__main__ import main
from trialbook.ask.filters import FILTERS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "cli.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-ten-minutes.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def load_writer() -> ModuleType:
    path = Path(__file__).with_name("write_cli_reference.py")
    spec = importlib.util.spec_from_file_location("write_cli_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def list_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_that_a_page_names_are_in_the_makefile(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) - {"help"}
    assert named <= list_targets()


def test_the_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("make demo", "make demo REGISTRY=path", "make test"):
        assert re.search(rf"^{command}(\s|$)", readme, re.MULTILINE), command


def test_every_command_and_option_is_in_the_reference() -> None:
    sections = dict(
        re.findall(r"^## ([^\n]+)\n\n(.*?)(?=^## |\Z)", REFERENCE.read_text(), re.MULTILINE | re.DOTALL)
    )
    commands: dict[str, click.Command] = {"trialbook": main}
    for name, command in main.commands.items():
        commands[f"trialbook {name}"] = command
        if isinstance(command, click.Group):
            commands |= {f"trialbook {name} {below}": each for below, each in command.commands.items()}
    assert set(sections) == set(commands)
    for name, command in commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for option in parameter.opts + parameter.secondary_opts:
                    assert option in sections[name], f"{name} {option}"


def test_the_reference_is_up_to_date() -> None:
    writer = load_writer()
    assert REFERENCE.read_text() == writer.render_reference(), (
        "run .venv/bin/python tests/docs/write_cli_reference.py"
    )


def test_every_everyday_filter_is_in_the_reference_of_our_own_api() -> None:
    page = (ROOT / "docs" / "reference" / "own-api.md").read_text()
    section = page.partition("## Everyday filters")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)))
    assert named == [each.name for each in FILTERS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = [link.split("#")[0] for link in LINK.findall(CODE.sub("", page.read_text()))]
    relative = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in relative if not (page.parent / target).exists()] == []


def test_architecture_stays_within_1500_words() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().split()) <= 1_500


def test_every_page_of_the_documentation_is_in_its_table_of_contents() -> None:
    contents = ROOT / "docs" / "index.md"
    linked = {(contents.parent / link).resolve() for link in LINK.findall(contents.read_text())}
    assert set((ROOT / "docs").rglob("*.md")) - {contents} <= linked


def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    blocks = CONSOLE.findall(TUTORIAL.read_text())
    assert len(blocks) >= 6
    folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "TRIALBOOK_HOME": str(tmp_path / "library"),
        "PYTHONUTF8": "1",
    }
    for block in blocks:
        command, *shown = block.splitlines()
        assert command.startswith("$ trialbook "), command
        run = subprocess.run(
            ["bash", "-c", command[2:]],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, f"{command}\n{run.stderr}"
        check_output(command, shown, run.stdout)


def check_output(command: str, shown: list[str], printed: str) -> None:
    """Each line shown must be printed, in this order; `…` stands for anything."""
    lines = iter(printed.splitlines())
    for line in shown:
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        assert any(re.fullmatch(pattern, found) for found in lines), f"{command}\nlacks: {line}\n{printed}"
