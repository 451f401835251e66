"""What the documents say is so: commands exist and run, links lead somewhere, the reference is complete."""

from __future__ import annotations

import importlib
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
from trialbook.library.rebuild import DERIVED
from trialbook.settings import SETTINGS
from trialbook.web.own_api.endpoints import BASE, ENDPOINTS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "cli.md"
SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-ten-minutes.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def load_writer(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
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
    for command in ("make demo", "make test"):
        assert re.search(rf"^{command}(\s|$)", readme, re.MULTILINE), command


def test_every_command_and_option_is_in_the_reference() -> None:
    sections = dict(
        re.findall(r"^## ([^\n]+)\n\n(.*?)(?=^## |\Z)", REFERENCE.read_text(), re.MULTILINE | re.DOTALL)
    )
    every = load_writer("write_settings_reference").iter_commands(main, "trialbook")
    commands = {name: command for name, command in every if not command.hidden}
    assert set(sections) == set(commands)
    for name, command in commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for option in parameter.opts + parameter.secondary_opts:
                    assert option in sections[name], f"{name} {option}"


def test_the_reference_is_up_to_date() -> None:
    writer = load_writer("write_cli_reference")
    assert REFERENCE.read_text() == writer.render_reference(), (
        "run .venv/bin/python tests/docs/write_cli_reference.py"
    )


def test_every_setting_is_in_its_reference_with_its_variable_and_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| ([^|]*) \|", SETTINGS_PAGE.read_text(), re.MULTILINE)
    assert [name for name, _, _ in rows] == list(SETTINGS)
    for name, variable, default in rows:
        assert variable == f"TRIALBOOK_{name.upper()}"
        assert default == (f"`{SETTINGS[name].default}`" if SETTINGS[name].default else "none")


def test_the_reference_of_settings_is_up_to_date() -> None:
    writer = load_writer("write_settings_reference")
    assert SETTINGS_PAGE.read_text() == writer.render_settings(), (
        "run .venv/bin/python tests/docs/write_settings_reference.py"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_variables_that_a_page_names_are_settings(page: Path) -> None:
    others = {"TRIALBOOK_SHARED", "TRIALBOOK_REGENERATE"}  # what the tests alone ask
    named = set(re.findall(r"\bTRIALBOOK_[A-Z_]+\b", page.read_text())) - others
    assert named <= {each.variable for each in SETTINGS.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_names_are_there(page: Path) -> None:
    # Only what is written as code: `trialbook rebuild index`, or a line of a block.
    code = "\n".join(CODE.findall(page.read_text()))
    named = set(
        re.findall(r"(?:^|[`$/] ?)trialbook (?:--home \S+ )?([a-z]+(?:-[a-z]+)*)\b", code, re.MULTILINE)
    )
    assert named <= {name for name, command in main.commands.items() if not command.hidden}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_and_files_that_a_page_names_are_there(page: Path) -> None:
    if page.name == "CHANGELOG.md":  # which tells of what was
        return
    code = "\n".join(CODE.findall(page.read_text()))
    for module, names in re.findall(r"^from (trialbook[.\w]*) import ([\w, ]+)$", code, re.MULTILINE):
        found = importlib.import_module(module)
        assert [name for name in names.split(", ") if not hasattr(found, name)] == [], module
    for path in re.findall(r"`((?:src|tests|tools|docs|benchmarks)/[\w/.-]+\w)`", page.read_text()):
        assert (ROOT / path).exists(), path
    if page.name == "CONTRIBUTING.md":  # whose paths begin in the package
        named = re.findall(
            r"`((?:ask|cli|derived|library|mcp|pages|search|source|web)/[\w/.-]+\w)`", page.read_text()
        )
        assert len(named) > 20
        assert [path for path in named if not (ROOT / "src" / "trialbook" / path).exists()] == []


def test_every_everyday_filter_is_in_the_reference_of_our_own_api() -> None:
    page = (ROOT / "docs" / "reference" / "own-api.md").read_text()
    section = page.partition("## Everyday filters")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)))
    assert named == [each.name for each in FILTERS]


def test_every_address_of_our_own_api_is_in_its_reference() -> None:
    page = (ROOT / "docs" / "reference" / "own-api.md").read_text()
    for each in ENDPOINTS:
        assert f"`{each.path}`" in page or f"`{BASE}{each.path}`" in page, each.path


def test_everything_that_is_derived_is_in_the_help_of_rebuild_and_in_the_glossary() -> None:
    told = main.commands["rebuild"].help or ""
    glossary = (ROOT / "docs" / "concepts" / "glossary.md").read_text()
    for each in DERIVED:
        name = each(ROOT).name
        assert name in told
        assert f"`{name}`" in glossary


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
    pages = {*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.ipynb")}
    assert pages - {contents} <= linked
    assert ROOT / "CONTRIBUTING.md" in linked


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
