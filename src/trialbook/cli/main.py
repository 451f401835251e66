"""How does a person ask? Each command asks the library and prints what it says."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback
from pathlib import Path
from typing import Any

import click

from trialbook.cli import (
    caring,
    cohort,
    criteria,
    lists,
    matching,
    reading,
    report,
    screening,
    searches,
    writing,
)
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
    criteria.criteria,
    reading.history,
    reading.diff,
    reading.rejections,
    reading.statistics,
    caring.check,
    caring.backup,
    caring.restore,
    caring.take_out,
    caring.put_back,
    screening.screen,
    matching.match_,
    cohort.cohort,
    reading.samples,
    searches.export,
    searches.facets,
    report.report,
    searches.saved,
    lists.list_,
    lists.compare,
    lists.news,
)

# What a shell expects of a program that Ctrl-C ended.
INTERRUPTED = 130


class Group(click.Group):
    """Says what went wrong in a sentence, and never shows a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses what no system hands over, but a program that calls `main` itself can."""
        if not all(map(_is_possible, args)):
            raise click.UsageError("an argument holds what no command line can: NUL, or half a character")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrialbookError as error:
            problem = str(error)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever reads has read enough: click ends quietly
                raise
            problem = f"the system declined: {error}"
        except KeyboardInterrupt:
            click.echo(
                "\ntrialbook: ended by Ctrl-C: what it wrote until then is whole; give it again for the rest",
                err=True,
            )
            ctx.exit(INTERRUPTED)
        except MemoryError:
            problem = "this machine has too little memory left for that"
        except Exception as error:
            problem = _describe_unforeseen(error)
        click.echo(f"trialbook: {problem}", err=True)
        ctx.exit(1)


def _is_possible(argument: str) -> bool:
    try:
        return b"\0" not in os.fsencode(argument)
    except UnicodeEncodeError:
        return False


def _describe_unforeseen(error: Exception) -> str:
    """What nobody foresaw, with the file in which its traceback lies."""
    said = f"a fault of Trialbook: {type(error).__name__}: {str(error)[:200]}"
    try:
        handle, path = tempfile.mkstemp(prefix="trialbook-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return f"{said}; please report it"
    return f"{said}; please report it, with {path}"


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
