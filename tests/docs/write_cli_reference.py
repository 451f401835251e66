"""Write docs/reference/cli.md from the commands' own help: run it after a command or option changes.

.venv/bin/python tests/docs/write_cli_reference.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialbook.__main__ import main

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
INTRODUCTION = """# Command line

Made from the commands' own help by `tests/docs/write_cli_reference.py`; a test checks that it is up to date.

Every command works on one library, a folder. `--home` stands before the command's name; without it, the
environment variable `TRIALBOOK_HOME` names the folder, and without that it is `~/.trialbook`.

A command ends with 0 when all went well, with 1 when something could not be read or found, with 2 when it
was called in a wrong way.
"""


def render_reference() -> str:
    """The whole page: `trialbook` itself, then each command by name."""
    pages = [INTRODUCTION, _render_command(main, "trialbook", None)]
    settings: dict[str, Any] = dict(main.context_settings)
    root = click.Context(main, info_name="trialbook", terminal_width=100, max_content_width=100, **settings)
    for name in main.list_commands(root):
        command = main.get_command(root, name)
        if command is not None and not command.hidden:
            pages += _render_commands(command, name, root)
    return "\n".join(pages)


def _render_commands(command: click.Command, name: str, parent: click.Context) -> list[str]:
    """A command, and those that belong to it."""
    pages = [_render_command(command, name, parent)]
    if isinstance(command, click.Group):
        group = click.Context(command, info_name=name, parent=parent)
        for below in command.list_commands(group):
            pages += _render_commands(command.commands[below], below, group)
    return pages


def _render_command(command: click.Command, name: str, parent: click.Context | None) -> str:
    settings: dict[str, Any] = dict(command.context_settings)
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=100,
        max_content_width=100,
        color=False,
        **settings,
    )
    return f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    REFERENCE.write_text(render_reference(), encoding="utf-8")
