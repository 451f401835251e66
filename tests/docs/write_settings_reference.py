"""Write docs/reference/settings.md from the table of settings: run it after a row changes.

.venv/bin/python tests/docs/write_settings_reference.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from trialbook.__main__ import main
from trialbook.settings import SETTINGS, Setting

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
INTRODUCTION = """# Settings

Made from the table in `src/trialbook/settings.py` by `tests/docs/write_settings_reference.py`; a test checks that
it is up to date.

What an option or an argument of a call says comes first. Without it the environment variable counts, and
without that the default. An empty variable is as good as none. A number beyond its bounds is refused, with what
would be right.

| Setting | Variable | Default | Option |
|---|---|---|---|
"""
BEFORE_MEANINGS = "\n## What each is for\n"


def render_settings() -> str:
    """The whole page: a table of all settings, and a line on each."""
    rows = [
        f"| `{each.name}` | `{each.variable}` | {_show_default(each)} | {_show_options(each)} |\n"
        for each in SETTINGS.values()
    ]
    lines = [f"\n**`{each.name}`**: {each.meaning}{_show_bounds(each)}\n" for each in SETTINGS.values()]
    return "".join((INTRODUCTION, *rows, BEFORE_MEANINGS, *lines))


def _show_default(setting: Setting) -> str:
    return f"`{setting.default}`" if setting.default != "" else "none"


def _show_bounds(setting: Setting) -> str:
    if not isinstance(setting.default, int):
        return ""
    return f" A number from {setting.least:,} to {setting.most:,}."


def _show_options(setting: Setting) -> str:
    option = f"--{setting.name.replace('_', '-')}"
    found = [name for name, command in iter_commands(main, "trialbook") if option in _list_options(command)]
    return ", ".join(f"`{name} {option}`" for name in found) or "none"


def iter_commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, each with its whole name."""
    yield name, command
    if isinstance(command, click.Group):
        for below, each in sorted(command.commands.items()):
            yield from iter_commands(each, f"{name} {below}")


def _list_options(command: click.Command) -> list[str]:
    return [text for each in command.params if isinstance(each, click.Option) for text in each.opts]


if __name__ == "__main__":
    REFERENCE.write_text(render_settings(), encoding="utf-8")
