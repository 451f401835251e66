"""How does a person ask? Each command asks the library and prints what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialbook.cli import caring, reading, searches, writing
from trialbook.errors import TrialbookError
from trialbook.settings import SETTINGS, VERSION, read_folder

COMMANDS: tuple[click.Command, ...] = (
    writing.import_,
    writing.pull,
    writing.rebuild_,
    writing.reindex,
    reading.search,
    reading.related,
    reading.show,
    reading.history,
    reading.diff,
    reading.rejections,
    reading.statistics,
    caring.check,
    caring.backup,
    caring.restore,
    caring.take_out,
    caring.put_back,
    reading.samples,
    searches.export,
    searches.saved,
)


class Group(click.Group):
    """Says what went wrong in a sentence, and never shows a traceback for bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrialbookError as error:
            click.echo(f"trialbook: {error}", err=True)
        ctx.exit(1)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=SETTINGS["home"].variable,
    show_default=str(SETTINGS["home"].default),
    help=SETTINGS["home"].meaning,
)
@click.version_option(VERSION)
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """Read, find and follow clinical-trial registry records."""
    ctx.obj = read_folder("home", home)


for _command in COMMANDS:
    main.add_command(_command)
