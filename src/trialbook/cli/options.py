"""What several commands share: the library that they read, and their common options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

import click

from trialbook.ask.filters import FILTERS
from trialbook.ask.form import BOXES
from trialbook.ask.kinds import LEAST_YEARS, MOST_YEARS, Filter
from trialbook.ask.queries import QUERIES
from trialbook.errors import RecordDamagedError, UsageError
from trialbook.library import Library
from trialbook.model import PartialDate
from trialbook.settings import SETTINGS

F = TypeVar("F", bound=Callable[..., Any])

Command = TypeVar("Command", bound=Callable[..., Any])


def check_day(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """An `--as-of` date; its last day counts where it is partial."""
    if value is None:
        return None
    latest = PartialDate(value).latest
    if latest is None:
        raise click.BadParameter(f"{value!r} is no date: write 2021-08-16, 2021-08 or 2021")
    return latest.isoformat()


def check_first_day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    """A date from which on something counts: its first day where it is partial."""
    earliest = PartialDate(value).earliest if value else None
    if value and earliest is None:
        raise click.BadParameter(f"{value!r} is no date: write 2021-08-16, 2021-08 or 2021")
    return earliest


as_of_option = click.option(
    "--as-of", callback=check_day, metavar="DATE", help="Read the records as they stood on that day."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def setting_option(name: str, **more: Any) -> Callable[[F], F]:
    """An option for a setting: its default, its meaning and its variable come from the table."""
    setting = SETTINGS[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        default=setting.default,
        show_default=bool(setting.default),
        envvar=setting.variable,
        help=setting.meaning,
        **more,
    )


class DamageNotes:
    """Names each damaged record on standard error while a walk goes past it."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def add(self, error: RecordDamagedError) -> None:
        """Name one; as `OnDamage`."""
        if str(error) not in self._named:
            self._named.add(str(error))
            click.echo(f"trialbook: {error}", err=True)

    def end(self) -> None:
        """Ends the command with 1 where any was named."""
        if self._named:
            sys.exit(1)


def filter_options(command: Command) -> Command:
    """Adds an option for each everyday filter; the command gets their values by the filters' names."""
    for each in reversed(FILTERS):
        command = _make_option(each)(command)
    return command


def box_options(command: Command) -> Command:
    """Adds an option for each box beside the one for everything; the command gets them by their names."""
    for each in reversed(QUERIES):
        if each.name in BOXES:
            command = click.option(f"--{each.name}", default="", metavar="QUERY", help=each.meaning)(command)
    return command


def _make_option(asked: Filter) -> Callable[[Command], Command]:
    if asked.kind == "yes_no":
        return click.option(asked.option, asked.name, default=None, help=asked.meaning)
    settings: dict[str, Any] = {}
    if asked.takes_several:
        settings["multiple"] = True
    elif asked.kind == "age":
        settings["type"] = click.FloatRange(LEAST_YEARS, MOST_YEARS)
    else:
        settings["metavar"] = {"place": "PLACE", "radius": "DISTANCE", "person": "TEXT"}.get(
            asked.kind, "DATE"
        )
    more = f" For example {asked.example}; repeatable." if asked.takes_several else ""
    return click.option(asked.option, asked.name, help=asked.meaning + more, **settings)


def write_out(blocks: Iterable[bytes], *, is_binary: bool = False) -> None:
    """Write bytes to standard output; raises UsageError where it is closed, or is a terminal and they are no text."""
    # Python's own name for a standard output that was closed before it began.
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with -o, or let a program read it")
    if is_binary and sys.stdout.isatty():
        raise UsageError("that is nothing for a terminal: name a file with -o")
    for block in blocks:
        sys.stdout.buffer.write(block)


def warn_of_lag(library: Library) -> None:
    """Say on standard error what a search does not see yet."""
    if lag := library.index_lag:
        click.echo(
            f"trialbook: the index lacks the last {lag:,} changes of the records: a running import will add"
            " them, or `trialbook rebuild --behind`",
            err=True,
        )
